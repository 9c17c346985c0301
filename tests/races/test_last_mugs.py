"""Twenty buyers, three mugs."""

import time
from collections import Counter
from functools import partial

import pytest

from shop.audit import audit
from shop.checkout.operations import CartProblems
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation, StockItem
from shop.orders.models import Order, OrderLine
from tests.checkout.world import NOW, fill_cart, place, sell, total_of
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

BUYERS, MUGS = 20, 3


def rush() -> Counter:
    """Everybody presses "pay" at once; how often which outcome."""
    mug = sell(stock=MUGS)
    carts = [fill_cart(mug) for _ in range(BUYERS)]
    total = total_of(carts[0])
    return Counter(type(result).__name__ for result in at_once([partial(place, cart, total=total) for cart in carts]))


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


@pytest.mark.usefixtures("books")
def test_three_get_one_and_seventeen_are_told():
    outcomes = rush()
    assert outcomes == {"Order": MUGS, CartProblems.__name__: BUYERS - MUGS}
    shelf = StockItem.objects.get()
    assert (shelf.on_hand, shelf.reserved, shelf.available) == (MUGS, MUGS, 0)
    assert Order.objects.count() == OrderLine.objects.count() == Reservation.objects.count() == MUGS


def test_control_without_the_lock_it_oversells(monkeypatch):
    def look_without_locking(pks):
        items = {item.pk: item for item in StockItem.objects.filter(pk__in=set(pks)).order_by("pk")}
        time.sleep(0.05)
        return items

    monkeypatch.setattr(inventory, "lock_stock", look_without_locking)
    assert rush()["Order"] > MUGS


@pytest.mark.usefixtures("books")
def test_one_cart_in_two_tabs_is_ordered_once():
    cart = fill_cart(sell(stock=5))
    total = total_of(cart)
    outcomes = at_once([partial(place, cart, total=total) for _ in range(6)])
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 1
    assert Order.objects.count() == 1


@pytest.mark.usefixtures("books")
def test_one_submission_sent_six_times_is_one_order():
    cart = fill_cart(sell(stock=5))
    outcomes = at_once([partial(place, cart, key=cart.token, total=total_of(cart)) for _ in range(6)])
    assert {outcome.pk for outcome in outcomes} == {Order.objects.get().pk}


@pytest.mark.usefixtures("books")
def test_many_baskets_of_many_things_never_wait_in_a_circle():
    things = [sell(f"THING-{i}", stock=100) for i in range(6)]
    carts = [fill_cart(*(things[i:] + things[:i])) for i in range(6)]
    outcomes = at_once([partial(place, cart, total=total_of(cart)) for cart in carts])
    assert all(isinstance(outcome, Order) for outcome in outcomes), outcomes
