"""Passkeys: set up, used alone and as a second factor, and not to be forged."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from shop.customers.models import User
from tests.account.device import Device
from tests.account.factors import PASSWORD, person, prove, sign_in

pytestmark = pytest.mark.django_db
ADD, LOGIN, AUTHENTICATE = "/account/2fa/webauthn/add/", "/account/2fa/webauthn/login/", "/account/2fa/authenticate/"
AGAIN = "/account/2fa/webauthn/reauthenticate/"


@pytest.fixture
def alice() -> User:
    return person()


@pytest.fixture
def device(client, alice) -> Device:
    """With a passkey of Alice's, who has signed out."""
    device = Device()
    sign_in(client)
    prove(client)
    set_up(client, device)
    client.post(reverse("account_logout"))
    return device


def set_up(client, device: Device, **changes: str):
    options = client.get(ADD).context["js_data"]["creation_options"]
    return client.post(
        ADD, {"name": "Telephone", "passwordless": "on", "credential": device.create(options), **changes}
    )


def offered(client) -> dict:
    return client.get(LOGIN, headers={"accept": "application/json"}).json()["request_options"]


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_it_is_set_up_and_written_about(client, alice):
    sign_in(client)
    prove(client)
    assert set_up(client, Device()).url == reverse("mfa_view_recovery_codes")
    assert str(Authenticator.objects.get(type="webauthn")) == "Telephone"
    assert [letter.subject for letter in mail.outbox] == ["A passkey was set up"]
    assert "Telephone" in client.get(reverse("mfa_list_webauthn")).content.decode()


def test_it_signs_in_alone_and_counts_as_both(client, device):
    assert client.post(LOGIN, {"credential": device.get(offered(client))}).url == reverse("account:orders")
    assert is_in(client)


def test_after_the_password_it_is_the_second_factor(client, device):
    assert sign_in(client).url == AUTHENTICATE
    assert not is_in(client)
    options = client.get(AUTHENTICATE).context["js_data"]["request_options"]
    client.post(AUTHENTICATE, {"credential": device.get(options)})
    assert is_in(client)


def test_it_proves_once_more_who_one_is(client, device):
    client.post(LOGIN, {"credential": device.get(offered(client))})
    options = client.get(AGAIN).context["js_data"]["request_options"]
    client.post(f"{AGAIN}?next={ADD}", {"credential": device.get(options)})
    assert client.get(ADD).status_code == 200


def test_a_forged_one_opens_nothing(client, device):
    client.raise_request_exception = False
    assert client.post(LOGIN, {"credential": device.get(offered(client), forged=True)}).status_code == 302
    assert not is_in(client)


def test_an_answer_counts_once_and_for_its_own_browser(client, device):
    answer = device.get(offered(client))
    other = Client()
    offered(other)
    other.post(LOGIN, {"credential": answer})
    assert not is_in(other)
    client.post(LOGIN, {"credential": answer})
    client.post(reverse("account_logout"))
    offered(client)
    client.post(LOGIN, {"credential": answer})
    assert not is_in(client)


def test_another_site_cannot_use_it(client, device):
    device.origin = "https://testserver.evil.example"
    client.post(LOGIN, {"credential": device.get(offered(client))})
    assert not is_in(client)


def test_it_is_renamed_and_removed(client, device):
    key = Authenticator.objects.get(type="webauthn")
    client.post(LOGIN, {"credential": device.get(offered(client))})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("mfa_edit_webauthn", args=[key.pk]), {"name": "Old telephone"})
    assert "Old telephone" in client.get(reverse("mfa_index")).content.decode()
    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))
    assert not Authenticator.objects.exists()
    assert mail.outbox[-1].subject == "A passkey was removed"


def test_nobody_touches_somebody_elses(client, device):
    key = Authenticator.objects.get(type="webauthn")
    person("mallory@example.com")
    sign_in(client, "mallory@example.com")
    prove(client)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.post(reverse(name, args=[key.pk]), {"name": "Mine"}).status_code == 404
    assert str(Authenticator.objects.get(pk=key.pk)) == "Telephone"


NOT_MADE = ["", "null", "{", "[]", "{}", '{"id": "AA"}', '{"response": {"userHandle": "AA"}}']


@pytest.mark.parametrize("credential", NOT_MADE)
@pytest.mark.parametrize("door", [LOGIN, AUTHENTICATE])
def test_what_no_browser_made_opens_nothing_and_breaks_nothing(client, device, door, credential):
    client.raise_request_exception = False
    offered(client) if door == LOGIN else sign_in(client)
    client.get(door)
    assert client.post(door, {"credential": credential}).status_code in (200, 302)
    assert not is_in(client)


@pytest.mark.parametrize("credential", NOT_MADE)
def test_what_no_browser_made_is_not_kept(client, alice, credential):
    client.raise_request_exception = False
    sign_in(client)
    prove(client)
    client.get(ADD)
    assert client.post(ADD, {"name": "Mine", "credential": credential}).status_code == 200
    assert not Authenticator.objects.exists()
