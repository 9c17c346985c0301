"""Parcels of an order: packed, handed to a carrier, or unpacked again. An order may leave in several.

What is in no parcel is still on its shelf; what is packed is too, until it leaves, but is nobody else's to give away. Locks:
order, shelves. The table refuses parcels that hold more than is to be sent.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from shop.inventory import operations as inventory
from shop.orders.contents import here, standing
from shop.orders.locks import lock_order
from shop.orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from shop.orders.operations import COVERED, IllegalMove, NotPaid, OrderError, move, note, write
from shop.orders.status import may_move

State = Order.State


class NothingToPack(OrderError):
    """No units, or all of them are in parcels already."""


class TooMany(OrderError):
    """More units of a line than are in no parcel yet; `line` is its OrderLine, `left` how many there are."""

    def __init__(self, line: OrderLine, left: int) -> None:
        super().__init__(f"{line}: {left} left")
        self.line, self.left = line, left


class SeveralParcels(OrderError):
    """Not all that is still here is in one parcel, so it cannot leave under one number."""


class ParcelGone(OrderError):
    """Somebody has unpacked it, or it has left."""


# --- packing -------------------------------------------------------------------------------------


def pack(
    *, order_id: int, actor: str, now: datetime, units: Mapping[int, int] | None = None, key: UUID | None = None
) -> Fulfilment:
    """Put `units` ({line: quantity}), or all that is in no parcel yet, into one. With a `key` of before, the parcel of then.

    Raises IllegalMove for an order that is not to be packed, NotPaid, NothingToPack and TooMany; then nothing has changed.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if earlier := _made_with(key, order):
            return earlier
        parcel = _pack(order, units, key, actor, now)
        note(order, "packed", actor=actor, now=now, parcel=parcel.position, units=units_of(parcel))
    return parcel


def _made_with(key: UUID | None, order: Order) -> Fulfilment | None:
    return order.fulfilments.filter(key=key).first() if key else None


def _pack(order: Order, units: Mapping[int, int] | None, key: UUID | None, actor: str, now: datetime) -> Fulfilment:
    _refuse(order)
    rows = {each.line.pk: each for each in standing(order)}
    if units is None:
        units = {pk: each.left for pk, each in rows.items()}
    units = {pk: quantity for pk, quantity in units.items() if quantity}
    if not units:
        raise NothingToPack(order.number)
    for pk, quantity in units.items():
        if not 1 <= quantity <= rows[pk].left:
            raise TooMany(rows[pk].line, rows[pk].left)
    last = order.fulfilments.aggregate(last=Max("position"))["last"] or 0
    parcel = Fulfilment.objects.create(order=order, position=last + 1, key=key, packed_at=now, packed_by=actor)
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=parcel, line_id=pk, quantity=quantity) for pk, quantity in units.items()
    )
    return parcel


def _refuse(order: Order) -> None:
    if not may_move(order.state, State.SHIPPED):
        raise IllegalMove(order.state, State.SHIPPED)
    if order.payment_status not in COVERED:
        raise NotPaid(order.number)


def units_of(parcel: Fulfilment) -> dict[str, int]:
    """What is in a parcel, for events and logs: {sku: units}."""
    return dict(parcel.lines.order_by("line__position").values_list("line__sku", "quantity"))


def unpack(*, parcel_id: int, actor: str, now: datetime) -> None:
    """Take a parcel apart again: what was in it is to be packed. Raises ParcelGone."""
    with transaction.atomic():
        _take_apart(_lock_parcel(parcel_id), actor, now)


def unpack_all(order: Order, *, actor: str, now: datetime) -> None:
    """Take apart what a locked order has packed: it will not be sent so, or not at all."""
    for parcel in here(order):
        _take_apart(parcel, actor, now)


def _take_apart(parcel: Fulfilment, actor: str, now: datetime) -> None:
    note(parcel.order, "unpacked", actor=actor, now=now, parcel=parcel.position, units=units_of(parcel))
    parcel.delete()


