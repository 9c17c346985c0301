"""What cards and galleries are made of, fetched together: goods, photographs and renditions, in a handful of queries."""

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps

from shop.catalogue.models import Picture
from shop.catalogue.pictures import ShownPicture, filters
from shop.storefront import goods
from shop.storefront.goods import Goods


class Shot(NamedTuple):
    """A photograph of a page: which picture, and what the page says is to be seen."""

    image_id: int | None
    alt: str = ""


def speaking(image: Picture, alt: str) -> Picture:
    """`image` with this alternative text; renditions that were fetched with it say the same."""
    picture = copy(image)
    picture.contextual_alt_text = alt or None
    if hasattr(picture, "prefetched_renditions"):
        picture.prefetched_renditions = [copy(made) for made in picture.prefetched_renditions]
        for made in picture.prefetched_renditions:
            made.image = picture
    return picture


@dataclass(frozen=True)
class Material:
    """By product, by page and by picture. Of a page's photographs a card has the first and the last."""

    goods: dict[int, Goods]
    shots: dict[int | None, list[Shot]]
    album: dict[int, Picture]
    addresses: dict[int, str] = field(default_factory=dict)  # of the pages, in whichever currency
    shown: dict[int, ShownPicture] = field(default_factory=dict)  # pictures as cards show them, filled as they are made

    @classmethod
    def load(
        cls,
        pages: Iterable[Any],
        *,
        at: datetime,
        currency: str,
        specs: Collection[str] = ("card",),
        variants: bool = False,
        drafts: Mapping[int | None, list[Shot]] | None = None,
    ) -> "Material":
        """For all product pages together. `variants`: their pictures too. `drafts`: photographs that are not saved yet."""
        pages, drafts = list(pages), dict(drafts or {})
        found = goods.load({page.product_id for page in pages}, at=at, currency=currency) if pages else {}
        shots = _shots([page.pk for page in pages if page.pk not in drafts]) | drafts
        wanted = {shot.image_id for pictures in shots.values() for shot in pictures}
        without = {page.product_id for page in pages if not shots.get(page.pk)}
        wanted |= {
            offer.variant.image_id
            for product_id, stock in found.items()
            for offer in stock.offers
            if offer.variant.image_id and (variants or product_id in without)
        }
        album = Picture.objects.prefetch_renditions(*filters(*specs)).in_bulk(wanted) if wanted else {}
        return cls(found, shots, album)

    def picture(self, image_id: int | None) -> Picture | None:
        return self.album.get(image_id) if image_id else None

    def address(self, page: Any) -> str:
        """The page's own, looked up once."""
        if page.pk not in self.addresses:
            self.addresses[page.pk] = page.get_url() or ""
        return self.addresses[page.pk]

    def photos(self, page_id: int | None) -> list[Picture]:
        """The page's photographs in their order, each speaking with the page's words."""
        shots = self.shots.get(page_id, [])
        return [speaking(self.album[shot.image_id], shot.alt) for shot in shots if shot.image_id in self.album]


def _shots(page_ids: Collection[int]) -> dict[int | None, list[Shot]]:
    rows = apps.get_model("shop.ProductPhoto").objects.filter(page_id__in=page_ids)
    found: dict[int | None, list[Shot]] = {}
    for page_id, image_id, alt in rows.order_by("page_id", "sort_order", "pk").values_list(
        "page_id", "image_id", "alt"
    ):
        found.setdefault(page_id, []).append(Shot(image_id, alt))
    return found
