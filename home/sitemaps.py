"""The site map: every page that anybody may visit, with its languages and pictures, FILE pages to a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from wagtail.models import Page, Site

from home.frame import unrestricted
from home.languages import absolute, translations
from home.models import StoryPage
from shop.catalogue.listing import sellable
from shop.catalogue.models import Rendition
from shop.catalogue.pictures import SPECS
from shop.storefront.pages import ProductPage, ProductPhoto

FILE = 2_000
PICTURES = 10  # of one page


@dataclass(frozen=True)
class Entry:
    location: str
    lastmod: datetime | None
    languages: list[tuple[str, str]]
    pictures: list[str]


class Pages:
    """Everything but products."""

    spec = SPECS["share"].jpeg

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def found(self) -> QuerySet[Page]:
        return self._public().not_exact_type(ProductPage).order_by("path")

    def _public(self) -> Any:
        """Live pages below the site's front pages that no restriction hides; what is only repeated is not listed."""
        site = Site.find_for_request(self.request)
        roots = site.root_page.get_translations(inclusive=True) if site else Page.objects.none()
        below = Q(pk__in=[])
        for path in roots.values_list("path", flat=True):
            below |= Q(path__startswith=path)
        return unrestricted(Page.objects.live().filter(below, alias_of__isnull=True))  # type: ignore[arg-type]

    def images(self, page_ids: Sequence[int]) -> list[tuple[int, int]]:
        """(page id, picture id), in the order in which they are shown."""
        stories = StoryPage.objects.filter(pk__in=page_ids, picture__isnull=False)
        return list(stories.values_list("pk", "picture_id"))

    def entries(self, number: int) -> list[Entry]:
        """File `number` of the section, from 1; none beyond the last. A handful of statements, whatever its size."""
        pages = list(self.found().select_related("locale")[FILE * (number - 1) : FILE * number])
        languages = translations(pages, self.request)
        pictures = self._pictures([page.pk for page in pages])
        return [
            Entry(
                location=absolute(page.get_url(self.request) or "/"),
                lastmod=page.last_published_at or page.latest_revision_created_at,
                languages=languages.get(page.translation_key, []),
                pictures=pictures.get(page.pk, [])[:PICTURES],
            )
            for page in pages
        ]

    def _pictures(self, page_ids: Sequence[int]) -> dict[int, list[str]]:
        """{page id: addresses}: of the size that the page shows, where it is made already."""
        pairs = self.images(page_ids)
        sizes = Rendition.objects.filter(image__in={image for _page, image in pairs}, filter_spec=self.spec)
        address = {size.image_id: absolute(size.file.url) for size in sizes.only("image_id", "file")}
        found: dict[int, list[str]] = {}
        for page, image in pairs:
            if image in address:
                found.setdefault(page, []).append(address[image])
        return found


class Products(Pages):
    """What is for sale."""

    spec = SPECS["zoom"].jpeg

    def found(self) -> QuerySet[Page]:
        at = self.request.commerce_now  # type: ignore[attr-defined]
        for_sale = ProductPage.objects.filter(product__in=sellable(at, settings.DEFAULT_CURRENCY))
        return self._public().filter(pk__in=for_sale.values("pk")).order_by("pk")

    def images(self, page_ids: Sequence[int]) -> list[tuple[int, int]]:
        photos = ProductPhoto.objects.filter(page__in=page_ids).order_by("page", "sort_order", "pk")
        return list(photos.values_list("page_id", "image_id"))


SECTIONS: dict[str, type[Pages]] = {"pages": Pages, "products": Products}


def files(request: HttpRequest) -> list[tuple[str, int]]:
    """(section, number) of each file that there is."""
    counts = {name: section(request).found().count() for name, section in SECTIONS.items()}
    return [(name, n) for name, count in counts.items() for n in range(1, -(-count // FILE) + 1)]
