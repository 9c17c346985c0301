"""What the reports are made of: columns with a kind, questions that are asked of them, and reports as rows of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
    the table. `has_period`: a report of how things stand now has none. `permission` beside `view_reports`.
    """

    slug: str
    title: Any
    group: str
    columns: tuple[Column, ...]
    rows: Callable[[Question], list[Row]]
    compared: str = ""
    totals: Callable[[Question], Row] | None = None
    choices: tuple[Choice, ...] = ()
    has_period: bool = True
    permission: str = ""
    note: Any = ""

    def is_for(self, user: Any) -> bool:
        return user.has_perm("shop.view_reports") and (not self.permission or user.has_perm(self.permission))


def label(name: Any) -> Column:
    return Column("label", name, "text")


SALES = (
    Column("orders", _("Orders")),
    Column("units", _("Units")),
    Column("sold", _("Sold"), "money"),
    Column("refunded", _("Refunded"), "money"),
    Column("net", _("Net revenue"), "money"),
)
