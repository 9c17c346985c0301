"""Keeps what listings read true: takes the notes of `outbox.stale`, computes those products anew, writes what differs.

One process at a time does it (an advisory lock), in transactions of CHUNK products: a note goes with the transaction
that acts on it, so a crash loses nothing. Notes that come meanwhile stay for the next round.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction

from shop.catalogue.models import Product
from shop.outbox import operations as outbox
from shop.outbox.models import Stale
from shop.storefront import edition, notes
from shop.storefront.listing import Scope
from shop.storefront.models import Assortment, AssortmentEntry, ListingRow
from shop.storefront.rows import FreshRow, Key, fresh_rows, made_with, name_key

CHUNK = 250  # products in one transaction
SMALL = 5_000  # assortments up to this size are counted at once, larger ones once a minute
LATER = timedelta(minutes=1)
ONE_INDEXER = 6_170_302  # any number, the same everywhere
VOCABULARY = {"value", "attribute", "brand", "category", "collection", "everything"}  # what filters are named by
REPEATED = ("sold_out", "on_sale", "price", "created_at", "rating", "popularity", "facets")
COLUMNS = ("page_id", "title", "price", "compare_at", "rating_count", "card", "html", "made_with", *REPEATED[:2])
ROW_COLUMNS = tuple(dict.fromkeys((*COLUMNS, *REPEATED)))
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


def reindex(*, now: datetime, progress: Callable[[int, int], None] | None = None) -> int:
    """Compute everything anew, writing only what differs; returns the number of products. Can be run while selling."""
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            _wait_for_turn()
            write(ids[start : start + CHUNK], now)
        if progress:
            progress(min(start + CHUNK, len(ids)), len(ids))
    with transaction.atomic():
        _wait_for_turn()
        count_anew(Assortment.objects.values_list("pk", flat=True))
    if not connection.in_atomic_block:  # so that counts and sorted pages are read from the indexes alone
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) shop_assortmententry")
            cursor.execute("ANALYZE shop_listingrow")
    return len(ids)


def note_outdated(*, now: datetime) -> int:
    """Note the products whose rows were made by other templates than today's; returns how many. After each deployment."""
    old = ListingRow.objects.exclude(made_with=made_with()).values_list("product_id", flat=True).distinct()
    with transaction.atomic():
        ids = list(old)
        if ids:
            outbox.stale("product", *ids, now=now)
    return len(ids)


def _only_one() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_INDEXER])
        return bool(cursor.fetchone()[0])


def _wait_for_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_INDEXER])


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
    products = notes.products_of(refs, now)
    first, rest = products[:CHUNK], products[CHUNK:]
    Stale.objects.bulk_create(Stale(kind="product", ref=pk, due_at=now) for pk in rest)
    if first:
        write(first, now)
    if refs.keys() & VOCABULARY:
        edition.turn()
    count_anew(refs.get("assortment", ()))
    return len(first)


def forget(*, page_ids: Collection[int]) -> None:
    """Take the rows of pages that go out of every assortment. In the caller's transaction."""
    rows = list(ListingRow.objects.filter(page__in=page_ids).values_list("pk", flat=True))
    if rows:
        _leave_assortments(rows)
        ListingRow.objects.filter(pk__in=rows).delete()


def write(product_ids: Collection[int], now: datetime) -> None:
    """Make rows and entries of these products what they should be at `now`, and count the assortments that changed."""
    fresh = fresh_rows(product_ids, now)
    rows = _write_rows(product_ids, fresh)
    changed = _write_entries(rows, fresh)
    _tell_of_counts(changed, now)


# --- rows ----------------------------------------------------------------------------------------


