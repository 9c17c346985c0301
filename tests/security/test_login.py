import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from shop.customers import operations as customers
from shop.customers.models import Throttle, User
from shop.web import client_address

PASSWORD = "a long enough one"
LOGIN = "/account/login/"


@pytest.fixture
def ani(db):
    return customers.open_account(email="ani@example.com", name="Ani", password=PASSWORD)


def log_in(client, login="ani@example.com", password="wrong", **extra):
    return client.post(LOGIN, {"login": login, "password": password}, **extra)


def words(response) -> str:
    """What a person reads, without what differs by chance: the token of the form, and the address they typed."""
    text = response.content.decode().replace("nobody@example.com", "?").replace("ani@example.com", "?")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


# --- the throttle --------------------------------------------------------------------------------


def test_the_sixth_wrong_password_of_an_account_must_wait(client, ani):
    assert [log_in(client).status_code for _ in range(5)] == [200] * 5
    response = log_in(client, password=PASSWORD)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 15 * 60 + 1
    assert "You can try again at" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_other_accounts_may_still_come_in(client, ani):
    customers.open_account(email="budi@example.com", name="Budi", password=PASSWORD)
    for _ in range(6):
        log_in(client)
    assert log_in(client, "budi@example.com", PASSWORD).status_code == 302


def test_capitals_and_spaces_are_no_way_round(client, ani):
    statuses = [log_in(client, login).status_code for login in ["ani@example.com", " ANI@example.com "] * 3]
    assert statuses == [200] * 5 + [429]


def test_one_address_may_not_try_all_accounts(client, db):
    statuses = [log_in(client, f"person{n}@example.com").status_code for n in range(31)]
    assert statuses == [200] * 30 + [429]
    assert log_in(client, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_the_right_password_wipes_the_slate(client, ani):
    for _ in range(4):
        log_in(client)
    assert log_in(client, password=PASSWORD).status_code == 302
    client.logout()
    assert [log_in(client).status_code for _ in range(5)] == [200] * 5


def test_right_passwords_do_not_use_up_an_address(client, ani):
    for _ in range(35):
        assert log_in(client, password=PASSWORD).status_code == 302
        client.logout()


def test_the_window_ends(ani):
    now = timezone.now()
    attempt = {"scope": "test", "key": "ani", "limit": 2, "period": timedelta(minutes=15)}
    customers.throttle(**attempt, now=now)
    customers.throttle(**attempt, now=now)
    with pytest.raises(customers.TooManyAttempts) as refusal:
        customers.throttle(**attempt, now=now + timedelta(minutes=14))
    assert refusal.value.retry_after == now + timedelta(minutes=15)
    customers.throttle(**attempt, now=now + timedelta(minutes=15))


def test_counters_hold_no_personal_data_and_old_ones_go(client, ani):
    log_in(client)
    rows = Throttle.objects.values_list("scope", "key_hash")
    assert {scope for scope, _ in rows} == {"login.account", "login.address"}
    assert not any("ani" in text or "127.0.0.1" in text for row in rows for text in row)
    assert customers.delete_old_throttles(now=timezone.now()) == 0
    assert customers.delete_old_throttles(now=timezone.now() + timedelta(minutes=16)) == 2


def test_it_does_not_depend_on_the_cache(client, ani, settings):
    settings.CACHES = {"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": "redis://127.0.0.1:1"}}
    assert [log_in(client).status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_new_password_by_mail_ends_the_wait(client, ani):
    for _ in range(6):
        log_in(client)
    client.post("/account/password/reset/", {"email": "ani@example.com"})
    [link] = re.findall(r"http://testserver(/account/password/reset/key/\S+)", mail.outbox[0].body)
    form = client.get(link)["Location"]
    new = {"password1": "quite another one", "password2": "quite another one"}
    assert client.post(form, new).status_code == 302
    assert log_in(client, password="quite another one").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "garbage", "unknown"),
    ],
)
def test_only_our_own_proxies_say_who_asks(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    assert client_address(RequestFactory().get("/", headers={"x-forwarded-for": forwarded})) == expected


# --- twenty at once ------------------------------------------------------------------------------


def at_once(attempt, people: int) -> int:
    """How many of `people` threads got through `attempt` at the same moment."""
    through, start = [], threading.Barrier(people)

    def one() -> None:
        try:
            start.wait(10)
            attempt()
            through.append(1)
        except customers.TooManyAttempts:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return len(through)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_five_get_through():
    attempt = {"scope": "race", "key": "ani", "limit": 5, "period": timedelta(minutes=15), "now": timezone.now()}
    assert at_once(lambda: customers.throttle(**attempt), people=20) == 5
    assert Throttle.objects.get(scope="race").count == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_reading_first_and_writing_then_lets_more_through():
    now = timezone.now()
    Throttle.objects.create(scope="race", key_hash="k", count=0, ends_at=now + timedelta(minutes=15))
    have_read = threading.Barrier(20)

    def careless() -> None:
        with transaction.atomic():
            row = Throttle.objects.get(scope="race")
            have_read.wait(10)
            if row.count >= 5:
                raise customers.TooManyAttempts(now)
            row.count += 1
            row.save()

    assert at_once(careless, people=20) == 20


# --- what it tells -------------------------------------------------------------------------------


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, ani):
    known, unknown = log_in(client), log_in(client, "nobody@example.com")
    assert known.status_code == unknown.status_code == 200
    assert words(known) == words(unknown)


