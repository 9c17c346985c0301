"""Which products a note of `outbox.stale` is about."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.apps import apps
from django.db.models import Q, QuerySet

from shop.catalogue.models import AttributeValue, Category, Product, Variant
from shop.storefront.listing import within

Ids = set[int]


def _of_products(refs: Ids) -> Ids:
    return refs


def _of_stock(refs: Ids) -> Ids:
    return set(Variant.objects.filter(stock_item__in=refs).values_list("product_id", flat=True))


def _of_values(refs: Ids) -> Ids:
    """Products that have one of these attribute values, themselves or in a variant."""
    by_fact = set(Product.objects.filter(facts__in=refs).values_list("pk", flat=True))
    return by_fact | set(Variant.objects.filter(values__in=refs).values_list("product_id", flat=True))


def _of_attributes(refs: Ids) -> Ids:
    return _of_values(set(AttributeValue.objects.filter(attribute__in=refs).values_list("pk", flat=True)))


def _of_brands(refs: Ids) -> Ids:
    return set(Product.objects.filter(brand__in=refs).values_list("pk", flat=True))


def _of_categories(refs: Ids) -> Ids:
    """Products on these shelves and below, wherever else they stand."""
    below = {pk for category in Category.objects.filter(pk__in=refs) for pk in within(category)} | refs
    placed = Q(placements__category__in=below) | Q(category__in=below)
    return set(Product.objects.filter(placed).values_list("pk", flat=True))


def _of_pages(refs: Ids) -> Ids:
    """Products whose pages are these or stand below them."""
    page: type = apps.get_model("wagtailcore.Page")
    below = Q(pk__in=[])
    for path in page._default_manager.filter(pk__in=refs).values_list("path", flat=True):  # type: ignore[attr-defined]
        below |= Q(path__startswith=path)
    return set(_product_pages().filter(below, product__isnull=False).values_list("product_id", flat=True))


def _of_pictures(refs: Ids) -> Ids:
    by_page = set(_product_pages().filter(photos__image__in=refs).values_list("product_id", flat=True))
    return by_page | set(Variant.objects.filter(image__in=refs).values_list("product_id", flat=True))


def _everything(_refs: Ids) -> Ids:
    return set(Product.objects.values_list("pk", flat=True))


def _product_pages() -> QuerySet:
    return apps.get_model("shop.ProductPage").objects.order_by()


KINDS: dict[str, Callable[[Ids], Ids]] = {
    "product": _of_products,
    "stock": _of_stock,
    "value": _of_values,
    "attribute": _of_attributes,
    "brand": _of_brands,
    "category": _of_categories,
    "page": _of_pages,
    "picture": _of_pictures,
    "everything": _everything,
}


def products_of(refs: Mapping[str, Ids], now: datetime) -> list[int]:
    """Ids of the products that notes {kind: refs} are about, in order."""
    found: Ids = set()
    for kind, ids in refs.items():
        if kind in KINDS:
            found |= KINDS[kind](ids)
    found.discard(0)
    return sorted(pk for pk in found if pk)
