"""Letters about an order, in the order's language; and their kinds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Picture
from shop.catalogue.pictures import SPECS
from shop.money import Money, format_money
from shop.orders.contents import standing
from shop.orders.models import Fulfilment, Order, OrderLine
from shop.orders.samples import sample_context
from shop.outbox.kinds import Kind, Letter, Word


def letter(order: Order, kind: str, key: str, parcel_id: int | None = None) -> Letter:
    """The letter of one of the KINDS about `order`, to its buyer; about one of its parcels, or the last that left."""
    left = order.fulfilments.filter(shipped_at__isnull=False).order_by("shipped_at", "position")
    parcel = left.filter(pk=parcel_id).first() if parcel_id else left.last()
    return Letter(
        key=key,
        kind=kind,
        to=order.email,
        language=order.language,
        order_number=order.number,
        context={
            "order": order,
            "lines": _lines(order),
            "address": order.shipping_address,
            "parcel": parcel,
            "units": parcel.lines.select_related("line").order_by("line__position") if parcel else [],
            **_of_several(order, parcel),
            "order_url": order_url(order),
            **_cancelled(order),
        },
    )


def _lines(order: Order) -> list[OrderLine]:
    """With their pictures in the size of a mail, which is the same as that of a cart."""
    pictures = Picture.objects.prefetch_renditions(SPECS["thumb"].jpeg)
    return list(order.lines.select_related("order").prefetch_related(Prefetch("image", pictures)))


def _of_several(order: Order, parcel: Fulfilment | None) -> dict[str, object]:
    """Whether a parcel is not the whole of its order, and what of it has not left yet: (line, quantity)."""
    rows = standing(order)
    to_come = [(each.line, each.line.to_send - each.shipped) for each in rows if each.line.to_send > each.shipped]
    others = parcel and order.fulfilments.filter(shipped_at__isnull=False).exclude(pk=parcel.pk).exists()
    return {"is_part": bool(parcel and (to_come or others)), "to_come": to_come}


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


def needs_a_look(order: Order, reason: str, *, to: str, key: str) -> Letter:
    """To one of the staff: an order that was paid, or has to do with money, and cannot go its way by itself."""
    return Letter(
        key=key,
        kind="order_flagged",
        to=to,
        language=settings.LANGUAGE_CODE,
        context={
            "order": order,
            "address": order.shipping_address,
            "reason": reason,
            "action_url": settings.BASE_URL + reverse("orders:inspect", args=[order.pk]),
        },
    )


def to_packer(order: Order, *, to: str, key: str) -> Letter:
    """To one of the staff: what is to be packed, and the buyer's note. Mails of the order are those to its buyer."""
    return Letter(
        key=key,
        kind="order_to_pack",
        to=to,
        language=settings.LANGUAGE_CODE,
        context={
            "order": order,
            "lines": _lines(order),
            "address": order.shipping_address,
            "action_url": settings.BASE_URL + reverse("orders:inspect", args=[order.pk]),
        },
    )


def day(name: str, context: Mapping[str, Any]) -> str:
    return date_format(getattr(context["order"], name), "j F")


ABOUT_ORDER = {
    "order": Word(_("the order's number"), lambda context: context["order"].number),
    "name": Word(_("the name on the parcel"), lambda context: context["address"].name),
    "total": Word(
        _("the order's total"),
        lambda context: format_money(context["order"].money("total"), translation.get_language() or "en"),
    ),
    "shop": Word(_("the shop's name"), lambda context: settings.WAGTAIL_SITE_NAME),
}
ON_ITS_WAY = {
    **ABOUT_ORDER,
    "first_day": Word(_("first day on which it may arrive"), lambda context: day("deliver_from", context)),
    "last_day": Word(_("last day on which it may arrive"), lambda context: day("deliver_until", context)),
}
OF_PARCEL = {
    **ON_ITS_WAY,
    "carrier": Word(_("who carries it"), lambda context: context["parcel"].carrier if context["parcel"] else ""),
    "tracking": Word(
        _("tracking number"), lambda context: context["parcel"].tracking_number if context["parcel"] else ""
    ),
}

KINDS = (
    Kind("order_confirmed", _("Order paid"), _("When the payment has arrived."), sample_context, ON_ITS_WAY),
    Kind(
        "shipped",
        _("Order shipped"),
        _("When a parcel was handed over, or waits to be fetched."),
        sample_context,
        OF_PARCEL,
    ),
    Kind(
        "order_cancelled",
        _("Order cancelled"),
        _("When it was not paid in time, or was cancelled. What goes back is said below the introduction."),
        sample_context,
        ABOUT_ORDER,
    ),
    Kind(
        "review_request",
        _("Request for a review"),
        _("Some days after it was shipped, once."),
        sample_context,
        ABOUT_ORDER,
    ),
    Kind(
        "delivered",
        _("Order delivered"),
        _("When it is marked as delivered."),
        sample_context,
        ABOUT_ORDER,
    ),
    Kind(
        "order_flagged",
        _("Order needs a look"),
        _("When something paid cannot be fulfilled, or money does not fit: to everybody who ships or refunds orders."),
        lambda: sample_context() | {"reason": "paid after it was cancelled, and sold out"},
        ABOUT_ORDER | {"reason": Word(_("why it needs a look"), lambda context: context["reason"])},
        to_staff=True,
    ),
    Kind(
        "order_to_pack",
        _("Order to pack"),
        _("When an order is paid: to everybody who ships orders."),
        sample_context,
        ABOUT_ORDER,
        to_staff=True,
    ),
)
