"""Goods that are in nobody's cart, read and priced as a cart would."""

from collections.abc import Collection
from datetime import datetime

from shop.cart.listing import Contents, contents
from shop.cart.models import Cart


def goods(skus: Collection[str], *, currency: str, language: str, now: datetime) -> Contents:
    """These goods as a cart would show and charge them. Two statements, as for a cart that holds nothing."""
    return contents(Cart(currency=currency), now=now, language=language, skus=skus)
