"""Cards: a product in one glance, for listings, shelves and stories. Made by `indexing`, kept as JSON, read many at once."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, QuerySet
from django.utils.translation import gettext as _
from wagtail.models import PageViewRestriction

from shop.catalogue.pictures import ShownPicture, show
from shop.money import Money
from shop.storefront import goods, reads
from shop.storefront.goods import Goods, Offer, ShownPrice
from shop.storefront.material import Material, Shot

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
class Version:
    """A variant by itself, where a block means just this one."""

    sku: str
    price: ShownPrice
    image: ShownPicture | None


@dataclass(frozen=True)
class Card:
    """What `components/_card.html` shows. `sku`: one variant, buy at once; `quick`: choose first; neither: sold out."""

    product_id: int
    page_id: int
    title: str
    url: str
    summary: str
    price: ShownPrice
    image: ShownPicture | None = None
    hover_image: ShownPicture | None = None
    colours: list[Colour] = field(default_factory=list)
    badge: str = ""
    stock_note: str = ""
    sku: str = ""
    quick: list[Pick] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    rating: Decimal | None = None
    rating_count: int = 0

    def of(self, sku: str) -> "Card":
        """This card for one variant: its picture, price and address; the card itself when there is no such variant."""
        version = next((version for version in self.versions if version.sku.casefold() == sku.casefold()), None)
        if version is None:
            return self
        address = f"{self.url}?{urlencode({'variant': version.sku})}"
        return replace(self, url=address, image=version.image or self.image, price=version.price)


# --- kept as JSON --------------------------------------------------------------------------------


def to_json(card: Card) -> dict[str, Any]:
    """The card for ListingRow.card: amounts as text, without their currency, which is the row's."""
    facts = {
        **vars(card),
        "price": _price_to_json(card.price),
        "image": _picture_to_json(card.image),
        "hover_image": _picture_to_json(card.hover_image),
        "colours": [vars(colour) for colour in card.colours],
        "quick": [{**vars(pick), "colour": pick.colour and vars(pick.colour)} for pick in card.quick],
        "versions": [
            {"sku": one.sku, "price": _price_to_json(one.price), "image": _picture_to_json(one.image)}
            for one in card.versions
        ],
        "rating": None if card.rating is None else str(card.rating),
    }
    return json.loads(json.dumps(facts))  # as the table gives it back, so that the two can be compared


def from_json(facts: Mapping[str, Any], currency: str) -> Card:
    """The card that `to_json` kept, in the row's currency."""
    return Card(
        **{
            **facts,
            "price": _price_from_json(facts["price"], currency),
            "image": _picture(facts["image"]),
            "hover_image": _picture(facts["hover_image"]),
            "colours": [Colour(**colour) for colour in facts["colours"]],
            "quick": picks_from_json(facts),
            "versions": [
                Version(version["sku"], _price_from_json(version["price"], currency), _picture(version["image"]))
                for version in facts["versions"]
            ],
            "rating": None if facts["rating"] is None else Decimal(facts["rating"]),
        }
    )


def picks_from_json(facts: Mapping[str, Any]) -> list[Pick]:
    """What there is to choose from, of a card that `to_json` kept; empty when it has sold out."""
    return [Pick(**{**pick, "colour": pick["colour"] and Colour(**pick["colour"])}) for pick in facts["quick"]]


def _price_to_json(price: ShownPrice) -> list:
    return [str(price.now.amount), price.was and str(price.was.amount), price.is_from]


def _price_from_json(kept: list, currency: str) -> ShownPrice:
    now, was, is_from = kept
    return ShownPrice(Money(now, currency), Money(was, currency) if was else None, is_from)


def _picture_to_json(picture: ShownPicture | None) -> dict | None:
    return vars(picture) if picture else None


def _picture(kept: dict | None) -> ShownPicture | None:
    return ShownPicture(**{**kept, "sources": tuple(map(tuple, kept["sources"]))}) if kept else None


# --- read ----------------------------------------------------------------------------------------


def product_pages() -> QuerySet:
    """Product pages. By name: pages stand above this module and use it."""
    return apps.get_model("shop.ProductPage").objects.select_related("locale")


