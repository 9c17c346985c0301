"""What the lines of a catalogue file are compared with: the shop's words, and the goods that some lines are about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Lower

from shop.catalogue.models import AttributeValue, Brand, Category, Currency, Product, TaxClass, Variant
from shop.catalogue.pricing import Price, prices_at


@dataclass(frozen=True)
class Words:
    """What the shop calls its things, by name and by slug in small letters."""

    categories: dict[str, Category]
    brands: dict[str, Brand]
    tax_classes: dict[str, TaxClass]
    values: dict[tuple[str, str], AttributeValue]
    currencies: list[Currency]

    @classmethod
    def load(cls) -> "Words":
        values = AttributeValue.objects.select_related("attribute")
        return cls(
            _named(Category.objects.all(), "slug"),
            _named(Brand.objects.all(), "slug"),
            _named(TaxClass.objects.all(), "code"),
            {
                (kind.lower(), word.lower()): value
                for value in values
                for kind in (value.attribute.name, value.attribute.code)
                for word in (value.name, value.slug)
            },
            list(Currency.objects.all()),
        )


def _named(rows: Iterable[Any], key: str) -> dict[str, Any]:
    rows = list(rows)
    return {str(getattr(row, name)).lower(): row for name in ("name", key) for row in rows}


@dataclass(frozen=True)
class Goods:
    """Products and variants that some lines are about, as they are now."""

    products: dict[str, Product]
    variants: dict[str, Variant]
    prices: dict[str, dict[int, Price]]

    @classmethod
    def load(cls, codes: Iterable[str], skus: Iterable[str], words: Words, now: datetime) -> "Goods":
        """A handful of statements however many they are."""
        products = Product.objects.filter(code__in=set(codes)).select_related("category", "brand", "tax_class")
        products = products.prefetch_related("options", "variants")
        found = Variant.objects.alias(small=Lower("sku")).filter(small__in=set(skus))
        variants = list(
            found.select_related(
                "stock_item", "product__category", "product__brand", "product__tax_class"
            ).prefetch_related("values__attribute")
        )
        ids = [variant.pk for variant in variants]
        prices = {one.code: prices_at(ids, one.code, now) for one in words.currencies} if ids else {}
        return cls({one.code: one for one in products}, {one.sku.lower(): one for one in variants}, prices)
