"""How the catalogue changes: every verb of its editors, each one transaction with its audit entry."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import AttributeValue, Category, Placement, Product, Variant
from shop.catalogue.pricewindows import InvalidPrice, PriceInThePast, set_price
from shop.catalogue.refusals import CatalogueError
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.outbox import operations as outbox

__all__ = [
    "Amount",
    "CatalogueError",
    "CodeTaken",
    "CombinationIncomplete",
    "CombinationTaken",
    "HomeShelfStays",
    "InvalidPrice",
    "OptionsAreFixed",
    "PriceInThePast",
    "SkuIsFixed",
    "SkuTaken",
    "add_variant",
    "change_product",
    "change_variant",
    "combination_of",
    "create_product",
    "place_in_category",
    "set_lifecycle",
    "set_price",
    "take_from_category",
]


class CodeTaken(CatalogueError):
    field, message = "code", _("Another product has this code.")


class SkuTaken(CatalogueError):
    field, message = "sku", _("Another variant has this sku. Capitals make no difference.")


class SkuIsFixed(CatalogueError):
    field, message = "sku", _("This variant has been ordered: its sku stays as it is.")


class CombinationTaken(CatalogueError):
    message = _("The product already has a variant with these options.")


class CombinationIncomplete(CatalogueError):
    message = _("Choose exactly one value for each option of the product.")


class OptionsAreFixed(CatalogueError):
    field, message = "options", _("The product has variants: what they differ in stays as it is.")


class HomeShelfStays(CatalogueError):
    field, message = "category", _("The product's pages live in this category; choose another home first.")


class Amount(NamedTuple):
    """A price in major units of its currency, and the higher one it is compared with."""

    amount: Decimal
    compare_at: Decimal | None = None


@transaction.atomic
def create_product(
    *,
    code: str,
    name: str,
    tax_class: Any,
    category: Category,
    brand: Any = None,
    options: Iterable[Any] = (),
    facts: Iterable[Any] = (),
    categories: Iterable[Category] = (),
    actor: str,
    now: datetime,
) -> Product:
    """A product without variants yet, placed in `category` (its home) and in the other `categories`.

    Raises CodeTaken.
    """
    if Product.objects.filter(code=code).exists():
        raise CodeTaken
    product = Product(code=code, name=name, tax_class=tax_class, category=category, brand=brand)
    _save_or_raise(product, CodeTaken)
    product.options.set(options)
    product.facts.set(facts)
    for shelf in {category, *categories}:
        _place(product, shelf, None)
    _record(product, "product.create", {}, {"name": name, "category": category.slug}, actor, now)
    return product


@transaction.atomic
def change_product(*, product: Product, actor: str, now: datetime, **changes: Any) -> Product:
    """Change code, name, tax_class, brand, options or facts; what is not named stays.

    Raises CodeTaken, and OptionsAreFixed once there are variants.
    """
    product = _locked(Product, product.pk)
    options, facts = changes.pop("options", None), changes.pop("facts", None)
    if options is not None and set(options) != set(product.options.all()):
        if product.variants.exists():
            raise OptionsAreFixed
        product.options.set(options)
    if facts is not None:
        product.facts.set(facts)
    code = changes.get("code", product.code)
    if Product.objects.filter(code=code).exclude(pk=product.pk).exists():
        raise CodeTaken
    before, after = _apply(product, changes)
    _save_or_raise(product, CodeTaken)
    _record(product, "product.change", before, after, actor, now)
    return product


@transaction.atomic
def set_lifecycle(*, product: Product, lifecycle: str, actor: str, now: datetime) -> Product:
    """Sell it, retire it or archive it. Nothing is deleted: orders, prices and pages keep pointing at it."""
    product = _locked(Product, product.pk)
    before, after = _apply(product, {"lifecycle": Product.Lifecycle(lifecycle)})
    product.save(update_fields=["lifecycle"])
    _record(product, "product.lifecycle", before, after, actor, now)
    return product


@transaction.atomic
def place_in_category(
    *,
    product: Product,
    category: Category,
    position: int | None = None,
    home: bool = False,
    actor: str,
    now: datetime,
) -> Placement:
    """Put the product on a shelf, at `position` (at the end when None and new).

    `home` makes it the canonical one: the product's pages move below that category's pages soon after.
    """
    product = _locked(Product, product.pk)
    placement = _place(product, category, position)
    before = {"home": product.category.slug}
    if home and product.category_id != category.pk:
        product.category = category
        product.save(update_fields=["category"])
        outbox.later("storefront.follow_home", product_id=product.pk, now=now)
    after = {"home": product.category.slug, "category": category.slug, "position": placement.position}
    _record(product, "product.place", before, after, actor, now)
    return placement


@transaction.atomic
def take_from_category(*, product: Product, category: Category, actor: str, now: datetime) -> None:
    """Take the product off a shelf. Raises HomeShelfStays for its canonical category."""
    product = _locked(Product, product.pk)
    if product.category_id == category.pk:
        raise HomeShelfStays
    Placement.objects.filter(product=product, category=category).delete()
    _record(product, "product.take", {"category": category.slug}, {}, actor, now)


@transaction.atomic
def add_variant(
    *,
    product: Product,
    sku: str,
    values: Iterable[AttributeValue] = (),
    prices: Mapping[str, Amount | Decimal] | None = None,
    stock: int = 0,
    policy: str = StockItem.Policy.TRACK,
    low_stock_threshold: int = 5,
    barcode: str = "",
    weight_g: int = 0,
    cost_price: Decimal | None = None,
    image: Any = None,
    position: int | None = None,
    actor: str,
    now: datetime,
) -> Variant:
    """A variant with a shelf of its own, `stock` units received on it and `prices` ({currency: amount}) from now on.

    `values` holds one value for each of the product's options.
    Raises SkuTaken, CombinationIncomplete, CombinationTaken and InvalidPrice; nothing is written then.
    """
    product, values = _locked(Product, product.pk), list(values)
    combination = _combination(product, values)
    _refuse_taken(product, sku, combination)
    shelf = StockItem.objects.create(name=sku, policy=policy, low_stock_threshold=low_stock_threshold)
    variant = Variant(
        product=product,
        sku=sku,
        combination=combination,
        stock_item=shelf,
        barcode=barcode,
        weight_g=weight_g,
        cost_price=cost_price,
        image=image,
        position=_next(product.variants) if position is None else position,
    )
    _save_or_raise(variant, SkuTaken)
    variant.values.set(values)
    if stock:
        variant.stock_item = inventory.receive(stock_item=shelf, quantity=stock, actor=actor, now=now)
    outbox.stale("product", product.pk, now=now)
    outbox.record(
        actor=actor, action="variant.add", subject=f"variant:{sku}", before={}, after={"stock": stock}, now=now
    )
    for currency, price in (prices or {}).items():
        amount, compare_at = price if isinstance(price, tuple) else (price, None)
        set_price(variant=variant, currency=currency, amount=amount, compare_at=compare_at, actor=actor, now=now)
    return variant


@transaction.atomic
def change_variant(*, variant: Variant, actor: str, now: datetime, **changes: Any) -> Variant:
    """Change sku, values, barcode, weight_g, cost_price, image, position or active; what is not named stays.

    Raises SkuIsFixed once the variant has been ordered, SkuTaken, CombinationIncomplete, CombinationTaken.
    """
    product = _locked(Product, variant.product_id)
    variant = _locked(Variant, variant.pk)
    values = changes.pop("values", None)
    sku = changes.get("sku", variant.sku)
    if sku != variant.sku and variant.order_lines.exists():
        raise SkuIsFixed
    combination = variant.combination if values is None else _combination(product, list(values))
    _refuse_taken(product, sku, combination, but=variant)
    before, after = _apply(variant, {**changes, "combination": combination})
    _save_or_raise(variant, SkuTaken)
    if values is not None:
        variant.values.set(values)
    outbox.stale("product", product.pk, now=now)
    outbox.record(
        actor=actor, action="variant.change", subject=f"variant:{variant.sku}", before=before, after=after, now=now
    )
    return variant


def _locked(model: type[models.Model], pk: int) -> Any:
    return model._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=pk)


def _combination(product: Product, values: list[AttributeValue]) -> str:
    """Raises CombinationIncomplete."""
    wanted = set(product.options.values_list("pk", flat=True))
    if len(values) != len(wanted) or {value.attribute_id for value in values} != wanted:
        raise CombinationIncomplete
    return combination_of(values)


def combination_of(values: Iterable[AttributeValue]) -> str:
    """Ids of `values` in one order, so that the table can refuse the same combination twice."""
    return "-".join(str(pk) for pk in sorted(value.pk for value in values))


def _refuse_taken(product: Product, sku: str, combination: str, *, but: Variant | None = None) -> None:
    others = Variant.objects.exclude(pk=but.pk) if but else Variant.objects.all()
    if others.filter(sku__iexact=sku).exists():
        raise SkuTaken
    if others.filter(product=product, combination=combination).exists():
        raise CombinationTaken


def _save_or_raise(row: models.Model, error: type[CatalogueError]) -> None:
    """Save; somebody who took the unique name a moment before us gives the same `error` as a look would have."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise error


def _place(product: Product, category: Category, position: int | None) -> Placement:
    new = Placement(position=_next(category.placements) if position is None else position)
    placement, created = Placement.objects.get_or_create(
        product=product, category=category, defaults={"position": new.position}
    )
    if not created and position is not None and placement.position != position:
        placement.position = position
        placement.save(update_fields=["position"])
    return placement


def _next(rows: models.Manager) -> int:
    last = rows.aggregate(last=models.Max("position"))["last"]
    return 1 if last is None else last + 1


def _apply(row: models.Model, changes: Mapping[str, Any]) -> tuple[dict, dict]:
    """Set the fields that really change; returns what they were and are, as words for the audit."""
    before, after = {}, {}
    for name, value in changes.items():
        if (old := getattr(row, name)) != value:
            before[name], after[name] = str(old), str(value)
            setattr(row, name, value)
    return before, after


def _record(product: Product, action: str, before: dict, after: dict, actor: str, now: datetime) -> None:
    outbox.stale("product", product.pk, now=now)
    outbox.record(actor=actor, action=action, subject=f"product:{product.code}", before=before, after=after, now=now)
