"""Products as a shopper meets them at an instant: variants with their options, price and stock, loaded together."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.catalogue.models import Attribute, AttributeValue, Variant
from shop.catalogue.pricing import Price
from shop.inventory.models import StockItem
from shop.money import Money
from shop.promotions.listing import charged_prices

COUNTED_IN_WORDS = 9  # up to here the number is worth saying; above it "in stock" is enough


@dataclass(frozen=True)
class Offer:
    """One variant at an instant. `price` is None when it has none: then it cannot be bought."""

    variant: Variant
    values: list[AttributeValue]
    price: Price | None

    @property
    def sku(self) -> str:
        return self.variant.sku

    @property
    def stock(self) -> StockItem:
        return self.variant.stock_item

    @property
    def label(self) -> str:
        return ", ".join(value.label for value in self.values)

    @property
    def available(self) -> bool:
        return self.price is not None and self.stock.can_supply(1)

    def value_of(self, attribute: Attribute) -> AttributeValue | None:
        return next((value for value in self.values if value.attribute_id == attribute.pk), None)


@dataclass
class Goods:
    """A product's active variants in their order. `offers` without a price are kept for previews; see `for_sale`."""

    product_id: int
    offers: list[Offer] = field(default_factory=list)

    @property
    def for_sale(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.price]

    @property
    def available(self) -> bool:
        return any(offer.available for offer in self.offers)

    @property
    def options(self) -> list[Attribute]:
        """What the variants differ in, in the attributes' order."""
        found = {value.attribute_id: value.attribute for offer in self.offers for value in offer.values}
        return sorted(found.values(), key=lambda attribute: (attribute.position, attribute.name))

    @property
    def cheapest(self) -> Offer | None:
        """The lowest price to be had; what is in stock counts before what is not."""
        offers = [offer for offer in self.for_sale if offer.available] or self.for_sale
        return min(offers, key=lambda offer: offer.price.now.amount if offer.price else 0, default=None)

    def offer(self, sku: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.sku.casefold() == sku.casefold()), None)


def load(product_ids: Collection[int], *, at: datetime, currency: str) -> dict[int, Goods]:
    """{product id: Goods} for all of `product_ids`, in a handful of queries however many they are."""
    through: Any = Variant.values.through
    pairs = through.objects.filter(variant=OuterRef("pk")).values("attributevalue_id")
    variants = list(
        Variant.objects.filter(product_id__in=product_ids, active=True)
        .select_related("stock_item")
        .annotate(value_ids=ArraySubquery(pairs))
    )
    values = _values({pk for variant in variants for pk in variant.value_ids})
    found = {pk: Goods(pk) for pk in product_ids}
    for variant in variants:
        wanted = set(variant.value_ids)
        found[variant.product_id].offers.append(Offer(variant, [v for v in values if v.pk in wanted], None))
    return priced(found, at=at, currency=currency)


def _values(ids: Collection[int]) -> list[AttributeValue]:
    """In their attributes' order. The variants share them: there are few values, and many variants."""
    if not ids:
        return []
    values = AttributeValue.objects.filter(pk__in=ids).select_related("attribute")
    return list(values.order_by("attribute__position", "attribute__name"))


def priced(goods: Mapping[int, Goods], *, at: datetime, currency: str) -> dict[int, Goods]:
    """The same goods at the prices of another currency or instant."""
    variants = [offer.variant for stock in goods.values() for offer in stock.offers]
    prices = charged_prices({variant.pk: variant.product_id for variant in variants}, currency, at)
    return {
        pk: Goods(pk, [replace(offer, price=prices.get(offer.variant.pk)) for offer in stock.offers])
        for pk, stock in goods.items()
    }


@dataclass(frozen=True)
class ShownPrice:
    """A price for the price component: `is_from` when other variants cost more."""

    now: Money
    was: Money | None = None
    is_from: bool = False


def shown_price(offer: Offer, others: Iterable[Offer] = ()) -> ShownPrice | None:
    if offer.price is None:
        return None
    dearer = any(other.price and other.price.now > offer.price.now for other in others)
    return ShownPrice(offer.price.now, offer.price.was, dearer)


def stock_words(offer: Offer) -> tuple[str, str]:
    """What is true about the stock, and when more comes: ("Six in stock", "") or ("Sold out", "Back on 12 January")."""
    item = offer.stock
    if item.policy == StockItem.Policy.INFINITE:
        return _("In stock"), ""
    if item.policy == StockItem.Policy.BACKORDER and not item.available:
        if not item.lead_days:
            return _("Made to order"), ""
        days = ngettext("Sent in %(days)s day", "Sent in %(days)s days", item.lead_days) % {"days": item.lead_days}
        return _("Made to order"), days
    if not item.available:
        return _("Sold out"), restock_words(item)
    if item.available <= item.low_stock_threshold:
        return _("Only %(count)s left") % {"count": item.available}, ""
    if item.available <= COUNTED_IN_WORDS:
        return _("%(count)s in stock") % {"count": capfirst(str(apnumber(item.available)))}, ""
    return _("In stock"), ""


def restock_words(item: StockItem) -> str:
    if item.restock_on is None:
        return ""
    return _("Back on %(date)s") % {"date": date_format(item.restock_on, "j F")}
