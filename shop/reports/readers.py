"""How often pages were read, and which share of that became orders.

Conversion is orders for views: in all currencies, since whoever reads has none yet. It is no share of people: somebody may
read twice, and what a program or a cache in front of the shop reads is not counted (see shop.storefront.visits).
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, get_page_models

from shop.reports.columns import Column, Row
from shop.reports.periods import Period
from shop.storefront.models import PageViews
from shop.storefront.pages import ProductPage

VIEWS = Column("views", _("Views"))
CONVERSION = Column("conversion", _("Orders for views"), "share")
NOTHING_SOLD: Row = {"orders": 0, "units": 0, "sold": 0, "refunded": 0, "net": 0}


def views_of_pages(period: Period, **which: Any) -> dict[int, int]:
    """Of pages that were read in the period: id and views. `which` are filters, such as page_id=7."""
    rows = PageViews.objects.filter(day__range=(period.first, period.last), **which).order_by()
    return dict(rows.values_list("page_id").annotate(views=Sum("views")))


def views_of_products(period: Period) -> dict[str, int]:
    """Of all pages of a product, in whatever language: the product's id, as reports have it, and views."""
    pages = dict(ProductPage.objects.exclude(product=None).values_list("pk", "product_id"))
    found: defaultdict[str, int] = defaultdict(int)
    for page_id, views in views_of_pages(period).items():
        if page_id in pages:
            found[str(pages[page_id])] += views
    return found


def stories_read(period: Period) -> list[tuple[Page, int]]:
    """Stories and landing pages that were read, and how often."""
    kinds = tuple(model for model in get_page_models() if getattr(model, "is_story", False))
    views = views_of_pages(period)
    pages = Page.objects.type(*kinds).filter(pk__in=views).specific() if kinds else []
    return [(page, views[page.pk]) for page in pages]


def conversion(orders: int, views: int) -> Decimal | None:
    return Decimal(orders) / views if views else None


def with_views(rows: list[Row], views: Mapping[str, int], orders: Mapping[str, int]) -> list[Row]:
    """`rows` with what was read of each `key`, and what that came to; `orders` are those in all currencies."""
    numbers = [(row, views.get(row["key"], 0), orders.get(row["key"], 0)) for row in rows]
    return [{**row, "views": read, "conversion": conversion(bought, read)} for row, read, bought in numbers]


def unsold(rows: list[Row], names: Mapping[str, str]) -> list[Row]:
    """Rows of what was read and sold nothing, the first letters first: `names` by key, without those that `rows` have."""
    known = {row["key"] for row in rows}
    left = sorted((name, key) for key, name in names.items() if key not in known)
    return [{"key": key, "label": name, **NOTHING_SOLD} for name, key in left]
