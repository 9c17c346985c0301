"""Orders to pay, snapshots to apply, messages to send; and the network's and the database's ways to be in between."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections, transaction

from sandbox.stripe.webhooks import sign
from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.payments import operations
from shop.payments.models import Payment
from shop.payments.providers.base import Snapshot

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RETURN_URL = "https://shop.example/payments/stripe/return/?o=signed"
SECRET = "whsec_test"


def make_order(total: str = "24.00", currency: str = "USD", **fields: Any) -> Order:
    """An order of nothing but its total, as payments see it."""
    values = {
        "number": orders.next_number(),
        "token": orders.new_token(),
        "checkout_key": uuid.uuid4(),
        "email": "ayu@example.com",
        "language": "en",
        "currency": currency,
        "subtotal": Decimal(total),
        "total": Decimal(total),
        "delivery_code": "standard",
        "delivery_name": "Standard",
        "deliver_from": NOW.date(),
        "deliver_until": NOW.date(),
        "placed_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
        **fields,
    }
    return Order.objects.create(**values)


def make_attempt(
    order: Order | None = None, now: datetime = NOW, *, provider: str = "stripe", kind: str = "card", **fields: Any
) -> Payment:
    """A new attempt, as place_order leaves it; `fields` go to the order."""
    order = order or make_order(**fields)
    with transaction.atomic():
        return operations.new_attempt(order=lock_order(order.pk), provider=provider, kind=kind, now=now)


def make_open(provider_ref: str = "", **fields: Any) -> Payment:
    """An attempt whose intent is known, without asking a provider."""
    payment = make_attempt(**fields)
    payment.state, payment.client = Payment.State.PENDING, {"client_secret": "pi_secret"}
    payment.provider_ref = provider_ref or f"pi_{uuid.uuid4().hex}"
    payment.save()
    return payment


def says(payment: Payment, state: str, **fields: Any) -> Snapshot:
    """What a provider might say of the payment."""
    paid = payment.amount if state == Payment.State.CAPTURED else Decimal(0)
    values = {
        "provider_ref": payment.provider_ref,
        "reference": payment.reference,
        "state": str(state),
        "amount": payment.amount,
        "currency": payment.currency,
        "captured": paid,
        "raw_status": "raw",
        **fields,
    }
    return Snapshot(**values)


def begin(payment: Payment) -> Payment:
    return operations.start(payment_id=payment.pk, return_url=RETURN_URL, now=NOW)


def look(payment: Payment) -> Snapshot:
    snapshot = operations.fetch(payment)
    assert snapshot is not None
    return snapshot


def book(payment: Payment, snapshot: Snapshot, source: str = "sweep", now: datetime = NOW) -> operations.Change:
    with transaction.atomic():
        return operations.apply(payment, snapshot, source=source, now=now)


def event_body(event_id: str = "evt_1", kind: str = "payment_intent.succeeded", **subject: Any) -> bytes:
    """A Stripe event about `subject`, a payment intent unless it says otherwise."""
    about = {"object": "payment_intent", "id": "pi_1", "metadata": {}, **subject}
    event = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "api_version": "2026-10-28.endive",
        "data": {"object": about},
    }
    return json.dumps(event).encode()


def signed(body: bytes, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    return {"Stripe-Signature": sign(body, secret, int(datetime.now(UTC).timestamp()) - age)}


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that set off together; their results, or the exceptions they raised, in order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            results[place] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
