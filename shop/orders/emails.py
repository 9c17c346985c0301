"""Letters about an order, in the order's language."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

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
        },
    )


def order_url(order: Order) -> str:
    """The whole address of the order's page, by its unguessable link."""
    with translation.override(order.language):
        return settings.BASE_URL + reverse("checkout:order", args=[order.number, order.token])
