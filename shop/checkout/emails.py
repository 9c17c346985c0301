"""Letters about money that is to come or goes back, in the order's language."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.checkout.instructions import HowToPay, Number, how_to_pay
from shop.money import Money, format_money
from shop.orders.emails import ABOUT_ORDER, letter
from shop.orders.samples import sample_context
from shop.outbox.kinds import Kind, Letter, Word
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


def in_words(money: Money) -> str:
    return format_money(money, translation.get_language() or "en")


def a_number_to_pay() -> dict[str, Any]:
    """Made up, for previews."""
    context = sample_context()
    amount = context["order"].money("total")
    steps = [_now("Type the number. The amount and our name appear: check them.")]
    title = _now("Pay by %(bank)s virtual account") % {"bank": "BCA"}
    numbers = [Number(_now("Virtual account number"), "1234567890123456")]
    until = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    return {**context, "how": HowToPay(title, steps, numbers, amount, until)}


def a_refund() -> dict[str, Any]:
    """Made up, for previews."""
    context = sample_context()
    refund = Refund(payment=Payment(currency="USD"), amount=Decimal("24.00"), shipping=0)
    return {**context, "refund": refund, "units": [{"quantity": 1, "line": context["lines"][1]}]}


TO_PAY = {
    **ABOUT_ORDER,
    "until": Word(_("until when it can be paid"), lambda context: context["how"].until_words),
}
REFUNDED = {
    **ABOUT_ORDER,
    "amount": Word(_("what was paid back"), lambda context: in_words(context["refund"].money)),
}

KINDS = (
    Kind("how_to_pay", _("How to pay"), _("When the buyer was given a number to pay."), a_number_to_pay, TO_PAY),
    Kind("refunded", _("Money sent back"), _("When a refund is through."), a_refund, REFUNDED),
)
