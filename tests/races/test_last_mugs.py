"""Sixty buyers, ten mugs; one mug; a shelf that two products share."""

from collections import Counter
from functools import partial

import pytest

from shop.audit import audit
from shop.catalogue.models import Variant
from shop.checkout.operations import CartProblems
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation, StockItem
from shop.orders.models import Order, OrderLine
from shop.outbox.models import Job
from shop.payments.models import Payment
from tests.checkout.world import NOW, fill_cart, place, sell, total_of
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

BUYERS, MUGS = 60, 10


def rush(buyers: int = BUYERS, mugs: int = MUGS, *, shared: bool = False) -> Counter:
    """Everybody presses "pay" at once; how often which outcome. `shared`: every second one wants a cup of that shelf."""
    things = [sell(stock=mugs)]
    if shared:
        things.append(sell("CUP", stock=0))
        Variant.objects.filter(sku="CUP").update(stock_item=things[0].stock_item_id)
    carts = [fill_cart(things[n % len(things)]) for n in range(buyers)]
    total = total_of(carts[0])
    return Counter(type(result).__name__ for result in at_once([partial(place, cart, total=total) for cart in carts]))


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


@pytest.mark.usefixtures("books")
def test_ten_get_one_and_fifty_are_told():
    outcomes = rush()
    assert outcomes == {"Order": MUGS, CartProblems.__name__: BUYERS - MUGS}
    shelf = StockItem.objects.get()
    assert (shelf.on_hand, shelf.reserved, shelf.available) == (MUGS, MUGS, 0)
    assert Order.objects.count() == OrderLine.objects.count() == Reservation.objects.count() == MUGS
    assert Payment.objects.count() == MUGS


@pytest.mark.usefixtures("books")
def test_the_last_one():
    assert rush(10, 1) == {"Order": 1, CartProblems.__name__: 9}
    assert Reservation.objects.count() == 1


@pytest.mark.usefixtures("books")
def test_a_shelf_that_two_products_share():
    assert rush(16, 5, shared=True) == {"Order": 5, CartProblems.__name__: 11}
    assert StockItem.objects.get(name__icontains="mug").reserved == 5


@pytest.fixture
def without_the_shelfs_lock(monkeypatch):
    """Everybody reads the shelf, and nobody waits for anybody."""
    meet = meeting(10)

    def look_without_locking(pks):
        items = {item.pk: item for item in StockItem.objects.filter(pk__in=set(pks)).order_by("pk")}
        meet()
        return items

    monkeypatch.setattr(inventory, "lock_stock", look_without_locking)


@pytest.mark.usefixtures("without_the_shelfs_lock")
@pytest.mark.parametrize("how", [(12, 3), (10, 1), (12, 3, True)], ids=["some", "last", "shared"])
def test_control_without_the_lock_it_oversells(how):
    buyers, mugs, *shared = how
    assert rush(buyers, mugs, shared=bool(shared))["Order"] > mugs
    assert any(finding.breaches for finding in audit(now=NOW))


def alerts() -> int:
    return Job.objects.filter(task="inventory.tell_low").count()


@pytest.mark.usefixtures("books")
def test_running_low_is_told_once_by_whoever_crosses_the_line():
    assert rush(10, 6)["Order"] == 6  # low at five
    assert alerts() == 1


@pytest.mark.usefixtures("without_the_shelfs_lock")
def test_control_without_the_lock_several_think_that_they_have_crossed_it():
    rush(10, 6)
    assert alerts() > 1


@pytest.mark.usefixtures("books")
def test_many_baskets_of_many_things_never_wait_in_a_circle():
    things = [sell(f"THING-{i}", stock=100) for i in range(6)]
    carts = [fill_cart(*(things[i:] + things[:i])) for i in range(6)]
    outcomes = at_once([partial(place, cart, total=total_of(cart)) for cart in carts])
    assert all(isinstance(outcome, Order) for outcome in outcomes), outcomes
