"""Currencies, shelves, products, variants, prices and stock. What exists stays as people have made it since."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction

from shop.catalogue.models import Attribute, AttributeValue, Brand, Category, Currency, Product, TaxClass, Variant
from shop.catalogue.operations import Amount, add_variant, create_product
from shop.demo.pictures import library
from shop.demo.source import ACTOR, names, read
from shop.inventory.models import StockItem


@transaction.atomic
def load_shelves() -> int:
    """Currencies, tax classes, brands, attributes and categories; returns how many were missing."""
    catalogue = read("catalogue")
    made = [_currency(position, facts) for position, facts in enumerate(catalogue["currencies"], start=1)]
    made += [_made(TaxClass, code=tax["code"], defaults={"name": tax["name"]}) for tax in catalogue["tax_classes"]]
    made += [_made(Brand, slug=brand["code"], defaults={"name": brand["name"]}) for brand in catalogue["brands"]]
    for position, facts in enumerate(catalogue["attributes"], start=1):
        made += _attribute(position, facts)
    pictures = library()
    for facts in catalogue["categories"]:
        more = {key: facts[key] for key in ("name", "position")} | {"names": names(facts["name"])}
        made.append(_made(Category, slug=facts["slug"], defaults=more | {"picture": pictures.get(facts["picture"])}))
    return sum(made)


def _currency(position: int, facts: dict[str, Any]) -> bool:
    values = {
        "is_base": facts["base"],
        "rate": Decimal(facts["rate"]),
        "rounding": Decimal(facts["rounding"]),
        "prices_include_tax": facts["tax_included"],
        "position": position,
    }
    return _made(Currency, code=facts["code"], defaults=values)


def _attribute(position: int, facts: dict[str, Any]) -> list[bool]:
    attribute, created = Attribute.objects.get_or_create(
        code=facts["code"], defaults={"name": facts["name"], "names": names(facts["name"]), "position": position}
    )
    made = [created]
    for place, value in enumerate(facts["values"], start=1):
        more = {"name": value["name"], "swatch": value.get("swatch", ""), "position": place}
        more["names"] = names(value["name"])
        made.append(_made(AttributeValue, attribute=attribute, slug=value["code"], defaults=more))
    return made


def _made(model: Any, **lookup: Any) -> bool:
    return model.objects.get_or_create(**lookup)[1]


def load_products(now: datetime) -> int:
    """Products with variants, prices and stock, each in one transaction; returns how many were missing."""
    known = set(Product.objects.values_list("code", flat=True))
    missing = [facts for facts in read("catalogue")["products"] if facts["code"] not in known]
    pictures, values = library(), _values()
    for facts in missing:
        with transaction.atomic():
            product = _product(facts, values, now)
            for variant in facts["variants"]:
                _variant(product, variant, values, pictures, now)
    return len(missing)


def _values() -> dict[tuple[str, str], AttributeValue]:
    values = AttributeValue.objects.select_related("attribute")
    return {(value.attribute.code, value.slug): value for value in values}


def _product(facts: dict[str, Any], values: dict, now: datetime) -> Product:
    product = create_product(
        code=facts["code"],
        name=facts["name"],
        tax_class=TaxClass.objects.get(code=facts["tax_class"]),
        category=Category.objects.get(slug=facts["category"]),
        brand=Brand.objects.get(slug=facts["brand"]),
        options=Attribute.objects.filter(code__in=facts["options"]),
        facts=[values[code, slug] for code, slugs in facts["facets"].items() for slug in slugs],
        actor=ACTOR,
        now=now,
    )
    # The table stamps the day of its making; these things have been on the shelves for longer.
    Product.objects.filter(pk=product.pk).update(created_at=listed_at(facts))
    return product


def listed_at(facts: dict[str, Any]) -> datetime:
    return datetime.combine(datetime.fromisoformat(facts["listed_on"]).date(), time(3), tzinfo=UTC)


def _variant(product: Product, facts: dict[str, Any], values: dict, pictures: dict, now: datetime) -> Variant:
    stock, was = facts["stock"], facts.get("compare_at", {})
    variant = add_variant(
        product=product,
        sku=facts["sku"],
        values=[values[option] for option in facts["options"].items()],
        prices={code: Amount(Decimal(price), _decimal(was.get(code))) for code, price in facts["prices"].items()},
        stock=stock["on_hand"],
        policy=stock["policy"],
        low_stock_threshold=stock["low_at"],
        barcode=facts["barcode"],
        weight_g=facts["weight_g"],
        cost_price=_decimal(facts["cost"]["USD"]),
        image=pictures.get(facts["picture"]),
        position=facts["position"],
        actor=ACTOR,
        now=now,
    )
    expected = {key: stock[key] for key in ("restock_on", "lead_days") if key in stock}
    StockItem.objects.filter(pk=variant.stock_item_id).update(**expected)
    return variant


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