def _write_rows(product_ids: Collection[int], fresh: dict[Key, FreshRow]) -> dict[Key, ListingRow]:
    """The rows as they are kept now, those that should not be gone (and with them their entries)."""
    kept = {
        Key(row.product_id, row.language, row.currency): row
        for row in ListingRow.objects.filter(product__in=product_ids)
    }
    gone = [row.pk for key, row in kept.items() if key not in fresh]
    if gone:
        _leave_assortments(gone)
        ListingRow.objects.filter(pk__in=gone).delete()
    new = [ListingRow(**key._asdict(), **row.values) for key, row in fresh.items() if key not in kept]
    changed = [kept[key] for key, row in fresh.items() if key in kept and _differs(kept[key], row.values)]
    for row in changed:
        for column, value in fresh[Key(row.product_id, row.language, row.currency)].values.items():
            setattr(row, column, value)
    ListingRow.objects.bulk_create(new)
    ListingRow.objects.bulk_update(changed, ROW_COLUMNS, batch_size=CHUNK)
    rows = [*new, *(row for key, row in kept.items() if key in fresh)]
    return {Key(row.product_id, row.language, row.currency): row for row in rows}


def _differs(row: Any, values: dict[str, Any]) -> bool:
    return any(getattr(row, column) != value for column, value in values.items())


def _leave_assortments(row_ids: list[int]) -> None:
    entries = AssortmentEntry.objects.filter(row__in=row_ids)
    left = Counter(entries.values_list("assortment_id", flat=True))
    entries.delete()
    _adjust({pk: -count for pk, count in left.items()})


# --- entries -------------------------------------------------------------------------------------


def _write_entries(rows: dict[Key, ListingRow], fresh: dict[Key, FreshRow]) -> set[int]:
    """Make the entries of `rows` what they should be; gives the assortments in which something changed."""
    ids = _assortments(fresh)
    kept = {
        (entry.assortment_id, entry.row_id): entry
        for entry in AssortmentEntry.objects.filter(row__in=[row.pk for row in rows.values()])
    }
    wanted = dict(_wanted(rows, fresh, ids))
    gone = {pair: entry for pair, entry in kept.items() if pair not in wanted}
    new = [_entry(pair, values) for pair, values in wanted.items() if pair not in kept]
    changed = [kept[pair] for pair, values in wanted.items() if pair in kept and _differs(kept[pair], values)]
    for entry in changed:
        for column, value in wanted[entry.assortment_id, entry.row_id].items():
            setattr(entry, column, value)
    AssortmentEntry.objects.filter(pk__in=[entry.pk for entry in gone.values()]).delete()
    AssortmentEntry.objects.bulk_create(new)
    AssortmentEntry.objects.bulk_update(changed, ENTRY_COLUMNS, batch_size=CHUNK * 4)
    moved = Counter(entry.assortment_id for entry in new)
    moved.subtract(Counter(pair[0] for pair in gone))
    _adjust(moved)
    return {entry.assortment_id for entry in [*new, *changed]} | {pair[0] for pair in gone}


def _wanted(
    rows: dict[Key, ListingRow], fresh: dict[Key, FreshRow], ids: dict[tuple[Scope, str, str], int]
) -> Iterable[tuple[tuple[int, int], dict[str, Any]]]:
    """((assortment, row), values) of every entry that there should be."""
    for key, row in fresh.items():
        repeated = {column: row.values[column] for column in REPEATED}
        for scope, rank in row.places.items():
            values = {"rank": rank, "name_key": name_key(row.values["title"]), **repeated}
            yield (ids[scope, key.language, key.currency], rows[key].pk), values


def _entry(pair: tuple[int, int], values: dict[str, Any]) -> AssortmentEntry:
    return AssortmentEntry(assortment_id=pair[0], row_id=pair[1], **values)


def _assortments(fresh: dict[Key, FreshRow]) -> dict[tuple[Scope, str, str], int]:
    """{(scope, language, currency): id} of all that `fresh` needs; made if they are not there."""
    needed = {(scope, key.language, key.currency) for key, row in fresh.items() for scope in row.places}
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


def _adjust(by: dict[int, int]) -> None:
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
