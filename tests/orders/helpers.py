"""Orders further along than placed, the way they get there; and people of the house."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import Group
from django.db import transaction

from shop.checkout import settlement
from shop.customers.models import User
from shop.orders import parcels
from shop.orders.models import Order
from shop.payments import operations as payments
from shop.payments import refunds
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot, Started
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.payments.helpers import says

LATER = NOW + timedelta(hours=2)


def placed_order(sku: str = "MUG", *, quantity: int = 2, stock: int = 5, now: datetime = NOW) -> Order:
    return place(fill_cart(sell(sku, stock=stock, now=now), quantity=quantity, now=now), now=now)


def pay(order: Order, *, now: datetime = NOW, **said: Any) -> Order:
    """Pay the order's open attempt; `said` is what the provider says differently."""
    payment = order.payments.get(state=Payment.State.CREATED)
    started = Started(f"pi_{payment.reference}", {"kind": "stripe_elements"})
    with patch.object(PROVIDERS["stripe"], "start", return_value=started):
        payment = payments.start(payment_id=payment.pk, return_url="https://shop.example/back", now=now)
    with patch.object(payments, "fetch", return_value=says(payment, said.pop("state", "captured"), **said)):
        return settlement.settle(payment_id=payment.pk, source="webhook", now=now)


def paid_order(sku: str = "MUG", **how: Any) -> Order:
    return pay(placed_order(sku, **how))


def send(order: Order, *, now: datetime = LATER, **parcel: str) -> Order:
    values = {"carrier": "JNE", "tracking_number": "CGK0042", "tracking_url": "https://track.example/CGK0042", **parcel}
    parcels.ship(order_id=order.pk, **values, actor="packer@etalase.example", now=now)
    return Order.objects.get(pk=order.pk)


def refund(
    order: Order, amount: str = "", *, key: uuid.UUID | None = None, state: str = "succeeded", now=LATER
) -> Refund:
    """Give `amount` of the order's payment back, or all of it; `state` is what the provider says of it."""
    payment = order.payments.get(state=Payment.State.CAPTURED)
    with transaction.atomic():
        asked = refunds.request(
            payment=lock_payment(payment.pk),
            amount=Decimal(amount) if amount else payment.captured,
            key=key or uuid.uuid4(),
            reason="broken",
            requested_by="finance@etalase.example",
            now=now,
        )
    said = RefundSnapshot(f"re_{asked.pk}", asked.amount, state, str(asked.key))
    with patch.object(PROVIDERS["stripe"], "refund", return_value=said):
        return refunds.submit(refund_id=asked.pk, now=now)


def expire(order: Order) -> Order:
    """Let the deadline of an unpaid order pass."""
    now = order.expires_at + timedelta(minutes=1)
    payment = order.payments.get()
    with patch.object(payments, "cancel_at_provider", return_value=says(payment, "cancelled")):
        assert settlement.expire_orders(now=now) == 1
    return Order.objects.get(pk=order.pk)


def somebody(role: str = "", email: str = "") -> User:
    """A person of the house: of one of the five roles; of none, a shopper; "superuser" may do anything."""
    email = email or f"{role or 'shopper'}@etalase.example".lower()
    if role == "superuser":
        return User.objects.create_superuser(email, "a long enough word")
    user = User.objects.create_user(email, "a long enough word", is_staff=bool(role))
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user
