"""Listings: what stands in a category, in which order, on which page. One engine for every page that lists."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from shop.catalogue.listing import sellable, sellable_variants
from shop.catalogue.models import Category, Collection
from shop.catalogue.pricing import prices_at
from shop.inventory.models import StockItem
from shop.storefront.cards import Card, cards_for, cards_for_pages, product_pages, shown

__all__ = ["Listing", "NoSuchPage", "Query", "cards_for", "cards_for_pages", "listing", "parse", "shown"]

SORTS = {
    "": _("Our order"),
    "newest": _("Newest"),
    "price_low": _("Price, low to high"),
    "price_high": _("Price, high to low"),
    "name": _("Name"),
}


class NoSuchPage(Exception):
    """The listing has no page of that number."""


@dataclass(frozen=True)
class Query:
    """What a shopper asked for. `sort` is a key of SORTS; `page` counts from 1."""

    sort: str = ""
    page: int = 1

    @property
    def sorts(self) -> list[dict[str, Any]]:
        """For the toolbar."""
        return [{"value": value, "label": label, "chosen": value == self.sort} for value, label in SORTS.items()]


@dataclass(frozen=True)
class Listing:
    query: Query
    cards: list[Card]
    page: Page
    count: int


def parse(params: QueryDict) -> Query:
    """The query of an address. Junk counts as not given; a page number out of range is refused by `listing`."""
    sort, page = params.get("sort", ""), params.get("page", "")
    whole = page.isdecimal() and page.isascii() and len(page) < 9
    return Query(sort=sort if sort in SORTS else "", page=int(page) if whole else 1)


def within(category: Category) -> set[int]:
    """Ids of the category and of all below it, in one query."""
    children: dict[int | None, list[int]] = {}
    for pk, parent_id in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent_id, []).append(pk)
    found, waiting = set(), [category.pk]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += children.get(pk, [])
    return found


def listing(
    query: Query,
    *,
    of: Category | Collection | None = None,
    at: datetime,
    currency: str,
    language: str,
    request: HttpRequest | None = None,
) -> Listing:
    """The page that `query` asks for of what can be sold at `at` in a category and below it, a collection, or anywhere.

    Raises NoSuchPage when it is out of range.
    """
    shelves = within(of) if isinstance(of, Category) else None
    pages = _pages(shelves, at, currency, language)
    if isinstance(of, Collection):
        pages = pages.filter(product__memberships__collection=of)
    if isinstance(of, Collection) and not query.sort:
        ordered = pages.order_by("product__memberships__position", "pk").values_list("pk", "product_id")
    else:
        ordered = _sorted(pages, query.sort, shelves, at, currency)
    paginator = Paginator(list(ordered), settings.LISTING_PAGE_SIZE)
    try:
        page = paginator.page(query.page)
    except EmptyPage:
        raise NoSuchPage(query.page)
    found = product_pages().in_bulk([pk for pk, *_rest in page.object_list])
    listed = [found[pk] for pk, *_rest in page.object_list]
    return Listing(query, cards_for(listed, at=at, currency=currency, request=request), page, paginator.count)


def _pages(shelves: set[int] | None, at: datetime, currency: str, language: str) -> QuerySet:
    pages = shown(product_pages()).filter(language=language, product__in=sellable(at, currency))
    if shelves is not None:
        pages = pages.filter(product__placements__category__in=shelves).distinct()
    return pages


def _sorted(pages: QuerySet, sort: str, shelves: set[int] | None, at: datetime, currency: str) -> Any:
    """(page id, ...) in the asked order, with the id as the last word."""
    if sort in ("price_low", "price_high"):
        return _by_price(list(pages.values_list("pk", "product_id")), sort, at, currency)
    if sort == "newest":
        return pages.order_by("-product__created_at", "-pk").values_list("pk", "product__created_at")
    if sort == "name":
        return pages.order_by("title", "pk").values_list("pk", "title")
    return _in_our_order(pages, shelves, at, currency)


def _in_our_order(pages: QuerySet, shelves: set[int] | None, at: datetime, currency: str) -> QuerySet:
    """As the editors placed them, what is sold out last."""
    on_shelf = Q(product__placements__category=F("product__category"))
    if shelves is not None:
        on_shelf = Q(product__placements__category__in=shelves)
    supplied = (
        sellable_variants(at, currency)
        .filter(product=OuterRef("product_id"))
        .filter(~Q(stock_item__policy=StockItem.Policy.TRACK) | Q(stock_item__on_hand__gt=F("stock_item__reserved")))
    )
    room = [] if shelves is not None else ["product__category__position"]
    ordered = pages.annotate(in_stock=Exists(supplied), place=Min("product__placements__position", filter=on_shelf))
    keys = ["-in_stock", *room, "place", "pk"]
    return ordered.order_by(*keys).values_list("pk", "in_stock", "place", *room)


def _by_price(pairs: list[tuple[int, int]], sort: str, at: datetime, currency: str) -> list[tuple[int, int]]:
    variants = sellable_variants(at, currency).filter(product__in=[product_id for _pk, product_id in pairs])
    product_of = dict(variants.values_list("pk", "product_id"))
    lowest: dict[int, Any] = {}
    for pk, price in prices_at(product_of.keys(), currency, at).items():
        product_id = product_of[pk]
        lowest[product_id] = min(price.now.amount, lowest.get(product_id, price.now.amount))
    priced = [pair for pair in pairs if pair[1] in lowest]
    sign = -1 if sort == "price_high" else 1
    return sorted(priced, key=lambda pair: (sign * lowest[pair[1]], pair[0]))
