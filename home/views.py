"""For search engines: which pages there are, and which addresses are not worth a visit."""

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap
from wagtail.contrib.sitemaps.views import sitemap as wagtail_sitemap
from wagtail.models import Page

from shop.access import access

NOT_FOR_ROBOTS = ["/admin/", "/account/", "/cart/", "/checkout/", "/orders/", "/search/", "/id/search/"]
AN_HOUR = 3600


class PublicPages(Sitemap):
    """Live pages that anybody may see, in every language of the site."""

    def items(self) -> QuerySet[Page]:
        roots = self.get_wagtail_site().root_page.get_translations(inclusive=True)
        below = Q(pk__in=[])
        for root in roots:
            below |= Q(path__startswith=root.path)
        pages = Page.objects.filter(below).live().public().exclude(alias_of__isnull=False)
        return pages.select_related("locale").order_by("path")

    def location(self, page: Page) -> str:
        return settings.BASE_URL + (page.get_url(self.request) or "/")

    def _urls(self, page: int, protocol: str, domain: str) -> list[dict[str, Any]]:
        """Like Wagtail's, without fetching every page's own row: address and date are on the tree's."""
        return [
            {"location": self.location(item), "lastmod": self.lastmod(item)}
            for item in self.paginator.page(page).object_list
        ]


@access("public")
@require_safe
@cache_control(max_age=AN_HOUR)
def sitemap(request: HttpRequest) -> HttpResponse:
    return wagtail_sitemap(request, sitemaps={"pages": PublicPages})


@access("public")
@require_safe
@cache_control(max_age=AN_HOUR)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {address}" for address in NOT_FOR_ROBOTS)]
    lines += ["", f"Sitemap: {settings.BASE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
