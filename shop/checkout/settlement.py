"""Where money, order and stock meet after the order was placed: paid, expired, paid too late, paid for nothing.

Every path (webhook, return from the provider, sweep, expiry) asks the provider first, outside any transaction, and
then settles what it said under the locks order -> payment -> stock -> promotions.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid5

from django.db import transaction

from shop.checkout.deadlines import keep_until
from shop.inventory import operations as inventory
from shop.money import Money, zero
from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.payments import inbox, ledger, refunds
from shop.payments import operations as payments
from shop.payments.models import Payment, WebhookEvent
from shop.payments.providers.base import Rejected, Snapshot, Unknown
from shop.payments.status import ENDED, FINAL
from shop.promotions import operations as promotions

log = logging.getLogger("shop.checkout")

POSTPONE = timedelta(hours=1)
State = Order.State


def settle(*, payment_id: int, source: str, now: datetime) -> Order:
    """Ask the provider what is true about a payment and act on it. Doing it again changes nothing.

    `source` says who asked: webhook, return or sweep. Raises Unknown and Rejected when the provider cannot tell;
    nothing has changed then.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    snapshot = payments.fetch(payment)
    return payment.order if snapshot is None else book(payment, snapshot, source, now)


@transaction.atomic
def book(payment: Payment, snapshot: Snapshot, source: str, now: datetime) -> Order:
    """Book what the provider says of a payment, and do with order and stock what follows from it."""
    change = payments.apply(payment, snapshot, source=source, now=now)
    if change.captured:
        _paid(change.payment, now)
    elif change.unsound:
        other = "amount" if change.payment.currency == change.order.currency else "currency"
        _send_back(change.payment, f"paid another {other} than was asked for", now)
    elif change.instructed:
        _wait_for_number(change.payment, now)
    return change.order


def _wait_for_number(payment: Payment, now: datetime) -> None:
    """The shopper has got a number that can be paid for a while: keep the goods as long, and write it to them."""
    order = payment.order
    if order.state != State.PENDING:
        return
    keep_until(order, payment.expires_at + payments.PROVIDER_ENDS_EARLIER)
    orders.note(order, "number_given", actor=payment.provider, now=now, reason=payment.method)
    since = "".join(digit for digit in payment.client["instructions"]["since"] if digit.isdecimal())
    key = f"how_to_pay/{payment.reference}/{since}"
    outbox.later("checkout.send_how_to_pay", key=f"mail/{key}", now=now, payment_id=payment.pk, mail_key=key)


def _paid(payment: Payment, now: datetime) -> None:
    """The money of a payment has come, as agreed. An order takes it once; whatever else comes goes back."""
    order = payment.order
    if order.state == State.PENDING:
        nothing_to_pay(order, now=now)
    elif order.state != State.CANCELLED:
        _send_back(payment, "paid twice", now)
    elif order.cancel_reason == "expired":
        _paid_too_late(payment, now)
    else:
        _send_back(payment, "paid after it was cancelled", now)


def nothing_to_pay(order: Order, *, now: datetime) -> None:
    """A locked order owes nothing (any more): what it holds is its own, and it is to be packed."""
    inventory.confirm(order_number=order.number)
    promotions.confirm(order_number=order.number, now=now)
    _confirm(order, now)


def _paid_too_late(payment: Payment, now: datetime) -> None:
    """What an expired order had held was given back. If all of it can still be had, it lives again."""
    order = payment.order
    try:
        with transaction.atomic():
            _take_back(order, now)
            promotions.take_back(order_number=order.number, now=now)
    except inventory.OutOfStock:
        _send_back(payment, "paid after it was cancelled, and sold out", now)
    except promotions.UsedUp:
        _send_back(payment, "paid after it was cancelled, and its discount is used up", now)
    else:
        _confirm(order, now)


def _send_back(payment: Payment, why: str, now: datetime) -> None:
    """Money that an order has no use for: refund it, once, and have a person look."""
    key = refund_key(payment, "unusable")
    give_back(payment, key=key, reason=why, actor="payments", now=now)
    orders.flag(payment.order, f"{why}: {payment.reference} is refunded", actor="payments", now=now)


