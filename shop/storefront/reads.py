"""The few statements that shoppers' pages stand on, written by hand: each is measured, and each uses one index.

Everything else asks through the ORM. What comes back are plain values; what they mean is said by `listing` and `cards`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from shop.sql import read
from shop.storefront.nearby import CANDIDATES, values

# Orders of a listing: the columns of AssortmentEntry's indexes. The row's id is the last word.
ORDERS = {
    "": "sold_out, rank, row_id",
    "price_low": "price, row_id",
    "price_high": "price DESC, row_id DESC",
    "newest": "created_at DESC, row_id",
    "name": "name_key, row_id",
    "rating": "rating DESC, row_id",
    "popular": "popularity DESC, row_id",
}


class Kept(NamedTuple):
    """An assortment: how many it holds, as JSON {code: how many have it}, and when that was written.

    `revision` is the transaction that wrote it: as long as it is the same, so is everything that was counted. (In large
    assortments the counting follows within a minute, see `indexing`.)
    """

    pk: int
    size: int
    facets: str
    revision: int


@dataclass(frozen=True)
class Where:
    """What entries must have: one code of each group, a price within bounds, and (in a search) one of these products."""

    groups: tuple[tuple[int, ...], ...] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    among: tuple[int, ...] | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.groups or self.among is not None) or not (self.min_price is None and self.max_price is None)

    @property
    def bounds(self) -> list[tuple[str, Any]]:
        """The conditions that no facet stands for."""
        found: list[tuple[str, Any]] = []
        if self.min_price is not None:
            found.append(("price >= %s", self.min_price))
        if self.max_price is not None:
            found.append(("price <= %s", self.max_price))
        if self.among is not None:
            found.append(("row_id IN (SELECT id FROM shop_listingrow WHERE product_id = ANY(%s))", list(self.among)))
        return found


ASSORTMENT = """
    SELECT id, count, facets::text, xmin FROM shop_assortment
     WHERE kind = %s AND ref = %s AND language = %s AND currency = %s
"""


def assortment(kind: str, ref: int, language: str, currency: str) -> Kept | None:
    rows = read(ASSORTMENT, [kind, ref, language, currency])
    return Kept(*rows[0]) if rows else None


Row = tuple[str, str, str, str | None]  # title, url, html, look


def page_of_cards(assortment_id: int, where: Where, sort: str, offset: int, limit: int, look: str = "") -> list[Row]:
    """(title, url, html, look) of the cards at `offset`. An index over narrow entries gives the order."""
    conditions, values = _conditions(where)
    order = ORDERS[sort]
    # `sort` and the conditions are ours, values travel apart
    statement = (
        "SELECT r.title, r.url, r.html, r.looks -> %s FROM ("  # noqa: S608
        f"SELECT row_id, row_number() OVER (ORDER BY {order}) AS n FROM shop_assortmententry"
        f" WHERE assortment_id = %s{conditions} ORDER BY {order} LIMIT %s OFFSET %s"
        ") e JOIN shop_listingrow r ON r.id = e.row_id ORDER BY e.n"
    )
    if not conditions:
        return read(statement, [look, assortment_id, limit, offset])
    with connection.cursor() as cursor:
        cursor.execute(statement, [look, assortment_id, *values, limit, offset])
        return cursor.fetchall()


def cards_by_relevance(assortment_id: int, where: Where, offset: int, limit: int, look: str = "") -> list[Row]:
    """(title, url, html, look) of what `where.among` names, in that order."""
    conditions, values = _conditions(where)
    statement = (
        "SELECT r.title, r.url, r.html, r.looks -> %s FROM ("  # noqa: S608
        f"SELECT row_id FROM shop_assortmententry WHERE assortment_id = %s{conditions}"
        ") e JOIN shop_listingrow r ON r.id = e.row_id"
        " ORDER BY array_position(%s, r.product_id), r.id LIMIT %s OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [look, assortment_id, *values, list(where.among or ()), limit, offset])
        return cursor.fetchall()


LISTED = """
    SELECT product_id FROM shop_listingrow WHERE product_id = ANY(%s::bigint[]) AND language = %s AND currency = %s
"""


def listed(product_ids: Collection[int], currency: str, language: str) -> set[int]:
    """Those of the products that are for sale."""
    return {product_id for (product_id,) in read(LISTED, [list(product_ids), language, currency])}


CARDS = """
    SELECT title, url, html, NULL FROM shop_listingrow
     WHERE product_id = ANY(%(ids)s::bigint[]) AND language = %(language)s AND currency = %(currency)s
     ORDER BY array_position(%(ids)s::bigint[], product_id)
