"""Which attempt a pending order is paid with, when the shopper goes on, tries again or chooses another way."""

from datetime import datetime

from shop.checkout.instructions import has_number
from shop.checkout.operations import pay_again
from shop.checkout.settlement import money_may_come, stop_payments
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.providers import PROVIDERS
from shop.payments.status import FINAL


def attempt_with(*, order: Order, provider: str, anew: bool, now: datetime) -> Payment | None:
    """The attempt that may be paid now: the open one, or a new one with `provider` when none is open.

    An open one is ended at its provider first, and only then followed by another, when it is with another provider, or
    when `anew` asks for another number than the one that was given out. None when it is too late for any. What is
    returned may be with another provider than asked for: then its bank is working on it. Raises Unknown and Rejected.
    """
    if order.state != Order.State.PENDING:
        return None
    current = open_attempt(order)
    if current and (current.provider != provider or (anew and has_number(current))):
        stop_payments(order.pk, now)
        order.refresh_from_db()
        current = open_attempt(order)
    if current is None and order.state == Order.State.PENDING and not money_may_come(order):
        pay_again(order=order, provider=provider, kind=PROVIDERS[provider].kind, now=now)
    return current or open_attempt(order)


def open_attempt(order: Order) -> Payment | None:
    return order.payments.exclude(state__in=FINAL).last()
