"""What payments and refunds add up to, and what an order is told of it. Everything here works on a locked payment."""

import logging
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet, Sum

from shop.money import Money, format_money
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.payments.models import Payment, ProviderObject, Refund, RefundTransition
from shop.payments.providers.base import RefundSnapshot, Snapshot
from shop.payments.status import REFUND_ENDED, REFUND_RANK, is_refund_news, order_status
from shop.sql import insert, read

log = logging.getLogger("shop.payments")

State = Refund.State
LOOK_AT_PENDING = timedelta(hours=12)


def refunded(payment: Payment, *states: str) -> Decimal:
    """What of the payment is in refunds of `states`; of all that still count, unless some are named."""
    rows = payment.refunds.filter(state__in=states or Refund.LIVE)
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def refundable(payment: Payment) -> Decimal:
    """What may still be given back of a captured payment; zero for any other."""
    if payment.state != Payment.State.CAPTURED:
        return Decimal(0)
    return max(Decimal(0), payment.captured - refunded(payment))


# Planned once: everybody who has paid waits for it.
ATTEMPTS = """
SELECT p.state, p.captured, p.currency,
       (SELECT coalesce(sum(r.amount), 0) FROM shop_refund r WHERE r.payment_id = p.id AND r.state = %s)
  FROM shop_payment p WHERE p.order_id = %s ORDER BY p.attempt
"""


def derive_status(payment: Payment, now: datetime) -> None:
    """Let the order say what its payments and refunds make of it. Other money than the order's counts for nothing."""
    order = payment.order
    attempts = read(ATTEMPTS, [State.SUCCEEDED, order.pk])
    ours = [attempt for attempt in attempts if attempt[2] == order.currency]
    rows = [
        (state, captured if currency == order.currency else Decimal(0)) for state, captured, currency, _ in attempts
    ]
    back = sum((refunded for state, _, _, refunded in ours if state == Payment.State.CAPTURED), Decimal(0))
    orders.set_payment_status(order, order_status(order.total, rows, back), actor=payment.provider, now=now)


def refunded_of(order: Order) -> Decimal:
    """What has gone back of the order's captured payments, in its currency."""
    paid = order.payments.filter(state=Payment.State.CAPTURED, currency=order.currency)
    rows = Refund.objects.filter(payment__in=paid, state=State.SUCCEEDED)
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def flag(payment: Payment, reason: str, now: datetime) -> None:
    """Once per order and reason, however often the provider repeats itself."""
    order = payment.order
    if not order.events.filter(kind="flagged", detail__reason=reason[:200]).exists():
        orders.flag(order, reason[:200], actor=payment.provider, now=now)


# --- what the provider says of refunds -----------------------------------------------------------


def book_refunds(payment: Payment, snapshot: Snapshot, source: str, now: datetime) -> None:
    """Book every refund that the provider knows; ours by their key, those made over there as external, once.

    What has failed comes first: it makes room for what was tried instead.
    """
    for said in sorted(snapshot.refunds, key=lambda said: -REFUND_RANK[said.state]):
        book_refund(payment, said, source, now)


def book_refund(payment: Payment, said: RefundSnapshot, source: str, now: datetime) -> Refund:
    refund = _row_of(payment, said) or _external(payment, said, now)
    if not refund.provider_ref:
        refund.provider_ref = said.provider_ref
        refund.save(update_fields=["provider_ref"])
    if said.amount != refund.amount:
        told = f"{format_money(Money(said.amount, payment.currency))}, we asked for {format_money(refund.money)}"
        flag(payment, f"the refund {said.provider_ref} is of {told}", now)
    if is_refund_news(refund.state, said.state):
        move_refund(refund, said.state, source=source, now=now)
    return refund


def _row_of(payment: Payment, said: RefundSnapshot) -> Refund | None:
    rows = payment.refunds.all()
    return _by_key(rows, said.key) or rows.filter(provider_ref=said.provider_ref).first()


def _by_key(rows: QuerySet[Refund], key: str) -> Refund | None:
    try:
        return rows.filter(key=uuid.UUID(key)).first()
    except ValueError:  # none, or somebody else's word
        return None


