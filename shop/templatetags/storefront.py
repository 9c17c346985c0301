"""Cards and structured data in templates of the storefront."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from shop.cart import attribution
from shop.storefront.cards import Card

register = template.Library()

# The only characters that could end the element or start another; JSON knows them by number.
UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@register.simple_tag(takes_context=True)
def card_for(context: Any, page: Any, sku: str = "") -> Card | None:
    """The card of a product page that a block chose, from the `cards` of the whole page; None when it cannot be sold now.

    {% card_for value.product sku=value.sku as card %}{% if card %}...{% endif %}
    """
    card = context.get("cards", {}).get(page.pk) if page else None
    return _led(context, card.of(sku) if sku else card) if card else None


def _led(context: Any, card: Card) -> Card:
    """A story's link to a product says which block of it was clicked. Drafts and other pages say nothing."""
    story, request = context.get("page"), context.get("request")
    if not context.get("id") or not getattr(story, "is_story", False) or getattr(request, "is_preview", False):
        return card
    claim = attribution.Claim(story.pk, context["id"])
    mark = "&" if "?" in card.url else "?"
    return replace(card, url=f"{card.url}{mark}{attribution.PARAMETER}={claim}")


@register.simple_tag
def json_ld(data: dict[str, Any]) -> SafeString:
    """`data` as a JSON-LD element. It is data, not a script that runs: the content security policy leaves it alone."""
    words = json.dumps(data, ensure_ascii=False).translate(UNSAFE)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(words))  # noqa: S308 - escaped above


@register.simple_tag(takes_context=True)
def cards_of(context: Any, pages: Iterable[Any]) -> list[Card]:
    """The cards of several chosen pages, without those that cannot be sold now.

    {% cards_of value.products as shelf %}
    """
    return [card for page in pages if (card := card_for(context, page))]


@dataclass(frozen=True)
class Thing:
    """A number on a scene, for the plate: place in even per cent, as the style sheet knows them."""

    title: str
    url: str
    note: str
    price: Any
    x: int
    y: int


@register.simple_tag(takes_context=True)
def things_of(context: Any, marks: Iterable[Any]) -> list[Thing]:
    """What the marks of a shop-the-look block point at, without those that cannot be sold now.

    {% things_of value.marks as things %}
    """
    found = [(mark, card_for(context, mark["product"], mark["sku"] or "")) for mark in marks]
    return [
        Thing(card.title, card.url, mark["note"] or "", card.price, _even(mark["x"]), _even(mark["y"]))
        for mark, card in found
        if card
    ]


def _even(per_cent: int) -> int:
    return min(98, max(2, 2 * round(per_cent / 2)))
