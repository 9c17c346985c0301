"""Several pack and ship the same goods at once: no more leaves than was ordered."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from shop.audit import audit
from shop.inventory.models import StockItem
from shop.orders import parcels
from shop.orders.contents import ToSend, standing
from shop.orders.models import FulfilmentLine, Order
from tests.orders.helpers import LATER, paid_order
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

PEOPLE = 4
PARCEL = {"carrier": "JNE", "tracking_number": "A1", "tracking_url": "", "actor": "packer", "now": LATER}


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


def outcomes(results: list[Any]) -> Counter:
    return Counter(type(result).__name__ for result in results)


def shipped_at_once() -> Counter:
    """Of three mugs, each of several ships two."""
    order = paid_order(quantity=3)
    units = {order.lines.get().pk: 2}
    return outcomes(at_once([partial(parcels.ship, order_id=order.pk, units=units, **PARCEL) for _ in range(PEOPLE)]))


def in_parcels() -> int:
    return FulfilmentLine.objects.aggregate(sum=Sum("quantity"))["sum"] or 0


def without_lock(monkeypatch) -> None:
    meet = meeting(PEOPLE)

    def look(order: Order) -> list[ToSend]:
        rows = standing(order)
        meet()
        return rows

    monkeypatch.setattr(parcels, "lock_order", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(parcels, "standing", look)


def without_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_fulfilmentline DISABLE TRIGGER shop_parcels_within_ordered")
        cursor.execute("ALTER TABLE shop_fulfilment DROP CONSTRAINT fulfilment_position")


@pytest.mark.usefixtures("books")
def test_of_several_that_ship_the_same_one_does():
    assert shipped_at_once() == {"Fulfilment": 1, "TooMany": PEOPLE - 1}
    assert (in_parcels(), StockItem.objects.get().on_hand) == (2, 3)


def test_without_the_lock_the_table_still_refuses(monkeypatch):
    without_lock(monkeypatch)
    assert shipped_at_once() == {"Fulfilment": 1, "IntegrityError": PEOPLE - 1}
    assert (in_parcels(), StockItem.objects.get().on_hand) == (2, 3)


def test_control_without_both_more_is_packed_than_was_ordered(monkeypatch):
    without_lock(monkeypatch)
    without_trigger()
    order = paid_order(quantity=3)
    units = {order.lines.get().pk: 2}
    at_once([partial(parcels.pack, order_id=order.pk, units=units, actor="packer", now=LATER) for _ in range(PEOPLE)])
    assert in_parcels() > 3


def test_whoever_ships_a_parcel_while_another_unpacks_it_one_of_them_is_told():
    order = paid_order(quantity=2)
    parcel = parcels.pack(order_id=order.pk, actor="packer", now=LATER)
    results = outcomes(
        at_once(
            [
                partial(parcels.ship_parcel, parcel_id=parcel.pk, **PARCEL),
                partial(parcels.unpack, parcel_id=parcel.pk, actor="packer", now=LATER),
            ]
        )
    )
    assert results in ({"Fulfilment": 1, "ParcelGone": 1}, {"NoneType": 1, "ParcelGone": 1})
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []
