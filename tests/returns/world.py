"""Orders that have arrived, and returns on their way."""

import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from shop.orders import operations as orders
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot
from shop.returns import operations as returns
from shop.returns.models import Return
from shop.returns.operations import Arrived, Wanted
from tests.checkout.world import NOW
from tests.orders.helpers import LATER, paid_order, send

STAFF = "packer@etalase.example"
DELIVERED = NOW + timedelta(days=3)
ASKED = NOW + timedelta(days=5)


def delivered_order(sku: str = "MUG", **how: Any) -> Order:
    """57.80 USD for two mugs, delivered, three left on the shelf."""
    order = send(paid_order(sku, **how))
    orders.mark_delivered(order_id=order.pk, actor=STAFF, now=DELIVERED)
    return Order.objects.get(pk=order.pk)


def ask(order: Order, quantity: int = 1, *, reason: str = "damaged", now=ASKED, **facts: Any) -> Return:
    wanted = [Wanted(line.pk, quantity, reason) for line in order.lines.all()]
    return returns.request_return(
        order_id=order.pk, key=facts.pop("key", None) or uuid.uuid4(), wanted=wanted, now=now, **facts
    )


def approved(order: Order, quantity: int = 1, **how: Any) -> Return:
    return returns.approve(return_id=ask(order, quantity, **how).pk, actor=STAFF, now=ASKED)


def receive(back: Return, quantity: int | None = None, outcome: str = "restock") -> Return:
    """As many of each line as were asked for, or `quantity`."""
    arrived = {row.pk: Arrived(row.quantity if quantity is None else quantity, outcome) for row in back.lines.all()}
    return returns.receive(return_id=back.pk, arrived=arrived, actor=STAFF, now=ASKED)


def received(order: Order, quantity: int = 1, outcome: str = "restock") -> Return:
    return receive(approved(order, quantity), outcome=outcome)


def pay_back(back: Return, *, delivery: bool = False, **how: Any) -> Refund:
    back.refresh_from_db()
    agreed = how.pop("agreed", None) or returns.quote(back, delivery=delivery).amount
    return returns.refund(return_id=back.pk, delivery=delivery, agreed=agreed, actor="finance", now=ASKED)


def gives_back(asked: Refund) -> RefundSnapshot:
    return RefundSnapshot(f"re_{asked.pk}", asked.amount, "succeeded", str(asked.key))


def willing_bank() -> Any:
    """A provider that gives back whatever it is asked for."""
    return patch.object(PROVIDERS["stripe"], "refund", side_effect=gives_back)


__all__ = ["LATER", "NOW", "approved", "ask", "delivered_order", "pay_back", "receive", "received", "willing_bank"]
