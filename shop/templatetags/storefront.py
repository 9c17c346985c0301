"""Cards and structured data in templates of the storefront."""

import json
from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from shop.cart import attribution
from shop.orders.owned import owned_products
from shop.storefront import block_data as structured
from shop.storefront.blocks import SHELF, Policy
from shop.storefront.cards import Card
from shop.storefront.mentions import Mention, PageGoods, Placed
from shop.storefront.product import RELATED
from shop.storefront.recommendations import Reason, explained, recommended

register = template.Library()

# The only characters that could end the element or start another; JSON knows them by number.
UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@register.simple_tag(takes_context=True)
def placed(context: Any, item: Any, policy: str = "") -> Placed | None:
    """What stands now where a block points to a product: .card, or .gone (a name), and .note; None for nothing.

    `item` has `product`, and may have `sku` and `stand_in`; `policy` where the block around it has it.

        {% placed value as goods %}{% if goods.card %}...{% elif goods.gone %}...{% endif %}
    """
    product, other = item.get("product"), item.get("stand_in")
    mention = Mention(
        page_id=product.pk if product else 0,
        sku=item.get("sku") or "",
        stand_in=other.pk if other else None,
        policy=policy or item.get("policy") or Policy.KEEP,
    )
    found = _goods(context).placed(mention)
    return _led(context, found) if found else None


@register.simple_tag(takes_context=True)
def shelf_of(context: Any, value: Any) -> dict[str, Any]:
    """What stands on a shelf now: `cards`, and `gone`, names of what is said to be no longer for sale.

    {% shelf_of value as shelf %}{% if shelf.cards %}{% include "components/_card_grid.html" with cards=shelf.cards %}
    """
    goods, collection = _goods(context), value.get("collection")
    rule = value.get("policy") or Policy.HIDE
    ids = goods.members.get(collection.pk, []) if collection else [page.pk for page in value["products"] if page]
    limit = value.get("count") or SHELF if collection else SHELF
    stands = goods.shelf([Mention(page_id=pk, policy=rule) for pk in ids], limit=limit)
    return {
        "cards": [_led(context, one).card for one in stands if one.card],
        "gone": [one.gone for one in stands if one.gone],
    }


def _goods(context: Any) -> PageGoods:
    goods = context.get("cards")  # an empty one still knows the names of what is gone
    return PageGoods({}) if goods is None else goods


def _led(context: Any, found: Placed) -> Placed:
    """A story's link to a product says which block of it was clicked. Drafts and other pages say nothing."""
    story, request, block_id = context.get("page"), context.get("request"), context.get("id")
    is_read = getattr(story, "is_story", False) and not getattr(request, "is_preview", False)
    if not found.card or not block_id or not is_read:
        return found
    card, claim = found.card, attribution.Claim(story.pk, block_id)
    mark = "&" if "?" in card.url else "?"
    return replace(found, card=replace(card, url=f"{card.url}{mark}{attribution.PARAMETER}={claim}"))


@register.simple_tag
def goes_with(bag: Any) -> list[Card]:
    """Cards of what goes with the things in a cart, without what its owner has already; none for an empty one.

    {% goes_with bag as cards %}
    """
    return recommended(**_with(bag)) if bag.lines else []


@register.simple_tag
def why_goes_with(bag: Any) -> list[Reason]:
    """The same for staff: each with its `.title` and `.why`. {% why_goes_with bag as reasons %}"""
    return explained(**_with(bag)) if bag.lines else []


def _with(bag: Any) -> dict[str, Any]:
    """What to ask for a cart that holds something."""
    products = sorted({line.variant.product_id for line in bag.lines})
    language, saved = get_language() or settings.LANGUAGE_CODE, {line.variant.product_id for line in bag.saved}
    owned = owned_products(bag.cart.owner_id) if bag.cart.owner_id else []
    return {
        "pages": [line.page_id for line in bag.lines],
        "products": products,
        "but": {*saved, *owned},
        "limit": RELATED,
        "currency": bag.currency,
        "language": language,
    }


@register.simple_tag
def json_ld(data: dict[str, Any]) -> SafeString:
    """`data` as a JSON-LD element. It is data, not a script that runs: the content security policy leaves it alone."""
    words = json.dumps(data, ensure_ascii=False).translate(UNSAFE)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(words))  # noqa: S308 - escaped above


@dataclass(frozen=True)
class Thing:
    """A number on a scene, for the plate: place in even per cent, as the style sheet knows them.

    Without `url` and `price` it is a name only: the thing is in the picture and no longer for sale.
    """

    title: str
    url: str
    note: str
    price: Any
    x: int
    y: int


@dataclass(frozen=True)
class Ingredient:
    words: str
    goods: Placed | None


@register.simple_tag(takes_context=True)
def ingredients_of(context: Any, recipe: Any) -> dict[str, Any]:
    """What a recipe takes: `rows`, each .words and .goods (see `placed`), and what of it is added at once: `skus`, `total`.

    {% ingredients_of value as takes %}{% for row in takes.rows %}...
    """
    rule = recipe.get("policy") or Policy.KEEP
    rows = [Ingredient(item["words"], placed(context, item, rule)) for item in recipe["ingredients"]]
    cards = {row.goods.card.sku: row.goods.card for row in rows if row.goods and row.goods.card and row.goods.card.sku}
    prices = [card.price.now for card in cards.values()]
    return {"rows": rows, "skus": list(cards), "total": sum(prices[1:], prices[0]) if prices else None}


@register.simple_tag
def recipe_data(recipe: Any) -> dict[str, Any]:
    """{% recipe_data value as data %}{% json_ld data %}"""
    return structured.recipe(recipe)


@register.simple_tag
def questions_data(value: Any) -> dict[str, Any]:
    """{% questions_data value as data %}{% json_ld data %}"""
    return structured.questions(value["questions"])


@register.simple_tag(takes_context=True)
def things_of(context: Any, look: Any) -> list[Thing]:
    """What the marks of a shop-the-look block point at now.

    {% things_of value as things %}
    """
    found = [(mark, placed(context, mark, look.get("policy") or Policy.KEEP)) for mark in look["marks"]]
    return [_thing(mark, stands) for mark, stands in found if stands]


def _thing(mark: Any, stands: Placed) -> Thing:
    own = "" if stands.is_other else mark["note"]  # which says the colour of what is in the picture
    note, place = ", ".join(word for word in (own, stands.note) if word), (_even(mark["x"]), _even(mark["y"]))
    if stands.card is None:
        return Thing(stands.gone, "", note, None, *place)
    return Thing(stands.card.title, stands.card.url, note, stands.card.price, *place)


def _even(per_cent: int) -> int:
    return min(98, max(2, 2 * round(per_cent / 2)))
