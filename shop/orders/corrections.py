"""What may still be put right about an order: where it goes, what we note for ourselves, and that somebody should look."""

from datetime import datetime

from django.db import transaction

from shop.orders.locks import lock_order
from shop.orders.models import AddressChange, Order, OrderAddress
from shop.orders.operations import OrderError, flag, note

State = Order.State
WAITING = (State.PENDING, State.PROCESSING)
# Tax and delivery were computed for this place. Elsewhere they would be others, and what was agreed is not changed.
PRICED_BY = ("country", "region")


class HasLeft(OrderError):
    """The parcel is on its way, or will never be."""


class PricedElsewhere(OrderError):
    """Another country or state has another tax and delivery: that is another order."""


def may_change_address(order: Order) -> bool:
    """Until it leaves; not what is fetched from us, which has our address."""
    return order.state in WAITING and not order.collected


def change_address(*, order_id: int, values: dict[str, str], actor: str, now: datetime) -> OrderAddress:
    """Send the order somewhere else in the same country and state; the same again changes nothing.

    `values`: all of PostalAddress.ADDRESS_FIELDS, checked by the country's rules. Raises HasLeft and PricedElsewhere.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if not may_change_address(order):
            raise HasLeft(order.number)
        address = order.addresses.get(kind=OrderAddress.Kind.SHIPPING)
        old = address.address_values()
        if any(values[name] != old[name] for name in PRICED_BY):
            raise PricedElsewhere(order.number)
        if values != old:
            _write(address, values)
            fields = [name for name in OrderAddress.ADDRESS_FIELDS if values[name] != old[name]]
            event = note(order, "address_changed", actor=actor, now=now, fields=fields)
            AddressChange.objects.create(event=event, old=old, new=values)
    return address


def _write(address: OrderAddress, values: dict[str, str]) -> None:
    for name, value in values.items():
        setattr(address, name, value)
    address.save(update_fields=list(values))


def note_for_us(*, order_id: int, text: str, actor: str, now: datetime) -> None:
    """Write or change what only staff reads. The timeline says that it was, not what: it is never emptied."""
    with transaction.atomic():
        order = lock_order(order_id)
        if order.forgotten_at or order.staff_note == text:
            return
        order.staff_note = text
        order.save(update_fields=["staff_note"])
        note(order, "noted", actor=actor, now=now)


def ask_for_a_look(*, order_id: int, reason: str, actor: str, now: datetime) -> None:
    """Flag the order for whoever looks after the flagged ones; one that is flagged stays as it is."""
    with transaction.atomic():
        order = lock_order(order_id)
        if not order.needs_attention:
            flag(order, reason, actor=actor, now=now)
