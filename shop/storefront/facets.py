"""Filters of a listing: what an address asks for, what can be chosen, and what choosing it would leave.

Everything that can be chosen is a code, a whole number kept in the facets of a listed product: an attribute's value by
its id, a brand by its negative id, a category (with those above it) from CATEGORIES up, and a few facts.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from django.utils.translation import gettext as _

from shop.catalogue.models import Attribute, AttributeValue, Brand, Category
from shop.money import Money, format_money, quantum
from shop.storefront.reads import Where

CATEGORIES = 1_000_000_000
IN_STOCK, ON_SALE, STARS = 2_000_000_001, 2_000_000_002, 2_000_000_010
ALL = 0  # counted for every product
RATINGS = (4, 3, 2)  # "4 stars and up"
MOST_CHOSEN, MOST_SHOWN = 12, 30  # values of one facet that an address may ask for, and that a page offers
MOST_FACETS = 8
MAX_PRICE = Decimal(10) ** 11


@dataclass(frozen=True)
class Value:
    """One thing to choose."""

    slug: str
    label: str
    code: int
    colour: str = ""


@dataclass(frozen=True)
class Group:
    """Values of which one or more may be chosen: an attribute, brands, categories, a fact. `name` stands in addresses."""

    name: str
    label: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Choices:
    """Everything that the shop's listings can be narrowed by, in the order of its facets."""

    groups: tuple[Group, ...] = ()

    def but(self, *names: str) -> "Choices":
        return Choices(tuple(group for group in self.groups if group.name not in names))


def load_choices() -> Choices:
    """The vocabulary of the shop in the reader's language, in four queries; it changes only when editors change it."""
    values: dict[int, dict[str, Value]] = {}
    for value in AttributeValue.objects.filter(attribute__filterable=True).select_related("attribute"):
        swatch = (value.swatch or value.slug) if value.attribute.code == "colour" else ""
        values.setdefault(value.attribute_id, {})[value.slug] = Value(value.slug, value.label, value.pk, swatch)
    attributes = [
        Group(attribute.code, attribute.label, values[attribute.pk])
        for attribute in Attribute.objects.filter(filterable=True)
        if attribute.pk in values and attribute.code not in RESERVED
    ]
    brands = {brand.slug: Value(brand.slug, brand.name, -brand.pk) for brand in Brand.objects.all()}
    categories = {
        category.slug: Value(category.slug, category.label, CATEGORIES + category.pk)
        for category in Category.objects.all()
    }
    return Choices(
        (Group("category", "", categories), *attributes, Group("brand", "", brands), *_facts()),
    )


def _facts() -> tuple[Group, ...]:
    stars = {str(least): Value(str(least), "", STARS + least) for least in RATINGS}
    return (
        Group("rating", "", stars),
        Group("in_stock", "", {"1": Value("1", "", IN_STOCK)}),
        Group("on_sale", "", {"1": Value("1", "", ON_SALE)}),
    )


RESERVED = {"q", "category", "min_price", "max_price", "sort", "page", "in_stock", "on_sale", "rating", "brand", "from"}


def facts_of(*, sold_out: bool, on_sale: bool, rating: Decimal) -> list[int]:
    """The codes of what is true about a product, for its facets."""
    found = [STARS + least for least in RATINGS if rating >= least]
    return found + ([] if sold_out else [IN_STOCK]) + ([ON_SALE] if on_sale else [])


# --- what an address asks for --------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What was chosen: {name of a group: its values}, and a price in major units of the shopper's currency."""

    chosen: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    min_price: Decimal | None = None
    max_price: Decimal | None = None

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def count(self) -> int:
        """How many values are chosen, the price as one."""
        return sum(map(len, self.chosen.values())) + self.priced

    @property
    def priced(self) -> bool:
        return self.min_price is not None or self.max_price is not None

    @property
    def min_price_text(self) -> str:
        return "" if self.min_price is None else f"{self.min_price:f}"

    @property
    def max_price_text(self) -> str:
        return "" if self.max_price is None else f"{self.max_price:f}"

    def where(self, among: Iterable[int] | None = None) -> Where:
        groups = tuple(tuple(sorted(value.code for value in values)) for values in self.chosen.values())
        return Where(groups, self.min_price, self.max_price, None if among is None else tuple(among))

    def params(self) -> list[tuple[str, str]]:
        """What says the same in an address, in one order."""
        pairs = [(name, value.slug) for name, values in self.chosen.items() for value in values]
        prices = [("min_price", self.min_price), ("max_price", self.max_price)]
        return pairs + [(name, f"{price:f}") for name, price in prices if price is not None]