def test_waiting_reads_the_same_for_an_unknown_address(client, ani):
    for login in ("ani@example.com", "nobody@example.com"):
        for _ in range(5):
            log_in(client, login)
    known, unknown = log_in(client), log_in(client, "nobody@example.com")
    assert known.status_code == unknown.status_code == 429
    assert words(known) == words(unknown)


def test_an_unknown_address_costs_a_password_hash_too(client, ani, monkeypatch):
    hashed = []
    make = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: (hashed.append(raw), make(self, raw))[1])
    log_in(client, "nobody@example.com", "guess")
    assert hashed == ["guess"]


@pytest.mark.parametrize("address", ["/account/password/reset/", "/account/signup/"])
def test_forms_answer_the_same_for_a_known_and_an_unknown_address(ani, address):
    answers = []
    for email in ("ani@example.com", "nobody@example.com"):
        client = Client()
        response = client.post(address, {"email": email, "password1": PASSWORD})
        answers.append((response.status_code, response["Location"], words(client.get(response["Location"]))))
    assert answers[0] == answers[1]
    assert [message.to for message in mail.outbox] == [["ani@example.com"], ["nobody@example.com"]]


# --- one door ------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["/admin/login/", "/_util/login/", "/id/_util/login/"])
def test_wagtails_doors_lead_to_ours(client, db, door):
    response = client.get(f"{door}?next=/admin/pages/")
    assert response.status_code == 302
    assert response["Location"].endswith("/account/login/?next=/admin/pages/")
    assert client.post(door, {"username": "ani@example.com", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_wagtails_password_reset_is_off(client, db):
    assert client.get("/admin/password_reset/").status_code == 404


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client, db):
    customers.open_account(email="owner@example.com", name="Dewi", password=PASSWORD, role="Owner")
    asked = client.get("/admin/")
    assert asked["Location"] == "/account/login/?next=/admin/"
    response = client.post(asked["Location"], {"login": "owner@example.com", "password": PASSWORD, "next": "/admin/"})
    assert response["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_customer_at_the_admins_door_is_told_so_without_going_in_circles(client, ani):
    client.force_login(ani)
    for address in ("/admin/", "/admin/pages/", "/account/login/?next=/admin/"):
        response = client.get(address, follow=True)
        assert response.status_code == 403
        assert len(response.redirect_chain) <= 1
        assert "ani@example.com" in response.content.decode()


def test_somebody_who_is_no_longer_active_cannot_come_in(client, ani):
    User.objects.filter(pk=ani.pk).update(is_active=False)
    log_in(client, password=PASSWORD)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"],
)
def test_nobody_is_sent_elsewhere_after_signing_in(client, ani, target):
    response = client.post(LOGIN, {"login": "ani@example.com", "password": PASSWORD, "next": target})
    assert response.status_code == 302
    assert response["Location"] == "/account/orders/"


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1)
def test_a_mail_server_that_is_away_is_said_and_breaks_nothing(client, ani):
    response = client.post("/account/password/reset/", {"email": "ani@example.com"}, follow=True)
    assert response.status_code == 200
    assert "could not send our mail" in response.content.decode()
