"""What the whole answers of pages hang on (see `answers`): for each kind of page one statement, planned once.

Each begins with what `routing` asks: the edition, and whether the page may be seen.
"""

from collections.abc import Mapping
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


def asked_of_product(values: Mapping[str, Any]) -> Ask:
    """What the page of a product hangs on. What may be recommended there is found out the first time, and then only
    looked at: when it becomes something else, either the edition or the shelf has changed.
    """
    candidates: list[list[int]] = []

    def ask(now: datetime) -> Any:
        if candidates:
            return read(PRODUCT, {**values, "candidates": candidates[0], "at": now})
        [row] = read(PRODUCT_AT_FIRST, {**values, "at": now})
        candidates.append(row[LOOK_COLUMNS] or [])
        return [row[:LOOK_COLUMNS] + row[LOOK_COLUMNS + 1 :]]

    return ask


def asked_of_listing(values: Mapping[str, Any], where: reads.Where, sort: str) -> Ask:
    """Which assortment it is, when it was counted, and which rows stand on the page: see LISTING for the `values`."""
    statement = _listing(where, sort)
    if not where:
        return asked(statement, values)
    values = {**values, "min_price": where.min_price, "max_price": where.max_price}

    def ask(_now: datetime) -> Any:
        with connection.cursor() as cursor:  # how best to look for what is filtered depends on the filters
            cursor.execute(statement, values)
            return tuple(cursor.fetchall())

    return ask


LISTING = """
    SELECT a.id, a.count, a.xmin, (
        SELECT string_agg(concat_ws(' ', r.id, r.xmin), ',' ORDER BY e.n) FROM (
            SELECT row_id, row_number() OVER (ORDER BY {order}) AS n FROM shop_assortmententry
             WHERE assortment_id = a.id{filters} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
        ) e JOIN shop_listingrow r ON r.id = e.row_id)
      FROM shop_assortment a
     WHERE a.kind = %(kind)s AND a.ref = %(ref)s AND a.language = %(language)s AND a.currency = %(currency)s
"""


def _listing(where: reads.Where, sort: str) -> str:
    filters = reads.groups_of(where)
    filters += " AND price >= %(min_price)s" if where.min_price is not None else ""
    filters += " AND price <= %(max_price)s" if where.max_price is not None else ""
    return _beside(LOOK, LISTING.format(order=reads.ORDERS[sort], filters=filters))
