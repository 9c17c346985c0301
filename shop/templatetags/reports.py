"""{{ row.net|amount:currency }}, {{ share|percent }}, {% figure value column currency %}, and numbers for drawings."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language

from shop.money import Money, format_money
from shop.reports.columns import Column

register = template.Library()
NONE = "\N{EN DASH}"


@register.filter
def amount(value: Decimal | int, currency: str) -> str:
    """`value` of a currency as staff reads it: "$24.00", "-$1.50"."""
    return format_money(Money(value, currency), get_language() or "en")


@register.simple_tag
def figure(value: Any, column: Column, currency: str) -> str:
    """A value of a report's column, as the column's kind wants it; a dash where there is none."""
    if value is None:
        return NONE
    if column.kind == "money":
        return amount(value, currency)
    if column.kind in ("share", "rate"):
        sign = "+" if column.name == "change" and value > 0 else ""
        return f"{sign}{percent(value)}"
    return number_format(value, force_grouping=True) if column.kind == "number" else str(value)


@register.filter
def percent(value: Decimal) -> str:
    """A share as people read it: 0.015 is "1.5 %"."""
    return f"{number_format(value * 100, 1)} %"


@register.filter
def plain(value: float) -> str:
    """A number as SVG wants it, in every language: 12.5."""
    return f"{value:g}"
