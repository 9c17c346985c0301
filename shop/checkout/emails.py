"""Letters about money that is to come or goes back, in the order's language."""

from dataclasses import replace

from django.utils import translation

from shop.checkout.instructions import how_to_pay
from shop.orders.emails import letter
from shop.outbox.mails import Letter
from shop.payments.models import Payment, Refund


def refund_letter(refund: Refund, key: str) -> Letter:
    """The letter that a refund is through."""
    about = letter(refund.payment.order, "refunded", key)
    units = list(refund.lines.select_related("line"))
    return replace(about, context={**about.context, "refund": refund, "units": units})


def payment_letter(payment: Payment, key: str) -> Letter | None:
    """The letter with the number to pay; None when it is paid, or cannot be paid any more."""
    with translation.override(payment.order.language):
        how = how_to_pay(payment)
    if how is None:
        return None
    about = letter(payment.order, "how_to_pay", key)
    return replace(about, context={**about.context, "how": how})
