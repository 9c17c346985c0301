"""Giving money back. Like paying: row first, network second, result third.

with transaction.atomic():
    refund = request(payment=lock_payment(pk), amount=..., key=form_key, reason="...", requested_by=..., now=now)
submit(refund_id=refund.pk, now=now)        # at once, by the outbox, and by the clock until it is through
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from shop.money import Money
from shop.outbox import operations as outbox
from shop.payments import accounts, ledger
from shop.payments.locks import lock_refund
from shop.payments.models import Payment, Refund, RefundLine
from shop.payments.operations import apply, fetch, outside_transactions
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Refunding, RefundSnapshot, Rejected, Unknown

State = Refund.State
WAITING = (State.CREATED, State.SUBMITTED)

# How long to wait before a refund that is not through is asked about again: the first time, the second ...
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 360)]
TELL_AFTER = 4  # tries


class RefundError(Exception):
    """Base of what cannot be refunded. Nothing has been asked of the provider then."""


class NotCaptured(RefundError):
    """No money of this payment is here."""


class Disputed(RefundError):
    """The payer's bank decides about this money; whoever refunds it as well pays twice."""


class TooMuch(RefundError):
    """More than is left of what was captured; `left` (Money) is what may still be refunded."""

    def __init__(self, left: Money) -> None:
        super().__init__(str(left))
        self.left = left


@dataclass(frozen=True)
class Units:
    """Units of an order line to pay back: `amount` with discount and tax, `tax` what of it is tax."""

    line_id: int
    quantity: int
    amount: Decimal
    tax: Decimal
    restock: bool = False


def goes_by_hand(payment: Payment, amount: Decimal) -> bool:
    """Whether the provider cannot give this back by itself, so that a person has to."""
    provider = PROVIDERS.get(payment.provider)
    way = provider.capabilities.refund(payment.method) if provider else Refunding.NONE
    return way == Refunding.NONE or (way == Refunding.FULL and amount != payment.captured)


def request(
    *,
    payment: Payment,
    amount: Decimal,
    key: UUID,
    reason: str,
    requested_by: str,
    now: datetime,
    manual: bool = False,
    shipping: Decimal = Decimal(0),
    units: Sequence[Units] = (),
) -> Refund:
    """Promise to give `amount` of a locked payment back; in the caller's transaction, sent after it.

    With a `key` that was used before the refund of then is returned. What the provider cannot refund, and what is
    wished so by `manual`, becomes a task for a person. Raises NotCaptured, Disputed and TooMuch.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a refund belongs into the transaction that locks its payment")
    if earlier := payment.refunds.filter(key=key).first():
        return earlier
    refuse(payment, amount)
    refund = Refund.objects.create(
        payment=payment,
        key=key,
        amount=amount,
        shipping=shipping,
        reason=reason[:200],
        requested_by=requested_by,
        manual=manual or goes_by_hand(payment, amount),
        created_at=now,
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            line_id=each.line_id,
            quantity=each.quantity,
            amount=each.amount,
            tax=each.tax,
            restock=each.restock,
        )
        for each in units
    )
    ledger.tell_asked(refund, now)
    if refund.manual:
        accounts.ask_for_account(refund, now)
    else:
        refund.next_try_at = now + BACK_OFF[0]
        refund.save(update_fields=["next_try_at"])
        outbox.later("checkout.submit_refund", key=f"refund/{refund.key}", now=now, refund_id=refund.pk)
    return refund


def refuse(payment: Payment, amount: Decimal) -> None:
    """Raise NotCaptured, Disputed or TooMuch when `amount` cannot be given back; certain only under the payment's lock."""
    if payment.state != Payment.State.CAPTURED:
        raise NotCaptured(payment.reference)
    if payment.disputed:
        raise Disputed(payment.reference)
    left = ledger.refundable(payment)
    if not 0 < amount <= left:
        raise TooMuch(Money(left, payment.currency))


# --- at the provider -----------------------------------------------------------------------------


def submit(*, refund_id: int, now: datetime) -> Refund:
    """Have the provider give the money back. Again, and by two at once, gives one refund.

    A refusal makes it `failed`, with the provider's word, and flags the order. Raises Unknown when nobody knows: it stays
    `submitted`, and the clock asks again, looking first whether it is there by now.
    """
    outside_transactions()
    refund = _take(refund_id, now)
    if refund.state == State.SUBMITTED and refund.tries > 1:
        refund = _look(refund, now)
    if refund.state != State.SUBMITTED:
        return refund
    try:
        said = PROVIDERS[refund.payment.provider].refund(refund)
    except Rejected as refusal:
        return _refused(refund, refusal, now)
    except Unknown as error:
        _keep_trying(refund, error, now)
        raise
    return _book(refund, said, now)


