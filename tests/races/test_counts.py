"""Somebody counts from a file while parcels leave: what left stays gone, or the count is asked for anew."""

from collections.abc import Callable
from functools import partial

import pytest

from shop.audit import audit
from shop.inventory import count_file
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import pay, send
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

PARCELS, THERE, COUNTED = 4, 20, 18


def ship_and_count(before: Callable[[], None] = lambda: None) -> list:
    """Four parcels of one mug leave while a count that was looked at before is booked."""
    mug = sell(stock=THERE)
    orders = [pay(place(fill_cart(mug))) for _n in range(PARCELS)]
    (row,) = count_file.look(count_file.read(f"sku,counted\nMUG,{COUNTED}\n".encode()))
    before()
    return at_once([*(partial(send, order) for order in orders), lambda: count_file.book(row, actor="test", now=NOW)])


def breaches() -> list:
    return [finding for finding in audit(now=NOW) if finding.breaches]


def test_a_count_beside_parcels_loses_none_of_them():
    *_sent, row = ship_and_count()
    lost = THERE - COUNTED if row.outcome == "booked" else 0
    assert row.outcome in ("booked", "refused")
    assert StockItem.objects.get().on_hand == THERE - lost - PARCELS
    assert breaches() == []


def test_control_without_the_lock_the_books_are_wrong(monkeypatch):
    meet = meeting(PARCELS + 1)

    def look_without_locking(pks):
        items = {item.pk: item for item in StockItem.objects.filter(pk__in=set(pks)).order_by("pk")}
        meet()
        return items

    def take_the_locks_away() -> None:
        monkeypatch.setattr(inventory, "lock_stock", look_without_locking)
        monkeypatch.setattr("shop.inventory.locks.lock_stock", look_without_locking)

    ship_and_count(take_the_locks_away)
    assert breaches()
