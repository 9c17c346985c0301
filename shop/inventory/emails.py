"""Letters about the shelves, to staff."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

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
)
