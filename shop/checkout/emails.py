"""Letters about money that is to come or goes back, in the order's language."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.cart.cookies import back_token
from shop.cart.listing import look
from shop.checkout.instructions import HowToPay, Number, how_to_pay
from shop.checkout.models import CheckoutDraft
from shop.checkout.tracking import moment
from shop.customers.consents import unsubscribe_url
from shop.customers.models import Consent
from shop.money import Money, format_money
from shop.orders.emails import ABOUT_ORDER, letter
from shop.orders.models import Order
from shop.orders.samples import sample_context
from shop.outbox.kinds import Kind, Letter, Word
from shop.payments.models import Payment, Refund, RefundAccount


def refund_letter(refund: Refund, key: str) -> Letter:
    """The letter that a refund is through."""
    about = letter(refund.payment.order, "refunded", key)
    units = list(refund.lines.select_related("line"))
    return replace(about, context={**about.context, "refund": refund, "units": units})


def account_letter(refund: Refund, key: str) -> Letter | None:
    """The letter that asks where to send a refund; None when it waits no more, or the account has come meanwhile."""
    if refund.state != Refund.State.CREATED or hasattr(refund, "account"):
        return None
    return _about_account(refund, "refund_account", key)


def account_noted_letter(refund: Refund, key: str) -> Letter | None:
    """The letter that an account was noted, for whoever ordered: somebody else may hold the link."""
    return _about_account(refund, "refund_account_noted", key) if hasattr(refund, "account") else None


def _about_account(refund: Refund, kind: str, key: str) -> Letter:
    about = letter(refund.payment.order, kind, key)
    url = f"{about.context['order_url']}#refund-account"
    return replace(about, context={**about.context, "refund": refund, "action_url": url})


def payment_letter(payment: Payment, key: str) -> Letter | None:
    """The letter with the number to pay; None when it is paid, or cannot be paid any more."""
    with translation.override(payment.order.language):
        how = how_to_pay(payment)
    if how is None:
        return None
    about = letter(payment.order, "how_to_pay", key)
    return replace(about, context={**about.context, "how": how})


def received_letter(order: Order, key: str) -> Letter | None:
    """The letter that an order is kept and waits for its money; None when it does not wait any more."""
    if order.state != Order.State.PENDING:
        return None
    about = letter(order, "order_received", key)
    with translation.override(order.language):
        until = moment(order.expires_at)
    return replace(about, context={**about.context, "until": until})


def reminder_letter(payment: Payment, key: str, *, now: datetime) -> Letter | None:
    """The letter that a number ends soon; None when it is paid or has ended."""
    about = payment_letter(payment, key) if payment.expires_at > now else None
    return about and replace(about, kind="payment_reminder")


def cart_letter(draft: CheckoutDraft, key: str, *, now: datetime) -> Letter:
    """The reminder of a cart that was left; its link holds goods and nothing of the person."""
    language = draft.remind_in
    with translation.override(language):
        bag = look(draft.cart, now=now, language=language)
        url = settings.BASE_URL + reverse("cart:back", args=[back_token(draft.cart)])
    return Letter(
        key=key,
        kind="cart_reminder",
        to=draft.email,
        language=language,
        context={"lines": bag.lines, "action_url": url},
        unsubscribe_url=unsubscribe_url(email=draft.email, kind=Consent.Kind.CART_REMINDER, language=language),
    )


def a_cart() -> dict[str, Any]:
    """Made up, for previews."""
    lines = [
        {"quantity": 2, "title": _now("Indigo mug"), "options": _now("350 ml"), "total": Money(48, "USD")},
        {"quantity": 1, "title": _now("Woven tray"), "options": "", "total": Money(24, "USD")},
    ]
    return {"lines": lines, "action_url": f"{settings.BASE_URL}/"}


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


def an_account() -> dict[str, Any]:
    """Made up, for previews."""
    context = a_refund()
    told = {"bank_name": "BCA", "account_number": "1234567890", "account_holder": "Alice Hartono"}
    context["refund"].account = RefundAccount(**told)
    return context


TO_PAY = {
    **ABOUT_ORDER,
    "until": Word(_("until when it can be paid"), lambda context: context["how"].until_words),
}
REFUNDED = {
    **ABOUT_ORDER,
    "amount": Word(_("what is paid back"), lambda context: in_words(context["refund"].money)),
}

KINDS = (
    Kind("how_to_pay", _("How to pay"), _("When the buyer was given a number to pay."), a_number_to_pay, TO_PAY),
    Kind(
        "order_received",
        _("Order received"),
        _("Some minutes after it was placed, when no payment has come and no number was given."),
        lambda: sample_context() | {"until": moment(datetime(2026, 11, 26, 10, 0, tzinfo=UTC))},
        {**ABOUT_ORDER, "until": Word(_("until when it can be paid"), lambda context: context["until"])},
    ),
    Kind(
        "payment_reminder",
        _("Reminder to pay"),
        _("Some hours before a number to pay ends."),
        a_number_to_pay,
        TO_PAY,
    ),
    Kind(
        "cart_reminder",
        _("Reminder of a cart"),
        _("A day after a cart was left, to those who asked for it at the checkout; once."),
        a_cart,
        {"shop": ABOUT_ORDER["shop"]},
    ),
    Kind("refunded", _("Money sent back"), _("When a refund is through."), a_refund, REFUNDED),
    Kind(
        "refund_account",
        _("Where to send money back"),
        _(
            "When money goes back by bank transfer, because the way it was paid cannot take it back: asks for the account."
        ),
        a_refund,
        REFUNDED,
    ),
    Kind(
        "refund_account_noted",
        _("Account for money back noted"),
        _("When the account for a transfer was told or changed, so that nobody else can do it unnoticed."),
        an_account,
        REFUNDED,
    ),
)