def refund_key(payment: Payment, cause: str) -> UUID:
    """The key of a refund that has a cause in place of a form: however often that strikes, one refund."""
    return uuid5(payment.order.checkout_key, f"{cause}/{payment.attempt}")


def give_back(payment: Payment, *, key: UUID, reason: str, actor: str, now: datetime) -> Money:
    """Refund what is left of a locked payment. What its bank is deciding about stays, and a person is told."""
    left = ledger.refundable(payment)
    if not left:
        return zero(payment.currency)
    try:
        refunds.request(payment=payment, amount=left, key=key, reason=reason, requested_by=actor, now=now)
    except refunds.Disputed:
        ledger.flag(payment, f"{reason}, and {payment.reference} is disputed: not refunded", now)
        return zero(payment.currency)
    return Money(left, payment.currency)


def _confirm(order: Order, now: datetime) -> None:
    orders.move(order, State.PROCESSING, actor="payments", now=now)
    orders.write(order, "order_confirmed", now=now)
    orders.tell_packers(order, now=now)


def _take_back(order: Order, now: datetime) -> None:
    """Reserve a cancelled order's goods anew. Raises inventory.OutOfStock."""
    lines = list(order.lines.select_related("variant"))
    demands = [(line.variant.stock_item_id, line.quantity) for line in lines]
    anew = inventory.reserve(demands=demands, order_number=order.number, expires_at=now + POSTPONE, now=now)
    inventory.confirm(order_number=order.number)
    for line, reservation in zip(lines, anew, strict=True):
        line.reservation = reservation
        line.save(update_fields=["reservation"])


def expire_orders(*, now: datetime, limit: int = 200) -> int:
    """Cancel pending orders past their deadline: at the provider first, then their stock. Returns how many."""
    overdue = Order.objects.filter(state=State.PENDING, expires_at__lte=now).order_by("expires_at")
    expired = 0
    for order_id in list(overdue.values_list("pk", flat=True)[:limit]):
        try:
            expired += _expire(order_id, now)
        except Unknown as error:  # whoever cannot be reached may still take the money: keep the stock
            log.warning("order %s not expired, its provider cannot be asked: %s", order_id, error)
        except Rejected as error:
            _ask_a_person(order_id, f"its payment cannot be cancelled at the provider ({error.code})", now)
        except Exception as error:  # noqa: BLE001 - one order that cannot be worked on must not stop the others
            _say_what_happened(f"order {order_id} not expired", error)
    return expired


def _say_what_happened(what: str, error: Exception) -> None:
    """Something that nobody foresaw, or a row that somebody holds for too long: the clock comes again."""
    reason = str(error).partition("\n")[0]  # PostgreSQL's further lines quote the row
    log.error("%s: %s %s", what, type(error).__name__, reason)


def _expire(order_id: int, now: datetime) -> bool:
    """Look first where the shopper chooses at the provider: a number may just have been given out, with a later deadline."""
    for payment in Payment.objects.filter(order_id=order_id, kind="redirect").exclude(state__in=FINAL):
        settle(payment_id=payment.pk, source="sweep", now=now)
    if Order.objects.filter(pk=order_id, expires_at__gt=now).exists():
        return False
    return cancel_unpaid(order_id=order_id, reason="expired", actor="clock", now=now)


def cancel_unpaid(*, order_id: int, reason: str, actor: str, now: datetime) -> bool:
    """Cancel a pending order whose money has not come: first make paying impossible, then give the stock back.

    False when it is not pending any more, was paid meanwhile, or a payment is still under way at the provider; the
    order then stays, and in the last case its deadline moves by an hour. Raises Unknown and Rejected.
    """
    stop_payments(order_id, now)
    with transaction.atomic():
        order = lock_order(order_id)
        if order.state != State.PENDING:
            return False
        if money_may_come(order):
            _postpone(order, now)
            return False
        close(order, reason=reason, actor=actor, now=now)
    return True


def stop_payments(order_id: int, now: datetime) -> None:
    """Make sure that nothing of the order can be paid any more, or hear that it has been. Raises Unknown and Rejected."""
    for payment in Payment.objects.filter(order_id=order_id).exclude(state__in=FINAL):
        book(payment, payments.cancel_at_provider(payment), "cancel", now)


