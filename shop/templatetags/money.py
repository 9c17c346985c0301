"""Money in templates."""

from typing import Any

from django import template
from django.utils.translation import get_language

from shop.money import Money, format_money

register = template.Library()


@register.filter
def money(value: Money | None, form: str = "") -> str:
    """{{ total|money }} is "$24.00"; {{ price|money:"short" }} is "$24" and "$24.50". Nothing for None."""
    if value is None:
        return ""
    return format_money(value, get_language() or "en", short=form == "short")


@register.filter
def amount(row: Any, field: str) -> Money:
    """One amount of an order or of its line: {{ order|amount:"total"|money }}."""
    return row.money(field)
