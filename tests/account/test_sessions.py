"""Where one is signed in: listed, and ended one by one or all at once."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from shop.customers.models import User
from shop.templatetags.devices import device
from tests.account.factors import person, sign_in

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def alice() -> User:
    return person()


def browser(user_agent: str) -> Client:
    client = Client(headers={"user-agent": user_agent})
    sign_in(client)
    return client


def may_see_orders(client: Client) -> bool:
    return client.get(reverse("account:orders")).status_code == 200


def test_each_is_named_by_its_device(alice):
    here, _ = browser(DESK), browser(PHONE)
    page = here.get(reverse("usersessions_list")).content.decode()
    assert "Firefox, Windows" in page
    assert "Safari, iPhone" in page
    assert page.count("This one") == 1


def test_one_is_ended_and_the_others_stay(alice):
    here, phone, third = browser(DESK), browser(PHONE), browser(DESK)
    other = UserSession.objects.get(user_agent=PHONE)
    here.post(reverse("account:end_session", args=[other.pk]))
    assert [may_see_orders(one) for one in (here, phone, third)] == [True, False, True]
    here.post(reverse("account:end_session", args=[other.pk]))


def test_all_others_are_ended(alice):
    here, phone, third = browser(DESK), browser(PHONE), browser(DESK)
    here.post(reverse("usersessions_list"))
    assert [may_see_orders(one) for one in (here, phone, third)] == [True, False, False]


def test_nobody_ends_somebody_elses(client, alice):
    hers = browser(DESK)
    client.force_login(person("mallory@example.com"))
    client.post(reverse("account:end_session", args=[UserSession.objects.get(user=alice).pk]))
    assert may_see_orders(hers)


def test_a_new_password_ends_the_others(alice):
    here, phone = browser(DESK), browser(PHONE)
    new = "quite another one"
    old = {"oldpassword": "a long enough password"}
    here.post(reverse("account_change_password"), {**old, "password1": new, "password2": new})
    assert [may_see_orders(one) for one in (here, phone)] == [True, False]


def test_an_address_that_nobody_vouches_for_is_no_reason_to_fail(alice):
    client = Client(REMOTE_ADDR="")
    sign_in(client)
    assert may_see_orders(client)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Mac"),
        ("curl/8.0", "Another browser"),
        ("", "Another browser"),
    ],
)
def test_devices_are_told_apart(said, name):
    assert device(said) == name
