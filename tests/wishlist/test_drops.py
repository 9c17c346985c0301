"""Mails about lower prices: to who wants them, once a day at most, all in one."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from shop.audit import audit, wishes
from shop.catalogue.models import Variant
from shop.catalogue.pricewindows import set_price
from shop.customers import consents
from shop.customers.models import User
from shop.customers.wording import Kind
from shop.inventory import operations as inventory
from shop.outbox import operations as outbox
from shop.wishlist import operations as wishlists
from shop.wishlist.drops import write_price_letters
from shop.wishlist.models import PriceLetter
from tests.checkout.world import sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods() -> list[Variant]:
    return [sell(sku, now=timezone.now() - timedelta(days=9)) for sku in ("MUG", "BOWL")]


@pytest.fixture
def alice(goods) -> User:
    alice = User.objects.create_user("alice@example.com", "a long password")
    for variant in goods:
        wishlists.add(whose=wishlists.Saving(owner=alice), sku=variant.sku, now=timezone.now())
    return alice


def agree(client, alice) -> None:
    client.force_login(alice)
    client.post("/wishlist/mails/", {"price_drops": "on"})


def cheaper(variant: Variant, amount: int, days: int = 0) -> int:
    now = timezone.now() + timedelta(days=days)
    set_price(variant=variant, currency="USD", amount=amount, actor="test", now=now)
    written = write_price_letters(now=now + timedelta(minutes=1))
    outbox.relay(now=now + timedelta(minutes=1))
    return written


def test_one_mail_tells_all_that_costs_less(client, alice, goods):
    agree(client, alice)
    set_price(variant=goods[0], currency="USD", amount=20, actor="test", now=timezone.now())
    assert cheaper(goods[1], 18) == 1
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["alice@example.com"], "Costs less now: Bowl and 1 more")
    assert "Bowl: $18 (was $24)" in letter.body
    assert "/wishlist/" in letter.body
    assert [finding.breaches for finding in audit(now=timezone.now(), checks=wishes.CHECKS)] == [[]] * len(
        wishes.CHECKS
    )


def test_who_did_not_ask_for_it_gets_none(alice, goods):
    assert cheaper(goods[0], 20) == 0
    assert mail.outbox == []


def test_who_says_no_before_it_leaves_gets_none(client, alice, goods):
    agree(client, alice)
    set_price(variant=goods[0], currency="USD", amount=20, actor="test", now=timezone.now())
    write_price_letters(now=timezone.now())
    client.post("/wishlist/mails/", {})
    assert not consents.has_consented(email=alice.email, kind=Kind.PRICE_DROPS)
    outbox.relay(now=timezone.now())
    assert mail.outbox == []


def test_it_is_one_a_day_and_the_rest_another_day(client, alice, goods):
    agree(client, alice)
    assert cheaper(goods[0], 20) == 1
    assert cheaper(goods[1], 18) == 0
    assert write_price_letters(now=timezone.now() + timedelta(days=1)) == 1
    assert PriceLetter.objects.first().drops[0]["now"] == "20.00"
    assert write_price_letters(now=timezone.now() + timedelta(days=2)) == 0


def test_up_and_down_again_is_no_news(client, alice, goods):
    agree(client, alice)
    cheaper(goods[0], 20)
    assert cheaper(goods[0], 30, days=1) == 0
    assert cheaper(goods[0], 20, days=2) == 0
    assert cheaper(goods[0], 19, days=3) == 1


def test_what_cannot_be_had_is_no_news(client, alice, goods):
    agree(client, alice)
    inventory.count(stock_item=goods[0].stock_item, counted=0, actor="test", now=timezone.now())
    goods[1].product.pages.get().unpublish()
    set_price(variant=goods[0], currency="USD", amount=20, actor="test", now=timezone.now())
    assert cheaper(goods[1], 18) == 0


def test_a_guest_is_asked_to_sign_in_first(client, alice):
    assert client.post("/wishlist/mails/", {"price_drops": "on"}).status_code == 302
    assert not consents.has_consented(email=alice.email, kind=Kind.PRICE_DROPS)


def test_as_many_lists_ask_as_few_questions(client, alice, goods, django_assert_max_num_queries):
    for n in range(5):
        person = User.objects.create_user(f"{n}@example.com", "a long password")
        wishlists.add(whose=wishlists.Saving(owner=person), sku="MUG", now=timezone.now())
        consents.consent(email=person.email, kind=Kind.PRICE_DROPS, page="/", language="en", now=timezone.now())
    with django_assert_max_num_queries(9):
        assert write_price_letters(now=timezone.now()) == 0