def _lock_parcel(parcel_id: int) -> Fulfilment:
    """A parcel that is still here, with its order locked. Raises ParcelGone."""
    order_id = Fulfilment.objects.filter(pk=parcel_id).values_list("order_id", flat=True).first()
    order = lock_order(order_id) if order_id else None
    parcel = order.fulfilments.filter(pk=parcel_id, shipped_at=None).first() if order else None
    if parcel is None or order is None:
        raise ParcelGone(str(parcel_id))
    parcel.order = order
    return parcel


# --- handing over --------------------------------------------------------------------------------


def ship(
    *,
    order_id: int,
    carrier: str,
    tracking_number: str,
    tracking_url: str,
    actor: str,
    now: datetime,
    units: Mapping[int, int] | None = None,
    key: UUID | None = None,
) -> Fulfilment:
    """Hand `units` ({line: quantity}) to a carrier as one parcel, or all of the order that is still here: what is in it
    leaves the shelves, the customer gets the tracking mail. The order is shipped when nothing of it is left.

    With a `key` that was used before, the parcel of then. Raises NotPaid, IllegalMove (a second click finds it shipped),
    SeveralParcels when all is wanted and is not in one parcel, NothingToPack, TooMany, inventory.OutOfStock and
    ReservationGone; then nothing has changed.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if earlier := _made_with(key, order):
            return earlier
        _refuse(order)
        parcel = _the_only_one(order) if units is None else None
        parcel = parcel or _pack(order, units, key, actor, now)
        _hand_over(order, parcel, carrier, tracking_number, tracking_url, actor, now)
    return parcel


def ship_parcel(
    *, parcel_id: int, carrier: str, tracking_number: str, tracking_url: str, actor: str, now: datetime
) -> Fulfilment:
    """Hand a parcel that is packed to a carrier. Raises ParcelGone (a second click finds it gone), and what `ship` does."""
    with transaction.atomic():
        parcel = _lock_parcel(parcel_id)
        _refuse(parcel.order)
        _hand_over(parcel.order, parcel, carrier, tracking_number, tracking_url, actor, now)
    return parcel


def _the_only_one(order: Order) -> Fulfilment | None:
    """The parcel that holds all that is still here; None when nothing is packed. Raises SeveralParcels."""
    waiting = here(order)
    if len(waiting) > 1 or waiting and any(each.left for each in standing(order)):
        raise SeveralParcels(order.number)
    return waiting[0] if waiting else None


def _hand_over(
    order: Order, parcel: Fulfilment, carrier: str, number: str, url: str, actor: str, now: datetime
) -> None:
    parts = {row.line.reservation_id: row.quantity for row in parcel.lines.select_related("line")}
    inventory.ship(order_number=order.number, parts=parts, actor=actor, now=now)
    parcel.carrier, parcel.tracking_number, parcel.tracking_url = carrier, number, url
    parcel.shipped_at, parcel.actor = now, actor
    parcel.save(update_fields=["carrier", "tracking_number", "tracking_url", "shipped_at", "actor"])
    detail = {"carrier": carrier, "tracking_number": number, "parcel": parcel.position, "units": units_of(parcel)}
    if all(each.shipped == each.line.to_send for each in standing(order)):
        move(order, State.SHIPPED, actor=actor, now=now, **detail)
    else:
        note(order, "partly_shipped", actor=actor, now=now, **detail)
    once = "" if parcel.position == 1 else str(parcel.position)
    write(order, "shipped", now=now, once=once, parcel_id=parcel.pk)


# --- not sent ------------------------------------------------------------------------------------


def take_out(order: Order, goods: Mapping[OrderLine, int], *, actor: str, now: datetime) -> None:
    """Units of a locked order that are in no parcel are not sent, and anybody's again.

    The order is shipped if all others have left. Raises what inventory.drop raises.
    """
    parts = {line.reservation_id: quantity for line, quantity in goods.items()}
    inventory.drop(order_number=order.number, parts=parts, now=now)
    for line, quantity in goods.items():
        line.dropped += quantity
        line.save(update_fields=["dropped"])
    _finish(order, actor, now)


def _finish(order: Order, actor: str, now: datetime) -> None:
    rows = standing(order)
    has_begun = order.state == State.PROCESSING and any(each.shipped for each in rows)
    if has_begun and all(each.shipped == each.line.to_send for each in rows):
        move(order, State.SHIPPED, actor=actor, now=now, reason="the rest is not sent")
