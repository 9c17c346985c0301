"""Facts about products that other rooms know and listings show or sort by: one function a fact.

Each is given the ids of products and answers for those that have it. To add a fact, write its function and name it in
FACTS under the column of ListingRow that it fills.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from shop.orders.models import Order, OrderLine
from shop.reviews.listing import ratings

POPULAR_DAYS = 90


def popularity(product_ids: Collection[int] | None, now: datetime) -> dict[int, int]:
    """Units in orders of the last 90 days that were paid and not cancelled. None for all products."""
    lines = OrderLine.objects.filter(order__placed_at__gte=now - timedelta(days=POPULAR_DAYS))
    sold = (
        (lines if product_ids is None else lines.filter(variant__product__in=product_ids))
        .exclude(order__state__in=[Order.State.CANCELLED, Order.State.PENDING])
        .values_list("variant__product")
        .annotate(units=Sum("quantity"))
    )
    return dict(sold)


def rating(product_ids: Collection[int], now: datetime) -> dict[int, Decimal]:
    """Mean stars of the reviews that are shown."""
    return {pk: mean for pk, (mean, _count) in ratings(product_ids).items()}


def rating_count(product_ids: Collection[int], now: datetime) -> dict[int, int]:
    """How many reviews are shown."""
    return {pk: count for pk, (_mean, count) in ratings(product_ids).items()}


Fact = Callable[[Collection[int], datetime], dict[int, Any]]

FACTS: dict[str, Fact] = {"popularity": popularity, "rating": rating, "rating_count": rating_count}


def facts_of(product_ids: Collection[int], now: datetime) -> dict[str, dict[int, Any]]:
    """{column: {product id: value}}; who is absent has the column's default."""
    return {column: fact(product_ids, now) for column, fact in FACTS.items()}
