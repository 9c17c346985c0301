"""What waits for somebody: each number with the list that it counts, for whoever may see that list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.inventory.figures import LOW
from shop.inventory.models import StockItem
from shop.orders.models import Order
from shop.payments.models import Refund, WebhookEvent
from shop.promotions.models import Promotion
from shop.reports.periods import Period
from shop.returns.models import Return
from shop.reviews.models import Review
from shop.storefront.admin import CareView
from shop.storefront.care import concerns

SECONDS = 60  # how long a number may be remembered
DAYS = 7  # what went wrong longer ago is no news
OLDEST = 5
WAITING_REFUNDS = (Refund.State.CREATED, Refund.State.SUBMITTED)


@dataclass(frozen=True)
class Tile:
    """One number. `count(now)` is one query; `icon` is Wagtail's; `urgent`: more than zero wants somebody at once."""

    name: str
    label: Any
    icon: str
    permission: str
    count: Callable[[datetime], int]
    address: Callable[[datetime], str]
    urgent: bool = False

    def is_for(self, user: Any) -> bool:
        return user.has_perm(self.permission)

    def number(self, user: Any, now: datetime) -> int:
        return remembered(self.name, lambda: self.count(now))


def remembered(name: str, count: Callable[[], Any]) -> Any:
    """What `count` says, counted at most once a minute whoever asks."""
    return cache.get_or_set(f"dashboard/{name}", count, SECONDS)


def link(name: str, **query: Any) -> Callable[[datetime], str]:
    """The address of a list, with its filter."""
    return lambda _now: f"{reverse(name)}?{urlencode(query, doseq=True)}"


def _lately(now: datetime) -> Period:
    return Period.ending(now, DAYS)


# --- what waits ----------------------------------------------------------------------------------


def to_ship(_now: datetime) -> int:
    return Order.objects.filter(state=Order.State.PROCESSING).count()


def oldest_to_ship() -> list[dict[str, Any]]:
    """The orders that have waited longest: pk, number, placed_at."""
    waiting = Order.objects.filter(state=Order.State.PROCESSING).order_by("placed_at")
    return [dict(order) for order in waiting.values("pk", "number", "placed_at")[:OLDEST]]


def unpaid(_now: datetime) -> int:
    return Order.objects.filter(state=Order.State.PENDING).count()


def to_refund(_now: datetime) -> int:
    return Order.objects.filter(payments__refunds__state__in=WAITING_REFUNDS).distinct().count()


def flagged(_now: datetime) -> int:
    return Order.objects.exclude(needs_attention="").count()


def failed_payments(now: datetime) -> int:
    return Order.objects.filter(payment_status=Order.PaymentStatus.FAILED, placed_at__gte=_lately(now).start).count()


def failed_payments_at(now: datetime) -> str:
    return link("orders:index", payment_status=Order.PaymentStatus.FAILED, placed_at_from=_lately(now).first)(now)


def failed_messages(_now: datetime) -> int:
    return WebhookEvent.objects.filter(state=WebhookEvent.State.FAILED).count()


def returns(_now: datetime) -> int:
    return Return.objects.filter(state__in=(Return.State.REQUESTED, Return.State.RECEIVED)).count()


def low_stock(_now: datetime) -> int:
    return StockItem.objects.filter(LOW).count()


def reviews(_now: datetime) -> int:
    return Review.objects.filter(state=Review.State.WAITING).count()


def promotions(_now: datetime) -> int:
    return Promotion.objects.filter(active=True).count()


class CareTile(Tile):
    """Counted for each person alone: it is about the pages that they may edit."""

    def is_for(self, user: Any) -> bool:
        return CareView.is_open_to(user)

    def number(self, user: Any, now: datetime) -> int:
        def count() -> int:
            pages = CareView().permission_policy.instances_user_has_permission_for(user, "change")
            return len(concerns(pages=pages, at=now, currency=settings.DEFAULT_CURRENCY))

        return remembered(f"{self.name}/{user.pk}", count)


TILES: list[Tile] = [
    Tile("to_ship", _("to ship"), "parcel", "shop.view_order", to_ship, link("orders:index", state="processing")),
    Tile("flagged", _("to look at"), "warning", "shop.view_order", flagged, link("orders:index", flagged="yes"), True),
    Tile("unpaid", _("unpaid"), "time", "shop.view_payment", unpaid, link("orders:index", state="pending")),
    Tile(
        "to_refund", _("refunds to send"), "rotate", "shop.view_payment", to_refund, link("orders:index", refund="due")
    ),
    Tile(
        *("failed_payments", _("payments failed in 7 days"), "circle-xmark", "shop.view_payment"),
        *(failed_payments, failed_payments_at),
    ),
    Tile(
        *("failed_messages", _("messages of providers given up"), "warning", "shop.view_webhookevent"),
        *(failed_messages, link("webhooks:index", state="failed"), True),
    ),
    Tile(
        *("returns", _("returns to decide or pay back"), "rotate", "shop.view_return", returns),
        link("returns_desk:index", state=["requested", "received"]),
    ),
    Tile("low_stock", _("low on the shelf"), "shelf", "shop.view_stockitem", low_stock, link("stock:index", low="yes")),
    Tile(
        "reviews",
        _("reviews to read"),
        "comment",
        "shop.view_review",
        reviews,
        link("reviews_desk:index", state="waiting"),
    ),
    Tile(
        *("promotions", _("promotions switched on"), "tag", "shop.view_promotion", promotions),
        link("promotions_modeladmin_index", active__exact=1),
    ),
    CareTile("care", _("blocks that need care"), "warning", "", lambda _now: 0, link("content_care")),
]


def tiles_for(user: Any, now: datetime, more: Iterable[Tile] = ()) -> list[dict[str, Any]]:
    """What this person may see: number, label, icon, url, urgent. `more` are those of other houses."""
    return [
        {
            "number": tile.number(user, now),
            "label": tile.label,
            "icon": tile.icon,
            "url": tile.address(now),
            "urgent": tile.urgent,
        }
        for tile in (*TILES, *more)
        if tile.is_for(user)
    ]
