"""Money in templates."""

from typing import Any

from django import template
from django.utils.translation import get_language

from shop.catalogue.currency import currencies, currency_of
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


@register.simple_tag(takes_context=True)
def currency_choices(context: dict[str, Any]) -> list[dict[str, Any]]:
    """{% currency_choices as choices %}: each .code and .chosen; none where there is nothing to choose."""
    request = context.get("request")
    if request is None:
        return []
    codes, chosen = currencies(), currency_of(request)
    return [{"code": code, "chosen": code == chosen} for code in codes] if len(codes) > 1 else []