"""


def cards_of(product_ids: Sequence[int], currency: str, language: str) -> list[Row]:
    """(title, url, html, None) of these products, in their order."""
    return read(CARDS, {"ids": list(product_ids), "currency": currency, "language": language})  # type: ignore[return-value]


CARD = """
    SELECT card FROM shop_listingrow
     WHERE product_id = %(product)s AND currency = %(currency)s ORDER BY language = %(language)s DESC, page_id LIMIT 1
"""


def card_of(product_id: int, currency: str, language: str) -> dict[str, Any] | None:
    """What ListingRow.card keeps of a product; None when nobody can see it."""
    found = read(CARD, {"product": product_id, "currency": currency, "language": language})
    return json.loads(found[0][0]) if found else None


def counts(assortment_id: int, where: Where) -> dict[int, dict[int, int]]:
    """How often each code is there: {group: {code: count}}, in one pass over the assortment.

    Group 0 counts what fulfils everything (code 0: all of it); group n counts what fulfils everything but the n-th
    group, which is what its other values would give.
    """
    misses = [f"NOT facets && ARRAY[{','.join(map(str, group))}]" for group in where.groups]  # ints of ours
    failing = "CASE " + "".join(f"WHEN {miss} THEN {n} " for n, miss in enumerate(misses, 1)) + "ELSE 0 END"
    together = " + ".join(f"({miss})::int" for miss in misses) or "0"
    bounds = "".join(f" AND {condition}" for condition, _value in where.bounds)
    statement = (
        "SELECT missed, code, count(*) FROM ("  # noqa: S608
        f"SELECT facets, {failing if misses else '0'} AS missed FROM shop_assortmententry"
        f" WHERE assortment_id = %s{bounds} AND {together} <= 1"
        ") e, unnest(facets || 0) AS code GROUP BY missed, code"
    )
    found: dict[int, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [assortment_id, *(value for _condition, value in where.bounds)])
        for missed, code, count in cursor.fetchall():
            found.setdefault(missed, {})[code] = count
    return found


def cards_of_pages(page_ids: Collection[int], currency: str, language: str) -> dict[int, Any]:
    """{id of a chosen product page: card}: of its product's page in `language`, else its own, else any."""
    if not page_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT chosen.page_ptr_id, r.card FROM shop_productpage chosen
              JOIN LATERAL (SELECT card FROM shop_listingrow r
                             WHERE r.product_id = chosen.product_id AND r.currency = %s
                             ORDER BY r.language = %s DESC, r.page_id = chosen.page_ptr_id DESC, r.page_id
                             LIMIT 1) r ON true
             WHERE chosen.page_ptr_id = ANY(%s)
            """,
            [currency, language, list(page_ids)],
        )
        return {pk: json.loads(card) for pk, card in cursor.fetchall()}


# Aggregates without an order have none that matters: if it changes, the page is made anew for once.
STANDING = """
    SELECT (SELECT string_agg(concat_ws(' ', chosen.page_ptr_id, r.id, r.xmin), ',')
              FROM shop_productpage chosen
              JOIN shop_listingrow r ON r.product_id = chosen.product_id AND r.currency = %(currency)s
             WHERE chosen.page_ptr_id = ANY(%(pages)s::bigint[])),
           (SELECT string_agg(concat_ws(' ', m.id, m.pinned, m.position, r.id, r.xmin), ',')
              FROM shop_collection c
             CROSS JOIN LATERAL (SELECT * FROM shop_collectionmember WHERE collection_id = c.id
                                  ORDER BY pinned DESC, position, id LIMIT %(members)s) m
              LEFT JOIN shop_listingrow r ON r.product_id = m.product_id AND r.currency = %(currency)s
             WHERE c.active AND c.id = ANY(%(collections)s::bigint[])),
           (SELECT string_agg(concat_ws(' ', place.id, place.position, r.id, r.xmin), ',')
              FROM shop_productpage chosen JOIN shop_product p ON p.id = chosen.product_id
             CROSS JOIN LATERAL (SELECT * FROM shop_placement WHERE category_id = p.category_id
                                  ORDER BY position, id LIMIT %(neighbours)s) place
              LEFT JOIN shop_listingrow r ON r.product_id = place.product_id AND r.currency = %(currency)s
             WHERE chosen.page_ptr_id = ANY(%(replaceable)s::bigint[])),
           (SELECT string_agg(concat_ws(' ', a.ref, a.count), ',')
              FROM shop_categorypage chosen
              JOIN shop_assortment a ON a.kind = 'category' AND a.ref = chosen.category_id
               AND a.language = %(language)s AND a.currency = %(currency)s
             WHERE chosen.page_ptr_id = ANY(%(pages)s::bigint[]))
"""


def standing(values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Which rows tell now of products and categories (by their `pages`) and of the first `members` of `collections`, and
    which transactions wrote them; of the `replaceable` products those of the first `neighbours` on their shelves too.

    As long as it is the same, so is everything that cards of them show.
    """
    return read(STANDING, values)[0]


