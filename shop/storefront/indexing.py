"""Keeps what listings read true: takes the notes of `outbox.stale`, computes those products anew, writes what differs.

One indexer at a time does it (an advisory lock), in transactions of CHUNK products: a note goes with the transaction
that acts on it, so a crash loses nothing. Notes that come meanwhile stay for the next round. Only a whole reindexing
uses several processes (see `reindexing`).
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from types import SimpleNamespace
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from shop.catalogue.models import Category, Collection
from shop.copying import copy_in, fresh_ids, update
from shop.outbox import operations as outbox
from shop.outbox.models import Stale
from shop.storefront import collections, documents, edition, notes
from shop.storefront.facts import popularity
from shop.storefront.listing import Scope
from shop.storefront.models import Assortment, AssortmentEntry, ListingRow
from shop.storefront.rows import Key, Shelves, Values, fresh_rows, made_with, name_key
from shop.wishlist import asks

log = logging.getLogger("shop.storefront")

CHUNK = 250  # products in one transaction
SMALL = 5_000  # assortments up to this size are counted at once, larger ones once a minute
LATER = timedelta(minutes=1)
AGAIN = timedelta(minutes=10)  # until a product that could not be computed is tried again
PATIENCE = 5  # seconds to wait for another indexer
ONE_INDEXER = 6_170_302  # any number, the same everywhere
VOCABULARY = {"value", "attribute", "brand", "category", "collection", "everything"}  # what filters are named by
REPEATED = ("sold_out", "on_sale", "price", "created_at", "rating", "popularity", "facets")
ROW_COLUMNS = (
    "page_id",
    "title",
    "url",
    "price",
    "compare_at",
    "rating_count",
    "card",
    "html",
    "looks",
    "made_with",
    *(column for column in REPEATED if column != "price"),
)
ENTRY_COLUMNS = ("rank", "name_key", *REPEATED)


def refresh(*, now: datetime, seconds: float = 50) -> int:
    """Act on every note that is due; returns how many products were computed. Nothing, while somebody else does it."""
    stop, done = monotonic() + seconds, 0
    while monotonic() < stop:
        with transaction.atomic():
            if not _only_one():
                break
            taken = _take(now)
            if not taken:
                break
            done += _act_on(taken, now)
    return done


def note_outdated(*, now: datetime) -> int:
    """Note the products whose rows were made by other templates than today's; returns how many. After each deployment."""
    old = ListingRow.objects.exclude(made_with=made_with()).values_list("product_id", flat=True).distinct()
    with transaction.atomic():
        ids = list(old)
        if ids:
            outbox.stale("product", *ids, now=now)
    return len(ids)


def note_faded(*, now: datetime) -> int:
    """Note the products that sell more or less often than their rows say, as days pass; returns how many."""
    kept = dict(ListingRow.objects.values_list("product_id", "popularity").distinct())
    sold = popularity(None, now)
    faded = [pk for pk, units in kept.items() if sold.get(pk, 0) != units]
    with transaction.atomic():
        if faded:
            outbox.stale("product", *faded, now=now)
    return len(faded)


def _only_one() -> bool:
    """Whether the turn is ours. A reindexing shares it among its processes, and lets others in between two chunks."""
    with connection.cursor() as cursor:
        take_time(cursor)
        cursor.execute("SET LOCAL lock_timeout = %s", [f"{PATIENCE}s"])
        try:
            with transaction.atomic():
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_INDEXER])
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            return False
        return True


def take_time(cursor: Any) -> None:
    """A chunk is computed between two statements, which on a busy machine takes longer than a visit may pause."""
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")


def _take(now: datetime) -> list[Stale]:
    """The oldest notes that are due, taken out of the list with this transaction."""
    due = Stale.objects.filter(due_at__lte=now).order_by("due_at", "pk")[: CHUNK * 4]
    taken = list(due.select_for_update(skip_locked=True))
    Stale.objects.filter(pk__in=[note.pk for note in taken]).delete()
    return taken


def _act_on(taken: list[Stale], now: datetime) -> int:
    refs: dict[str, set[int]] = defaultdict(set)
    for note in taken:
        refs[note.kind].add(note.ref)
    moved = collections.recompute(refs["collection"], now) if refs["collection"] else set()
    products = sorted({*notes.products_of(refs, now), *moved})
    first, rest = products[:CHUNK], products[CHUNK:]
    Stale.objects.bulk_create(Stale(kind="product", ref=pk, due_at=now) for pk in rest)
    if first:
        _write_or_skip(first, now)
    count_anew(refs["assortment"])
    if refs["stock"]:
        asks.note_stock(stock_item_ids=refs["stock"], now=now)
    if any(refs[kind] for kind in VOCABULARY):
        drop_orphans()
        edition.turn()
    note_next_changes(refs["collection"], now)
    return len(first)


