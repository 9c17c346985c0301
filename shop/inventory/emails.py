"""Letters about the shelves, to staff."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.inventory.digest import LowShelves
from shop.inventory.models import StockItem
from shop.outbox.kinds import Kind, Letter, Word


def low_stock(item: StockItem, *, left: int, to: str, key: str) -> Letter:
    """`left`: units that could still be sold when the shelf came down to its threshold."""
    return Letter(
        key=key,
        kind="low_stock",
        to=to,
        language=settings.LANGUAGE_CODE,
        context={
            "item": item,
            "left": left,
            "skus": list(item.variants.order_by("sku").values_list("sku", flat=True)[:20]),  # type: ignore[attr-defined]
            "action_url": settings.BASE_URL + reverse("stock:inspect", args=[item.pk]),
        },
    )


def a_low_shelf() -> dict[str, Any]:
    """Made up, for previews."""
    item = StockItem(name=_now("Indigo mug"), low_stock_threshold=5)
    return {"item": item, "left": 4, "skus": ["MUG-INDIGO-350"], "action_url": f"{settings.BASE_URL}/"}


def stock_digest(low: LowShelves, *, to: str, key: str) -> Letter:
    address = f"{settings.BASE_URL}{reverse('stock:index')}?low=yes"
    context = {"items": low.items, "count": low.count, "more": low.more, "action_url": address}
    return Letter(key=key, kind="stock_digest", to=to, language=settings.LANGUAGE_CODE, context=context)


def some_low_shelves() -> dict[str, Any]:
    """Made up, for previews."""
    mug = StockItem(name=_now("Indigo mug"), on_hand=4, low_stock_threshold=5)
    bowl = StockItem(name=_now("Terracotta bowl"), on_hand=0, low_stock_threshold=5)
    bowl.waiting, mug.waiting, mug.cover = 3, 0, 9  # type: ignore[attr-defined]
    return {"items": [bowl, mug], "count": 2, "more": 0, "action_url": f"{settings.BASE_URL}/"}


KINDS = (
    Kind(
        "low_stock",
        _("Running low"),
        _("When a shelf comes down to its threshold: to everybody who keeps the shelves."),
        a_low_shelf,
        {
            "shelf": Word(_("the shelf's name"), lambda context: context["item"].name),
            "left": Word(_("units that may still be sold"), lambda context: context["left"]),
        },
        to_staff=True,
    ),
    Kind(
        "stock_digest",
        _("What is low, once a day"),
        _("Every morning on which something is low: to everybody who keeps the shelves."),
        some_low_shelves,
        {"count": Word(_("how many shelves are low"), lambda context: context["count"])},
        to_staff=True,
    ),
)
