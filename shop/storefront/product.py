"""What a product page shows beside its own words: the chosen variant, pictures, facts, and what stands nearby."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shop.catalogue.listing import sellable
from shop.delivery.models import MethodPrice
from shop.money import Money, format_money
from shop.storefront import cards, goods, structured
from shop.storefront.blocks import product_page_ids
from shop.storefront.choice import Choice
from shop.storefront.currency import currency_of

RELATED = 4


def product_context(page: Any, choice: Choice | None, trail: list[dict], request: HttpRequest) -> dict[str, Any]:
    """Context of a product page, also of a draft without product, variant or price."""
    offer = choice.offer if choice else None
    pictures = gallery(page, choice)
    related, in_story = _cards_around(page, choice, request)
    price = goods.shown_price(offer) if offer else None
    return {
        "choice": choice,
        "offer": offer,
        "price": price,
        "pictures": pictures,
        "facts": _facts(offer, currency_of(request)),
        "announcement": _announcement(page, offer, price),
        "related": related,
        "cards": in_story,
        "trail": trail,
        "structured": [
            *([structured.product(page, choice, pictures, request)] if choice and choice.goods.for_sale else []),
            structured.breadcrumb(trail, request),
        ],
    }


def gallery(page: Any, choice: Choice | None) -> list[Any]:
    """The page's photographs, the chosen variant's first. A variant's picture keeps the words that the page has for it."""
    pictures = cards.pictures_of(page)
    image = choice.offer.variant.image if choice and choice.offer and choice.asked else None
    if image is None:
        return pictures or (
            [choice.offer.variant.image] if choice and choice.offer and choice.offer.variant.image else []
        )
    first = next((picture for picture in pictures if picture.pk == image.pk), image)
    return [first, *[picture for picture in pictures if picture.pk != image.pk]]


def _cards_around(page: Any, choice: Choice | None, request: HttpRequest) -> tuple[list[Any], dict[int, Any]]:
    """Cards of the same shelf, and of the products in the page's story; fetched together."""
    at, currency = request.commerce_now, currency_of(request)  # type: ignore[attr-defined]
    nearby = _nearby(page, at, currency)
    ids = list(dict.fromkeys([*nearby, *product_page_ids(page.story)]))
    found = cards.cards_for_pages(ids, at=at, currency=currency, locale=page.locale, request=request)
    return [found[pk] for pk in nearby if pk in found], found


def _nearby(page: Any, at: Any, currency: str) -> list[int]:
    """Ids of up to four pages of other products in the same category, as their editors placed them."""
    product = page.shown()
    if product is None:
        return []
    pages = cards.product_pages().live().filter(language=page.language, product__in=sellable(at, currency))
    same = pages.filter(product__placements__category=product.category_id).exclude(product=product)
    return list(same.order_by("product__placements__position", "pk").values_list("pk", flat=True)[:RELATED])


def _facts(offer: Any, currency: str) -> list[dict[str, str]]:
    """Stock, delivery and returns, true ones, below the buy button."""
    facts = []
    if offer:
        text, note = goods.stock_words(offer)
        facts.append({"icon": "check" if offer.available else "close", "text": text, "note": note})
    if delivery := _delivery(currency):
        facts.append(delivery)
    facts.append({"icon": "return", "text": _("Thirty days to send it back"), "note": ""})
    return facts


def _delivery(currency: str) -> dict[str, str] | None:
    """What sending costs at least, over all zones: where to is asked at checkout. One query."""
    rows = list(MethodPrice.objects.filter(currency=currency, method__active=True).select_related("method"))
    if not rows:
        return None
    language = get_language() or "en"
    row = min(rows, key=lambda row: row.amount)
    first, last = min(row.method.days_min for row in rows), max(row.method.days_max for row in rows)
    cost = format_money(Money(row.amount, currency), language, short=True)
    text = (
        _("Delivery from %(cost)s") % {"cost": cost}
        if len({r.amount for r in rows}) > 1
        else _("Delivery %(cost)s") % {"cost": cost}
    )
    if row.free_over is not None:
        free = format_money(Money(row.free_over, currency), language, short=True)
        text = _("%(delivery)s, free over %(amount)s") % {"delivery": text, "amount": free}
    days = ngettext("%(days)s working day", "%(days)s working days", last) % {"days": f"{first}–{last}"}
    return {"icon": "parcel", "text": text, "note": _("%(days)s, depending on where you are") % {"days": days}}


def _announcement(page: Any, offer: Any, price: Any) -> str:
    """For the ear, after a choice: "Tide Mug, Indigo, 350 ml. $24. Six in stock."."""
    if offer is None:
        return page.title
    words = [f"{page.title}, {offer.label}" if offer.label else page.title]
    if price:
        words.append(format_money(price.now, get_language() or "en", short=True))
    return ". ".join([*words, goods.stock_words(offer)[0]]) + "."
