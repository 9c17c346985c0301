"""An account after an order, with one field: what it makes, and what it does not tell."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from shop.customers.models import User
from shop.orders.models import Order
from tests.account.factors import PASSWORD, person, sign_in
from tests.checkout.world import fill_cart, place, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return place(fill_cart(sell()))


def page_of(order: Order) -> str:
    return reverse("checkout:order", args=[order.number, order.token])


def ask(client, order: Order, password: str = PASSWORD):
    return client.post(reverse("account:open_account", args=[order.number, order.token]), {"password": password})


def words(answer) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def owner_of(order: Order) -> User | None:
    return Order.objects.get(pk=order.pk).user


def follow_the_letter(client) -> None:
    [link] = re.findall(r"http://testserver(/account/confirm-email/\S+)", mail.outbox[-1].body)
    client.post(link)


def test_the_letter_opens_it_and_brings_the_order(client, order):
    assert ask(client, order).url == reverse("account_email_verification_sent")
    made = User.objects.get()
    assert (made.email, made.name) == ("alice@example.com", "Alice Hartono")
    assert made.check_password(PASSWORD)
    follow_the_letter(client)
    assert owner_of(order) == made
    assert sign_in(client).url == reverse("account:orders")
    assert order.number in client.get(reverse("account:orders")).content.decode()


def test_until_then_nothing_is_joined_and_nobody_comes_in(client, order):
    ask(client, order)
    assert owner_of(order) is None
    assert not EmailAddress.objects.get().verified
    sign_in(client)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("password", "why"),
    [("", "Choose a password."), ("short", "This password is too short."), ("alice@example.com", "too similar to the")],
)
def test_a_password_that_will_not_do_is_explained_beside_its_field(client, order, password, why):
    answer = ask(client, order, password)
    assert answer.status_code == 422
    assert re.search(rf'id="id_password_error">.*{re.escape(why)}', answer.content.decode())
    assert "<title>Error:" in re.sub(r"\s+", " ", answer.content.decode())
    assert not User.objects.exists()
    assert not mail.outbox


def test_it_answers_the_same_when_there_is_an_account(client, order):
    new = ask(client, order), words(client.get(reverse("account_email_verification_sent")))
    User.objects.all().delete()
    person()
    client.logout()
    cache.clear()  # which holds back a second letter within three minutes
    known = ask(client, order), words(client.get(reverse("account_email_verification_sent")))
    assert (new[0].status_code, new[0].url, new[1]) == (known[0].status_code, known[0].url, known[1])
    assert [letter.to for letter in mail.outbox] == [["alice@example.com"]] * 2
    assert mail.outbox[-1].subject == "You have an account already"
    assert User.objects.get().check_password(PASSWORD)


def test_a_known_account_keeps_its_password(client, order):
    person()
    ask(client, order, "quite another one")
    assert User.objects.get().check_password(PASSWORD)
    assert owner_of(order) is None


def test_the_page_offers_it_to_whoever_has_not_signed_in_whatever_is_known(client, order):
    stranger = client.get(page_of(order))
    Order.objects.update(user=person())
    assert "Keep it in an account" in stranger.content.decode()
    assert words(client.get(page_of(order))) == words(stranger)
    sign_in(client)
    assert "Keep it in an account" not in client.get(page_of(order)).content.decode()


def test_it_hashes_a_password_either_way(client, order, monkeypatch):
    hashed = []
    make = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: (hashed.append(1), make(self, raw))[1])
    ask(client, order)
    made = len(hashed)
    cache.clear()
    ask(client, order)
    assert made == len(hashed) - made == 1


def test_a_wrong_link_makes_nothing(client, order):
    assert (
        client.post(reverse("account:open_account", args=[order.number, "x" * 32]), {"password": PASSWORD}).status_code
        == 404
    )
    assert not User.objects.exists()


def test_letters_are_not_sent_without_end(client, order, settings):
    settings.DOOR_LIMITS = {**settings.DOOR_LIMITS, "signup": {"account": (2, 60)}}
    assert [ask(client, order).status_code for _ in range(3)] == [302, 302, 429]
