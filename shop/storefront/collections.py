"""Which products belong to a collection, and why: rules, hand pins and a never list, read from the listing's rows.

A rule is defined once (`collection_rules`), as a condition on rows with its words. `members` asks for the rows that
fulfil all of them, `why` asks of one product which it fulfils, so the two cannot disagree. Prices are those of the base
currency; what is not for sale has no row and belongs to nothing. What is computed here stands in CollectionMember, kept
true by `recompute`; listings are filled from there.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from shop.catalogue import models
from shop.catalogue.models import AttributeValue, Category, CollectionMember, Placement, Product
from shop.storefront.collection_rules import Facts, Rule, Rules, definitions, matching
from shop.storefront.models import ListingRow

SHELF = 2**32  # more than the places on a shelf, and more than anything may be pinned or sold


class Member(NamedTuple):
    """`position` is a key to sort by, the product's id is the last word. It hangs on this product alone: a newcomer moves
    nobody."""

    product_id: int
    pinned: bool
    position: int


@dataclass(frozen=True)
class Reason:
    """Whether a product fulfils one rule: `rule` says what is asked, `because` what is true of the product."""

    kind: str
    rule: str
    holds: bool
    because: str = ""

    def __str__(self) -> str:
        if not self.because:
            return self.rule
        return f"{self.rule}: {_('yes') if self.holds else _('no')}, {self.because}"


FOR_SALE, NEVER, PINNED, NO_RULES = "for_sale", "never", "pinned", "no_rules"  # kinds beside those of the rules


def belongs(reasons: Iterable[Reason]) -> bool:
    """Whether a product with these reasons is a member."""
    failed = {reason.kind for reason in reasons if not reason.holds}
    if failed & {FOR_SALE, NEVER}:
        return False
    return not failed or any(reason.kind == PINNED for reason in reasons)


# --- who belongs -------------------------------------------------------------------------------


def members(
    collection: models.Collection, at: datetime, *, rules: Rules | None = None, products: Collection[int] | None = None
) -> list[Member]:
    """Pins first, in their order, then what the rules choose, in our order (or by sales, when they ask for the best).

    `rules` stand in for the collection's own, as for a preview; `products` keeps to some. Whether the collection is
    active does not matter here.
    """
    rules = Rules.of(collection) if rules is None else rules
    choices = _choices(collection)
    pins = [choice for choice in choices if not choice.never]
    for_sale = _for_sale([pin.product_id for pin in pins])
    found = [Member(pin.product_id, True, n) for n, pin in enumerate(pins, 1) if pin.product_id in for_sale]
    if rules:
        chosen = _chosen(rules, at, choices).exclude(product__in=[pin.product_id for pin in pins])
        found += [Member(pk, False, position) for pk, position in _placed(chosen, rules, products)]
    return [member for member in found if products is None or member.product_id in products]


def _for_sale(product_ids: Collection[int]) -> set[int]:
    return set(ListingRow.objects.filter(product__in=product_ids).values_list("product", flat=True))


def _choices(collection: models.Collection) -> list[models.CollectionChoice]:
    return list(collection.choices.order_by("position", "pk")) if collection.pk else []


def _chosen(rules: Rules, at: datetime, choices: list[models.CollectionChoice]) -> QuerySet[ListingRow]:
    """The rows that the rules choose; pinned ones count among them, those on the never list do not."""
    never = [choice.product_id for choice in choices if choice.never]
    return matching(definitions(rules, at, but=never)).exclude(product__in=never)


def _placed(rows: QuerySet[ListingRow], rules: Rules, products: Collection[int] | None) -> QuerySet:
    """(product id, position), each product once, in that order."""
    if products is not None:
        rows = rows.filter(product__in=products)
    key = SHELF - F("popularity") if rules.best_selling is not None else _our_order()
    position = ExpressionWrapper(Value(SHELF) + key, output_field=BigIntegerField())
    placed = rows.order_by().values("product_id").annotate(position=Min(position)).order_by("position", "product_id")
    return placed.values_list("product_id", "position")


def _our_order() -> Any:
    """The rooms in their order, and in each the products as they were placed."""
    home = Placement.objects.filter(product=OuterRef("product_id"), category=OuterRef("product__category"))
    room = Cast(F("product__category__position"), BigIntegerField())
    return room * SHELF + Coalesce(
        Subquery(home.values("position")[:1]), Value(SHELF - 1), output_field=BigIntegerField()
    )


def next_change(collection: models.Collection, at: datetime) -> datetime | None:
    """When the next product stops being new for the collection; None when time alone changes nothing."""
    rules = Rules.of(collection)
    if not collection.active or rules.new_days is None:
        return None
    oldest = _chosen(rules, at, _choices(collection)).aggregate(oldest=Min("created_at"))["oldest"]
    return None if oldest is None else oldest + timedelta(days=rules.new_days)


# --- keeping it ----------------------------------------------------------------------------------


@transaction.atomic
def recompute(collection_ids: Collection[int], at: datetime, products: Collection[int] | None = None) -> set[int]:
    """Make the members of these collections what they should be; returns the ids of products for which it differed.

    With `products` only theirs may have changed, and where nothing hangs on the others (all rules but "best selling")
    only theirs are looked at. An inactive collection has no members. Locks the collections, so that rules which change
    meanwhile are seen or come after.
    """
    changed: set[int] = set()
    locked = models.Collection.objects.select_for_update(no_key=True).filter(pk__in=collection_ids)
    for collection in locked.order_by("pk"):
        changed |= _renew(collection, at, products if collection.best_selling is None else None)
    return changed


def _renew(collection: models.Collection, at: datetime, products: Collection[int] | None) -> set[int]:
    found = members(collection, at, products=products) if collection.active else []
    fresh = {member.product_id: member for member in found}
    rows = collection.members.all() if products is None else collection.members.filter(product__in=products)
    kept = [Member(*row) for row in rows.values_list("product_id", "pinned", "position")]
    held = {member.product_id: member for member in kept}
    gone = held.keys() - fresh.keys()
    differs = sorted(pk for pk, member in fresh.items() if held.get(pk) != member)
    if gone:
        rows.filter(product__in=gone).delete()
    CollectionMember.objects.bulk_create(
        [CollectionMember(collection=collection, **fresh[pk]._asdict()) for pk in differs],
        update_conflicts=True,
        unique_fields=["collection", "product"],
        update_fields=["pinned", "position"],
        batch_size=2000,
    )
    return gone | set(differs)


def collections_touched_by(product_ids: Collection[int]) -> set[int]:
    """Ids of the active collections that may change when these products do: all with rules, and those that name them."""
    named = models.CollectionChoice.objects.filter(product__in=product_ids).values_list("collection", flat=True)
    holding = CollectionMember.objects.filter(product__in=product_ids).values_list("collection", flat=True)
    touched = {*named, *holding}
    active = models.Collection.objects.filter(active=True).prefetch_related("categories", "values__attribute")
    return {collection.pk for collection in active if collection.pk in touched or Rules.of(collection)}


# --- why -----------------------------------------------------------------------------------------


def asked(collection: models.Collection, at: datetime) -> list[str]:
    """The collection's rules in words."""
    return [rule.asks for rule in definitions(Rules.of(collection), at)]


