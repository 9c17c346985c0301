"""What reviews say about products: the sum, the first few, and all of them by pages."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, Q, QuerySet
from django.utils.dateparse import parse_datetime

from shop.orders.models import Order
from shop.reviews.models import STARS, Review, ReviewPhoto

FIRST = 3


@dataclass(frozen=True)
class Bar:
    """How many gave `stars`; `share` in per cent of all, for the width of a bar."""

    stars: int
    count: int
    share: str


@dataclass(frozen=True)
class Summary:
    """`mean` stars of `count` reviews, spread over `bars`, and the `first` few of them."""

    mean: Decimal
    count: int
    bars: list[Bar]
    first: list[dict[str, Any]]


def shown() -> QuerySet[Review]:
    """Reviews that anybody may read."""
    return Review.objects.filter(state=Review.State.APPROVED)


def ratings(product_ids: Collection[int]) -> dict[int, tuple[Decimal, int]]:
    """{product id: (mean stars to the hundredth, how many)} of those that have reviews. One query."""
    rows = shown().filter(product__in=product_ids).order_by().values_list("product")
    return {pk: (_mean(mean), count) for pk, mean, count in rows.annotate(mean=Avg("stars"), count=Count("pk"))}


def of_order(order: Order) -> dict[int, Review]:
    """{product id: what the buyer of `order` has said about it}, shown or not."""
    mine = Q(user=order.user) if order.user_id else Q(user=None, order=order)
    products = order.lines.values("variant__product")
    return {review.product_id: review for review in Review.objects.filter(mine, product__in=products)}


def _mean(value: Any) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


# The sum, and the reviews to begin with: those with words first, the most helpful, the newest. One statement.
SUMMARY = """
    WITH shown AS (SELECT * FROM shop_review WHERE product_id = %(product)s AND state = 'approved')
    SELECT (SELECT json_object_agg(stars, n) FROM (SELECT stars, count(*) AS n FROM shown GROUP BY stars) counted),
           (SELECT json_agg(top) FROM (
                SELECT id, stars, title, text, name, verified, options, reply, replied_by, created_at, helpful,
                       (SELECT json_agg(json_build_object('name', file, 'width', width, 'height', height) ORDER BY id)
                          FROM shop_reviewphoto WHERE review_id = shown.id) AS photos
                  FROM shown ORDER BY (text <> '') DESC, helpful DESC, id DESC LIMIT %(first)s) top)
"""


def summary(product_id: int) -> Summary | None:
    """What a product's page says; None without reviews."""
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY, {"product": product_id, "first": FIRST})
        counts, first = cursor.fetchone()
    if not counts:
        return None
    by_stars = {int(stars): count for stars, count in counts.items()}
    total = sum(by_stars.values())
    return Summary(
        mean=_mean(Decimal(sum(stars * count for stars, count in by_stars.items())) / total),
        count=total,
        bars=[Bar(stars, by_stars.get(stars, 0), f"{by_stars.get(stars, 0) / total:.1%}") for stars in STARS],
        first=[{**one, "created_at": parse_datetime(one["created_at"]), "photos": _photos(one)} for one in first],
    )


def _photos(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**photo, "url": _address(photo["name"])} for photo in one["photos"] or ()]


def _address(name: str) -> str:
    return ReviewPhoto._meta.get_field("file").storage.url(name)
