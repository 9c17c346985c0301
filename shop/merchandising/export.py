"""The catalogue as a table: a row for each variant, with the headings that a file may come back with."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from shop.catalogue.models import PriceWindow, Product, Variant
from shop.merchandising.columns import COMPARE, PRICE, PRICES, currency_codes, fields
from shop.money import quantum

CHUNK = 500


def headings(user: Any) -> list[str]:
    """What this person may take along: who has nothing to do with prices does not see what things cost us."""
    may = user.has_perm(PRICES) or user.has_perm("shop.view_pricewindow")
    return [one.name for one in fields(currency_codes()) if may or one.name != "cost_price"]


def rows(products: QuerySet[Product], *, now: datetime) -> Iterator[dict[str, Any]]:
    """A handful of statements for every CHUNK products; a product without variants has one row."""
    ids = list(products.values_list("pk", flat=True))
    for at in range(0, len(ids), CHUNK):
        some = ids[at : at + CHUNK]
        yield from _of(some, now)


def _of(ids: Sequence[int], now: datetime) -> Iterator[dict[str, Any]]:
    products = Product.objects.select_related("brand", "category", "tax_class").in_bulk(ids)
    variants: dict[int, list[Variant]] = {}
    found = Variant.objects.filter(product__in=ids).select_related("stock_item").prefetch_related("values__attribute")
    for variant in found.order_by("product", "position", "pk"):
        variants.setdefault(variant.product_id, []).append(variant)
    prices = _prices([one.pk for some in variants.values() for one in some], now)
    for pk in ids:
        if product := products.get(pk):
            facts = _product(product)
            mine = variants.get(pk, [])
            yield from (facts | _variant(one) | prices.get(one.pk, {}) for one in mine)
            if not mine:
                yield facts


def _prices(ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Prices of their own; what is converted is not told, or it would come back as set by hand."""
    found: dict[int, dict[str, Any]] = {}
    for window in PriceWindow.objects.filter(variant__in=ids, valid__contains=now):
        coin, code = quantum(window.currency), window.currency
        row = found.setdefault(window.variant_id, {})
        row[PRICE + code] = window.amount.quantize(coin)
        row[COMPARE + code] = "" if window.compare_at is None else window.compare_at.quantize(coin)
    return found


def _product(product: Product) -> dict[str, Any]:
    return {
        "code": product.code,
        "name": product.name,
        "brand": product.brand.name if product.brand else "",
        "category": product.category.slug,
        "tax_class": product.tax_class.code,
        "lifecycle": product.lifecycle,
    }


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "options": "; ".join(f"{value.attribute.code}={value.slug}" for value in variant.values.all()),
        "barcode": variant.barcode,
        "weight_g": variant.weight_g,
        "cost_price": "" if variant.cost_price is None else variant.cost_price,
        "active": "yes" if variant.active else "no",
        "stock": variant.stock_item.on_hand,
        "low_at": variant.stock_item.low_stock_threshold,
    }
