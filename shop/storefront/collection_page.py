"""The pages of collections: words around what a collection lists now, and the page of all of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from shop.catalogue.models import Collection, CollectionMember, Picture
from shop.catalogue.pictures import filters
from shop.storefront import cards, structured
from shop.storefront.answers import Ask
from shop.storefront.blocks import StoryBlocks
from shop.storefront.listing import Scope
from shop.storefront.mentions import story_context
from shop.storefront.pages import (
    OnePerLanguage,
    StorefrontPage,
    listing_context,
    listing_hangs_on,
    story_hangs_on,
    trail_of,
)


@dataclass(frozen=True)
class Shown:
    """A collection among others: what `components/_rooms.html` shows."""

    title: str
    url: str
    image: Any
    count: int


class CollectionIndexPage(StorefrontPage):
    """All collections that have a page, in the order of the tree."""

    intro = models.TextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["shop.CollectionPage"]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    template = "shop/storefront/collections.html"
    fragment_template = template

    class Meta:
        verbose_name = _("page of all collections")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        trail = trail_of(self, request)
        return {
            **super().get_context(request, *args, **kwargs),
            "rooms": self._collections(request),
            "trail": trail,
            "structured": [structured.breadcrumb(trail, request)],
        }

    def _collections(self, request: HttpRequest) -> list[Shown]:
        """Pages that anybody may see, of collections that are shown. Five queries, however many there are."""
        pages = list(
            cards.shown(CollectionPage.objects.child_of(self))
            .filter(collection__active=True)
            .select_related("collection", "locale")
            .order_by("path")
        )
        pictures = Picture.objects.prefetch_renditions(*filters("card")).in_bulk(
            {page.collection.picture_id for page in pages if page.collection.picture_id}
        )
        counts = self._counts([page.collection_id for page in pages])
        return [
            Shown(
                page.title,
                page.get_url(request) or "",
                pictures.get(page.collection.picture_id),
                counts[page.collection_id],
            )
            for page in pages
        ]

    def _counts(self, collection_ids: list[int]) -> Counter[int]:
        members = CollectionMember.objects.filter(
            collection__in=collection_ids,
            product__in=cards.shown(cards.product_pages()).filter(language=self.locale.language_code).values("product"),
        )
        return Counter(members.values_list("collection_id", flat=True))


class CollectionPage(OnePerLanguage):
    """Words around the live listing of a collection. One per collection and language."""

    collection = models.ForeignKey(Collection, models.PROTECT, null=True, related_name="pages")
    language = models.CharField(
        max_length=10, editable=False, help_text="Copy of the locale's code, for the constraint."
    )
    intro = models.TextField(blank=True)
    story = StreamField(StoryBlocks(), blank=True)

    about = "collection"
    beside = ("collection",)
    taken_message = _("This collection already has a page in %(language)s: %(title)s.")
    exclude_fields_in_copy = ["collection"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("collection", help_text=_("What is listed. Its rules and pins are kept with the collection.")),
        FieldPanel("intro"),
        FieldPanel("story"),
    ]
    parent_page_types = ["shop.CollectionIndexPage"]
    subpage_types: list[str] = []
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("story")]
    template = "shop/storefront/collection.html"
    fragment_template = "shop/storefront/_results.html"

    class Meta:
        verbose_name = _("collection page")
        constraints = [models.UniqueConstraint(fields=["collection", "language"], name="collection_page_per_language")]

    def hangs_on(self, request: HttpRequest) -> Iterable[Ask]:
        if not self.collection_id:
            return ()
        scope = Scope("collection", self.collection_id)
        return [listing_hangs_on(self, scope, request), *story_hangs_on(self, request)]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        trail = trail_of(self, request)
        collection = self.shown()
        return {
            **super().get_context(request, *args, **kwargs),
            **(listing_context(self, Scope("collection", collection.pk), request) if collection else {}),
            **story_context(self, self.story, request=request),
            "trail": trail,
            "structured": [structured.breadcrumb(trail, request)],
        }
