"""The second factor: set up, asked for, guessed at, lost, removed."""

import re
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from shop.account.second_factor import SecondFactorAdapter
from shop.customers.models import User
from shop.outbox.models import AuditEntry
from tests.account.factors import code, follow_up, person, prove, recovery_codes, set_up, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return person()


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def key_on(page) -> str:
    return re.search(r'class="numbers__value">(\w+)<', page.content.decode())[1]


class TestSettingItUp:
    def test_the_password_is_asked_for_first(self, client, alice):
        sign_in(client)
        answer = client.get(reverse("mfa_activate_totp"))
        assert unquote(answer.url) == "/account/reauthenticate/?next=/account/2fa/totp/activate/"

    def test_a_right_code_sets_it_up_gives_recovery_codes_and_is_written_about(
        self, client, alice, django_capture_on_commit_callbacks
    ):
        sign_in(client)
        prove(client)
        key = key_on(client.get(reverse("mfa_activate_totp")))
        with django_capture_on_commit_callbacks() as callbacks:
            answer = client.post(reverse("mfa_activate_totp"), {"code": code(key)}, follow=True)
        follow_up(answer, callbacks)
        assert answer.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
        shown = re.findall(r"<li>(\d{8})</li>", answer.content.decode())
        assert shown == recovery_codes(alice)
        assert len(shown) == 10
        assert [letter.subject for letter in mail.outbox] == ["An app with codes now guards your account"]

    def test_a_wrong_code_is_explained_beside_its_field(self, client, alice):
        sign_in(client)
        prove(client)
        key = key_on(client.get(reverse("mfa_activate_totp")))
        page = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
        assert "This code is not right" in page.content.decode()
        assert key_on(page) == key
        assert not Authenticator.objects.exists()

    def test_what_is_kept_does_not_open_anything_by_itself(self, alice):
        secret = set_up(alice)
        assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))

    def test_after_a_lost_secret_key_no_code_is_right_and_nothing_breaks(self, client, alice, settings):
        secret = set_up(alice)
        settings.SECRET_KEY = "another one" * 5
        sign_in(client)
        assert client.post(reverse("mfa_authenticate"), {"code": code(secret)}).status_code == 200
        assert not is_in(client)

    def test_a_secret_key_may_be_changed_when_the_old_one_stays_known(self, settings):
        kept = SecondFactorAdapter().encrypt("JBSWY3DP")
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another one" * 5
        assert SecondFactorAdapter().decrypt(kept) == "JBSWY3DP"


class TestSigningIn:
    def test_the_password_alone_is_not_enough(self, client, alice):
        set_up(alice)
        assert sign_in(client).url == reverse("mfa_authenticate")
        assert not is_in(client)
        assert client.get(reverse("account:orders")).status_code == 302

    def test_a_code_of_the_app_opens(self, client, alice):
        secret = set_up(alice)
        sign_in(client)
        assert client.post(reverse("mfa_authenticate"), {"code": code(secret)}).url == reverse("account:orders")
        assert is_in(client)

    @pytest.mark.parametrize(
        "cache", ["django.core.cache.backends.locmem.LocMemCache", "config.cache.FailOpenRedisCache"]
    )
    def test_a_code_counts_once_whether_the_cache_is_there_or_not(self, client, alice, settings, cache):
        settings.CACHES = {"default": {"BACKEND": cache, "LOCATION": "redis://127.0.0.1:1"}}
        now = code(set_up(alice))
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": now})
        client.logout()
        sign_in(client)
        assert client.post(reverse("mfa_authenticate"), {"code": now}).status_code == 200
        assert not is_in(client)

    def test_a_recovery_code_opens_once(self, client, alice):
        set_up(alice)
        first = recovery_codes(alice)[0]
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": first})
        assert is_in(client)
        client.logout()
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": first})
        assert not is_in(client)
        assert len(recovery_codes(alice)) == 9

    def test_the_sixth_wrong_code_must_wait_whatever_the_cache_does(self, client, alice, settings):
        settings.CACHES = {"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": "redis://127.0.0.1:1"}}
        secret = set_up(alice)
        sign_in(client)
        guess = [client.post(reverse("mfa_authenticate"), {"code": f"00000{n}"}).status_code for n in range(5)]
        late = client.post(reverse("mfa_authenticate"), {"code": code(secret)})
        assert guess == [200] * 5
        assert late.status_code == 429
        assert int(late["Retry-After"]) > 0
        assert not is_in(client)

    def test_beginning_anew_gives_no_new_tries(self, client, alice):
        set_up(alice)
        for n in range(5):
            sign_in(client)
            client.post(reverse("mfa_authenticate"), {"code": f"00000{n}"})
            client.post(reverse("account_logout"))
        sign_in(client)
        assert client.post(reverse("mfa_authenticate"), {"code": "000009"}).status_code == 429


class TestRemovingIt:
    def test_it_asks_then_goes_with_its_recovery_codes_and_is_written_about(self, client, alice):
        secret = set_up(alice)
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code(secret)})
        assert client.post(reverse("mfa_deactivate_totp")).url.startswith("/account/reauthenticate/")
        assert Authenticator.objects.count() == 2
        prove(client)
        client.post(reverse("mfa_deactivate_totp"))
        assert not Authenticator.objects.exists()
        assert mail.outbox[-1].subject == "The app with codes was removed"

    def test_new_recovery_codes_end_the_old_ones(self, client, alice, django_capture_on_commit_callbacks):
        secret, old = set_up(alice), recovery_codes(alice)
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code(secret)})
        prove(client)
        with django_capture_on_commit_callbacks() as callbacks:
            answer = client.post(reverse("mfa_generate_recovery_codes"))
        follow_up(answer, callbacks)
        assert not set(old) & set(recovery_codes(alice))
        assert mail.outbox[-1].subject == "New recovery codes were made"
        download = client.get(reverse("mfa_download_recovery_codes"))
        assert download.content.decode().split() == recovery_codes(alice)


def test_whoever_has_lost_everything_is_helped_by_a_command(client, alice, capsys):
    set_up(alice)
    call_command("forget_second_factor", "Alice@example.com")
    assert "2 taken away" in capsys.readouterr().out
    assert AuditEntry.objects.get(action="second_factor.removed").before == {
        "second_factors": ["recovery_codes", "totp"]
    }
    assert sign_in(client).url == reverse("account:orders")
    call_command("forget_second_factor", "alice@example.com")
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["mfa_index", "mfa_list_webauthn", "mfa_view_recovery_codes", "mfa_deactivate_totp", "usersessions_list"]
)
def test_its_pages_are_for_whoever_has_signed_in(client, name):
    assert client.get(reverse(name)).url.startswith("/account/login/")
