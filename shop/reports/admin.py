"""The reports in the Wagtail admin: one view for all of them, of what each declares."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from shop.desk import SafeExport
from shop.reports import charts, content, goods, sales
from shop.reports.columns import Column, Question, Report, Row
from shop.reports.forms import QuestionForm

REPORTS: dict[str, Report] = {report.slug: report for report in (*sales.REPORTS, *content.REPORTS, *goods.REPORTS)}
SHOWN = 200
MAY = "shop.view_reports"
BEFORE = Column("before", _("The time before"), "money")
CHANGE = Column("change", _("Change"), "share")

# What stands in Wagtail's menu: one report of each group; the others of the group are beside it.
MENU = {
    "sales": (_("Sales"), "table"),
    "content": (_("What content sold"), "doc-full-inverse"),
    "promotions": (_("Promotions and coupons"), "tag"),
    "taxes": (_("Taxes by rate"), "list-ul"),
    "returns": (_("Refunds and returns"), "rotate"),
    "customers": (_("Customers and sales"), "group"),
    "stock": (_("Stock value"), "shelf"),
}


def address(slug: str) -> str:
    return reverse("shop_report", args=[slug])


class ReportView(SafeExport, WagtailAdminTemplateMixin, View):
    """A report for those who may see it, with `?from=&until=&currency=&compare=on`, its choices, `&export=csv|xlsx`."""

    template_name = "shop/reports/report.html"
    header_icon = "table"

    @cached_property
    def report(self) -> Report:
        try:
            return REPORTS[self.kwargs["slug"]]
        except KeyError:
            raise Http404

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.report.is_for(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_export:
            return self.as_spreadsheet(self.rows, request.GET["export"])
        return self.render_to_response(self.get_context_data())

    @cached_property
    def form(self) -> QuestionForm:
        usual = QuestionForm(self.report).question(self.now)
        asked = {"from": usual.period.first, "until": usual.period.last, "currency": usual.currency, **usual.choices}
        return QuestionForm(self.report, {**asked, **self.request.GET.dict()})

    @property
    def now(self) -> Any:
        return self.request.commerce_now  # type: ignore[attr-defined]

    @cached_property
    def question(self) -> Question:
        return self.form.question(self.now)

    @cached_property
    def rows(self) -> list[Row]:
        return self._beside(self.asked_rows) if self.form.compares else self.asked_rows

    @cached_property
    def asked_rows(self) -> list[Row]:
        return self.report.rows(self.question)

    @property
    def question_before(self) -> Question:
        return Question(self.question.period.before(), self.question.currency, self.question.choices)

    @cached_property
    def earlier_rows(self) -> list[Row]:
        return self.report.rows(self.question_before)

    def _beside(self, rows: list[Row]) -> list[Row]:
        """With what the same key came to in the period before; keys that were there then only come last."""
        name, earlier = self.report.compared, self.earlier_rows
        values = {row["key"]: row[name] for row in earlier}
        known = {row["key"] for row in rows}
        nothing = {
            column.name: None if column.kind == "share" else 0 for column in self.report.columns if column.counts
        }
        gone = [{**row, **nothing} for row in earlier if row["key"] not in known]
        return [_compared(row, row[name], values.get(row["key"], Decimal(0))) for row in (*rows, *gone)]

    @property
    def columns(self) -> list[Column]:
        return [*self.report.columns, *([BEFORE, CHANGE] if self.form.compares else [])]

    # --- export ------------------------------------------------------------------------------

    @property
    def list_export(self) -> list[str]:  # type: ignore[override]
        money = any(column.kind == "money" for column in self.columns)
        return [*(column.name for column in self.columns), *(["currency"] if money else [])]

    @property
    def export_headings(self) -> dict[str, Any]:  # type: ignore[override]
        return {column.name: column.label for column in self.columns} | {"currency": _("Currency")}

    def to_row_dict(self, item: Row) -> dict[str, Any]:
        return {name: {"currency": self.question.currency, **item}.get(name) for name in self.list_export}

    def get_filename(self) -> str:
        period = self.question.period
        return f"{self.report.slug}-{period.first}-{period.last}" if self.report.has_period else self.report.slug

    # --- the page ----------------------------------------------------------------------------

    def get_page_title(self) -> str:
        return str(self.report.title)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.report.title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = self.report
        beside = [one for one in REPORTS.values() if one.group == report.group and one.is_for(self.request.user)]
        return super().get_context_data(
            **kwargs,
            report=report,
            beside=beside,
            form=self.form,
            question=self.question,
            columns=self.columns,
            rows=[(self._link(row), [_cell(column, row) for column in self.columns]) for row in self.rows[:SHOWN]],
            count=len(self.rows),
            total=self._total(),
            chart=self._chart(),
        )

    def _link(self, row: Row) -> str:
        link, permission = self.report.link, self.report.link_permission
        may = not permission or self.request.user.has_perm(permission)
        return link(row, self.question) if link and may else ""

    def _total(self) -> list[tuple[Column, Any]]:
        if not (self.report.totals and self.rows):
            return []
        row = self.report.totals(self.question, self.asked_rows)
        if self.form.compares:
            name = self.report.compared
            before = self.report.totals(self.question_before, self.earlier_rows)
            row = _compared(row, row[name], before[name])
        return [(column, row.get(column.name)) for column in self.columns[1:]]

    def _chart(self) -> list[charts.Bar]:
        if self.report.slug != "sales-by-day":
            return []
        return charts.bars(list(zip(self.question.period.days, (row["net"] for row in self.rows), strict=False)))


def _compared(row: Row, value: Any, before: Any) -> Row:
    return {**row, "before": before, "change": (value - before) / before if before > 0 else None}


def _cell(column: Column, row: Row) -> tuple[Column, Any]:
    if column.name == "label" and "written" in row:
        return column, row["written"]
    return column, row.get(column.name)


class ReportItem(MenuItem):
    """In Wagtail's menu of reports, for those who may see one of the group: it leads to the first of them."""

    def __init__(self, group: str, order: int) -> None:
        self.reports = [report for report in REPORTS.values() if report.group == group]
        words, icon = MENU[group]
        super().__init__(words, "", name=f"shop-{group}", icon_name=icon, order=order)

    def is_shown(self, request: HttpRequest) -> bool:
        return any(report.is_for(request.user) for report in self.reports)

    def render_component(self, request: HttpRequest) -> Any:
        mine = next(report for report in self.reports if report.is_for(request.user))
        self.url = address(mine.slug)
        return super().render_component(request)


ITEMS = [ReportItem(group, 1000 + n) for n, group in enumerate(MENU)]
