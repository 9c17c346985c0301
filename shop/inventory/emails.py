"""Letters about the shelves, to staff."""

from django.conf import settings
from django.urls import reverse

from shop.inventory.models import StockItem
from shop.outbox.mails import Letter


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
