"""What was ordered once, put into a cart once more."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from shop.cart.aside import put_back
from shop.cart.listing import contents
from shop.cart.models import Cart
from shop.cart.operations import Shopper, open_locked
from shop.cart.reads import Row
from shop.cart.refusals import NotFound


@dataclass(frozen=True)
class Again:
    """What came into the cart. `fewer`: of which not all could be had; `gone`: SKUs of which not one more could."""

    cart: Cart
    rows: tuple[Row, ...] = ()
    fewer: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()


def order_again(*, shopper: Shopper, wanted: Mapping[str, int], now: datetime) -> Again:
    """Put `wanted`, {SKU: how many}, into the shopper's cart as far as it can be had, at today's prices.

    Raises NotFound when nothing of it can; then no cart is opened.
    """
    with transaction.atomic():
        again = Again(open_locked(shopper))
        found = contents(again.cart, now=now, language=shopper.language, customer=shopper.customer, skus=wanted)
        for sku, quantity in wanted.items():
            row, put = found.wanted(sku), None
            if row and row.variant.stock_item.can_supply(1):
                price = found.prices[row.variant.pk].now.amount
                found, put = put_back(found, replace(row, quantity=quantity, seen_price=price))
            if put is None:
                again = replace(again, gone=(*again.gone, sku))
            else:
                again = replace(again, rows=(*again.rows, *put.rows), fewer=(*again.fewer, *put.fewer))
        if not again.rows:
            raise NotFound(list(wanted))
    return again
