"""What the whole answers of pages hang on (see `answers`): for each kind of page one statement, planned once.

Each begins with what `routing` asks: the edition, and whether the page may be seen.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from shop.promotions import reads as promotions
from shop.sql import read
from shop.storefront import reads
from shop.storefront.answers import Ask

LOOK = """
    SELECT e.number, p.id, p.content_type_id,
           EXISTS (SELECT 1 FROM wagtailcore_pageviewrestriction v JOIN wagtailcore_page above ON above.id = v.page_id
                    WHERE starts_with(p.path, above.path)) AS restricted
      FROM shop_edition e LEFT JOIN wagtailcore_page p ON p.url_path = %(address)s AND p.live
     WHERE e.id = 1 ORDER BY p.id LIMIT 1
"""
LOOK_COLUMNS = 4


def _beside(look: str, facts: str) -> str:
    return f"SELECT * FROM ({look}) look LEFT JOIN LATERAL ({facts}) facts ON true"  # noqa: S608 - ours


PAGE_WITH_BLOCKS = _beside(LOOK, reads.STANDING)
PRODUCT = _beside(LOOK, f"SELECT standing.*, {promotions.STANDING} FROM ({reads.PRODUCT_STANDING}) standing")  # noqa: S608
PRODUCT_AT_FIRST = _beside(
    LOOK,
    f"SELECT standing.*, {promotions.STANDING} FROM ({reads.PRODUCT_AND_CANDIDATES}) standing",  # noqa: S608
)


def asked(statement: str, values: Mapping[str, Any]) -> Ask:
    """Asks a statement that is planned once. It may use %(at)s, the instant of the visit."""
    return lambda now: tuple(read(statement, {**values, "at": now}))


def _found_once(first: Callable[[datetime], list[tuple[Any, ...]]], again: str, values: Mapping[str, Any]) -> Ask:
    """Asks `first`, which tells ids behind what LOOK tells; and from then on the statement `again`, of the same answer but
    these, which it is given as %(found)s.
    """
    found: list[list[int]] = []

    def ask(now: datetime) -> Any:
        if found:
            return read(again, {**values, "found": found[0], "at": now})
        [row] = first(now)
        found.append(row[LOOK_COLUMNS] or [])
        return [row[:LOOK_COLUMNS] + row[LOOK_COLUMNS + 1 :]]

    return ask


def asked_of_product(values: Mapping[str, Any]) -> Ask:
    """What the page of a product hangs on. What may be recommended there is found once: for it to become something else,
    the edition or the shelf must change.
    """
    return _found_once(lambda now: read(PRODUCT_AT_FIRST, {**values, "at": now}), PRODUCT, values)


def asked_of_listing(values: Mapping[str, Any], where: reads.Where, sort: str) -> Ask:
    """Which assortment it is, when it was counted, and which rows stand on the page: see LISTING for the `values`.

    Which rows these are is looked for at every visit of the first page. On those behind it, and where something is
    filtered, they are found once: for them to be others, the assortment must change (of a large one that is told within a
    minute, see `indexing`).
    """
    if not where and not values["offset"]:
        return asked(_beside(LOOK, LISTING.format(order=reads.ORDERS[sort])), values)
    statement = _beside(LOOK, LISTING_AT_FIRST.format(order=reads.ORDERS[sort], filters=_filters(where)))
    values = {**values, "min_price": where.min_price, "max_price": where.max_price}

    def first(_now: datetime) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:  # how best to look for what is filtered depends on the filters
            cursor.execute(statement, values)
            return cursor.fetchall()

    return _found_once(first, LISTING_AGAIN, values)


_ASSORTMENT = """
     WHERE a.kind = %(kind)s AND a.ref = %(ref)s AND a.language = %(language)s AND a.currency = %(currency)s
"""
LISTING = f"""
    SELECT a.id, a.count, a.xmin, (
        SELECT string_agg(concat_ws(' ', r.id, r.xmin), ',' ORDER BY e.n) FROM (
            SELECT row_id, row_number() OVER (ORDER BY {{order}}) AS n FROM shop_assortmententry
             WHERE assortment_id = a.id ORDER BY {{order}} LIMIT %(limit)s
        ) e JOIN shop_listingrow r ON r.id = e.row_id)
      FROM shop_assortment a {_ASSORTMENT}
"""  # noqa: S608 - constants of ours
_ROWS = """
    a.id, a.count, a.xmin,
    (SELECT string_agg(concat_ws(' ', id, xmin), ',' ORDER BY id) FROM shop_listingrow WHERE id = ANY({found}))
"""
LISTING_AT_FIRST = f"""
    SELECT page.found, {_ROWS.format(found="page.found")} FROM shop_assortment a
     CROSS JOIN LATERAL (
           SELECT ARRAY(SELECT row_id FROM shop_assortmententry WHERE assortment_id = a.id{{filters}}
                         ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s) AS found) page {_ASSORTMENT}
"""  # noqa: S608 - constants of ours
LISTING_AGAIN = _beside(
    LOOK,
    f"SELECT {_ROWS.format(found='%(found)s::bigint[]')} FROM shop_assortment a {_ASSORTMENT}",  # noqa: S608 - ours
)


def _filters(where: reads.Where) -> str:
    filters = reads.groups_of(where)
    filters += " AND price >= %(min_price)s" if where.min_price is not None else ""
    return filters + (" AND price <= %(max_price)s" if where.max_price is not None else "")
