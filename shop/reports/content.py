"""What stories, landing pages, their blocks and their authors sold, after refunds, and how often they were read.

Each line of an order keeps the first and the last story that led to it, and the page and block whose form or link it came
by (shop.cart.attribution): words of that moment, which outlive the page. A shopper's browser only claims them.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from shop.reports import figures, readers
from shop.reports.columns import SALES, Choice, Question, Report, Row, label
from shop.reports.periods import Period
from shop.reports.sales import ask, totals

TOUCHES = {
    "last": "l.origin->'last'",
    "first": "l.origin->'first'",
    "line": "l.origin",
}
BY = {
    "page": "facts->>'page'",
    "block": "(facts->>'page') || '.' || (facts->>'block')",
    "author": "facts->>'author'",
}
MOVES = """
    FROM (SELECT m.*, l.variant_id, {touch} AS facts
            FROM move m JOIN shop_orderline l ON l.id = m.line_id) m
   WHERE facts ? 'page'
"""


def content(question: Question) -> list[Row]:
    """By page, block or author; of a touch as chosen. A page's latest title stands for it."""
    by, touch = question.choices["by"], question.choices["touch"]
    name = "facts->>'author'" if by == "author" else "(array_agg(facts->>'title' ORDER BY at DESC))[1]"
    rows = ask(_grouped(by, touch, f"{name} AS label, {figures.SUMS}", "net DESC, 2"), question)
    everywhere = Question(question.period, "", question.choices)
    orders = ask(_grouped(by, touch, "count(DISTINCT m.order_id) FILTER (WHERE m.sale) AS orders", "1"), everywhere)
    rows = _with_readers(rows, by, {row["key"]: row["orders"] for row in orders}, question.period)
    return rows if by == "author" else _with_addresses(rows)


def _grouped(by: str, touch: str, columns: str, order: str) -> str:
    more = "AND facts->>'author' <> ''" if by == "author" else ""
    moves = MOVES.format(touch=TOUCHES[touch])
    return f"SELECT {BY[by]} AS key, {columns} {moves} {more} GROUP BY {BY[by]} ORDER BY {order}"  # noqa: S608 - constants


def _with_readers(rows: list[Row], by: str, orders: dict[str, int], period: Period) -> list[Row]:
    """Also what was read and sold nothing. A block is read as often as its page, an author as often as all their pages."""
    if by == "block":
        pages = readers.views_of_pages(period)
        of_blocks = {row["key"]: pages.get(int(row["key"].partition(".")[0]), 0) for row in rows}
        return readers.with_views(_with_blocks(rows), of_blocks, orders)
    names, views = _authors_read(period) if by == "author" else _pages_read(period)
    return readers.with_views([*rows, *readers.unsold(rows, names)], views, orders)


def _pages_read(period: Period) -> tuple[dict[str, str], dict[str, int]]:
    """Titles of stories and landing pages that were read, and views of all pages; both by the report's keys."""
    titles = {str(page.pk): page.title for page, _views in readers.stories_read(period)}
    return titles, {str(pk): views for pk, views in readers.views_of_pages(period).items()}


def _authors_read(period: Period) -> tuple[dict[str, str], dict[str, int]]:
    """Names of authors, and the views of what they have written."""
    views: Counter[str] = Counter()
    for page, number in readers.stories_read(period):
        if author := str(getattr(page, "author", None) or ""):
            views[author] += number
    return {name: name for name in views}, views


def _with_blocks(rows: list[Row]) -> list[Row]:
    """Names each block by its type and its place's number, as long as its page still holds it."""
    keys = [row["key"].partition(".") for row in rows]
    pages = Page.objects.filter(pk__in={int(page) for page, _dot, _block in keys}).specific()
    kinds = {f"{page.pk}.{block}": kind for page in pages for block, kind in _kinds(page).items()}
    return [{**row, "label": f"{row['label']}, {_name(kinds.get(row['key']))} ({row['key'][-4:]})"} for row in rows]


def _name(kind: str | None) -> str:
    return kind.replace("_", " ") if kind else str(_("a block that is gone"))


def _kinds(page: Page) -> dict[str, str]:
    """Of all blocks of a page's streams: id and type."""
    found: dict[str, str] = {}
    for field in page._meta.concrete_fields:
        if hasattr(field, "stream_block"):
            _collect(list(getattr(page, field.name).raw_data), found)
    return found


def _collect(value: Any, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        if "id" in value and "type" in value:
            found[str(value["id"])] = str(value["type"])
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _collect(inner, found)


def readers_of(*, page_ids: Collection[int], rows: list[Row], period: Period) -> dict[str, Any]:
    """`views` of these pages together, and the `conversion` that the orders of `rows`, one a currency, make of them."""
    views = sum(readers.views_of_pages(period, page_id__in=page_ids).values())
    return {"views": views, "conversion": readers.conversion(sum(row["orders"] for row in rows), views)}


def sold_by_page(*, page_id: int, period: Period) -> list[Row]:
    """What a page sold as the last story before the order, for each currency: orders, units, net."""
    moves = MOVES.format(touch=TOUCHES["last"])
    return figures.read(
        f"SELECT m.currency, {figures.SUMS} {moves} AND facts->>'page' = %(page)s GROUP BY 1",  # noqa: S608 - constants
        period=period,
        page=str(page_id),
    )


def sold_of_product(*, product_id: int, period: Period) -> list[Row]:
    """What was sold of a product, wherever: for each currency orders, units, net."""
    return figures.read(
        f"""
        SELECT m.currency, {figures.SUMS} FROM move m
          JOIN shop_orderline l ON l.id = m.line_id JOIN shop_variant v ON v.id = l.variant_id
         WHERE v.product_id = %(product)s GROUP BY 1
        """,  # noqa: S608 - a constant
        period=period,
        product=product_id,
    )


def _with_addresses(rows: list[Row]) -> list[Row]:
    """With the page itself as readers have it; nothing for what is not to be seen any more."""
    ids = {key: int(pk) for key in (row["key"] for row in rows) if (pk := key.partition(".")[0]).isdecimal()}
    pages = Page.objects.live().select_related("locale").in_bulk(set(ids.values()))
    return [{**row, "url": (pages[ids[row["key"]]].url or "") if ids.get(row["key"]) in pages else ""} for row in rows]


REPORTS = [
    Report(
        *("content", _("What content sold"), "content"),
        (label(_("Story or landing page")), readers.VIEWS, *SALES, readers.CONVERSION),
        rows=content,
        compared="net",
        totals=totals,
        link=lambda row, _question: row.get("url", ""),
        choices=(
            Choice("by", _("By"), (("page", _("page")), ("block", _("block")), ("author", _("author")))),
            Choice(
                "touch",
                _("Counted for"),
                (
                    ("last", _("the last story before the order")),
                    ("first", _("the first story of the cart")),
                    ("line", _("where it was put into the cart")),
                ),
            ),
        ),
        note=_(
            "After refunds. At the foot stands everything that was sold, also without any story. Orders for views are those"
            " in all currencies."
        ),
    ),
]