def parse(params: QueryDict, choices: Choices) -> Filters:
    """The filters of an address. What nobody could choose counts as not given."""
    chosen: dict[str, tuple[Value, ...]] = {}
    for group in choices.groups:
        asked = list(dict.fromkeys(params.getlist(group.name)))[: MOST_CHOSEN * 2]
        values = [group.values[slug] for slug in asked if slug in group.values][:MOST_CHOSEN]
        if values and len(chosen) < MOST_FACETS:
            chosen[group.name] = tuple(values)
    return Filters(chosen, _price(params.get("min_price", "")), _price(params.get("max_price", "")))


def _price(text: str) -> Decimal | None:
    """A price above zero in plain digits, such as 30 or 29.90; None for anything else."""
    try:
        price = Decimal(text.strip()) if text.isascii() and 0 < len(text) <= 16 else None
    except InvalidOperation:
        return None
    return price if price is not None and price.is_finite() and 0 < price < MAX_PRICE else None


# --- what can be chosen --------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A box to tick. `code`: as in Value, a short name that no other box of the page has."""

    value: str
    label: str
    count: int
    checked: bool
    colour: str = ""
    code: int = 0


@dataclass(frozen=True)
class Facet:
    """For `components/_facet.html`."""

    name: str
    label: str
    choices: list[Choice]

    @property
    def chosen(self) -> int:
        return sum(choice.checked for choice in self.choices)


@dataclass(frozen=True)
class Chip:
    label: str
    without: list[tuple[str, str]]


LABELS = {
    "category": lambda: _("Category"),
    "brand": lambda: _("Brand"),
    "rating": lambda: _("Rating"),
    "in_stock": lambda: _("Availability"),
    "on_sale": lambda: _("Offers"),
}
FACT_LABELS = {
    "rating": lambda slug: _("%(stars)s stars and up") % {"stars": slug},
    "in_stock": lambda slug: _("In stock"),
    "on_sale": lambda slug: _("On sale"),
}


def label_of(group: Group, value: Value) -> str:
    return value.label or FACT_LABELS[group.name](value.slug)


def facets(
    choices: Choices, filters: Filters, counts: Mapping[int, Mapping[int, int]], unfiltered: Mapping[int, int]
) -> list[Facet]:
    """What can still be chosen, each with the number of products that it would leave (see reads.counts).

    A value that nothing has is left out unless it is chosen, and a facet that says the same of everything there is. Which
    facets there are does not change with what is chosen, `unfiltered` tells it: new numbers find the old ones to replace.
    """
    number = {name: n for n, name in enumerate(filters.chosen, 1)}
    full = counts.get(0, {})
    found = []
    for group in choices.groups:
        extra = counts.get(number.get(group.name, -1), {})
        slugs = {value.slug for value in filters.chosen.get(group.name, ())}
        boxes = [
            Choice(value.slug, label_of(group, value), count, value.slug in slugs, value.colour, value.code)
            for value in group.values.values()
            if (count := full.get(value.code, 0) + extra.get(value.code, 0)) or value.slug in slugs
        ]
        there = [n for value in group.values.values() if (n := unfiltered.get(value.code, 0))]
        if slugs or len(there) > 1 or any(n < unfiltered.get(ALL, 0) for n in there):
            found.append(Facet(group.name, group.label or LABELS[group.name](), _most(boxes)))
    return found


def _most(boxes: list[Choice]) -> list[Choice]:
    """At most MOST_SHOWN: what is chosen, then what there is most of, in their own order."""
    if len(boxes) <= MOST_SHOWN:
        return boxes
    kept = sorted(boxes, key=lambda box: (not box.checked, -box.count))[:MOST_SHOWN]
    return [box for box in boxes if box in kept]


def chips(choices: Choices, filters: Filters, currency: str, language: str) -> list[Chip]:
    """Each thing that is chosen, in words, with what an address without it holds."""
    params, found = filters.params(), []
    for group in choices.groups:
        for value in filters.chosen.get(group.name, ()):
            without = [pair for pair in params if pair != (group.name, value.slug)]
            found.append(Chip(label_of(group, value), without))
    if filters.priced:
        without = [pair for pair in params if pair[0] not in ("min_price", "max_price")]
        found.append(Chip(_price_words(filters, currency, language), without))
    return found


def _price_words(filters: Filters, currency: str, language: str) -> str:
    low, high = (
        None if price is None else format_money(Money(_coins(price, currency), currency), language, short=True)
        for price in (filters.min_price, filters.max_price)
    )
    if low and high:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    return _("From %(low)s") % {"low": low} if low else _("Up to %(high)s") % {"high": high}


def _coins(price: Decimal, currency: str) -> Decimal:
    return price.quantize(quantum(currency))


def all_counts(kept: str) -> dict[int, dict[int, int]]:
    """Assortment.facets as `reads.counts` gives it, for a listing without filters."""
    return {0: {int(code): count for code, count in json.loads(kept).items()}}
