"""What the reports are made of: columns with a kind, questions that are asked of them, and reports as rows of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.reports.periods import Period

Row = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What somebody wants to know: days, a currency (its code), and a report's own `choices` by name."""

    period: Period
    currency: str
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """`kind` is text, number, money (in the asked currency), share (0.015 is 1.5 %), or rate (0.1 is 10 %)."""

    name: str
    label: Any
    kind: str = "number"

    @property
    def is_number(self) -> bool:
        return self.kind != "text"

    @property
    def counts(self) -> bool:
        """Whether it says what came of a row in the period; else what the row is about."""
        return self.kind not in ("text", "rate")


@dataclass(frozen=True)
class Choice:
    """A further question of a report: one of `options` (value, label), the first unless another is asked for."""

    name: str
    label: Any
    options: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Report:
    """`rows` answers a question, the most important first; each row has a `key` that is the same in another period.

    `compared` names the column that is set beside that of the period before; `totals` answers with one row for the foot of
    the table, given the question and the rows that answer it. `has_period`: a report of how things stand now has none.
    `permission` beside `view_reports`. `link` gives the address of what a row counts, for those who have
    `link_permission`; "" where there is nothing to see any more.
    """

    slug: str
    title: Any
    group: str
    columns: tuple[Column, ...]
    rows: Callable[[Question], list[Row]]
    compared: str = ""
    totals: Callable[[Question, list[Row]], Row] | None = None
    choices: tuple[Choice, ...] = ()
    has_period: bool = True
    permission: str = ""
    note: Any = ""
    link: Callable[[Row, Question], str] | None = None
    link_permission: str = ""

    def is_for(self, user: Any) -> bool:
        return user.has_perm("shop.view_reports") and (not self.permission or user.has_perm(self.permission))


def orders_of_period(question: Question, **filters: str) -> str:
    """The orders desk, with what was placed in the period and these filters."""
    days = {"placed_at_from": question.period.first, "placed_at_to": question.period.last}
    return f"{reverse('orders:index')}?{urlencode({**days, **filters})}"


def leads_to(name: str) -> Callable[[Row, Question], str]:
    """To the page of the thing whose id is the row's key."""
    return lambda row, _question: reverse(name, args=[row["key"]])


def label(name: Any) -> Column:
    return Column("label", name, "text")


SALES = (
    Column("orders", _("Orders")),
    Column("units", _("Units")),
    Column("sold", _("Sold"), "money"),
    Column("refunded", _("Refunded"), "money"),
    Column("net", _("Net revenue"), "money"),
)
