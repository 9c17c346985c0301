"""What stories, landing pages, their blocks and their authors sold, after refunds.

Each line of an order keeps the first and the last story that led to it, and the page and block whose form or link it came
by (shop.cart.attribution): words of that moment, which outlive the page. A shopper's browser only claims them.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from shop.reports import figures
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
    by = question.choices["by"]
    name = "facts->>'author'" if by == "author" else "(array_agg(facts->>'title' ORDER BY at DESC))[1]"
    group = BY[by]
    more = "AND facts->>'author' <> ''" if by == "author" else ""
    moves = MOVES.format(touch=TOUCHES[question.choices["touch"]])
    rows = ask(
        f"""
        SELECT {group} AS key, {name} AS label, {figures.SUMS} {moves} {more}
         GROUP BY {group} ORDER BY net DESC, 2
        """,  # noqa: S608 - constants of this module, chosen by name
        question,
    )
    return _with_blocks(rows) if by == "block" else rows


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


REPORTS = [
    Report(
        *("content", _("What content sold"), "content"),
        (label(_("Story or landing page")), *SALES),
        rows=content,
        compared="net",
        totals=totals,
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
        note=_("After refunds. At the foot stands everything that was sold, also without any story."),
    ),
]