def why(collection: models.Collection, product: Product, at: datetime) -> list[Reason]:
    """One reason for each rule, pin and list that decides about `product`; `belongs` sums them up."""
    return reasons(collection, [product.pk], at)[product.pk]


def reasons(
    collection: models.Collection, product_ids: Sequence[int], at: datetime, *, rules: Rules | None = None
) -> dict[int, list[Reason]]:
    """{product id: its reasons} for several products, in a few queries however many they are."""
    choices = _choices(collection)
    never = {choice.product_id for choice in choices if choice.never}
    wanted = definitions(Rules.of(collection) if rules is None else rules, at, but=never)
    places = {pin.product_id: n for n, pin in enumerate((c for c in choices if not c.never), 1)}
    facts = _facts(product_ids, wanted)
    for_sale = _for_sale(product_ids)
    return {
        pk: [
            _sale(pk in for_sale),
            *([Reason(NEVER, _("On the never list"), False)] if pk in never else []),
            *([_pin(places[pk])] if pk in places else []),
            *(_judged(wanted, facts.get(pk)) or [_no_rules()]),
        ]
        for pk in product_ids
    }


def _pin(place: int) -> Reason:
    return Reason(PINNED, _("Pinned by hand at place %(place)s") % {"place": place}, True)


def _sale(holds: bool) -> Reason:
    return Reason(FOR_SALE, _("For sale") if holds else _("Not for sale now"), holds)


def _no_rules() -> Reason:
    return Reason(NO_RULES, _("There are no rules: only what is pinned belongs to it"), False)


def _judged(wanted: list[Rule], facts: Facts | None) -> list[Reason]:
    if facts is None:
        nothing = _("it has no price in the base currency now")
        return [Reason(rule.kind, rule.asks, False, nothing) for rule in wanted]
    return [
        Reason(rule.kind, rule.asks, getattr(facts.row, f"rule_{n}"), rule.tells(facts))
        for n, rule in enumerate(wanted)
    ]


def _facts(product_ids: Sequence[int], wanted: list[Rule]) -> dict[int, Facts]:
    judged = {f"rule_{n}": ExpressionWrapper(rule.holds, output_field=BooleanField()) for n, rule in enumerate(wanted)}
    rows = list(
        matching([])
        .filter(product__in=product_ids)
        .annotate(**judged)
        .order_by("product_id", "language")
        .defer("html", "card")
    )
    shelves: dict[int, list[Category]] = {}
    for placement in Placement.objects.filter(product__in=product_ids).select_related("category").order_by("category"):
        shelves.setdefault(placement.product_id, []).append(placement.category)
    values = AttributeValue.objects.in_bulk({pk for row in rows for pk in row.facets if pk > 0})
    return {
        row.product_id: Facts(row, shelves.get(row.product_id, []), [values[pk] for pk in row.facets if pk in values])
        for row in reversed(rows)
    }
