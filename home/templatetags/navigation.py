"""Header and footer of every page: the menu, the footer's columns and what the site says about itself.

All three read the same `Navigation`, made once per request with two statements beyond finding the site. Nothing in it
depends on who asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import template
from django.conf import settings
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page, PageViewRestriction, Site

from home.models import ContentPage, LandingPage, SiteSettings, StoryIndexPage
from shop.storefront.pages import CategoryPage, ShopPage

register = template.Library()

MENU_TYPES = (ShopPage, CategoryPage, StoryIndexPage, ContentPage, LandingPage)
MENU_LEVELS = 2  # below the front page: the shop and its categories


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    current: bool = False
    at_end: bool = False


@dataclass(frozen=True)
class Column:
    title: str
    links: list[Link] = field(default_factory=list)


class Navigation:
    """What the header and the footer of one request link to."""

    def __init__(self, request: HttpRequest | None) -> None:
        self.request = request
        self.path = request.path if request else ""

    @classmethod
    def of(cls, request: HttpRequest | None) -> "Navigation":
        """The navigation of `request`; of the default site where there is none, as in a mail."""
        if request is None:
            return cls(None)
        if not hasattr(request, "_navigation"):
            request._navigation = cls(request)  # type: ignore[attr-defined]
        return request._navigation  # type: ignore[attr-defined]

    @cached_property
    def house(self) -> SiteSettings:
        return SiteSettings.of(self.request)

    @cached_property
    def menu(self) -> list[Link]:
        return [self._menu_link(page) for page in self._pages if page.show_in_menus and self._in_menu(page)]

    @cached_property
    def columns(self) -> list[Column]:
        """The footer's columns. A link to a page that is gone, unpublished or private is left out."""
        pages = {page.pk: page for page in self._pages}
        return [
            Column(column["value"]["title"], list(self._footer_links(column["value"]["links"], pages)))
            for column in self.house.footer.raw_data
        ]

    def _footer_links(self, raw: list[dict[str, Any]], pages: dict[int, Page]) -> Iterable[Link]:
        for link in (item["value"] for item in raw):
            page = pages.get(link.get("page"))
            url = (page.get_url(self.request) or "") if page else link.get("address")
            title = link.get("text") or (page.title if page else "")
            if url and title and (page or not link.get("page")):
                yield Link(title, url)

    @cached_property
    def _pages(self) -> list[Page]:
        """The pages of menu and footer in one statement, in the order of the tree."""
        in_footer = {
            item["value"].get("page")
            for column in self.house.footer.raw_data
            for item in column["value"]["links"]
            if item["value"].get("page")
        }
        wanted = Q(show_in_menus=True, pk__in=Page.objects.exact_type(*MENU_TYPES).values("pk")) | Q(pk__in=in_footer)
        return list(unrestricted(Page.objects.live().filter(wanted)).select_related("locale").order_by("path"))

    @cached_property
    def _roots(self) -> list[str]:
        """Where the trees of this language start, in Wagtail's terms (`/home/`)."""
        return [root.root_path for root in Site.get_site_root_paths() if root.language_code == get_language()]

    def _in_menu(self, page: Page) -> bool:
        """Whether the page stands one or two levels below the front page of this language."""
        steps = [page.url_path.removeprefix(root).count("/") for root in self._roots if page.url_path.startswith(root)]
        return bool(steps) and 1 <= steps[0] <= MENU_LEVELS

    def _menu_link(self, page: Page) -> Link:
        url = page.get_url(self.request) or ""
        if page.specific_class is ShopPage:  # its categories follow it, so it is the page only where it is the page
            return Link(_("Everything"), url, current=url == self.path)
        return Link(page.title, url, current=self.path.startswith(url))


def unrestricted(pages: QuerySet[Page]) -> QuerySet[Page]:
    """Pages that no view restriction above them hides: `.public()` within the same statement."""
    above = PageViewRestriction.objects.annotate(
        path=ExpressionWrapper(OuterRef("path"), output_field=CharField())
    ).filter(path__startswith=F("page__path"))
    return pages.exclude(Exists(above))


@register.simple_tag(takes_context=True)
def main_menu(context: dict[str, Any]) -> list[Link]:
    """Links of the header: `.title .url .current .at_end`. {% main_menu as menu %}"""
    return Navigation.of(context.get("request")).menu


@register.simple_tag(takes_context=True)
def footer_menus(context: dict[str, Any]) -> list[Column]:
    """Columns of the footer: `.title` and `.links` (`.title .url`). {% footer_menus as columns %}"""
    return Navigation.of(context.get("request")).columns


@register.simple_tag(takes_context=True)
def site_settings(context: dict[str, Any]) -> SiteSettings:
    """What the site says about itself: `.name .announcement .address`. {% site_settings as house %}"""
    return Navigation.of(context.get("request")).house


@register.filter
def absolute(url: str | None) -> str:
    """The address with our own scheme and host, as canonical links and feeds need it. {{ page.url|absolute }}"""
    return f"{settings.BASE_URL}{url}" if url and url.startswith("/") else url or ""
