"""Reports of what stands on the shelves and what came back."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from shop.reports.columns import Column, Question, Report, Row, label, leads_to
from shop.returns.models import ReturnLine


def _read(statement: str, question: Question) -> list[Row]:
    values: dict[str, Any] = {
        "start": question.period.start,
        "end": question.period.end,
        "currency": question.currency,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stock_value(question: Question) -> list[Row]:
    """Of each shelf with something on it; where variants share one, at the mean of what they cost."""
    return _read(
        """
        SELECT s.id::text AS key, s.name AS label, s.on_hand, s.reserved, c.cost, s.on_hand * c.cost AS value
          FROM shop_stockitem s
          LEFT JOIN (SELECT stock_item_id, round(avg(cost_price), 2) AS cost FROM shop_variant GROUP BY 1) c
                 ON c.stock_item_id = s.id
         WHERE s.on_hand > 0
         ORDER BY value DESC NULLS LAST, s.name
        """,
        question,
    )


def stock_in_all(_question: Question, rows: list[Row]) -> Row:
    return {
        "on_hand": sum(row["on_hand"] for row in rows),
        "reserved": sum(row["reserved"] for row in rows),
        "cost": None,
        "value": sum(row["value"] or 0 for row in rows),
    }


def refunds(question: Question) -> list[Row]:
    """Money that went back in the period, also such as had come by mistake; by the reason that was given."""
    return _read(
        """
        SELECT r.reason AS key, r.reason AS label, count(*) AS refunds, sum(r.amount) AS amount,
               sum(r.shipping) AS delivery, coalesce(sum(l.units), 0) AS units
          FROM shop_refund r
          JOIN shop_payment p ON p.id = r.payment_id
          LEFT JOIN (SELECT refund_id, sum(quantity) AS units FROM shop_refundline GROUP BY 1) l ON l.refund_id = r.id
         WHERE r.state = 'succeeded' AND r.settled_at >= %(start)s AND r.settled_at < %(end)s
           AND p.currency = %(currency)s
         GROUP BY 1 ORDER BY amount DESC, 1
        """,
        question,
    )


def refunds_in_all(_question: Question, rows: list[Row]) -> Row:
    return {name: sum(row[name] for row in rows) for name in ("refunds", "amount", "delivery", "units")}


def returns(question: Question) -> list[Row]:
    """What was asked to be sent back in the period, by the customer's reason."""
    rows = _read(
        """
        SELECT l.reason AS key, count(DISTINCT l.rma_id) AS returns, sum(l.quantity) AS units,
               coalesce(sum(l.received), 0) AS received,
               coalesce(sum(l.received) FILTER (WHERE l.outcome = 'write_off'), 0) AS lost, sum(l.value) AS amount
          FROM shop_returnline l
          JOIN shop_return r ON r.id = l.rma_id
          JOIN shop_order o ON o.id = r.order_id
         WHERE r.created_at >= %(start)s AND r.created_at < %(end)s AND o.currency = %(currency)s
         GROUP BY 1 ORDER BY units DESC, 1
        """,
        question,
    )
    return [{**row, "label": str(ReturnLine.Reason(row["key"]).label)} for row in rows]


REPORTS = [
    Report(
        *("refunds", _("Refunds by reason"), "returns"),
        (
            label(_("Reason")),
            Column("refunds", _("Refunds")),
            Column("units", _("Units")),
            Column("delivery", _("For delivery"), "money"),
            Column("amount", _("Paid back"), "money"),
        ),
        rows=refunds,
        compared="amount",
        totals=refunds_in_all,
        note=_("All money that went back, with its tax and delivery, also what had come by mistake."),
    ),
    Report(
        *("returns", _("Returns by reason"), "returns"),
        (
            label(_("Reason")),
            Column("returns", _("Returns")),
            Column("units", _("Units asked for")),
            Column("received", _("Arrived")),
            Column("lost", _("Written off")),
            Column("amount", _("Paid for them"), "money"),
        ),
        rows=returns,
        compared="amount",
    ),
    Report(
        *("stock-value", _("Stock value"), "stock"),
        (
            label(_("Shelf")),
            Column("on_hand", _("On hand")),
            Column("reserved", _("Reserved")),
            Column("cost", _("Cost of one"), "money"),
            Column("value", _("Value"), "money"),
        ),
        rows=stock_value,
        totals=stock_in_all,
        has_period=False,
        link=leads_to("stock:inspect"),
        link_permission="shop.view_stockitem",
        note=_("As it stands now, at cost, in the base currency. What has no cost yet counts nothing."),
    ),
]