@transaction.atomic
def _take(refund_id: int, now: datetime) -> Refund:
    """Committed as submitted before the call, so that whatever happens to us the clock finds it."""
    refund = lock_refund(refund_id)
    if refund.manual or refund.external or refund.state not in WAITING:
        return refund
    refund.tries += 1
    refund.next_try_at = now + BACK_OFF[min(refund.tries, len(BACK_OFF)) - 1]
    if refund.state == State.CREATED:
        ledger.move_refund(refund, State.SUBMITTED, source="submit", now=now)
    else:
        refund.save(update_fields=["tries", "next_try_at"])
    return refund


def _look(refund: Refund, now: datetime) -> Refund:
    """What the provider knows of it: an idempotency key is forgotten after a day, a refund is not."""
    snapshot = fetch(refund.payment)
    with transaction.atomic():
        if snapshot is not None:
            apply(refund.payment, snapshot, source="sweep", now=now)
        return lock_refund(refund.pk)


@transaction.atomic
def _book(asked: Refund, said: RefundSnapshot, now: datetime) -> Refund:
    refund = lock_refund(asked.pk)
    ledger.keep_refund_object(refund.payment, said, now)
    return ledger.book_refund(refund.payment, said, "submit", now)


@transaction.atomic
def _refused(asked: Refund, refusal: Rejected, now: datetime) -> Refund:
    refund = lock_refund(asked.pk)
    if refund.state == State.SUBMITTED:
        ledger.move_refund(refund, State.FAILED, source="submit", now=now, note=refusal.code)
    return refund


@transaction.atomic
def _keep_trying(asked: Refund, error: Unknown, now: datetime) -> None:
    refund = lock_refund(asked.pk)
    if refund.state == State.SUBMITTED:
        refund.error = str(error)[:200]
        refund.save(update_fields=["error"])
        if refund.tries >= TELL_AFTER:
            ledger.flag(refund.payment, f"{ledger.name(refund)} is not through yet", now)


def due_refunds(*, now: datetime, limit: int = 50) -> list[int]:
    """The next refunds to send again or to ask about, oldest first; nobody else gets them for a while."""
    with transaction.atomic():
        due = list(
            Refund.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .filter(next_try_at__lte=now)
            .order_by("next_try_at")[:limit]
        )
        for refund in due:
            refund.next_try_at = now + (ledger.LOOK_AT_PENDING if refund.state == State.PENDING else BACK_OFF[1])
        Refund.objects.bulk_update(due, ["next_try_at"])
    return [refund.pk for refund in due]


def follow_up(*, refund_id: int, now: datetime) -> Refund:
    """Send a refund that is not through again, or ask how one fares that is on its way. Raises Unknown and Rejected."""
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    return _look(refund, now) if refund.state == State.PENDING else submit(refund_id=refund_id, now=now)


# --- by hand -------------------------------------------------------------------------------------


class NotByHand(RefundError):
    """The provider's, or settled already: nothing for a person to say."""


@transaction.atomic
def finish_by_hand(*, refund_id: int, note: str, actor: str, now: datetime) -> Refund:
    """The money has been sent by hand; `note` says how (a bank's reference). Raises NotByHand, also the second time."""
    refund = _by_hand(refund_id)
    ledger.move_refund(refund, State.SUCCEEDED, source=actor, now=now, note=note)
    ledger.no_longer_by_hand(refund, actor, now)
    return refund


@transaction.atomic
def withdraw_by_hand(*, refund_id: int, note: str, actor: str, now: datetime) -> Refund:
    """It will not be sent after all. Raises NotByHand."""
    refund = _by_hand(refund_id)
    ledger.move_refund(refund, State.CANCELLED, source=actor, now=now, note=note)
    ledger.no_longer_by_hand(refund, actor, now)
    return refund


def _by_hand(refund_id: int) -> Refund:
    refund = lock_refund(refund_id)
    if not refund.manual or refund.state != State.CREATED:
        raise NotByHand(str(refund.key))
    return refund
