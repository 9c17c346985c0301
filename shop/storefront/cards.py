"""Cards: a product in one glance, for listings, shelves and stories. Built for many at once, in a handful of queries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.models import PageViewRestriction

from shop.catalogue.listing import sellable
from shop.storefront import goods
from shop.storefront.goods import Goods, Offer, ShownPrice
from shop.storefront.material import Material

COLOUR = "colour"  # the attribute whose values are dots


@dataclass(frozen=True)
class Colour:
    slug: str
    name: str


@dataclass(frozen=True)
class Pick:
    """A variant in a card's quick pick."""

    sku: str
    label: str
    colour: Colour | None
    available: bool


@dataclass(frozen=True)
class Card:
    """What `components/_card.html` shows. `sku`: one variant, buy at once; `quick`: choose first; neither: sold out."""

    page_id: int
    title: str
    url: str
    summary: str
    price: ShownPrice
    image: Any = None
    hover_image: Any = None
    colours: list[Colour] = field(default_factory=list)
    badge: str = ""
    stock_note: str = ""
    sku: str = ""
    quick: list[Pick] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    pictures: dict[str, Any] = field(default_factory=dict)

    def of(self, sku: str) -> "Card":
        """This card for one variant: its picture, price and address; the card itself when there is no such variant."""
        offer = next((offer for offer in self.offers if offer.sku.casefold() == sku.casefold()), None)
        price = goods.shown_price(offer) if offer else None
        if offer is None or price is None:
            return self
        image = self.pictures.get(offer.sku) or self.image
        return replace(self, url=f"{self.url}?{urlencode({'variant': offer.sku})}", image=image, price=price)


def product_pages() -> QuerySet:
    """Product pages. By name: pages stand above this module and use it."""
    return apps.get_model("shop.ProductPage").objects.select_related("locale")


def shown(pages: QuerySet) -> QuerySet:
    """Those of `pages` that anybody may see: live, and no view restriction on them or above them. No query of its own."""
    path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    above = PageViewRestriction.objects.annotate(path=path).filter(path__startswith=F("page__path"))
    return pages.filter(~Exists(above), live=True)


def cards_for(
    pages: Iterable[Any],
    *,
    at: datetime,
    currency: str,
    material: Material | None = None,
    request: HttpRequest | None = None,
) -> list[Card]:
    """A card for each of the product pages, in their order; pages whose product has no price at `at` give none.

    The caller answers for what may be shown (see `shown`). `material` saves loading what is already there.
    """
    pages = list(pages)
    material = material or Material.load(pages, at=at, currency=currency)
    return [_card(page, material, request) for page in pages if material.goods[page.product_id].for_sale]


def cards_for_pages(
    page_ids: Collection[int], *, at: datetime, currency: str, locale: Any = None, request: HttpRequest | None = None
) -> dict[int, Card]:
    """{id of a product page: Card} for blocks that chose those pages; what cannot be sold at `at` is absent.

    With `locale` (a Locale) a page is shown by its product's page in that language, where there is one.
    """
    stand_in = stand_ins(page_ids, at=at, currency=currency, locale=locale)
    material = Material.load(stand_in.values(), at=at, currency=currency, variants=True)
    cards = cards_for(stand_in.values(), at=at, currency=currency, material=material, request=request)
    by_page = {card.page_id: card for card in cards}
    return {pk: by_page[page.pk] for pk, page in stand_in.items() if page.pk in by_page}


def stand_ins(page_ids: Collection[int], *, at: datetime, currency: str, locale: Any = None) -> dict[int, Any]:
    """{chosen id: the page to show for it}: the product's page in `locale`, else the chosen one; sellable ones only."""
    if not page_ids:
        return {}
    chosen = dict(product_pages().filter(pk__in=page_ids, product__isnull=False).values_list("pk", "product_id"))
    pages = shown(product_pages()).filter(product_id__in=set(chosen.values()), product__in=sellable(at, currency))
    best: dict[int, Any] = {}
    for page in pages.order_by("pk"):
        first_choice = page.locale_id == locale.pk if locale else page.pk in chosen
        if first_choice or page.product_id not in best:
            best[page.product_id] = page
    return {pk: best[product_id] for pk, product_id in chosen.items() if product_id in best}


def _card(page: Any, material: Material, request: HttpRequest | None) -> Card:
    stock, photos = material.goods[page.product_id], material.photos(page.pk)
    offer = stock.cheapest
    assert offer is not None
    price = goods.shown_price(offer, stock.for_sale)
    assert price is not None
    return Card(
        page_id=page.pk,
        title=page.title,
        url=page.get_url(request) or "",
        summary=page.summary,
        price=price,
        image=photos[0] if photos else material.picture(offer.variant.image_id),
        hover_image=photos[-1] if len(photos) > 1 else None,
        colours=_colours(stock),
        offers=stock.for_sale,
        pictures={offer.sku: material.picture(offer.variant.image_id) for offer in stock.for_sale},
        **_stock(stock, price),
    )


def _stock(stock: Goods, price: ShownPrice) -> dict[str, Any]:
    """How it can be bought, and what is worth saying about it."""
    if not stock.available:
        notes = {goods.restock_words(offer.stock) for offer in stock.for_sale} - {""}
        return {"badge": _("Sold out"), "stock_note": min(notes, default="")}
    badge = _("%(percent)s%% off") % {"percent": _percent_off(price)} if price.was else ""
    offers = stock.for_sale
    if len(offers) == 1:
        return {"badge": badge, "sku": offers[0].sku, "stock_note": _note(offers[0])}
    return {"badge": badge, "quick": [_pick(offer) for offer in offers]}


def _note(offer: Offer) -> str:
    words, more = goods.stock_words(offer)
    item = offer.stock
    scarce = item.policy == item.Policy.TRACK and item.available <= item.low_stock_threshold
    return words if scarce or (item.policy == item.Policy.BACKORDER and not item.available) else ""


def _percent_off(price: ShownPrice) -> int:
    assert price.was is not None
    share = (price.was.amount - price.now.amount) * 100 / price.was.amount
    return max(1, int(share.quantize(Decimal(1), ROUND_HALF_UP)))


def _pick(offer: Offer) -> Pick:
    return Pick(offer.sku, offer.label, _colour_of(offer), offer.available)


def _colour_of(offer: Offer) -> Colour | None:
    values = [value for value in offer.values if value.attribute.code == COLOUR]
    return Colour(values[0].swatch or values[0].slug, values[0].name) if values else None


def _colours(stock: Goods) -> list[Colour]:
    """The colours it comes in, each once; a single one says nothing."""
    found = list(dict.fromkeys(colour for offer in stock.for_sale if (colour := _colour_of(offer))))
    return found if len(found) > 1 else []
