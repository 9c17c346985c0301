"""Goods that are in nobody's cart, read and priced as a cart would."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.apps import apps

from shop.cart.listing import Contents, contents
from shop.cart.models import Cart
from shop.cart.reads import Row
from shop.catalogue.models import Picture


def goods(skus: Collection[str], *, currency: str, language: str, now: datetime) -> Contents:
    """These goods as a cart would show and charge them. Two statements, as for a cart that holds nothing."""
    return contents(Cart(currency=currency), now=now, language=language, skus=skus)


def borrow_photographs(rows: list[Row]) -> None:
    """A variant without a picture of its own is shown by the first of its product's page."""
    bare = [row.variant for row in rows if row.variant.image is None]
    if not bare:
        return
    products = {variant.product_id for variant in bare}
    photos: Any = apps.get_model("shop.ProductPhoto").objects.filter(page__product__in=products)  # type: ignore[attr-defined]
    first: dict[int, Picture] = {}
    for photo in photos.select_related("image", "page").order_by("page_id", "sort_order", "pk"):
        first.setdefault(photo.page.product_id, photo.image)
    for variant in bare:
        variant.image = first.get(variant.product_id)
