"""What happens to an order after it was placed. Each change has its event; each event its mail, sent after commit."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import get_random_string

from shop.customers import operations as customers
from shop.customers.models import User
from shop.inventory.models import Reservation, StockItem
from shop.orders.locks import lock_order
from shop.orders.models import Order, OrderEvent
from shop.orders.status import may_move
from shop.outbox import operations as outbox
from shop.sql import insert, read

State = Order.State
# What may leave: what was paid, also when some of it was paid back for good will or for a part that is not sent.
COVERED = (Order.PaymentStatus.PAID, Order.PaymentStatus.PARTLY_REFUNDED)
COUNTED = {State.PROCESSING, State.CANCELLED}  # moves that change what counts as sold


class OrderError(Exception):
    """Base of what an order refuses."""


class IllegalMove(OrderError):
    """The status table knows no way from `old` to `new`."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"{old} to {new}")
        self.old, self.new = old, new


class NotPaid(OrderError):
    """Nothing leaves the house before its money has come."""


def next_number() -> str:
    """The next human order number, such as ET-10001. From a sequence: unique, and with gaps where placing failed."""
    [(number,)] = read("SELECT nextval('shop_order_number')", [])
    return f"{settings.ORDER_NUMBER_PREFIX}{number}"


def placed_with(key: uuid.UUID) -> Order | None:
    """The order that this submission of the checkout has placed; asked of each one, and nearly always for none."""
    found = read("SELECT id FROM shop_order WHERE checkout_key = %s", [key])
    return Order.objects.get(pk=found[0][0]) if found else None


def new_token() -> str:
    """The unguessable part of an order's address: 190 bits."""
    return get_random_string(32)


def move(order: Order, to: str, *, actor: str, now: datetime, **detail: object) -> None:
    """Move a locked order to another state, write the event and send its mail.

    `detail` goes to the event; it holds no personal data. Raises IllegalMove and changes nothing.
    """
    if not may_move(order.state, to):
        raise IllegalMove(order.state, to)
    if to == State.CANCELLED:
        order.cancel_reason = str(detail["reason"])
    elif order.state == State.CANCELLED:
        order.cancel_reason = ""
    order.state = to
    order.save(update_fields=["state", "cancel_reason"])
    note(order, to, actor=actor, now=now, **detail)
    if to in COUNTED:
        _note_popularity(order, now)


PRODUCTS = """
SELECT DISTINCT v.product_id FROM shop_orderline l JOIN shop_variant v ON v.id = l.variant_id
 WHERE l.order_id = %s ORDER BY v.product_id
"""


def _note_popularity(order: Order, now: datetime) -> None:
    """Listings sort by what was sold: an order counts once it is paid, and until it is cancelled."""
    products = read(PRODUCTS, [order.pk])
    outbox.stale("product", *(pk for (pk,) in products), now=now)


def note(order: Order, kind: str, *, actor: str, now: datetime, **detail: object) -> OrderEvent:
    """Add an event to the order's timeline."""
    [event] = insert([OrderEvent(order=order, kind=kind, at=now, actor=actor, detail=detail)])
    return event


def write(order: Order, kind: str, *, now: datetime, once: str = "", **facts: Any) -> None:
    """Send the customer the mail `kind` about this order, once per (order, kind, once), after commit.

    `facts`: what the letter is about beside its order. Nothing when they have been forgotten since.
    """
    if order.forgotten_at:
        return
    key = "/".join(filter(None, [kind, order.number, once]))
    outbox.later("orders.send_mail", key=f"mail/{key}", now=now, order_id=order.pk, kind=kind, mail_key=key, **facts)


def tell_packers(order: Order, *, now: datetime) -> None:
    """Have whoever packs know that there is an order to pack, and what its buyer has noted. Twice is once."""
    outbox.later("orders.tell_packers", key=f"tell_packers/{order.number}", now=now, order_id=order.pk)


def write_to_packers(*, order_id: int, now: datetime) -> int:
    """A letter to each of them, every one a job of its own. Returns how many."""
    order, people = Order.objects.get(pk=order_id), customers.staff_with("ship_order")
    with transaction.atomic():
        for person in people:
            key = f"order_to_pack/{order.number}/{person.pk}"
            facts: dict[str, Any] = {"order_id": order.pk, "to": person.email, "mail_key": key}
            outbox.later("orders.send_to_packer", key=f"mail/{key}", now=now, **facts)
    return len(people)


def join_orders(*, user: User, email: str) -> int:
    """Give an account the orders that were placed as a guest with `email`, which it has proven to own; returns how many."""
    return Order.objects.filter(user=None, email__iexact=email).update(user=user)


def flag(order: Order, reason: str, *, actor: str, now: datetime) -> None:
    """Have a person look at the order. The first reason stays until somebody clears it; every reason is in the timeline."""
    order.needs_attention = order.needs_attention or reason
    order.save(update_fields=["needs_attention"])
    event = note(order, "flagged", actor=actor, now=now, reason=reason)
    if order.payment_status != Order.PaymentStatus.PENDING:
        outbox.later("orders.tell_flagged", key=f"tell_flagged/{event.pk}", now=now, event_id=event.pk)


def write_of_flag(*, event_id: int, now: datetime) -> int:
    """A letter to each of the staff who can do something about a flagged order that has been paid. Returns how many."""
    people = {one.pk: one for may in ("ship_order", "refund_order") for one in customers.staff_with(may)}
    with transaction.atomic():
        for person in people.values():
            key = f"order_flagged/{event_id}/{person.pk}"
            facts: dict[str, Any] = {"event_id": event_id, "to": person.email, "mail_key": key}
            outbox.later("orders.send_flagged", key=f"mail/{key}", now=now, **facts)
    return len(people)


def set_payment_status(order: Order, status: str, *, actor: str, now: datetime) -> None:
    """Take over what payments derived. Only that room calls it."""
    if order.payment_status != status:
        note(order, f"payment_{status}", actor=actor, now=now, was=order.payment_status)
        order.payment_status = status
        order.save(update_fields=["payment_status"])


def mark_delivered(*, order_id: int, actor: str, now: datetime) -> None:
    """The parcel has arrived. Raises IllegalMove."""
    with transaction.atomic():
        order = lock_order(order_id)
        move(order, State.DELIVERED, actor=actor, now=now)
        write(order, "delivered", now=now)


def clear_flag(*, order_id: int, actor: str, now: datetime) -> None:
    """Somebody has looked at it."""
    with transaction.atomic():
        order = lock_order(order_id)
        if order.needs_attention:
            note(order, "flag_cleared", actor=actor, now=now, reason=order.needs_attention)
            order.needs_attention = ""
            order.save(update_fields=["needs_attention"])


def flag_short(*, stock_item_id: int, now: datetime) -> int:
    """Flag the open orders that a shelf can no longer supply; whoever ordered first is served first. Returns how many."""
    with transaction.atomic():
        item = StockItem.objects.get(pk=stock_item_id)
        if not item.is_short:
            return 0
        left, short = item.on_hand, []
        for reservation in item.reservations.filter(state__in=Reservation.OPEN).order_by("pk"):
            left -= reservation.quantity
            if left < 0:
                short.append(reservation.order_number)
        waiting = Order.objects.filter(number__in=short, needs_attention="").order_by("pk")
        for order_id in list(waiting.values_list("pk", flat=True)):
            flag(lock_order(order_id), f"{item} holds less than was sold", actor="inventory", now=now)
    return len(short)
