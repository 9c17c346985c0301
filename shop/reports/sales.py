"""Reports of what was sold, in ways that all add up to the same: see figures."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Product
from shop.reports import figures, readers
from shop.reports.columns import SALES, Column, Question, Report, Row, label, leads_to, orders_of_period
from shop.reports.periods import Period

LINES = """
      FROM move m
      JOIN shop_orderline l ON l.id = m.line_id
      JOIN shop_variant v ON v.id = l.variant_id
      JOIN shop_product p ON p.id = v.product_id
"""
HOME = "LEFT JOIN shop_orderaddress a ON a.order_id = m.order_id AND a.kind = 'shipping'"


def ask(statement: str, question: Question, **values: Any) -> list[Row]:
    return figures.read(statement, period=question.period, currency=question.currency, **values)


def grouped(key: str, name: str, joins: str = "", order: str = "net DESC, label") -> Any:
    """Rows of `move` by the SQL expressions `key` and `name`, which may speak of m, l, v, p and of what `joins` adds."""
    statement = f"""
        SELECT ({key})::text AS key, {name} AS label, {figures.SUMS} {LINES} {joins} GROUP BY 1, 2 ORDER BY {order}
    """  # noqa: S608 - constants of this module
    return lambda question: ask(statement, question, first=question.period.first)


def totals(question: Question, _rows: Iterable[Row] = ()) -> Row:
    return ask(f"SELECT {figures.SUMS} FROM move m", question)[0]  # noqa: S608 - a constant


def sums(question: Question, rows: Iterable[Row]) -> Row:
    """The same of rows in which each line counts once, without computing every move again."""
    orders = figures.orders_sold(period=question.period, currency=question.currency)
    return {"orders": orders, **_added(rows, "units", "sold", "refunded", "net")}


def _added(rows: Iterable[Row], *names: str) -> Row:
    return {name: sum(row[name] for row in rows) for name in names}


_by_day = grouped("m.day - %(first)s", "m.day::text", order="label")


def by_day(question: Question) -> list[Row]:
    """Every day of the period, also those on which nothing was sold."""
    rows = {row["label"]: row for row in _by_day(question)}
    nothing = {"orders": 0, "units": 0, "sold": 0, "refunded": 0, "net": 0}
    return [
        {
            **nothing,
            "key": str(n),
            **rows.get(day.isoformat(), {}),
            "label": day.isoformat(),
            "written": date_format(day, "D j M Y"),
        }
        for n, day in enumerate(question.period.days)
    ]


def by_product(question: Question) -> list[Row]:
    """With what was read of each product's pages, also of those that sold nothing."""
    views = readers.views_of_products(question.period)
    rows = _by_product(question)
    sold_nothing = Product.objects.filter(pk__in=set(views) - {row["key"] for row in rows})
    names = {str(pk): name for pk, name in sold_nothing.values_list("pk", "name")}
    orders = _orders_of_products(Question(question.period, "")) if views else {}
    return readers.with_views([*rows, *readers.unsold(rows, names)], views, orders)


_by_product = grouped("p.id", "p.name")


def _orders_of_products(question: Question) -> dict[str, int]:
    rows = ask(
        """
        SELECT v.product_id::text AS key, count(DISTINCT s.order_id) AS orders
          FROM sold s JOIN shop_orderline l ON l.order_id = s.order_id JOIN shop_variant v ON v.id = l.variant_id
         GROUP BY 1
        """,
        question,
    )
    return {row["key"]: row["orders"] for row in rows}


def orders_of_day(row: Row, _question: Question) -> str:
    day = date.fromisoformat(row["label"])
    return orders_of_period(Question(Period(day, day), ""))


def orders_of_country(row: Row, question: Question) -> str:
    country = row["key"].partition("/")[0]
    return orders_of_period(question, country=country) if country else ""


def the_customer(row: Row, _question: Question) -> str:
    """Found by any of their orders; whoever was forgotten since is nobody."""
    return reverse("customers:inspect", args=[f"g{row['order_id']}"]) if row["key"] else ""


def the_promotion(row: Row, _question: Question) -> str:
    return reverse("promotions_modeladmin_edit", args=[row["key"].partition("/")[0]])


def _sales(
    slug: str, title: Any, heading: Any, rows: Any, note: Any = "", columns: tuple = SALES, **more: Any
) -> Report:
    columns = (label(heading), *columns)
    more = {"totals": sums, **more}
    return Report(slug, title, "sales", columns, rows=rows, compared="net", note=note, **more)


def promotions(question: Question) -> list[Row]:
    """By the name and code that buyers saw; an order with two of them counts for both."""
    return ask(
        """
        SELECT u.promotion_id || '/' || u.name || '/' || u.code AS key, u.name AS label, u.code,
               count(*) FILTER (WHERE m.sale) AS orders,
               coalesce(sum(u.amount) FILTER (WHERE m.sale), 0) AS discount, sum(m.net) AS net
          FROM (SELECT order_id, bool_or(sale) AS sale, sum(net) AS net FROM move GROUP BY 1) m
          JOIN (SELECT order_id, promotion_id, name, code, sum(amount) AS amount FROM shop_orderdiscount
                 WHERE order_id IN (SELECT order_id FROM move) GROUP BY 1, 2, 3, 4) u ON u.order_id = m.order_id
         GROUP BY 1, 2, 3 ORDER BY net DESC, 1
        """,
        question,
    )


