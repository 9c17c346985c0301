"""What a product page shows beside its own words: the chosen variant, pictures, facts, and what stands nearby."""

from collections.abc import Hashable
from datetime import datetime
from functools import partial
from operator import getitem
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shop.cart.attribution import clicked
from shop.catalogue.currency import currency_of
from shop.catalogue.models import Product
from shop.catalogue.pictures import PORTRAIT_SPECS
from shop.delivery.promises import Promises, promises
from shop.money import Money, format_money
from shop.promotions.listing import CATALOGUE, offers_at
from shop.reviews.listing import summary
from shop.storefront import edition, goods, nearby, questions, reads, structured
from shop.storefront.answers import Ask
from shop.storefront.cards import Card
from shop.storefront.choice import Choice
from shop.storefront.edition import remembered
from shop.storefront.material import Material, Shot
from shop.storefront.mentions import story_context
from shop.storefront.recommendations import recommended

RELATED = 4
SPARE = 4  # cards that take the place of what somebody owns already: the page itself is the same for everybody


def product_context(page: Any, trail: list[dict], request: Any) -> dict[str, Any]:
    """Context of a product page, also of a draft without product, variant or price.

    What the goods are now is looked up when a template asks for it; `facts_now` tells whether it is as it was.
    """
    details = SimpleLazyObject(lambda: _details(page, trail, request))
    return {
        **story_context(page, page.story, request=request),
        **{name: SimpleLazyObject(partial(getitem, details, name)) for name in DETAILS},
        "facts_now": _facts_now(page, request),
        "led_here": clicked(request),
        "trail": trail,
    }


def _facts_now(page: Any, request: Any) -> Hashable:
    """All that the page says beside its own words, as far as two visits may differ in it. Two statements, or one while no
    promotion runs.
    """
    if not hasattr(page, "edition") or not page.product_id:
        return None
    at, currency = request.commerce_now, currency_of(request)
    stands = reads.product_standing(
        page.product_id, page.pk, at=at, related=RELATED + SPARE, currency=currency, language=page.language
    )
    if stands is None:
        return None
    asked = request.GET.get("variant", "").casefold()
    known = asked if asked in {sku.casefold() for sku in stands.skus or ()} else ""
    offers = offers_at([CATALOGUE], {page.product_id}, currency=currency, at=at) if stands.runs else []
    return currency, known, str(clicked(request) or ""), stands.rows, tuple(offers)


def product_hangs_on(page: Any, request: Any) -> Ask:
    """What the whole answer of a product's page hangs on: see `answers`."""
    currency, product_id = currency_of(request), page.product_id
    near = nearby.values(
        pages=[page.pk], products=[product_id], limit=RELATED + SPARE, currency=currency, language=page.language
    )
    values = {"product": product_id, "address": page.url_path, **near}
    return questions.asked_of_product(values)


DETAILS = (
    *("choice", "offer", "price", "pictures", "facts", "announcement"),
    *("related", "related_shown", "product", "reviews", "structured"),
)


def _details(page: Any, trail: list[dict], request: Any) -> dict[str, Any]:
    at, currency = request.commerce_now, currency_of(request)
    if page.product_id and hasattr(page, "edition"):  # the page is remembered, the product may have changed since
        page.product = Product.objects.select_related("brand").get(pk=page.product_id)
    product = page.shown()
    material = _material(page, product, at, currency)
    via = str(clicked(request) or "")
    choice = Choice.of(material.goods[product.pk], request.GET.get("variant", ""), via=via) if product else None
    offer = choice.offer if choice else None
    price = goods.shown_price(offer) if offer else None
    promised: Promises = remembered(edition.of(request), ("promises", currency), lambda: promises(currency))
    pictures = _gallery(page, choice, material)
    said = summary(product.pk) if product else None
    rating = structured.Rating(said.mean, said.count) if said else None
    known = choice and choice.goods.for_sale
    about = [structured.product(page, choice, pictures, promised, request, rating)] if choice and known else []
    return {
        "choice": choice,
        "offer": offer,
        "price": price,
        "pictures": pictures,
        "facts": _facts(offer, promised),
        "announcement": _announcement(page, offer, price),
        "related": _nearby(page, product, currency),
        "related_shown": RELATED,
        "product": product,
        "reviews": said,
        "structured": [*about, structured.breadcrumb(trail, request)],
    }


