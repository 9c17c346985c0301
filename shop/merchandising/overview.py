"""What the list of products shows of each: picture, skus, price, stock, pages; a handful of statements a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from wagtail.models import Locale

from shop.catalogue.models import Picture, Product, Variant
from shop.catalogue.pictures import SPECS
from shop.catalogue.pricing import Price
from shop.inventory.models import StockItem
from shop.money import Money
from shop.promotions.listing import charged_prices
from shop.storefront.pages import ProductPage, ProductPhoto

THUMB = SPECS["thumb"].jpeg  # made for the shop already


@dataclass(frozen=True)
class PageLink:
    """A page of a product in one language: its id (None: there is none), and whether shoppers see it."""

    language: str
    page_id: int | None = None
    live: bool = False


@dataclass
class Overview:
    """Of one product. `prices` are those that are charged now, of variants that are for sale."""

    variants: list[Variant] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    pages: list[PageLink] = field(default_factory=list)
    picture: Picture | None = None

    @property
    def shelves(self) -> list[StockItem]:
        """Each once, of the variants that are for sale."""
        return list({one.stock_item_id: one.stock_item for one in self.variants if one.active}.values())

    @property
    def lowest(self) -> Money | None:
        return min((price.now for price in self.prices), default=None)

    @property
    def has_range(self) -> bool:
        return len({price.now for price in self.prices}) > 1

    @property
    def is_reduced(self) -> bool:
        return any(price.was for price in self.prices)

    @property
    def units(self) -> int:
        return sum(shelf.available for shelf in self.shelves)

    @property
    def is_low(self) -> bool:
        return any(shelf.is_low for shelf in self.shelves)

    @property
    def stock(self) -> str:
        """ "12", "sold out", "as ordered" where there is no counting."""
        if not self.shelves:
            return ""
        if any(shelf.policy != StockItem.Policy.TRACK for shelf in self.shelves):
            return _("as ordered")
        return str(self.units) if self.units else _("sold out")


def overviews(products: Sequence[Product], *, now: datetime) -> dict[int, Overview]:
    """{product id: Overview}. The number of statements does not depend on that of the products."""
    found = {product.pk: Overview() for product in products}
    _add_variants(found, now)
    photos = _add_pages(found)
    _add_pictures(found, photos)
    return found


def _add_variants(found: dict[int, Overview], now: datetime) -> None:
    variants = list(Variant.objects.filter(product__in=found).select_related("stock_item"))
    active = {variant.pk: variant.product_id for variant in variants if variant.active}
    prices = charged_prices(active, settings.DEFAULT_CURRENCY, now)
    for variant in variants:
        overview = found[variant.product_id]
        overview.variants.append(variant)
        if variant.pk in prices:
            overview.prices.append(prices[variant.pk])


def _add_pages(found: dict[int, Overview]) -> dict[int, int]:
    """Also {product id: picture} of the first photograph on the page in the first language that has one."""
    languages = list(Locale.objects.order_by("pk").values_list("language_code", flat=True))
    pages = list(
        ProductPage.objects.filter(product__in=found, alias_of=None).values_list("pk", "product_id", "language", "live")
    )
    of: dict[tuple[int, str], Any] = {(product_id, language): (pk, live) for pk, product_id, language, live in pages}
    first = dict(_first_photos(pk for pk, *_rest in pages))
    photos: dict[int, int] = {}
    for product_id, overview in found.items():
        for language in languages:
            pk, live = of.get((product_id, language), (None, False))
            overview.pages.append(PageLink(language, pk, live))
            if pk in first:
                photos.setdefault(product_id, first[pk])
    return photos


def _first_photos(page_ids: Iterable[int]) -> Iterable[tuple[int, int]]:
    photos = ProductPhoto.objects.filter(page__in=list(page_ids)).order_by("page", "sort_order", "pk")
    return photos.distinct("page").values_list("page_id", "image_id")


def _add_pictures(found: dict[int, Overview], photos: dict[int, int]) -> None:
    chosen = {
        pk: photos.get(pk) or next((one.image_id for one in overview.variants if one.image_id), None)
        for pk, overview in found.items()
    }
    pictures = Picture.objects.prefetch_renditions(THUMB).in_bulk({pk for pk in chosen.values() if pk})
    for product_id, picture_id in chosen.items():
        found[product_id].picture = pictures.get(picture_id)