def _write_or_skip(product_ids: Sequence[int], now: datetime) -> None:
    """Write them together; if that fails, one by one, so that a product that cannot be computed holds up no other."""
    try:
        with transaction.atomic():
            write(product_ids, now)
    except Exception:
        if len(product_ids) > 1:
            for pk in product_ids:
                _write_or_skip([pk], now)
            return
        log.exception("product %s could not be listed", product_ids[0])
        outbox.stale("product", product_ids[0], now=now, due_at=now + AGAIN)


def note_next_changes(collection_ids: set[int], now: datetime) -> None:
    """A collection of what is new changes by itself, when its oldest product is new no longer."""
    for collection in Collection.objects.filter(pk__in=collection_ids, new_days__isnull=False):
        due = collections.next_change(collection, now)
        if due and not Stale.objects.filter(kind="collection", ref=collection.pk, due_at=due).exists():
            outbox.stale("collection", collection.pk, now=now, due_at=due)


def drop_orphans() -> None:
    """Assortments of categories and collections that are gone."""
    kinds = Assortment.Kind
    Assortment.objects.filter(kind=kinds.CATEGORY).exclude(ref__in=Category.objects.values("pk")).delete()
    Assortment.objects.filter(kind=kinds.COLLECTION).exclude(ref__in=Collection.objects.values("pk")).delete()


def forget(*, page_ids: Sequence[int]) -> None:
    """Take the rows of pages that go out of every assortment. In the caller's transaction."""
    rows = list(ListingRow.objects.filter(page__in=page_ids).values_list("pk", flat=True))
    if rows:
        _adjust(_drop_rows(rows))


def write(product_ids: Sequence[int], now: datetime) -> None:
    """Make rows, search documents, memberships and places of these products what they should be at `now`."""
    rows, left = write_rows(product_ids, now)
    touched = collections.collections_touched_by(product_ids)
    moved = collections.recompute(touched, now, products=product_ids) - set(product_ids)
    others = ListingRow.objects.filter(product__in=moved).defer("html", "card")
    grown, touched_ones = write_entries([*rows, *others])
    _adjust(left)
    _adjust(grown)
    _tell_of_counts(touched_ones, now)
    note_next_changes(touched, now)


# --- rows ----------------------------------------------------------------------------------------


def write_rows(product_ids: Sequence[int], now: datetime) -> tuple[list[ListingRow], dict[int, int]]:
    """Make rows and search documents what they should be; gives the rows, and how many left which assortment."""
    fresh = fresh_rows(product_ids, now)
    kept = {_key(row): row for row in ListingRow.objects.filter(product__in=product_ids)}
    gone = [row.pk for key, row in kept.items() if key not in fresh]
    left = _drop_rows(gone) if gone else {}
    new = [ListingRow(**key._asdict(), **values) for key, values in fresh.items() if key not in kept]
    changed = [kept[key] for key, values in fresh.items() if key in kept and _differs(kept[key], values)]
    for row in changed:
        _set(row, fresh[_key(row)])
    for row, pk in zip(new, fresh_ids(ListingRow, len(new)), strict=True):
        row.pk = pk
    copy_in(ListingRow, new)
    update(changed, ROW_COLUMNS)
    documents.refresh(product_ids)
    return [*new, *(row for key, row in kept.items() if key in fresh)], left


def _key(row: ListingRow) -> Key:
    return Key(row.product_id, row.language, row.currency)


def _set(row: Any, values: Values) -> None:
    for column, value in values.items():
        setattr(row, column, value)


def _differs(row: Any, values: Values) -> bool:
    return any(getattr(row, column) != value for column, value in values.items())


def _drop_rows(row_ids: list[int]) -> dict[int, int]:
    """Take the rows out of their assortments, and away; by how many each assortment grew: {id: -2}."""
    entries = AssortmentEntry.objects.filter(row__in=row_ids)
    left = Counter(entries.values_list("assortment_id", flat=True))
    entries.delete()
    ListingRow.objects.filter(pk__in=row_ids).delete()
    return {pk: -count for pk, count in left.items()}


# --- entries -------------------------------------------------------------------------------------


