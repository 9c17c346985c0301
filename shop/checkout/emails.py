"""Letters about money that goes back, in the order's language."""

from dataclasses import replace

from shop.orders.emails import letter
from shop.outbox.mails import Letter
from shop.payments.models import Refund


def refund_letter(refund: Refund, key: str) -> Letter:
    """The letter that a refund is through."""
    about = letter(refund.payment.order, "refunded", key)
    units = list(refund.lines.select_related("line"))
    return replace(about, context={**about.context, "refund": refund, "units": units})
