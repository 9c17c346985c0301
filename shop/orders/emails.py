"""Letters about an order, in the order's language."""

from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from shop.money import Money
from shop.orders.models import Order
from shop.outbox.mails import Letter


def letter(order: Order, kind: str, key: str) -> Letter:
    """The letter `kind` (order_received, paid, shipped, cancelled) about `order`."""
    return Letter(
        key=key,
        kind=kind,
        to=order.email,
        language=order.language,
        order_number=order.number,
        context={
            "order": order,
            "lines": list(order.lines.select_related("order")),
            "address": order.shipping_address,
            "parcel": order.fulfilments.last(),
            "order_url": order_url(order),
            **_cancelled(order),
        },
    )


def _cancelled(order: Order) -> dict[str, object]:
    """What the cancellation of an order sends back, if it was cancelled and does; and whether a person has to send it."""
    event = order.events.filter(kind=Order.State.CANCELLED).last()
    detail = event.detail if event else {}
    back = Money(Decimal(detail.get("back", 0)), order.currency)
    return {"back": back or None, "by_hand": "by_hand" in detail}


def order_url(order: Order) -> str:
    """The whole address of the order's page, by its unguessable link."""
    with translation.override(order.language):
        return settings.BASE_URL + reverse("checkout:order", args=[order.number, order.token])


def to_packer(order: Order, *, to: str, key: str) -> Letter:
    """To one of the staff: what is to be packed, and the buyer's note. Mails of the order are those to its buyer."""
    return Letter(
        key=key,
        kind="order_to_pack",
        to=to,
        language=settings.LANGUAGE_CODE,
        context={
            "order": order,
            "lines": list(order.lines.select_related("order")),
            "address": order.shipping_address,
            "action_url": settings.BASE_URL + reverse("orders:inspect", args=[order.pk]),
        },
    )
