"""Net revenue, the one way that everything counts it.

A `move` is money that was earned or given back, line by line: an order counts when it is paid (its goods are to be
packed), a refund when it is through. `net` is without tax and without delivery, which stand beside it; the three together
are what came in and went back, to the cent. What has no line is for the delivery.

    read("SELECT sum(net) AS net FROM move", period=Period(first, last), currency="USD")

A refund says which lines it is for. Of what it does not say (an amount for good will, a refund made at the provider,
money that a bank took back) each line, and the delivery, bears its share of what the named refunds leave of it. The
shares are cut from running sums, so that they add up, and all of an order's money gone is all of each line's.

Money that never paid an order (sent twice, too late, in another amount) is in none of this: it came by mistake and goes
back.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import connection

from shop.money import QUANTUM
from shop.reports.periods import Period

WHOLE = [code for code, step in QUANTUM.items() if step == 1]  # currencies without cents

MOVES = """
WITH sold AS (
    SELECT e.order_id, e.at, o.currency, o.tax_included, o.shipping - o.shipping_discount AS delivery
      FROM shop_orderevent e JOIN shop_order o ON o.id = e.order_id
     WHERE e.kind = 'processing' AND e.at >= %(start)s AND e.at < %(end)s {of_events}
       AND %(currency)s IN ('', o.currency)
       AND NOT EXISTS (SELECT FROM shop_orderevent b WHERE b.order_id = e.order_id AND b.kind = e.kind AND b.id < e.id)
), touched AS (
    SELECT p.order_id
      FROM shop_refund r JOIN shop_payment p ON p.id = r.payment_id
     WHERE r.state = 'succeeded' AND r.settled_at >= %(start)s AND r.settled_at < %(end)s {of_payments}
     UNION
    SELECT p.order_id
      FROM shop_paymenttransition t JOIN shop_payment p ON p.id = t.payment_id
     WHERE t.new = 'reversed' AND t.at >= %(start)s AND t.at < %(end)s {of_payments}
), paying AS (
    SELECT DISTINCT ON (o.id) o.id AS order_id, p.id AS payment_id, o.currency, o.total, o.tax_included,
           o.shipping - o.shipping_discount AS delivery, CASE WHEN o.currency = ANY(%(whole)s) THEN 0 ELSE 2 END AS places
      FROM touched
      JOIN shop_order o ON o.id = touched.order_id
      JOIN shop_payment p ON p.order_id = o.id AND p.currency = o.currency
      JOIN shop_paymenttransition t ON t.payment_id = p.id AND t.new = 'captured'
     WHERE (t.snapshot->>'captured')::numeric = o.total AND %(currency)s IN ('', o.currency)
       AND EXISTS (SELECT FROM shop_orderevent e WHERE e.order_id = o.id AND e.kind = 'processing')
     ORDER BY o.id, t.id
), back AS (
    SELECT q.order_id, r.id AS refund_id, r.settled_at AS at, r.amount, r.shipping
      FROM paying q JOIN shop_refund r ON r.payment_id = q.payment_id
     WHERE r.state = 'succeeded'
     UNION ALL
    SELECT q.order_id, NULL, t.at, q.total - coalesce((
               SELECT sum(amount) FROM shop_refund r WHERE r.payment_id = q.payment_id AND r.state = 'succeeded'), 0), 0
      FROM paying q JOIN shop_paymenttransition t ON t.payment_id = q.payment_id AND t.new = 'reversed'
), named AS (
    SELECT back.order_id, back.at, rl.refund_id, rl.line_id, rl.quantity, rl.amount, rl.tax
      FROM back JOIN shop_refundline rl ON rl.refund_id = back.refund_id
), rest AS (
    SELECT order_id, at, amount,
           sum(amount) OVER (PARTITION BY order_id ORDER BY at, refund_id ROWS UNBOUNDED PRECEDING) AS upto
      FROM (SELECT b.order_id, b.at, b.refund_id, b.amount - b.shipping - coalesce(n.amount, 0) AS amount
              FROM back b
              LEFT JOIN (SELECT refund_id, sum(amount) AS amount FROM named GROUP BY 1) n ON n.refund_id = b.refund_id) said
), part AS (
    SELECT l.order_id, l.id AS line_id, l.position,
           l.subtotal - l.discount + CASE WHEN q.tax_included THEN 0 ELSE l.tax END - coalesce(n.amount, 0) AS worth,
           l.tax - coalesce(n.tax, 0) AS tax, q.places
      FROM paying q
      JOIN shop_orderline l ON l.order_id = q.order_id
      LEFT JOIN (SELECT line_id, sum(amount) AS amount, sum(tax) AS tax FROM named GROUP BY 1) n ON n.line_id = l.id
     UNION ALL
    SELECT q.order_id, NULL, 40000,
           q.delivery - coalesce((SELECT sum(shipping) FROM back WHERE back.order_id = q.order_id), 0), 0, q.places
      FROM paying q
), laid AS (
    SELECT *, sum(worth) OVER (PARTITION BY order_id ORDER BY position) AS edge,
           sum(worth) OVER (PARTITION BY order_id) AS whole
      FROM part
), share AS (
    SELECT order_id, line_id, at, worth, tax, places,
           round(upto * edge / whole, places) - round(upto * (edge - worth) / whole, places) AS upto,
           round((upto - amount) * edge / whole, places)
           - round((upto - amount) * (edge - worth) / whole, places) AS earlier
      FROM rest JOIN laid USING (order_id)
     WHERE amount <> 0 AND worth > 0
), given AS (
    SELECT order_id, line_id, at, quantity, amount - tax AS net, tax, 0 AS delivery FROM named
     UNION ALL
    SELECT order_id, NULL, at, 0, 0, 0, shipping FROM back WHERE shipping <> 0
     UNION ALL
    SELECT order_id, line_id, at, 0, upto - earlier - taxed, taxed, 0
      FROM (SELECT *, round(upto * tax / worth, places) - round(earlier * tax / worth, places) AS taxed FROM share) s
     WHERE line_id IS NOT NULL
     UNION ALL
    SELECT order_id, NULL, at, 0, 0, 0, upto - earlier FROM share WHERE line_id IS NULL
), everything AS (
    SELECT s.order_id, s.currency, l.id AS line_id, s.at, true AS sale, l.quantity AS units,
           l.subtotal - l.discount - CASE WHEN s.tax_included THEN l.tax ELSE 0 END AS net, l.tax, 0 AS delivery
      FROM sold s JOIN shop_orderline l ON l.order_id = s.order_id
     UNION ALL
    SELECT order_id, currency, NULL, at, true, 0, 0, 0, delivery FROM sold
     UNION ALL
    SELECT g.order_id, q.currency, g.line_id, g.at, false, -g.quantity, -g.net, -g.tax, -g.delivery
      FROM given g JOIN paying q ON q.order_id = g.order_id
     WHERE g.at >= %(start)s AND g.at < %(end)s
), move AS (
    SELECT *, (at AT TIME ZONE %(zone)s)::date AS day FROM everything
)
"""


ALL_ORDERS = MOVES.format(of_events="", of_payments="")
SOME_ORDERS = MOVES.format(of_events="AND e.order_id = ANY(%(orders)s)", of_payments="AND p.order_id = ANY(%(orders)s)")


def read(
    statement: str, *, period: Period, currency: str = "", orders: Collection[int] | None = None, **values: Any
) -> list[dict[str, Any]]:
    """Rows of a SELECT from `move` in the period, by column names; of one currency, unless it is empty.

    With `orders`, their ids, of these only: quick for a few, however long the period.
    """
    values |= {
        "orders": list(orders or ()),
        "start": period.start,
        "end": period.end,
        "currency": currency,
        "zone": settings.TIME_ZONE,
        "whole": WHOLE,
    }
    with connection.cursor() as cursor:
        cursor.execute((ALL_ORDERS if orders is None else SOME_ORDERS) + statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# What every report of sales tells of a group of moves.
SUMS = """
    count(DISTINCT m.order_id) FILTER (WHERE m.sale) AS orders,
    coalesce(sum(m.units) FILTER (WHERE m.sale), 0) AS units,
    coalesce(sum(m.net) FILTER (WHERE m.sale), 0) AS sold,
    coalesce(sum(m.net) FILTER (WHERE NOT m.sale), 0) AS refunded,
    coalesce(sum(m.net), 0) AS net
"""


def orders_sold(*, period: Period, currency: str) -> int:
    """How many orders the period sold: what the sums of groups that share orders do not tell."""
    return read("SELECT count(*) AS orders FROM sold", period=period, currency=currency)[0]["orders"]  # type: ignore[no-any-return]


def by_day(*, period: Period, currency: str = "") -> list[dict[str, Any]]:
    """Rows of currency, day, orders, units, sold, refunded (not above zero), net; without days on which nothing moved."""
    statement = f"SELECT m.currency, m.day, {SUMS} FROM move m GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608 - constants
    return read(statement, period=period, currency=currency)
