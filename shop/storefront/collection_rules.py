"""What a collection may ask for. Each rule is defined once: as a condition on the listing's rows, and in words.

To add one: a field of Collection and of `Rules`, a function that yields a Rule, and its place in `definitions`.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, prefetch_related_objects
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shop.catalogue import models
from shop.catalogue.models import AttributeValue, Category, Currency, Placement
from shop.money import Money, format_money
from shop.storefront.models import ListingRow


@dataclass(frozen=True)
class Rules:
    """What a collection asks for. Of a saved one by `Rules.of`; of one that is being typed, from its form."""

    categories: Sequence[Category] = ()
    values: Sequence[AttributeValue] = ()
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    new_days: int | None = None
    on_sale: bool = False
    in_stock: bool = False
    best_selling: int | None = None

    @classmethod
    def of(cls, collection: models.Collection) -> "Rules":
        plain = ("price_min", "price_max", "new_days", "on_sale", "in_stock", "best_selling")
        categories, values = list(collection.categories.all()), list(collection.values.all())
        prefetch_related_objects(values, "attribute")
        return cls(categories, values, **{name: getattr(collection, name) for name in plain})

    def __bool__(self) -> bool:
        numbers = (self.price_min, self.price_max, self.new_days, self.best_selling)
        given = self.categories or self.values or self.on_sale or self.in_stock
        return bool(given) or any(number is not None for number in numbers)


@dataclass(frozen=True)
class Facts:
    """What `why` says of a product: its row, the shelves it stands on, the values it has."""

    row: ListingRow
    shelves: list[Category] = field(default_factory=list)
    values: list[AttributeValue] = field(default_factory=list)


@dataclass(frozen=True)
class Rule:
    kind: str
    asks: str
    holds: Any
    tells: Callable[[Facts], str]


# --- the rules ---------------------------------------------------------------------------------


def definitions(rules: Rules, at: datetime, but: Collection[int] = ()) -> list[Rule]:
    """Those that are given. The last, of what sells best, is about the rows that fulfil the others, without `but`."""
    found = [
        *_category(rules),
        *_values(rules),
        *_price(rules),
        *_new(rules, at),
        *_on_sale(rules),
        *_in_stock(rules),
    ]
    return [*found, *_best_selling(rules, found, but)]


def _category(rules: Rules) -> Iterable[Rule]:
    if not rules.categories:
        return
    ids = with_all_below(rules.categories)
    here = Placement.objects.filter(product=OuterRef("product_id"), category__in=ids)

    def tells(facts: Facts) -> str:
        shelves = [shelf for shelf in facts.shelves if shelf.pk in ids] or facts.shelves
        return _("it stands in %(shelves)s") % {"shelves": _list(shelves, _("and"))}

    names = _list(rules.categories, _("or"))
    yield Rule("category", _("Category: %(names)s") % {"names": names}, Exists(here), tells)


def with_all_below(categories: Iterable[Category]) -> set[int]:
    children: dict[int | None, list[int]] = {}
    for pk, parent_id in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent_id, []).append(pk)
    found, waiting = set(), [category.pk for category in categories]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += children.get(pk, [])
    return found


def _values(rules: Rules) -> Iterable[Rule]:
    by_attribute: dict[int, list[AttributeValue]] = {}
    for value in rules.values:
        by_attribute.setdefault(value.attribute_id, []).append(value)
    for values in by_attribute.values():
        asks = f"{values[0].attribute}: {_list(values, _('or'))}"
        yield Rule("values", asks, Q(facets__overlap=[value.pk for value in values]), _has(values[0].attribute_id))


def _has(attribute_id: int) -> Callable[[Facts], str]:
    def tells(facts: Facts) -> str:
        mine = [value for value in facts.values if value.attribute_id == attribute_id]
        return _("it has %(values)s") % {"values": _list(mine, _("and"))} if mine else _("it has none")

    return tells


def _price(rules: Rules) -> Iterable[Rule]:
    def tells(facts: Facts) -> str:
        return _("from %(price)s") % {"price": _money(facts.row.price, facts.row.currency)}

    base = _base() if rules.price_min is not None or rules.price_max is not None else ""
    if rules.price_min is not None:
        asks = _("At least %(price)s") % {"price": _money(rules.price_min, base)}
        yield Rule("price", asks, Q(price__gte=rules.price_min), tells)
    if rules.price_max is not None:
        asks = _("At most %(price)s") % {"price": _money(rules.price_max, base)}
        yield Rule("price", asks, Q(price__lte=rules.price_max), tells)


def _new(rules: Rules, at: datetime) -> Iterable[Rule]:
    if rules.new_days is None:
        return

    def tells(facts: Facts) -> str:
        return _("in the shop since %(day)s") % {"day": date_format(facts.row.created_at, "j F Y")}

    asks = ngettext("New, for %(days)s day", "New, for %(days)s days", rules.new_days) % {"days": rules.new_days}
    yield Rule("new", asks, Q(created_at__gt=at - timedelta(days=rules.new_days)), tells)


def _on_sale(rules: Rules) -> Iterable[Rule]:
    if rules.on_sale:
        yield Rule("on_sale", _("Reduced now"), Q(on_sale=True), _reduced)


def _reduced(facts: Facts) -> str:
    row = facts.row
    if row.compare_at is None:
        return _("%(price)s is its price") % {"price": _money(row.price, row.currency)}
    prices = {"price": _money(row.price, row.currency), "was": _money(row.compare_at, row.currency)}
    return _("%(price)s instead of %(was)s") % prices


def _in_stock(rules: Rules) -> Iterable[Rule]:
    if rules.in_stock:
        yield Rule(
            "in_stock",
            _("Can be sent now"),
            Q(sold_out=False),
            lambda facts: _("it is sold out") if facts.row.sold_out else _("it is there"),
        )


def _best_selling(rules: Rules, others: list[Rule], but: Collection[int]) -> Iterable[Rule]:
    if rules.best_selling is None:
        return
    sold = matching(others).filter(popularity__gt=0).exclude(product__in=but)
    ranked = sold.order_by().values("product_id").annotate(units=Min("popularity")).order_by("-units", "product_id")

    def tells(facts: Facts) -> str:
        units = facts.row.popularity
        return ngettext("%(units)s sold lately", "%(units)s sold lately", units) % {"units": units}

    asks = _("Among the %(count)s that sold most") % {"count": rules.best_selling}
    best = ranked.values("product_id")[: rules.best_selling]
    yield Rule("best_selling", asks, Q(product_id__in=best), tells)


def matching(rules: Iterable[Rule]) -> QuerySet[ListingRow]:
    """The rows that fulfil all of `rules`: a product has one for each language, alike in what rules ask for."""
    found = ListingRow.objects.filter(currency__in=Currency.objects.filter(is_base=True).values("code"))
    for rule in rules:
        found = found.filter(rule.holds)
    return found


def _list(things: Iterable[Any], last: str) -> str:
    """Indigo, Sand or Moss."""
    *first, end = [str(thing) for thing in things] or [_("nowhere")]
    return f"{', '.join(first)} {last} {end}" if first else end


def _money(amount: Decimal, currency: str) -> str:
    return format_money(Money(amount, currency), get_language() or "en", short=True)


def _base() -> str:
    return Currency.objects.values_list("code", flat=True).get(is_base=True)