def money_may_come(order: Order) -> bool:
    """Whether a locked order has money, or a payment that may still bring some.

    What is on its way back is no money, and neither is what a bank decides about: a person was told of that.
    """
    for payment in order.payments.exclude(state__in=[*ENDED, Payment.State.REVERSED]):
        if payment.state != Payment.State.CAPTURED or (ledger.refundable(payment) and not payment.disputed):
            return True
    return False


def close(order: Order, *, reason: str, actor: str, now: datetime, **detail: str) -> None:
    """Cancel a locked order: what it held is anybody's again, and the customer is told."""
    again = str(order.events.filter(kind=State.CANCELLED).count() or "")
    inventory.release(order_number=order.number, now=now)
    promotions.release(order_number=order.number, now=now)
    orders.move(order, State.CANCELLED, actor=actor, now=now, reason=reason, **detail)
    orders.write(order, "order_cancelled", now=now, once=again)


def _ask_a_person(order_id: int, reason: str, now: datetime) -> None:
    """The provider will never agree, so trying again every minute helps nobody."""
    with transaction.atomic():
        order = lock_order(order_id)
        if order.state == State.PENDING:
            orders.flag(order, reason, actor="clock", now=now)
            _postpone(order, now)


def _postpone(order: Order, now: datetime) -> None:
    """Money may be on its way, or has come and does not fit: keep the stock, and look again later."""
    keep_until(order, now + POSTPONE)
    orders.note(order, "expiry_postponed", actor="clock", now=now, reason="a payment is under way")


def sweep_inbox(*, now: datetime, limit: int = 200) -> int:
    """Work on the messages that wait, until its leases could end; returns how many were put away.

    A few are taken at a time, so that others can sweep at the same time: as many as shall be asked about at once.
    """
    done, stop = 0, monotonic() + inbox.LEASE.total_seconds() / 5
    while done < limit and monotonic() < stop and (claimed := inbox.claim(now=now)):
        for payment, events in claimed:
            _settle_events(payment, events, now)
            done += len(events)
    return done


def _settle_events(payment: Payment | None, events: list[WebhookEvent], now: datetime) -> None:
    """What is asked now is newer than all that the messages tell."""
    try:
        if payment:
            settle(payment_id=payment.pk, source="webhook", now=now)
    except Exception as error:  # noqa: BLE001 - one payment that cannot be worked on must not stop the others
        inbox.put_back(events, error=error, now=now)
    else:
        inbox.finish(events, payment=payment, now=now)


def reconcile(*, now: datetime) -> int:
    """Look at the payments whose time has come, without waiting for any webhook; returns how many were asked about."""
    due = payments.due_for_check(now=now)
    for payment_id in due:
        try:
            settle(payment_id=payment_id, source="sweep", now=now)
        except (Unknown, Rejected) as error:
            log.warning("payment %s could not be looked at: %s", payment_id, error)
        except Exception as error:  # noqa: BLE001 - as above
            _say_what_happened(f"payment {payment_id} could not be looked at", error)
    return len(due)


def fetch_missed(*, now: datetime) -> int:
    """Take in the messages that never reached us; the sweep works on them. Returns how many."""
    try:
        return inbox.missed_events(now=now)
    except (Unknown, Rejected) as error:
        log.warning("missed messages could not be fetched: %s", error)
        return 0


def submit_refund(*, refund_id: int, now: datetime) -> None:
    """Have a refund made at its provider. When nobody knows whether it was, the sweep asks again."""
    try:
        refunds.submit(refund_id=refund_id, now=now)
    except (Unknown, Rejected) as error:
        log.warning("refund %s is not through: %s", refund_id, error)


def sweep_refunds(*, now: datetime) -> int:
    """Send refunds again that are not through, and ask about those on their way; returns how many."""
    due = refunds.due_refunds(now=now)
    for refund_id in due:
        try:
            refunds.follow_up(refund_id=refund_id, now=now)
        except (Unknown, Rejected) as error:
            log.warning("refund %s is not through: %s", refund_id, error)
        except Exception as error:  # noqa: BLE001 - as above
            _say_what_happened(f"refund {refund_id} is not through", error)
    return len(due)
