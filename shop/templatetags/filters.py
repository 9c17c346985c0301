"""The boxes of a listing's filters. There may be a hundred on a page, so they are put together without a template."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

register = template.Library()


@register.simple_tag
def ticks(facet: Any) -> SafeString:
    """A box for each of the facet's .choices (each .value .label .count .checked .colour .code). {% ticks facet %}"""
    language = get_language() or ""
    return mark_safe("".join(_tick(facet.name, choice, language) for choice in facet.choices))  # noqa: S308 - escaped


def _tick(name: str, choice: Any, language: str) -> str:
    box, words = _halves(name, choice.value, choice.label, choice.colour, choice.code)
    checked = " checked" if choice.checked else ""
    return f"{box}{checked}{words}{_number(choice.count, language)}</span></label>"


@lru_cache(maxsize=10_000)
def _halves(name: str, value: str, label: str, colour: str, code: int) -> tuple[str, str]:
    name, value = escape(name), escape(value)
    its_own = "" if colour == value else f' data-colour="{escape(colour)}"'  # swatch.css knows it by the box's value
    dot = f'<span class="dot"{its_own}></span>' if colour else ""
    return (  # by its id htmx finds whoever stood on the box that a new one replaces
        f'<label class="tick"><input type="checkbox" id="box{code}" name="{name}" value="{value}"',
        f"><span>{dot}{escape(label)}",
    )


@lru_cache(maxsize=10_000)
def _number(count: int, _language: str) -> str:
    things = escape(ngettext("thing", "things", count))
    return f' <span class="facet__count">{count}<span class="vh"> {things}</span></span>'
