"""Pages that are not the shop itself: the front page, stories, help, campaigns. (What the site says about itself: house.)"""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any, ClassVar

from django.core.paginator import InvalidPage, Paginator
from django.db import models
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from home import structured
from home.blocks import PageBlocks
from home.house import Announcement as Announcement
from home.house import Menu as Menu
from home.house import SiteSettings as SiteSettings
from shop.catalogue.currency import currency_of
from shop.catalogue.models import Picture
from shop.catalogue.pictures import filters
from shop.storefront.answers import Ask
from shop.storefront.blocks import ShopTheLookBlock, StoryBlocks
from shop.storefront.currency import mark_shared
from shop.storefront.mentions import hangs_on, story_context
from shop.storefront.pages import Addressed, trail_of
from shop.storefront.structured import breadcrumb

WORDS_PER_MINUTE = 200
STORIES_PER_PAGE = 12
RELATED_STORIES = 2


class BlockPage(Addressed):
    """A page with streams of blocks: gives its templates the cards of all products in them, fetched together."""

    class Meta:
        abstract = True

    streams: ClassVar[tuple[str, ...]] = ("body",)
    is_story: ClassVar[bool] = False  # whether a sale may be owed to it: see shop.cart.attribution

    def hangs_on(self, request: HttpRequest) -> Iterable[Ask]:
        return [hangs_on(self, *(getattr(self, name) for name in self.streams), currency=currency_of(request))]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Adds what blocks need (see story_context), `trail` and `structured`, what search engines read."""
        trail = self.trail(request)
        return {
            **super().get_context(request, *args, **kwargs),
            **story_context(self, *(getattr(self, name) for name in self.streams), request=request),
            "trail": trail,
            "structured": SimpleLazyObject(lambda: self.structured(trail, request)),
        }

    def trail(self, request: HttpRequest) -> list[dict[str, str]]:
        return trail_of(self, request)

    def structured(self, trail: list[dict[str, str]], request: HttpRequest) -> list[dict[str, Any]]:
        return [breadcrumb(trail, request)]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().serve(request, *args, **kwargs)
        mark_shared(request, response)
        return response


class HomePage(BlockPage):
    """The front page of a language."""

    headline = models.CharField(
        max_length=120, blank=True, help_text=_("The largest words of the page, above the picture.")
    )
    intro = models.TextField(blank=True, help_text=_("One or two sentences beside the headline."))
    window = StreamField(
        [("look", ShopTheLookBlock())],
        blank=True,
        max_num=1,
        help_text=_("The shop window: one wide picture, with numbers bound to the products in it."),
    )
    body = StreamField(PageBlocks(), blank=True)

    streams = ("window", "body")
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("headline"), FieldPanel("intro"), FieldPanel("window")], heading=_("Window")),
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("headline"), index.SearchField("intro")]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "shop.ShopPage",
        "shop.CollectionIndexPage",
        "home.StoryIndexPage",
        "home.ContentPage",
        "home.LandingPage",
    ]
    template = "home/home.html"

    class Meta:
        verbose_name = _("home page")

    def trail(self, request: HttpRequest) -> list[dict[str, str]]:
        return []  # nothing stands above it

    def structured(self, trail: list[dict[str, str]], request: HttpRequest) -> list[dict[str, Any]]:
        house = SiteSettings.of(request)
        return [structured.organization(house, request), structured.website(house, request)]


@register_snippet
class Author(models.Model):
    """Who wrote a story."""

    name = models.CharField(max_length=120)
    bio = models.TextField(blank=True, help_text=_("One or two sentences, below the story."))

    panels = [FieldPanel("name"), FieldPanel("bio")]

    class Meta:
        ordering = ["name"]
        verbose_name = _("author")
        verbose_name_plural = _("authors")

    def __str__(self) -> str:
        return self.name


class StoryIndexPage(Addressed):
    """All stories of a language, newest first."""

    intro = models.TextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["home.StoryPage"]
    template = "home/story_index.html"

    class Meta:
        verbose_name = _("list of stories")
        verbose_name_plural = _("lists of stories")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Adds `stories`, one page of them. Raises Http404 for a page that is not there."""
        try:
            stories = Paginator(latest_stories(below=self), STORIES_PER_PAGE).page(request.GET.get("page", 1))
        except InvalidPage:
            raise Http404
        trail = trail_of(self, request)
        more = {"stories": stories, "trail": trail, "structured": [breadcrumb(trail, request)]}
        return super().get_context(request, *args, **kwargs) | more