def _material(page: Any, product: Any, at: datetime, currency: str) -> Material:
    """Goods and pictures of the page. Its photographs may be a draft's."""
    rows = page.photos.all()
    drafts = None if isinstance(rows, QuerySet) else {page.pk: [Shot(row.image_id, row.alt) for row in rows]}
    own = [_Own(page.pk, product.pk)] if product else []
    material = Material.load(own, at=at, currency=currency, specs=PORTRAIT_SPECS, variants=True, drafts=drafts)
    for offer in material.goods[product.pk].offers if product else []:
        offer.variant.image = material.picture(offer.variant.image_id)
    return material


class _Own(NamedTuple):
    """The page itself as Material sees it: an alias has its source's product."""

    pk: int | None
    product_id: int


def _gallery(page: Any, choice: Choice | None, material: Material) -> list[Any]:
    """The page's photographs, the chosen variant's first. A variant's picture keeps the words that the page has for it."""
    pictures = material.photos(page.pk)
    image = choice.offer.variant.image if choice and choice.offer else None
    if image is None or choice is None or (pictures and not choice.asked):
        return pictures
    first = next((picture for picture in pictures if picture.pk == image.pk), image)
    return [first, *[picture for picture in pictures if picture.pk != image.pk]]


def _nearby(page: Any, product: Any, currency: str) -> list[Card]:
    """Products that go with it, and spare ones, see `recommendations`. One query."""
    if product is None or page.pk is None:
        return []
    language = page.language or page.locale.language_code
    wanted = {"pages": [page.pk], "products": [product.pk], "limit": RELATED + SPARE}
    return recommended(**wanted, currency=currency, language=language)


def _facts(offer: Any, promised: Promises) -> list[dict[str, str]]:
    """Stock, delivery and returns, true ones, below the buy button."""
    facts = []
    if offer:
        text, note = goods.stock_words(offer)
        facts.append({"icon": "check" if offer.available else "close", "text": text, "note": note})
    if delivery := _delivery(promised):
        facts.append(delivery)
    if days := promised.return_days:
        text = ngettext("%(days)s day to send it back", "%(days)s days to send it back", days) % {"days": days}
        facts.append({"icon": "return", "text": text, "note": _("We pay the way back") if promised.return_free else ""})
    return facts


def _delivery(promised: Promises) -> dict[str, str] | None:
    """What sending costs at least, over all zones: where to is asked at checkout."""
    ways, least = promised.ways, promised.cheapest
    if least is None:
        return None
    text = _("Delivery from %(cost)s") if len({way.price for way in ways}) > 1 else _("Delivery %(cost)s")
    text = text % {"cost": _short(least.price)}
    if least.free_over is not None:
        text = _("%(delivery)s, free over %(amount)s") % {"delivery": text, "amount": _short(least.free_over)}
    first, last = min(way.days_min for way in ways), max(way.days_max for way in ways)
    days = _("%(first)s to %(last)s working days, by country") % {"first": first, "last": last}
    return {"icon": "parcel", "text": text, "note": days}


def _short(amount: Money) -> str:
    return format_money(amount, get_language() or "en", short=True)


def _announcement(page: Any, offer: Any, price: Any) -> str:
    """For the ear, after a choice: "Tide Mug, Indigo, 350 ml. $24. Six in stock."."""
    if offer is None:
        return page.title
    words = [f"{page.title}, {offer.label}" if offer.label else page.title]
    if price:
        words.append(format_money(price.now, get_language() or "en", short=True))
    return ". ".join([*words, goods.stock_words(offer)[0]]) + "."