def shown(pages: QuerySet) -> QuerySet:
    """Those of `pages` that anybody may see: live, and no view restriction on them or above them. No query of its own."""
    path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    above = PageViewRestriction.objects.annotate(path=path).filter(path__startswith=F("page__path"))
    return pages.filter(~Exists(above), live=True)


def cards_for_pages(page_ids: Collection[int], *, currency: str, locale: Any = None, **_unused: Any) -> dict[int, Card]:
    """{id of a product page: Card} for blocks that chose those pages; what is not for sale is absent. One query.

    With `locale` (a Locale) a page is shown by its product's page in that language, where there is one; else by itself,
    else by whichever page its product has.
    """
    kept = reads.cards_of_pages(page_ids, currency, locale.language_code if locale else "")
    return {pk: from_json(facts, currency) for pk, facts in kept.items()}


# --- made ----------------------------------------------------------------------------------------


def make_card(page: Any, material: Material, ratings: Mapping[int, tuple[Decimal, int]] | None = None) -> Card | None:
    """The card of a product page in the active language; None when its product has no price.

    The caller answers for what may be shown (see `shown`) and has loaded `material` with the variants' pictures.
    """
    stock, shots = material.goods[page.product_id], material.shots.get(page.pk, [])
    offer = stock.cheapest
    price = goods.shown_price(offer, stock.for_sale) if offer else None
    if offer is None or price is None:
        return None
    rating, count = (ratings or {}).get(page.product_id, (None, 0))
    return Card(
        product_id=page.product_id,
        page_id=page.pk,
        title=page.title,
        url=material.address(page),
        summary=page.summary,
        price=price,
        image=_shown(shots[0] if shots else Shot(offer.variant.image_id), material),
        hover_image=_shown(shots[-1], material) if len(shots) > 1 else None,
        colours=_colours(stock),
        versions=[version for offer in stock.for_sale if (version := _version(offer, material))],
        rating=rating,
        rating_count=count,
        **_stock(stock, price),
    )


def _shown(shot: Shot, material: Material) -> ShownPicture | None:
    """The picture as cards show it, each looked up once however many do; its words are those of the page, if it has any."""
    picture = material.picture(shot.image_id)
    if not picture:
        return None
    if picture.pk not in material.shown:
        material.shown[picture.pk] = show(picture, "card")
    return replace(material.shown[picture.pk], alt=shot.alt or picture.default_alt_text)


def _version(offer: Offer, material: Material) -> Version | None:
    price = goods.shown_price(offer)
    return Version(offer.sku, price, _shown(Shot(offer.variant.image_id), material)) if price else None


def _stock(stock: Goods, price: ShownPrice) -> dict[str, Any]:
    """How it can be bought, and what is worth saying about it."""
    if not stock.available:
        notes = {goods.restock_words(offer.stock) for offer in stock.for_sale} - {""}
        return {"badge": _("Sold out"), "stock_note": min(notes, default="")}
    badge = _("%(percent)s%% off") % {"percent": percent_off(price)} if price.was else ""
    offers = stock.for_sale
    if len(offers) == 1:
        return {"badge": badge, "sku": offers[0].sku, "stock_note": _note(offers[0])}
    return {"badge": badge, "quick": [_pick(offer) for offer in offers]}


def _note(offer: Offer) -> str:
    words, _more = goods.stock_words(offer)
    item = offer.stock
    scarce = item.policy == item.Policy.TRACK and item.available <= item.low_stock_threshold
    return words if scarce or (item.policy == item.Policy.BACKORDER and not item.available) else ""


def percent_off(price: ShownPrice) -> int:
    assert price.was is not None
    share = (price.was.amount - price.now.amount) * 100 / price.was.amount
    return max(1, int(share.quantize(Decimal(1), ROUND_HALF_UP)))


def _pick(offer: Offer) -> Pick:
    return Pick(offer.sku, offer.label, _colour_of(offer), offer.available)


def _colour_of(offer: Offer) -> Colour | None:
    values = [value for value in offer.values if value.attribute.code == COLOUR]
    return Colour(values[0].swatch or values[0].slug, values[0].label) if values else None


def _colours(stock: Goods) -> list[Colour]:
    """The colours it comes in, each once; a single one says nothing."""
    found = list(dict.fromkeys(colour for offer in stock.for_sale if (colour := _colour_of(offer))))
    return found if len(found) > 1 else []
