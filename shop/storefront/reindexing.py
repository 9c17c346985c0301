"""Computing all listings, collections and search documents anew, in as many processes as are wanted."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context

from django.db import connection, transaction

from shop.catalogue.models import Collection, Product
from shop.storefront import collections, indexing
from shop.storefront.models import Assortment, ListingRow


def reindex(*, now: datetime, progress: Callable[[int, int], None] | None = None, processes: int = 1) -> int:
    """Compute everything anew, writing only what differs; returns the number of products. Can be run while selling.

    First what each product is by itself, by `processes` side by side; then the collections, which hang on all of them,
    and the counts. With more than one process no transaction may be open.
    """
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    done = 0
    for written in _side_by_side(partial(_write, now), _chunks(ids), processes):
        done += written
        if progress:
            progress(done, len(ids))
    _gather(now)
    if not connection.in_atomic_block:
        _tell_the_planner()
    return len(ids)


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + indexing.CHUNK] for start in range(0, len(ids), indexing.CHUNK)]


def _side_by_side(
    write: Callable[[Sequence[int]], int], chunks: Sequence[Sequence[int]], processes: int
) -> Iterable[int]:
    if processes == 1 or len(chunks) == 1:
        yield from map(write, chunks)
        return
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with ProcessPoolExecutor(processes, mp_context=get_context("fork"), initializer=_forget_connection) as pool:
        yield from pool.map(write, chunks)


def _forget_connection() -> None:
    """A child must neither speak on a connection of its parent nor close it."""
    connection.connection = None


def _write(now: datetime, product_ids: Sequence[int]) -> int:
    """Rows, documents and entries of these products. The turn is shared with the processes beside this one."""
    with transaction.atomic():
        _wait_for_turn(shared=True)
        rows, _left = indexing.write_rows(product_ids, now)
        indexing.write_entries(rows)
    return len(product_ids)


def _gather(now: datetime) -> None:
    """What hangs on more than one product: members of collections, and counts."""
    with transaction.atomic():
        _wait_for_turn()
        moved = sorted(collections.recompute(Collection.objects.values_list("pk", flat=True), now))
        for some in _chunks(moved):
            indexing.write_entries(list(ListingRow.objects.filter(product__in=some).defer("html", "card", "looks")))
        indexing.drop_orphans()
        indexing.count_anew(Assortment.objects.values_list("pk", flat=True))
        indexing.note_next_changes(set(Collection.objects.values_list("pk", flat=True)), now)


def _wait_for_turn(*, shared: bool = False) -> None:
    """However long another indexer takes for what it is at: nobody but us waits here."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        indexing.take_time(cursor)
        kind = "_shared" if shared else ""
        cursor.execute(f"SELECT pg_advisory_xact_lock{kind}(%s)", [indexing.ONE_INDEXER])


def _tell_the_planner() -> None:
    """So that counts and sorted pages are read from the indexes alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM (ANALYZE) shop_assortmententry")
        cursor.execute("ANALYZE shop_listingrow")
        cursor.execute("RESET statement_timeout")
