"""Several pack, ship or keep the same goods at once: no more leaves than was ordered, and nothing comes free twice."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from shop.audit import audit
from shop.checkout import cancellation
from shop.inventory.models import StockItem
from shop.orders import parcels
from shop.orders.contents import ToSend, standing
from shop.orders.models import FulfilmentLine, Order
from tests.orders.helpers import LATER, paid_order, refund
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


# --- what cannot follow is kept ------------------------------------------------------------------


def kept_at_once() -> Counter:
    """One of three mugs has left and the money has gone back; several say that the other two are not sent."""
    order = paid_order(quantity=3)
    parcels.ship(order_id=order.pk, units={order.lines.get().pk: 1}, **PARCEL)
    refund(order)
    keep = partial(cancellation.cancel_rest, order_id=order.pk, actor="finance", now=LATER)
    return outcomes(at_once([keep for _ in range(PEOPLE)]))


@pytest.mark.usefixtures("books")
def test_what_cannot_follow_is_free_once_and_the_others_are_told():
    assert kept_at_once() == {"NoneType": 1, "NoRest": PEOPLE - 1}
    shelf = StockItem.objects.get()
    assert (shelf.on_hand, shelf.reserved) == (4, 0)


def test_control_without_the_lock_nobody_is_told_what_has_happened(monkeypatch):
    """The reservation is locked for itself and frees its units once; whoever comes second runs into that."""
    may, meet = cancellation.may_cancel_rest, meeting(PEOPLE)

    def look(order: Order) -> bool:
        is_open = may(order)
        meet()
        return is_open

    monkeypatch.setattr(cancellation, "lock_order", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(cancellation, "may_cancel_rest", look)
    kept = kept_at_once()
    assert kept["NoRest"] == 0
    assert kept["NoneType"] < PEOPLE
