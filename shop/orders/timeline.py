"""The timeline of an order in the words of the people who run the shop."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shop.customers.addresses import lines_of
from shop.money import Money, format_money
from shop.orders.models import Order, OrderAddress, OrderEvent

TITLES = {
    "placed": gettext_lazy("Placed"),
    "processing": gettext_lazy("To be packed"),
    "packed": gettext_lazy("Packed"),
    "unpacked": gettext_lazy("Unpacked"),
    "partly_shipped": gettext_lazy("Partly shipped"),
    "shipped": gettext_lazy("Shipped"),
    "delivered": gettext_lazy("Delivered"),
    "cancelled": gettext_lazy("Cancelled"),
    "flagged": gettext_lazy("Flagged for a look"),
    "flag_cleared": gettext_lazy("Flag cleared"),
    "refund_asked": gettext_lazy("Refund asked for"),
    "refunded": gettext_lazy("Refunded"),
    "account_told": gettext_lazy("Account for the refund told"),
    "return_requested": gettext_lazy("Return asked for"),
    "return_approved": gettext_lazy("Return approved"),
    "return_declined": gettext_lazy("Return declined"),
    "return_received": gettext_lazy("Return arrived"),
    "return_refunded": gettext_lazy("Return paid back"),
    "return_closed": gettext_lazy("Return closed without money"),
    "return_withdrawn": gettext_lazy("Return withdrawn"),
    "dispute_over": gettext_lazy("Dispute over, the money is ours again"),
    "address_changed": gettext_lazy("Address changed"),
    "noted": gettext_lazy("Our note changed"),
    "expiry_postponed": gettext_lazy("Kept for another hour"),
    "number_given": gettext_lazy("Got a number to pay"),
}
CANCEL_REASONS = {
    "expired": gettext_lazy("no payment came in time"),
    "customer": gettext_lazy("by the customer"),
    "staff": gettext_lazy("by the shop"),
}
MACHINES = {
    "customer": gettext_lazy("the customer"),
    "clock": gettext_lazy("the clock"),
    "payments": gettext_lazy("payments"),
    "inventory": gettext_lazy("the stock desk"),
    "stripe": "Stripe",
    "midtrans": "Midtrans",
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline: when, what, more about it, who."""

    at: datetime
    title: str
    note: str
    actor: str


def moments(order: Order) -> list[Moment]:
    """What has happened to `order`, oldest first. An event of a kind unknown here shows its kind."""
    return [Moment(event.at, title(event), note(event), actor(event)) for event in order.events.all()]


def title(event: OrderEvent) -> str:
    if event.kind.startswith("payment_"):
        status = event.kind.removeprefix("payment_")
        return _("Payment: %(status)s") % {"status": _payment_status(status)}
    return str(TITLES.get(event.kind, event.kind.replace("_", " ").capitalize()))


def note(event: OrderEvent) -> str:
    detail = event.detail
    if event.kind.startswith("payment_"):
        return _("before: %(status)s") % {"status": _payment_status(detail.get("was", ""))}
    if event.kind == "address_changed":
        return _address(event)
    return NOTES.get(event.kind, _reason)(detail)


def actor(event: OrderEvent) -> str:
    return str(MACHINES.get(event.actor, event.actor))


def cancel_reason(code: str) -> str:
    return str(CANCEL_REASONS.get(code, code))


def _payment_status(value: str) -> str:
    return str(dict(Order.PaymentStatus.choices).get(value, value))


def _reason(detail: dict[str, Any]) -> str:
    return str(detail.get("reason", ""))


def _placed(detail: dict[str, Any]) -> str:
    return _amount(detail, "total")


def _amount(detail: dict[str, Any], name: str) -> str:
    if not Decimal(detail.get(name, 0)):
        return ""
    return format_money(Money(Decimal(detail[name]), detail["currency"]), get_language() or "en")


def _cancelled(detail: dict[str, Any]) -> str:
    back = _amount(detail, "back")
    words = [
        cancel_reason(_reason(detail)),
        detail.get("why", ""),
        back and _("%(amount)s goes back") % {"amount": back},
    ]
    return "; ".join(filter(None, words))


def _refund(detail: dict[str, Any]) -> str:
    return "; ".join(filter(None, [_amount(detail, "amount"), _reason(detail)]))


def _address(event: OrderEvent) -> str:
    """From where to where; nothing once the person was forgotten."""
    change = getattr(event, "address_change", None)
    if change is None:
        return ""
    old, new = (", ".join(lines_of(OrderAddress(**values))) for values in (change.old, change.new))
    return f"{old} → {new}"


def _shipped(detail: dict[str, Any]) -> str:
    """Carrier and number; or why it counts as shipped without a further parcel."""
    number = f"{detail.get('carrier', '')} {detail.get('tracking_number', '')}".strip()
    return number or _reason(detail)


def _partly_shipped(detail: dict[str, Any]) -> str:
    return f"{_shipped(detail)}; {_parcel(detail)}"


def _parcel(detail: dict[str, Any]) -> str:
    units = ", ".join(f"{quantity} × {sku}" for sku, quantity in detail["units"].items())
    return _("parcel %(position)s: %(units)s") % {"position": detail["parcel"], "units": units}


NOTES: dict[str, Callable[[dict[str, Any]], str]] = {
    "placed": _placed,
    "packed": _parcel,
    "unpacked": _parcel,
    "partly_shipped": _partly_shipped,
    "shipped": _shipped,
    "cancelled": _cancelled,
    "refund_asked": _refund,
    "refunded": _refund,
}
