"""Paying an order. Row first, network second, result third: the provider is asked outside any transaction, what it
says is booked under lock (order, then payment), and only what it says counts, never what a browser or a webhook says.

    payment = first_attempt(order=order, provider="stripe", kind="card", now=now)   # in the order's transaction
    payment = start(payment_id=payment.pk, return_url=url, now=now)                 # after its commit
    snapshot = fetch(payment)                                                       # on any hint, and by the clock
    with transaction.atomic():
        change = apply(payment, snapshot, source="webhook", now=now)                # and stock, by change.captured
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from shop.money import QUANTUM, Money, format_money
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.payments import ledger
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, PaymentTransition
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Rejected, Snapshot, Started, StartRequest, Unknown
from shop.payments.status import ENDED, FINAL, is_news
from shop.sql import insert, read

__all__ = [
    "AttemptOpen",
    "Change",
    "NotPayable",
    "Rejected",
    "Unknown",
    "apply",
    "cancel_at_provider",
    "due_for_check",
    "fetch",
    "first_attempt",
    "new_attempt",
    "start",
]

log = logging.getLogger("shop.payments")

State = Payment.State

PROVIDER_ENDS_EARLIER = timedelta(minutes=5)
# How long to wait before the next look at a payment that is not over: the first, the second ... and each further one.
# Money is to be booked within a quarter of an hour when no message ever comes, so nobody waits longer than this.
CHECKS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 12)]


class AttemptOpen(Exception):
    """Another attempt of the order may still be paid; cancel it first."""


class NotPayable(Exception):
    """The attempt is over, or its time is."""


@dataclass(frozen=True)
class Change:
    """What `apply` did. `order` and `payment` are locked and fresh."""

    order: Order
    payment: Payment
    old: str
    new: str
    sound: bool
    instructed: bool = False  # a number to pay was given out, not known before

    @property
    def captured(self) -> bool:
        """The money has just come, as agreed: the order may go on. Wrong amounts are flagged and not this."""
        return self.old != self.new == State.CAPTURED and self.sound

    @property
    def unsound(self) -> bool:
        """Money has just come, and not as agreed: it is to go back."""
        return self.old != self.new == State.CAPTURED and not self.sound

    @property
    def ended(self) -> bool:
        """The attempt has just expired, been cancelled or failed: no money will come from it."""
        return self.old != self.new and self.new in ENDED


# --- starting ----------------------------------------------------------------------------------


def new_attempt(*, order: Order, provider: str, kind: str, now: datetime) -> Payment:
    """Prepare to pay a locked order; in the transaction that holds the lock.

    Raises AttemptOpen: two open attempts could both be paid.
    """
    earlier = read("SELECT attempt, state FROM shop_payment WHERE order_id = %s", [order.pk])
    if any(state not in FINAL for _, state in earlier):
        raise AttemptOpen(order.number)
    attempt = max((number for number, _ in earlier), default=0) + 1
    payment = _write_attempt(order, attempt, provider, kind, now)
    if earlier:
        ledger.derive_status(payment, now)
    return payment


def first_attempt(*, order: Order, provider: str, kind: str, now: datetime) -> Payment:
    """As `new_attempt`, of an order that this transaction has just written: there can be no other."""
    return _write_attempt(order, 1, provider, kind, now)


def _write_attempt(order: Order, attempt: int, provider: str, kind: str, now: datetime) -> Payment:
    payment = Payment(
        order=order,
        attempt=attempt,
        provider=provider,
        kind=kind,
        currency=order.currency,
        amount=order.total,
        reference=f"{order.number}-{attempt}",
        expires_at=order.expires_at - PROVIDER_ENDS_EARLIER,
        next_check_at=now + CHECKS[0],
        created_at=now,
    )
    insert([payment])
    return payment


def start(*, payment_id: int, return_url: str, now: datetime) -> Payment:
    """Open the payment at its provider; `payment.client` then holds what the browser needs. Again gives the same.

    Raises NotPayable; Rejected, when the provider will not have it (the attempt has failed, another may be made);
    Unknown, when nobody knows (call again, nothing is opened twice).
    """
    outside_transactions()
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    if payment.state in FINAL or payment.expires_at <= now:
        raise NotPayable(payment.reference)
    if payment.client:
        return payment
    request = StartRequest(
        reference=payment.reference,
        order_number=payment.order.number,
        amount=payment.amount,
        currency=payment.currency,
        return_url=return_url,
        starts_at=now,
        expires_at=payment.expires_at,
        transfer_until=max(payment.expires_at, transfer_deadline(payment.order)),
    )
    try:
        started = PROVIDERS[payment.provider].start(request, _start_key(payment))
    except Rejected as refusal:
        _start_refused(payment, refusal, now)
        raise
    return _keep_started(payment, started, now)


def transfer_deadline(order: Order) -> datetime:
    """Until when a number that was given out for this order may be paid: counted from placing, so that changing the
    way to pay again and again does not hold its goods for ever."""
    return order.placed_at + timedelta(minutes=settings.RESERVATION_MINUTES["transfer"]) - PROVIDER_ENDS_EARLIER


def _start_key(payment: Payment) -> str:
    """Fixed before the call, as all its parts are in the table; and ours alone, if another shop shares the account."""
    return f"pay-{payment.reference}-{payment.order.checkout_key}"


@transaction.atomic
def _keep_started(asked: Payment, started: Started, now: datetime) -> Payment:
    """Nothing is handed to a browser before this has committed, so a cancel that came in between has won for good."""
    payment = lock_payment(asked.pk)
    if payment.state == State.CREATED:
        payment.provider_ref, payment.client = started.provider_ref, started.client
        _move(payment, State.PENDING, {"provider_ref": started.provider_ref}, source="start", now=now)
    elif payment.provider_ref != started.provider_ref or payment.state in FINAL:
        raise NotPayable(payment.reference)
    return payment


@transaction.atomic
def _start_refused(asked: Payment, refusal: Rejected, now: datetime) -> None:
    payment = lock_payment(asked.pk)
    if payment.state == State.CREATED:
        _move(payment, State.FAILED, {"code": refusal.code}, source="start", now=now)
        ledger.derive_status(payment, now)


# --- asking ------------------------------------------------------------------------------------


def fetch(payment: Payment) -> Snapshot | None:
    """What the provider says of the payment now; None when there is nothing to say yet.

    Raises Unknown (ask again later) and Rejected (the provider does not know it: other keys than those it began with).
    """
    outside_transactions()
    return PROVIDERS[payment.provider].fetch(payment)


def cancel_at_provider(payment: Payment) -> Snapshot:
    """Make sure that the payment cannot be paid any more, and get what is true after that, for `apply`.

    The snapshot may say captured (it was paid a moment ago: settle it) or processing (wait). Raises Unknown and
    Rejected; then nothing that the payment holds may be released.
    """
    outside_transactions()
    return PROVIDERS[payment.provider].cancel(payment)


def due_for_check(*, now: datetime, limit: int = 50) -> list[int]:
    """The next payments to look at, oldest first, and when to look again: no two workers get the same one."""
    with transaction.atomic():
        due = list(
            Payment.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(next_check_at__lte=now)
            .order_by("next_check_at")[:limit]
        )
        for payment in due:
            payment.check_count += 1
            payment.next_check_at = _next_check(payment, now)
        Payment.objects.bulk_update(due, ["check_count", "next_check_at"])
    return [payment.pk for payment in due]


def _next_check(payment: Payment, now: datetime) -> datetime | None:
    """When to ask again: ever more seldom while it may be paid, a few times after it was, never when it has ended."""
    count = payment.check_count
    if payment.state not in FINAL:
        return now + CHECKS[min(count, len(CHECKS) - 1)]
    looks = PROVIDERS[payment.provider].looks_after_capture if payment.state == State.CAPTURED else ()
    return now + looks[count] if count < len(looks) else None


def outside_transactions() -> None:
    """Raises RuntimeError inside a transaction (other than a TestCase's own): the network may take half a minute,
    and a result must be kept whatever happens to the work around it."""
    with transaction.atomic(durable=True):
        pass


# --- booking -----------------------------------------------------------------------------------


def apply(payment: Payment, snapshot: Snapshot, *, source: str, now: datetime) -> Change:
    """Book what the provider says, in the caller's transaction, under the locks of order and payment that this takes.

    Only news of a higher rank moves the payment. What does not fit our row is flagged on the order: another reference
    is not booked at all; money in another amount or currency is booked as it came, and the order does not go on.
    `source` is webhook, return, sweep or cancel. Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("payments.apply belongs into the transaction that moves stock")
    locked = lock_payment(payment.pk, order_id=payment.order_id)
    if snapshot.provider_ref != locked.provider_ref:  # read before it was started
        return Change(locked.order, locked, locked.state, locked.state, sound=True)
    if reason := _unbookable(locked, snapshot):
        ledger.flag(locked, reason, now)
        return Change(locked.order, locked, locked.state, locked.state, sound=False)
    return _book(locked, snapshot, source, now)


def _unbookable(payment: Payment, snapshot: Snapshot) -> str:
    if snapshot.reference != payment.reference:
        return f"{payment.provider} names {snapshot.reference or 'nothing'} where we asked for {payment.reference}"
    if snapshot.currency != payment.currency and not _came_in_another(payment, snapshot):
        return f"{payment.reference} is in {snapshot.currency}, we asked for {payment.currency}"
    if snapshot.state == State.CAPTURED and snapshot.captured <= 0:
        return f"{payment.reference} is paid with nothing"
    return ""


def _came_in_another(payment: Payment, snapshot: Snapshot) -> bool:
    """Whether this tells that money has come in another currency than asked for, in one that can be counted here."""
    is_money = snapshot.state == State.CAPTURED and is_news(payment.state, snapshot.state)
    return is_money and snapshot.currency in QUANTUM


def _book(payment: Payment, snapshot: Snapshot, source: str, now: datetime) -> Change:
    old = payment.state
    wrong = _wrong_amount(payment, snapshot)
    payment.currency = snapshot.currency
    _hear_of_dispute(payment, snapshot, now)
    payment.method = snapshot.method or payment.method
    instructed = _keep_instructions(payment, snapshot)
    if is_news(old, snapshot.state):
        payment.captured = snapshot.captured
        _move(payment, snapshot.state, snapshot.stored(), source=source, now=now)
    else:
        payment.save(update_fields=["method", "disputed", "client", "kind", "expires_at"])
    if wrong:
        ledger.flag(payment, wrong, now)
    if old != payment.state == State.REVERSED:
        ledger.flag(payment, f"the money of {payment.reference} was taken back", now)
    ledger.keep_objects(payment, snapshot, now)
    ledger.book_refunds(payment, snapshot, source, now)
    ledger.derive_status(payment, now)
    return Change(payment.order, payment, old, payment.state, sound=not wrong, instructed=instructed)


def _keep_instructions(payment: Payment, snapshot: Snapshot) -> bool:
    """Keep how an open payment is to be paid, unless a later choice is known; True when there is a new number.

    A number makes it a transfer, which may be paid until the number's own deadline.
    """
    told, known = snapshot.instructions, payment.client.get("instructions", {})
    if payment.state in FINAL or not payment.client or told.get("since", "") < known.get("since", ""):
        return False
    payment.client = {**payment.client, "instructions": told}
    if "number" not in told or told == known:
        return False
    payment.kind, payment.expires_at = "transfer", datetime.fromisoformat(told["until"])
    return True


def _hear_of_dispute(payment: Payment, snapshot: Snapshot, now: datetime) -> None:
    """While the payer's bank decides, nothing can be refunded. Over is what is named and not open: old news names none."""
    if snapshot.disputed and not payment.disputed:
        payment.disputed = True
        ledger.flag(payment, f"{payment.reference} is disputed by the payer", now)
    elif payment.disputed and not snapshot.disputed and "dispute" in dict(snapshot.objects):
        payment.disputed = False
        orders.note(payment.order, "dispute_over", actor=payment.provider, now=now, reason=payment.reference)


def _wrong_amount(payment: Payment, snapshot: Snapshot) -> str:
    said = snapshot.captured if snapshot.state == State.CAPTURED else snapshot.amount
    asked_in = payment.order.currency
    if payment.currency != asked_in or (said == payment.amount == snapshot.amount and snapshot.currency == asked_in):
        return ""  # as asked for; or known since it came in another currency
    about, asked = format_money(Money(said, snapshot.currency)), format_money(Money(payment.amount, asked_in))
    return f"{payment.reference} is about {about}, we asked for {asked}"


def _move(payment: Payment, new: str, snapshot: dict[str, Any], *, source: str, now: datetime) -> None:
    """Put a locked payment into its next state, with its history and its line in the log."""
    old, payment.state = payment.state, new
    if new in FINAL:
        payment.check_count, payment.client = 0, {}
        payment.next_check_at = _next_check(payment, now)
    payment.save()
    insert([PaymentTransition(payment=payment, old=old, new=new, source=source, snapshot=snapshot, at=now)])
    words = {"order": payment.order.number, "provider": payment.provider, "payment": payment.reference}
    words |= {"old": old, "new": new, "source": source}
    log.info("payment %s: %s to %s", payment.reference, old, new, extra=words)
