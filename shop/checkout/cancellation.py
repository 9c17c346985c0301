"""Cancelling an order that has not left: by the shopper, or by staff. Money that came goes back.

Like expiry: the provider first, outside any transaction, so that nothing can be paid any more; then order, payments,
stock and promotions under their locks. Whoever packs or pays at the same moment either was first, and the cancellation
is refused or refunds, or finds the order cancelled.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from shop.checkout import settlement
from shop.money import Money, zero
from shop.orders import contents, parcels
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.operations import COVERED
from shop.payments import ledger, refunds
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, Refund

State = Order.State


class CancelError(Exception):
    """Base of why an order is not cancelled. Nothing has changed then."""


class TooLate(CancelError):
    """It has left the house, in whole or in part; for a customer, also when it is packed."""


class NoRest(CancelError):
    """Nothing of it is stranded: nothing has left, all has, or what is here is paid and can follow."""


class PaymentUnderWay(CancelError):
    """Its payment can neither be stopped nor is it through: the bank is working on it."""


def may_cancel(order: Order, *, packed: bool = False) -> bool:
    """Whether nothing of it has been sent, nor packed, unless `packed` may be taken apart; a guess without its lock."""
    stops = any(parcel.shipped_at or not packed for parcel in order.fulfilments.all())
    return order.state in (State.PENDING, State.PROCESSING) and not stops


def may_cancel_rest(order: Order) -> bool:
    """Whether a part has left and the rest cannot follow, since its money has gone back; a guess without its lock."""
    return contents.is_partly_shipped(order) and order.payment_status not in COVERED


def money_of(order: Order) -> Money:
    """What a cancellation would have to give back."""
    paid = order.payments.filter(state=Payment.State.CAPTURED, currency=order.currency)
    return Money(sum((ledger.refundable(payment) for payment in paid), Decimal(0)), order.currency)


def goes_by_hand(order: Order) -> bool:
    """Whether a person would have to send the customer's money back."""
    paid = order.payments.filter(state=Payment.State.CAPTURED)
    return any(refunds.goes_by_hand(payment, ledger.refundable(payment)) for payment in paid)


def cancel(*, order_id: int, reason: str, actor: str, now: datetime, why: str = "") -> bool:
    """Cancel an order that has not left: refund it, give back its stock and its promotions, write to the customer.

    `reason` is customer or staff; `why`, in staff's words, goes to the timeline. What is packed, a customer cannot stop any
    more; for staff it is taken apart. False when it was cancelled already.
    Raises TooLate, PaymentUnderWay, and Unknown or Rejected of the provider.
    """
    settlement.stop_payments(order_id, now)
    with transaction.atomic():
        order = lock_order(order_id)
        if order.state == State.CANCELLED:
            return False
        if not may_cancel(order, packed=reason == "staff"):
            raise TooLate(order.number)
        parcels.unpack_all(order, actor=actor, now=now)
        back = _give_back(order, reason, actor, now)
        if settlement.money_may_come(order):
            raise PaymentUnderWay(order.number)
        order.refresh_from_db()  # the refunds have told theirs about themselves
        detail = {"why": why} if why else {}
        if _tasks(order):
            detail["by_hand"] = "yes"
        settlement.close(
            order, reason=reason, actor=actor, now=now, back=str(back.amount), currency=order.currency, **detail
        )
    return True


def cancel_rest(*, order_id: int, actor: str, now: datetime) -> None:
    """Keep what is still here of an order that has lost its money on the way: it is anybody's again, also what is packed,
    and the order counts as shipped. Raises NoRest.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if not may_cancel_rest(order):
            raise NoRest(order.number)
        parcels.unpack_all(order, actor=actor, now=now)
        rest = {each.line: each.left for each in contents.standing(order) if each.left}
        parcels.take_out(order, rest, actor=actor, now=now)


def _give_back(order: Order, reason: str, actor: str, now: datetime) -> Money:
    back = zero(order.currency)
    paid = order.payments.filter(state=Payment.State.CAPTURED).order_by("pk")
    for payment_id in list(paid.values_list("pk", flat=True)):
        payment = lock_payment(payment_id)
        key = settlement.refund_key(payment, "cancelled")
        words = "cancelled by the customer" if reason == "customer" else "cancelled by the shop"
        given = settlement.give_back(payment, key=key, reason=words, actor=actor, now=now)
        back += given if given.currency == back.currency else zero(order.currency)
    return back


def _tasks(order: Order) -> bool:
    return Refund.objects.filter(payment__order=order, manual=True, state=Refund.State.CREATED).exists()