def taxes(question: Question) -> list[Row]:
    return ask(
        f"""
        SELECT coalesce(a.country, '') || '/' || l.tax_rate AS key, coalesce(a.country, '') AS label, l.tax_rate AS rate,
               sum(m.net) AS net, sum(m.tax) AS tax {LINES} {HOME} GROUP BY 1, 2, 3 ORDER BY 2, 3
        """,  # noqa: S608 - constants
        question,
    )


def taxes_in_all(_question: Question, rows: Iterable[Row]) -> Row:
    return _added(rows, "net", "tax")


def customers(question: Question) -> list[Row]:
    """By e-mail; what was bought by people who were forgotten since is one row without a name."""
    rows = ask(
        f"""
        SELECT lower(o.email) AS key, lower(o.email) AS label, max(o.id) AS order_id, {figures.SUMS}
          FROM move m JOIN shop_order o ON o.id = m.order_id GROUP BY 1, 2 ORDER BY net DESC, label
        """,  # noqa: S608 - a constant
        question,
    )
    return [{**row, "label": row["label"] or _now("forgotten")} for row in rows]


def new_and_returning(question: Question) -> list[Row]:
    rows = ask(
        f"""
        SELECT CASE WHEN o.email = '' THEN 'forgotten'
                    WHEN EXISTS (SELECT FROM shop_order b WHERE lower(b.email) = lower(o.email) AND b.id < o.id
                                    AND b.payment_status IN ('paid', 'partly_refunded', 'refunded')) THEN 'returning'
                    ELSE 'new' END AS key, {figures.SUMS}
          FROM move m JOIN shop_order o ON o.id = m.order_id GROUP BY 1 ORDER BY 1
        """,  # noqa: S608 - a constant
        question,
    )
    names = {"new": _now("First order"), "returning": _now("Bought before"), "forgotten": _now("forgotten")}
    return [{**row, "label": names[row["key"]]} for row in rows]


REPORTS = [
    _sales(
        *("sales-by-day", _("Sales by day"), _("Day"), by_day), link=orders_of_day, link_permission="shop.view_order"
    ),
    _sales(
        *("sales-by-product", _("Sales by product"), _("Product"), by_product),
        _("Views are those of the product's pages in all languages, orders for views those in all currencies."),
        columns=(readers.VIEWS, *SALES, readers.CONVERSION),
        link=leads_to("product:inspect"),
        link_permission="shop.view_product",
    ),
    _sales(
        "sales-by-category",
        _("Sales by category"),
        _("Category"),
        grouped("c.id", "c.name", "JOIN shop_category c ON c.id = p.category_id"),
        _("Each product counts for the category that it lives in."),
        link=leads_to("category:edit"),
        link_permission="shop.change_category",
    ),
    _sales(
        "sales-by-collection",
        _("Sales by collection"),
        _("Collection"),
        grouped(
            *("c.id", "c.name"),
            "JOIN shop_collectionmember s ON s.product_id = p.id JOIN shop_collection c ON c.id = s.collection_id",
        ),
        _("By what belongs to a collection today. What is in two of them counts for both, and once at the foot."),
        totals=totals,
        link=leads_to("collection:inspect"),
        link_permission="shop.view_collection",
    ),
    _sales(
        "sales-by-country",
        _("Sales by country"),
        _("Country"),
        grouped("a.country", "coalesce(a.country, '')", HOME),
        _("Where the parcels went."),
        link=orders_of_country,
        link_permission="shop.view_order",
    ),
    Report(
        *("promotions", _("Promotions and coupons"), "promotions"),
        (
            label(_("Promotion")),
            Column("code", _("Code"), "text"),
            Column("orders", _("Orders")),
            Column("discount", _("Discount given"), "money"),
            Column("net", _("Net revenue of these orders"), "money"),
        ),
        rows=promotions,
        compared="net",
        note=_("What an order came to counts for each promotion in it."),
        link=the_promotion,
        link_permission="shop.change_promotion",
    ),
    Report(
        *("taxes", _("Taxes by rate"), "taxes"),
        (
            label(_("Country")),
            Column("rate", _("Rate"), "rate"),
            Column("net", _("Net revenue"), "money"),
            Column("tax", _("Tax"), "money"),
        ),
        rows=taxes,
        compared="tax",
        totals=taxes_in_all,
        link=orders_of_country,
        link_permission="shop.view_order",
    ),
    Report(
        *("new-and-returning", _("New and returning customers"), "customers"),
        (label(_("Customers")), *SALES),
        rows=new_and_returning,
        compared="net",
        totals=sums,
    ),
    Report(
        *("customers", _("Customers"), "customers"),
        (label(_("Customer")), *SALES),
        rows=customers,
        compared="net",
        totals=sums,
        permission="shop.view_order",
        link=the_customer,
        link_permission="shop.view_customer",
    ),
]
