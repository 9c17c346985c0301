"""The doors of an account besides the password: what they tell, how often they may be tried, and what they ask for first."""

import re
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from shop.customers.models import User
from tests.account.factors import PASSWORD, person, prove, sign_in

pytestmark = pytest.mark.django_db

NO_CACHE = {"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": "redis://127.0.0.1:1"}}
ASK_CODE, TYPE_CODE = "/account/login/code/", "/account/login/code/confirm/"
EMAIL = "/account/email/"


@pytest.fixture
def alice() -> User:
    return person()


def words(answer) -> str:
    text = re.sub(r"(alice|nobody|bob)@example\.com", "?", answer.content.decode())
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


class TestWhatTheyTell:
    def test_asking_for_a_code_tells_nothing(self, alice):
        told = []
        for email in ("alice@example.com", "nobody@example.com"):
            client = Client()
            answer = client.post(ASK_CODE, {"email": email})
            told.append((answer.status_code, answer.url, words(client.get(answer.url))))
            told[-1] += (words(client.post(TYPE_CODE, {"code": "AAAA-AAAA"})),)
        assert told[0] == told[1]
        assert [letter.to for letter in mail.outbox] == [["alice@example.com"], ["nobody@example.com"]]

    def test_changing_to_a_known_address_tells_nothing(self, client, alice):
        told = []
        person("bob@example.com")
        sign_in(client)
        prove(client)
        client.get(EMAIL)  # says once that one is signed in
        for email in ("bob@example.com", "nobody@example.com"):
            answer = client.post(EMAIL, {"action_add": "", "email": email})
            told.append((answer.status_code, answer.url, words(client.get(EMAIL))))
        assert told[0] == told[1]
        assert [letter.to for letter in mail.outbox] == [["bob@example.com"], ["nobody@example.com"]]

    def test_somebody_elses_address_cannot_be_taken_over_by_its_letter(self, client, alice):
        bob = person("bob@example.com")
        sign_in(client)
        prove(client)
        client.post(EMAIL, {"action_add": "", "email": "bob@example.com"})
        link = re.findall(r"http://testserver(/account/confirm-email/\S+)", mail.outbox[0].body)[0]
        client.post(link)
        assert EmailAddress.objects.get(email="bob@example.com", verified=True).user == bob
        assert EmailAddress.objects.get(user=alice, verified=True).email == "alice@example.com"


class TestHowOften:
    @pytest.mark.parametrize(
        ("address", "fields", "tries"),
        [
            ("/account/signup/", {"email": "alice@example.com", "password1": PASSWORD}, 5),
            ("/account/password/reset/", {"email": "alice@example.com"}, 5),
            (ASK_CODE, {"email": "alice@example.com"}, 5),
        ],
    )
    def test_letters_have_an_end_whatever_the_cache_does(self, alice, settings, address, fields, tries):
        settings.CACHES = NO_CACHE
        statuses = [Client().post(address, fields).status_code for _ in range(tries + 1)]
        assert statuses == [302] * tries + [429]
        unknown = {**fields, "email": "nobody@example.com"}
        assert [Client().post(address, unknown).status_code for _ in range(tries + 1)] == statuses

    def test_one_network_address_may_not_go_through_all_accounts(self, settings):
        settings.CACHES = NO_CACHE
        settings.DOOR_LIMITS = {**settings.DOOR_LIMITS, "reset": {"address": (2, 60)}}
        ask = [Client().post("/account/password/reset/", {"email": f"p{n}@example.com"}).status_code for n in range(3)]
        assert ask == [302, 302, 429]
        assert len(mail.outbox) == 2

    def test_codes_of_a_letter_are_not_guessed(self, alice, settings):
        settings.DOOR_LIMITS = {**settings.DOOR_LIMITS, "login_code": {"account": (4, 15)}}
        statuses = []
        for _ in range(2):
            client = Client()
            client.post(ASK_CODE, {"email": "alice@example.com"})
            statuses += [client.post(TYPE_CODE, {"code": "AAAA-AAAA"}).status_code for _ in range(3)]
        assert statuses == [200, 200, 302, 200, 429, 429]

    def test_the_old_password_is_not_guessed_at_an_open_browser(self, client, alice):
        sign_in(client)
        new = {"password1": "quite another one", "password2": "quite another one"}
        address = reverse("account_change_password")
        assert [client.post(address, {**new, "oldpassword": f"guess {n}"}).status_code for n in range(6)] == [
            200
        ] * 5 + [429]
        assert client.post(address, {**new, "oldpassword": PASSWORD}).status_code == 429
        assert User.objects.get().check_password(PASSWORD)


class TestWhatTheyAskForFirst:
    def test_a_code_by_mail_lets_in(self, client, alice):
        client.post(ASK_CODE, {"email": "alice@example.com"})
        [code] = re.findall(r"^([A-Z]{4}-[A-Z]{4})$", mail.outbox[0].body, re.M)
        assert client.post(TYPE_CODE, {"code": code.lower()}).url == reverse("account:orders")
        assert client.get(reverse("account:orders")).status_code == 200

    def test_a_new_address_wants_the_password_then_its_letter_and_tells_the_old_one(self, client, alice):
        sign_in(client)
        asked = client.post(EMAIL, {"action_add": "", "email": "new@example.com"})
        assert unquote(asked.url) == "/account/reauthenticate/?next=/account/email/"
        assert not EmailAddress.objects.filter(email="new@example.com").exists()
        client.post(asked.url, {"password": PASSWORD})  # goes on with what was sent
        assert User.objects.get().email == "alice@example.com"
        [link] = re.findall(r"http://testserver(/account/confirm-email/\S+)", mail.outbox[0].body)
        client.post(link)
        assert User.objects.get().email == "new@example.com"
        assert [(letter.to, letter.subject) for letter in mail.outbox[1:]] == [
            (["alice@example.com"], "Your e-mail address has changed")
        ]

    def test_a_new_password_is_written_about(self, client, alice):
        sign_in(client)
        new = {"password1": "quite another one", "password2": "quite another one"}
        client.post(reverse("account_change_password"), {**new, "oldpassword": PASSWORD})
        assert [letter.subject for letter in mail.outbox] == ["Your password has changed"]
        assert "127.0.0.1" in mail.outbox[0].body
