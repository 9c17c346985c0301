"""What goes with a product, or with what is in a cart: chosen by an editor on the page, else often bought together, else
from the same shelf. What has sold out is never among them, nor what whoever looks owns already (decision 22).

`gather` counts anew each night what is bought together; nobody's visit is watched. `explained` tells staff why.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.orders.models import Order
from shop.sql import read
from shop.storefront import edition
from shop.storefront.cards import Card, from_json
from shop.storefront.nearby import CURATED, MOST_OTHERS, RECOMMENDED, SHELF, values

DAYS = 180  # of orders that count
LEAST = 2  # orders: a single one tells of a person, not of things
MOST_LINES = 30  # an order of more is a whole shop, and says nothing about pairs


def recommended(*, currency: str, **asked: Any) -> list[Card]:
    """Cards of what goes with these products, best first; see `values` for what can be asked. One statement."""
    found = read(f"SELECT card::text FROM ({RECOMMENDED}) found", values(currency=currency, **asked))  # noqa: S608
    return [from_json(json.loads(card), currency) for (card,) in found]


@dataclass(frozen=True)
class Reason:
    """Why something is recommended, in words for staff."""

    title: str
    why: str


def explained(**asked: Any) -> list[Reason]:
    """What `recommended` recommends, and why."""
    found = read(f"SELECT card ->> 'title', why FROM ({RECOMMENDED}) found", values(**asked))  # noqa: S608
    return [Reason(title, _why(*why)) for title, why in found]


def _why(source: int, place: int) -> str:
    if source == CURATED:
        return _("Chosen on this page")
    if source == SHELF:
        return _("From the same shelf")
    return ngettext(
        "Bought together in %(n)d order of the last %(days)d days",
        "Bought together in %(n)d orders of the last %(days)d days",
        -place,
    ) % {"n": -place, "days": DAYS}


# --- the night's count ---------------------------------------------------------------------------

GATHER = """
    WITH bought AS (
        SELECT DISTINCT o.id AS order_id, v.product_id
          FROM shop_order o JOIN shop_orderline l ON l.order_id = o.id JOIN shop_variant v ON v.id = l.variant_id
         WHERE o.placed_at >= %(since)s AND o.state = ANY(%(paid)s)
    ), telling AS (
        SELECT order_id FROM bought GROUP BY order_id HAVING count(*) BETWEEN 2 AND %(lines)s
    ), pair AS (
        SELECT a.product_id, b.product_id AS other_id, count(*) AS orders
          FROM telling JOIN bought a USING (order_id) JOIN bought b USING (order_id)
         WHERE a.product_id <> b.product_id
         GROUP BY 1, 2 HAVING count(*) >= %(least)s
    ), best AS (
        SELECT product_id, other_id, orders
          FROM (SELECT *, row_number() OVER (PARTITION BY product_id ORDER BY orders DESC, other_id) AS n FROM pair) ranked
         WHERE n <= %(most)s
    ), gone AS (
        DELETE FROM shop_boughttogether kept
         WHERE NOT EXISTS (SELECT FROM best WHERE best.product_id = kept.product_id AND best.other_id = kept.other_id)
    )
    INSERT INTO shop_boughttogether AS kept (product_id, other_id, orders)
    SELECT product_id, other_id, orders FROM best
        ON CONFLICT (product_id, other_id) DO UPDATE SET orders = EXCLUDED.orders WHERE kept.orders <> EXCLUDED.orders
"""
PAID = [Order.State.PROCESSING, Order.State.SHIPPED, Order.State.DELIVERED]


def gather(*, now: datetime) -> int:
    """Count anew what was bought together in paid orders of the last half year; returns how many pairs changed."""
    facts: dict[str, Any] = {
        "since": now - timedelta(days=DAYS),
        "paid": [str(state) for state in PAID],
        "lines": MOST_LINES,
        "least": LEAST,
        "most": MOST_OTHERS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GATHER, facts)
        changed = cursor.rowcount
        edition.turn()  # what is no longer bought together is gone as well, and not counted
        return changed