class StoryPage(BlockPage):
    """A story: an article in which things can be bought."""

    kind = models.CharField(max_length=40, blank=True, help_text=_("One word above the headline, such as Workshop."))
    author = models.ForeignKey(Author, models.SET_NULL, null=True, blank=True, related_name="+")
    published_on = models.DateField(_("published"), null=True, blank=True)
    updated_on = models.DateField(_("updated"), null=True, blank=True, help_text=_("Only when something has changed."))
    standfirst = models.TextField(blank=True, help_text=_("What the story is about, in one or two sentences."))
    picture = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    caption = models.CharField(max_length=300, blank=True, help_text=_("Below the picture."))
    body = StreamField(StoryBlocks(), blank=True)

    is_story = True
    content_panels = [
        FieldPanel("kind"),
        *Page.content_panels,
        FieldPanel("standfirst"),
        FieldRowPanel([FieldPanel("author"), FieldPanel("published_on"), FieldPanel("updated_on")]),
        MultiFieldPanel([FieldPanel("picture"), FieldPanel("caption")], heading=_("Picture")),
        FieldPanel("body"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("standfirst", boost=2),
        index.SearchField("kind"),
        index.SearchField("body"),
        index.FilterField("published_on"),
    ]
    parent_page_types = ["home.StoryIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "home/story.html"

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")

    @property
    def minutes(self) -> int:
        """Reading time of the words in the body, in minutes, at least one."""
        return max(1, ceil(word_count(self.body.raw_data) / WORDS_PER_MINUTE))

    def related(self) -> QuerySet["StoryPage"]:
        return latest_stories(below=self.get_parent()).exclude(pk=self.pk)[:RELATED_STORIES]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context(request, *args, **kwargs) | {"related": SimpleLazyObject(self.related)}

    def structured(self, trail: list[dict[str, str]], request: HttpRequest) -> list[dict[str, Any]]:
        return [structured.article(self, SiteSettings.of(request), request), breadcrumb(trail, request)]


def latest_stories(*, below: Page | None = None) -> QuerySet[StoryPage]:
    """Live stories that anybody may read, newest first, with the pictures that their teasers show."""
    stories = StoryPage.objects.live().public() if below is None else StoryPage.objects.child_of(below).live().public()
    pictures = Prefetch("picture", Picture.objects.prefetch_renditions(*filters("scene")))
    return stories.select_related("locale").prefetch_related(pictures).order_by("-published_on", "-pk")


def word_count(value: Any) -> int:
    """Words in the strings of raw stream data, without mark-up; ids and block types do not count."""
    if isinstance(value, str):
        return len(strip_tags(value).split())
    if isinstance(value, dict):
        return sum(word_count(inner) for key, inner in value.items() if key not in ("id", "type"))
    if isinstance(value, Sequence):
        return sum(word_count(inner) for inner in value)
    return 0


class ContentPage(BlockPage):
    """Help and small print: delivery, returns, privacy, terms."""

    intro = models.TextField(blank=True)
    body = StreamField(StoryBlocks(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    parent_page_types = ["home.HomePage", "home.ContentPage"]
    subpage_types = ["home.ContentPage"]
    template = "home/content.html"

    class Meta:
        verbose_name = _("text page")


class LandingPage(BlockPage):
    """A campaign, put together from blocks."""

    standfirst = models.TextField(blank=True, help_text=_("One or two sentences below the title."))
    window = StreamField([("look", ShopTheLookBlock())], blank=True, max_num=1)
    body = StreamField(PageBlocks(), blank=True)

    streams = ("window", "body")
    is_story = True
    content_panels = [*Page.content_panels, FieldPanel("standfirst"), FieldPanel("window"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("standfirst"), index.SearchField("body")]
    parent_page_types = ["home.HomePage", "home.LandingPage"]
    subpage_types = ["home.LandingPage"]
    template = "home/landing.html"

    class Meta:
        verbose_name = _("landing page")
