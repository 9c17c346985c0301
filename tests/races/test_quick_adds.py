"""Many presses of "Add to cart" at once, by the one statement that most of them are: none is lost, none is too many."""

import threading
import time
from functools import partial

import pytest
from django.db import connection, transaction

from shop.cart import operations as carts
from shop.cart import quick
from shop.cart.locks import lock_cart
from shop.cart.models import Cart, CartLine
from tests.checkout.world import NOW, sell
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

TABS = 6
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def press(*, stock: int) -> list[str]:
    """Each tab's statement begins while somebody is at the cart, and goes on when they are done; what becomes of each."""
    mug, cart = sell(stock=stock), carts.open_cart(currency="USD")
    CartLine.objects.create(cart=cart, variant=mug, quantity=1)
    held = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            lock_cart(cart.pk)
            held.set()
            deadline = time.monotonic() + 20
            with connection.cursor() as cursor:
                while time.monotonic() < deadline:
                    cursor.execute("SELECT pg_stat_clear_snapshot()")
                    cursor.execute(WAITING)
                    if cursor.fetchone()[0] == TABS:
                        return
                    time.sleep(0.02)

    def add() -> quick.Put | None:
        held.wait(timeout=30)
        terms = {"currency": "USD", "language": "en", "origin": {}, "at": NOW}
        return quick.put(owner=None, token=cart.token, sku="MUG", quantity=1, **terms)

    return [type(outcome).__name__ for outcome in at_once([hold, *[add] * TABS])][1:]


def test_each_press_counts():
    assert press(stock=20) == ["Put"] * TABS
    assert CartLine.objects.get().quantity == 1 + TABS


def test_no_press_goes_beyond_what_is_there():
    assert sorted(press(stock=3)) == ["NoneType"] * (TABS - 2) + ["Put"] * 2
    assert CartLine.objects.get().quantity == 3


def test_control_with_the_line_as_it_was_when_the_statement_began_presses_are_lost(monkeypatch):
    seen = "(SELECT quantity FROM shop_cartline l WHERE l.cart_id = EXCLUDED.cart_id)"
    statement = quick.PUT["token"].replace("line.quantity + EXCLUDED", f"{seen} + EXCLUDED")
    monkeypatch.setitem(quick.PUT, "token", statement)
    assert press(stock=20) == ["Put"] * TABS
    assert CartLine.objects.get().quantity < 1 + TABS


def test_a_first_thing_in_six_tabs_is_six_carts_of_one():
    """As before: a browser without a cart is six strangers, of whom it keeps the last."""
    sell(stock=20)
    add = partial(carts.add_for, shopper=carts.Shopper(), sku="MUG", quantity=1, now=NOW)
    assert {type(outcome).__name__ for outcome in at_once([add] * TABS)} == {"Added"}
    assert Cart.objects.count() == TABS
