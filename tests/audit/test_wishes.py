"""Rules about those who wait and the letters that they get, each broken behind the application's back."""

from datetime import date

import pytest

from shop.catalogue.models import Variant
from shop.wishlist.models import PriceLetter, StockAsk, Wishlist
from tests.audit.test_audit import found, sql, without
from tests.checkout.world import NOW, sell

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def wait(**facts):
    variant = Variant.objects.get()
    return StockAsk.objects.create(
        variant=variant, email="ann@example.com", language="en", asked_at=NOW, confirmed_at=NOW, **facts
    )


def test_who_was_told_has_a_letter():
    sell("MUG", stock=5)
    ask = wait(told_at=NOW)
    assert found("asks_are_told_once", now=NOW)[0].startswith(f"ask {ask.pk} ")


def test_nobody_waits_twice():
    sell("MUG", stock=5)
    sql("DROP INDEX stock_ask_once")
    wait()
    wait()
    assert found("nobody_waits_twice") == [f"variant {Variant.objects.get().pk}: 2 asks of one address"]


def test_one_letter_about_prices_a_day():
    without("shop_priceletter", "price_letter_once_a_day")
    wishlist = Wishlist.objects.create(created_at=NOW)
    for _twice in range(2):
        PriceLetter.objects.create(wishlist=wishlist, day=date(2026, 11, 2), drops=[])
    assert found("price_letters_once_a_day") == [
        f"wishlist {wishlist.pk} on 2026-11-02: 2 letters, 0 of them to be sent"
    ]