def write_entries(rows: list[ListingRow]) -> tuple[dict[int, int], set[int]]:
    """Make the entries of `rows` what they should be; gives by how many each assortment grew, and which ones changed."""
    there = AssortmentEntry.objects.filter(row__in=[row.pk for row in rows])
    kept = {(entry.assortment_id, entry.row_id): entry for entry in there}
    wanted = _wanted(rows)
    gone = {pair: entry for pair, entry in kept.items() if pair not in wanted}
    # No instances of the model, which would take longer to make than to write: many places for each product.
    new: list[Any] = [
        SimpleNamespace(pk=None, assortment_id=pair[0], row_id=pair[1], **values)
        for pair, values in wanted.items()
        if pair not in kept
    ]
    changed = [kept[pair] for pair, values in wanted.items() if pair in kept and _differs(kept[pair], values)]
    for entry in changed:
        _set(entry, wanted[entry.assortment_id, entry.row_id])
    AssortmentEntry.objects.filter(pk__in=[entry.pk for entry in gone.values()]).delete()
    copy_in(AssortmentEntry, new)
    update(changed, ENTRY_COLUMNS)
    grown = Counter(entry.assortment_id for entry in new)
    grown.subtract(Counter(pair[0] for pair in gone))
    return grown, {entry.assortment_id for entry in [*new, *changed]} | {pair[0] for pair in gone}


def _wanted(rows: list[ListingRow]) -> dict[tuple[int, int], Values]:
    """{(assortment, row): values} of every entry that there should be."""
    shelves = Shelves.load({row.product_id for row in rows})
    places = {product_id: shelves.places(product_id) for product_id in shelves.homes}
    ids = _assortments({(scope, row.language, row.currency) for row in rows for scope in places[row.product_id]})
    found = {}
    for row in rows:
        values = {"name_key": name_key(row.title), **{column: getattr(row, column) for column in REPEATED}}
        for scope, rank in places[row.product_id].items():
            found[ids[scope, row.language, row.currency], row.pk] = {"rank": rank, **values}
    return found


def _assortments(needed: set[tuple[Scope, str, str]]) -> dict[tuple[Scope, str, str], int]:
    """{(scope, language, currency): id} of all that are `needed`; made if they are not there."""
    kinds = {scope.kind for scope, _l, _c in needed}
    refs = {scope.ref for scope, _l, _c in needed}
    there = _known(kinds, refs)
    if missing := needed - there.keys():
        Assortment.objects.bulk_create(
            [Assortment(kind=s.kind, ref=s.ref, language=language, currency=c) for s, language, c in sorted(missing)],
            ignore_conflicts=True,
        )
        there = _known(kinds, refs)
    return there


def _known(kinds: set[str], refs: set[int]) -> dict[tuple[Scope, str, str], int]:
    found = Assortment.objects.filter(kind__in=kinds, ref__in=refs).values_list(
        "kind", "ref", "language", "currency", "pk"
    )
    return {(Scope(kind, ref), language, currency): pk for kind, ref, language, currency, pk in found}


# --- counts --------------------------------------------------------------------------------------


def _adjust(by: Mapping[int, int]) -> None:
    """Add to the numbers of products in assortments: {id: more}."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE shop_assortment SET count = count + %s WHERE id = %s",
            [(n, pk) for pk, n in sorted(by.items()) if n],
        )


def _tell_of_counts(assortment_ids: set[int], now: datetime) -> None:
    """Count what is small at once; have what is large counted within a minute, once however often it changes."""
    small = Assortment.objects.filter(pk__in=assortment_ids, count__lte=SMALL).values_list("pk", flat=True)
    at_once = set(small)
    count_anew(at_once)
    large = assortment_ids - at_once
    waiting = Stale.objects.filter(kind="assortment", ref__in=large).values_list("ref", flat=True)
    Stale.objects.bulk_create(
        Stale(kind="assortment", ref=pk, due_at=now + LATER) for pk in sorted(large - set(waiting))
    )


COUNT = """
    UPDATE shop_assortment a SET count = coalesce(n.everything, 0), facets = coalesce(n.counts, '{}')
      FROM unnest(%s::bigint[]) AS wanted(id)
      LEFT JOIN (SELECT assortment_id, jsonb_object_agg(code, n) AS counts, max(n) FILTER (WHERE code = 0) AS everything
                   FROM (SELECT assortment_id, code, count(*) AS n
                           FROM shop_assortmententry, unnest(facets || 0) AS code
                          WHERE assortment_id = ANY(%s) GROUP BY assortment_id, code) counted
                  GROUP BY assortment_id) n ON n.assortment_id = wanted.id
     WHERE a.id = wanted.id
"""


def count_anew(assortment_ids: Iterable[int]) -> None:
    """Set count and facets of these assortments from their entries. One statement."""
    ids = sorted(assortment_ids)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [ids, ids])