def _external(payment: Payment, said: RefundSnapshot, now: datetime) -> Refund:
    """Somebody gave money back without asking us: a person must decide what becomes of the goods."""
    refund = Refund.objects.create(
        payment=payment,
        key=uuid.uuid5(payment.order.checkout_key, f"{payment.provider}/{said.provider_ref}"),
        amount=said.amount,
        reason=f"at {payment.provider}",
        provider_ref=said.provider_ref,
        external=True,
        requested_by=payment.provider,
        created_at=now,
    )
    flag(payment, f"{format_money(refund.money)} was refunded at {payment.provider}, not here", now)
    return refund


def move_refund(refund: Refund, new: str, *, source: str, now: datetime, note: str = "") -> None:
    """Put a refund of a locked payment into its next state, with its history, the order's event and mail."""
    old, refund.state = refund.state, new
    if new in REFUND_ENDED:
        refund.settled_at, refund.next_try_at = now, None
    elif new == State.PENDING:
        refund.next_try_at = now + LOOK_AT_PENDING
    refund.error = note if new == State.FAILED else ""
    refund.save()
    RefundTransition.objects.create(refund=refund, old=old, new=new, source=source, note=note[:200], at=now)
    words = {"order": refund.payment.order.number, "provider": refund.payment.provider, "refund": str(refund.key)}
    words |= {"old": old, "new": new, "source": source}
    log.info("refund %s: %s to %s", refund.key, old, new, extra=words)
    _tell_order(refund, source, now)


def name(refund: Refund) -> str:
    """For flags: of two refunds of the same amount each is told of."""
    return f"refund {refund.pk} ({format_money(refund.money)})"


def tell_asked(refund: Refund, now: datetime) -> None:
    """Note on the order who wants the money back; what a person must send is put before one."""
    order = refund.payment.order
    detail = {"amount": str(refund.amount), "currency": refund.payment.currency, "refund": refund.pk}
    orders.note(order, "refund_asked", actor=refund.requested_by, now=now, reason=refund.reason, **detail)
    if refund.manual:
        flag(refund.payment, by_hand(refund), now)


def by_hand(refund: Refund) -> str:
    """Why the order is flagged; the same words whoever reads the admin in whatever language."""
    return f"{name(refund)} of {refund.payment.reference} is to be paid out by hand"


def no_longer_by_hand(refund: Refund, actor: str, now: datetime) -> None:
    """The task is done: its flag goes, unless the order has another one."""
    if refund.payment.order.needs_attention == by_hand(refund):
        orders.clear_flag(order_id=refund.payment.order_id, actor=actor, now=now)


def _tell_order(refund: Refund, source: str, now: datetime) -> None:
    order = refund.payment.order
    detail = {"amount": str(refund.amount), "currency": refund.payment.currency, "refund": refund.pk}
    if refund.state == State.SUCCEEDED:
        orders.note(order, "refunded", actor=source if refund.manual else refund.payment.provider, now=now, **detail)
        key = f"refunded/{order.number}/{refund.pk}"
        outbox.later("checkout.send_refund_mail", key=f"mail/{key}", now=now, refund_id=refund.pk, mail_key=key)
    elif refund.state == State.FAILED:
        flag(
            refund.payment,
            f"{name(refund)} failed: {refund.error or 'the bank sent it back'}",
            now,
        )
    derive_status(refund.payment, now)


# --- whose is what -------------------------------------------------------------------------------


def keep_objects(payment: Payment, snapshot: Snapshot, now: datetime) -> None:
    """Remember the provider's names of the payment's parts. One that is another payment's already is put before a person."""
    parts = [*snapshot.objects, *(_named(refund) for refund in snapshot.refunds)]
    _keep(payment, parts, now)


def keep_refund_object(payment: Payment, said: RefundSnapshot, now: datetime) -> None:
    _keep(payment, [_named(said)], now)


def _named(refund: RefundSnapshot) -> tuple[str, str]:
    return ProviderObject.Kind.REFUND.value, refund.provider_ref


OF_OTHERS = "SELECT ref FROM shop_providerobject WHERE provider = %s AND ref = ANY(%s) AND payment_id <> %s"


def _keep(payment: Payment, said: list[tuple[str, str]], now: datetime) -> None:
    rows = [ProviderObject(provider=payment.provider, kind=kind, ref=ref, payment=payment) for kind, ref in said if ref]
    insert(rows, ignore_conflicts=True)
    for (other,) in read(OF_OTHERS, [payment.provider, [row.ref for row in rows], payment.pk]):
        flag(payment, f"{payment.provider}'s {other} is another payment's already", now)
