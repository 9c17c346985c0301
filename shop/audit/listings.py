"""What listings read, against the truth."""

from math import ceil

from django.db.models import Count

from shop.audit.books import Books
from shop.catalogue.models import Product
from shop.outbox.models import Stale
from shop.storefront import notes
from shop.storefront.listing import Scope
from shop.storefront.models import Assortment, AssortmentEntry, ListingRow
from shop.storefront.rows import Key, Shelves, fresh_rows

CHUNK = 500
AT_ONCE = 500  # products that an audit looks at when it is not to be a whole one: in each hour others
MOVING = {"popularity"}  # moves with every day; noted once a day


def listings_are_true(books: Books) -> list[str]:
    """Each listing row and each place in an assortment equals a fresh computation, unless it is noted as out of date.

    Making them anew takes a millisecond each, so of a large catalogue only a part is, unless the audit is a whole one.
    """
    refs: dict[str, set[int]] = {}
    for kind, ref in Stale.objects.filter(due_at__lte=books.now).values_list("kind", "ref"):
        refs.setdefault(kind, set()).add(ref)
    noted = set(notes.products_of(refs, books.now))
    ids = [pk for pk in _whose_turn_it_is(books) if pk not in noted]
    found = [words for n in range(0, len(ids), CHUNK) for words in _rows(ids[n : n + CHUNK], books)]
    return found + ([] if noted else _counts())


def _whose_turn_it_is(books: Books) -> list[int]:
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    if books.whole or len(ids) <= AT_ONCE:
        return ids
    parts = ceil(len(ids) / AT_ONCE)
    return ids[int(books.now.timestamp() // 3600) % parts :: parts]


def _rows(ids: list[int], books: Books) -> list[str]:
    fresh = fresh_rows(ids, books.now)
    kept = {Key(row.product_id, row.language, row.currency): row for row in ListingRow.objects.filter(product__in=ids)}
    found = [f"listing row {key} is missing" for key in fresh.keys() - kept.keys()]
    found += [f"listing row {key} should not be there" for key in kept.keys() - fresh.keys()]
    for key in fresh.keys() & kept.keys():
        values = {column: value for column, value in fresh[key].items() if column not in MOVING}
        found += [f"{key}: {name} differs" for name, value in values.items() if getattr(kept[key], name) != value]
    return found + _places(kept)


def _places(kept: dict[Key, ListingRow]) -> list[str]:
    entries = AssortmentEntry.objects.filter(row__in=[row.pk for row in kept.values()])
    there = {
        (row_id, Scope(kind, ref)): rank
        for row_id, kind, ref, rank in entries.values_list("row_id", "assortment__kind", "assortment__ref", "rank")
    }
    shelves = Shelves.load({key.product_id for key in kept})
    wanted = {
        (row.pk, scope): rank for key, row in kept.items() for scope, rank in shelves.places(key.product_id).items()
    }
    differing = {pair for pair in wanted.keys() | there.keys() if wanted.get(pair) != there.get(pair)}
    return [f"listing row {pk} has another place in {scope.kind} {scope.ref}" for pk, scope in sorted(differing)]


def _counts() -> list[str]:
    """Of assortments that nobody is about to count anew."""
    waiting = Stale.objects.filter(kind="assortment").values("ref")
    assortments = Assortment.objects.exclude(pk__in=waiting).annotate(entries_now=Count("entries"))
    return [
        f"assortment {assortment} holds {assortment.entries_now}, not {assortment.count}"
        for assortment in assortments
        if assortment.entries_now != assortment.count or assortment.facets.get("0", 0) != assortment.count
    ]


CHECKS = [listings_are_true]
