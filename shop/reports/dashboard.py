"""The shop on the admin's home: what was earned lately, and what waits for whoever looks. Each sees what is theirs."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.components import Component

from shop.money import Money, round_money, zero
from shop.reports import figures, work
from shop.reports.charts import Bar, bars
from shop.reports.periods import Period

MAY_SEE_MONEY = "shop.view_reports"
SPANS = ((1, _("Today")), (7, _("7 days")), (30, _("30 days")))
LONGEST = 30
MORE_TILES = "register_dashboard_tile"  # a Wagtail hook: functions that give a work.Tile


@dataclass(frozen=True)
class Span:
    """What one currency made of the last days: `average` is what an order came to before refunds."""

    label: Any
    orders: int
    net: Money
    average: Money
    orders_url: str
    url: str


@dataclass(frozen=True)
class CurrencyFigures:
    currency: str
    spans: list[Span]
    chart: list[Bar]


def lately(now: datetime) -> list[CurrencyFigures]:
    """Of each currency in which something moved in the last 30 days. One statement, remembered for a minute."""
    period = Period.ending(now, LONGEST)
    rows = work.remembered(f"sales/{period.last}", lambda: figures.by_day(period=period))
    by_currency: dict[str, dict[date, Any]] = defaultdict(dict)
    for row in rows:
        by_currency[row["currency"]][row["day"]] = row
    return [_of_currency(code, days, now) for code, days in by_currency.items()]


def _of_currency(code: str, days: Mapping[date, Any], now: datetime) -> CurrencyFigures:
    spans = [_span(label, code, days, Period.ending(now, length)) for length, label in SPANS]
    net = [(day, days[day]["net"] if day in days else Decimal(0)) for day in Period.ending(now, LONGEST).days]
    return CurrencyFigures(code, spans, bars(net))


def _span(label: Any, code: str, days: Mapping[date, Any], period: Period) -> Span:
    rows = [days[day] for day in period.days if day in days]
    orders = sum(row["orders"] for row in rows)
    sold = sum((row["sold"] for row in rows), Decimal(0))
    return Span(
        label=label,
        orders=orders,
        net=Money(sum((row["net"] for row in rows), Decimal(0)), code),
        average=round_money(sold / orders, code) if orders else zero(code),
        orders_url=f"{reverse('orders:index')}?placed_at_from={period.first}&placed_at_to={period.last}",
        url=f"{reverse('shop_report', args=['sales-by-day'])}?from={period.first}&until={period.last}&currency={code}",
    )


class Panel(Component):
    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.now: datetime = request.commerce_now  # type: ignore[attr-defined]

    class Media:
        css = {"all": ("admin/reports.css",)}


class SalesPanel(Panel):
    name = "shop_sales"
    order = 20
    template_name = "shop/reports/dashboard/sales.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            "currencies": lately(self.now),
            "may_see_orders": self.request.user.has_perm("shop.view_order"),
            "report": reverse("shop_report", args=["sales-by-day"]),
        }


class WorkPanel(Panel):
    name = "shop_work"
    order = 10
    template_name = "shop/reports/dashboard/work.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = self.request.user
        more = [tile() for tile in hooks.get_hooks(MORE_TILES)]
        may_ship = user.has_perm("shop.view_order")
        return {
            "tiles": work.tiles_for(user, self.now, more),
            "oldest": work.remembered("oldest_to_ship", work.oldest_to_ship) if may_ship else [],
            "all_to_ship": work.link("orders:index", state="processing", ordering="placed_at")(self.now),
        }


def add_panels(request: HttpRequest, panels: list[Any]) -> None:
    """For Wagtail's hook construct_homepage_panels."""
    panels.append(WorkPanel(request))
    if request.user.has_perm(MAY_SEE_MONEY):
        panels.append(SalesPanel(request))