# For the page of a %(product)s. Whether what is recommended is as it was is told by the {candidates}' rows, and by the
# shelf from which the rest comes.
_PRODUCT_STANDING = """
    SELECT variants.skus,
           EXISTS (SELECT FROM shop_promotion WHERE kind = 'catalogue' AND active
                      AND starts_at <= %(at)s AND (ends_at IS NULL OR ends_at > %(at)s)),
           p.xmin, variants.rows,
           (SELECT string_agg(concat_ws(' ', pair.id, value.xmin, kind.xmin), ',')
              FROM shop_variant v
              JOIN shop_variant_values pair ON pair.variant_id = v.id
              JOIN shop_attributevalue value ON value.id = pair.attributevalue_id
              JOIN shop_attribute kind ON kind.id = value.attribute_id
             WHERE v.product_id = p.id AND v.active),
           (SELECT string_agg(concat_ws(' ', price.id, price.xmin), ',')
              FROM shop_variant v JOIN shop_pricewindow price ON price.variant_id = v.id
             WHERE v.product_id = p.id AND v.active AND price.valid @> %(at)s::timestamptz),
           (SELECT string_agg(xmin::text, ' ') FROM shop_currency),
           (SELECT md5(string_agg(concat_ws(' ', id, xmin), ',')) FROM shop_review
             WHERE product_id = p.id AND state = 'approved'),
           (SELECT concat_ws(' ', id, xmin) FROM shop_assortment
             WHERE kind = 'category' AND ref = p.category_id AND language = %(language)s AND currency = %(currency)s),
           (SELECT string_agg(concat_ws(' ', id, xmin), ',') FROM shop_listingrow
             WHERE product_id = ANY({candidates}) AND language = %(language)s AND currency = %(currency)s)
      FROM shop_product p
      LEFT JOIN LATERAL (
           SELECT array_agg(v.sku) AS skus, string_agg(concat_ws(' ', v.id, v.xmin, stock.xmin), ',') AS rows
             FROM shop_variant v JOIN shop_stockitem stock ON stock.id = v.stock_item_id
            WHERE v.product_id = p.id AND v.active) variants ON true
     WHERE p.id = %(product)s
"""
PRODUCT_STANDING = _PRODUCT_STANDING.format(candidates="%(found)s::bigint[]")
PRODUCT_AND_CANDIDATES = f"""
    SELECT near.candidates, standing.* FROM (SELECT {CANDIDATES} AS candidates) near
     CROSS JOIN LATERAL ({_PRODUCT_STANDING.format(candidates="near.candidates")}) standing
"""  # noqa: S608 - constants of ours


class ProductStanding(NamedTuple):
    """`skus` of the active variants; whether a catalogue promotion `runs`, of whatever; and which transactions wrote the
    rest: the product, its variants with stock, values and the prices of this instant, the rates, what is said about it,
    and what is recommended with it.
    """

    skus: list[str] | None
    runs: bool
    rows: tuple[Any, ...]


def product_standing(
    product_id: int, page_id: int, *, at: datetime, related: int, currency: str, language: str
) -> ProductStanding | None:
    """What the page of a product depends on beside its words. As long as it is the same, so is what the page says."""
    asked = values(pages=[page_id], products=[product_id], limit=related, currency=currency, language=language)
    found = read(PRODUCT_AND_CANDIDATES, {"product": product_id, "at": at, **asked})
    return ProductStanding(found[0][1], found[0][2], found[0][3:]) if found else None


def cards_in(
    kind: str, ref: int, language: str, currency: str, *, limit: int, but: int = 0, sort: str = ""
) -> list[Any]:
    """Cards of an assortment's first products, without the product `but`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.card FROM shop_assortment a"  # noqa: S608
            " JOIN shop_assortmententry e ON e.assortment_id = a.id JOIN shop_listingrow r ON r.id = e.row_id"
            " WHERE a.kind = %s AND a.ref = %s AND a.language = %s AND a.currency = %s AND r.product_id <> %s"
            f" ORDER BY {', '.join('e.' + column for column in ORDERS[sort].split(', '))} LIMIT %s",
            [kind, ref, language, currency, but, limit],
        )
        return [json.loads(card) for (card,) in cursor.fetchall()]


def _conditions(where: Where) -> tuple[str, Sequence[Any]]:
    """The SQL after the assortment's, and its values."""
    bounds = "".join(f" AND {condition}" for condition, _value in where.bounds)
    return groups_of(where) + bounds, [value for _condition, value in where.bounds]


def groups_of(where: Where) -> str:
    """The conditions of facets, as SQL: numbers of ours."""
    return "".join(f" AND facets && ARRAY[{','.join(map(str, group))}]" for group in where.groups)
