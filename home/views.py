"""For search engines: which pages there are, and which addresses are not worth a visit. And what to say of one that is not
there."""

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from home import sitemaps
from home.feeds import StoryFeed
from home.popular import popular
from shop.access import access

log = logging.getLogger(__name__)

NOT_FOR_ROBOTS = ["account/", "cart/", "checkout/", "orders/", "search/", "wishlist/", "currency/"]
AN_HOUR = 3600
XML = "application/xml"


@access("public")
@require_safe
@cache_control(public=True, max_age=AN_HOUR)
def sitemap(request: HttpRequest) -> HttpResponse:
    """All pages, or, in a large shop, the list of the files that hold them."""
    files = sitemaps.files(request)
    if len(files) == len({name for name, _number in files}):
        entries = [entry for name, number in files for entry in sitemaps.SECTIONS[name](request).entries(number)]
        return render(request, "home/sitemap.xml", {"entries": entries}, content_type=XML)
    addresses = [settings.BASE_URL + reverse("sitemap_file", args=file) for file in files]
    return render(request, "home/sitemap_index.xml", {"files": addresses}, content_type=XML)


@access("public")
@require_safe
@cache_control(public=True, max_age=AN_HOUR)
def sitemap_file(request: HttpRequest, section: str, number: int) -> HttpResponse:
    """One of the files of a large shop. Raises Http404 for one that is not there."""
    made = sitemaps.SECTIONS.get(section)
    entries = made(request).entries(number) if made and 0 < number < 10**6 else []
    if not entries:
        raise Http404
    return render(request, "home/sitemap.xml", {"entries": entries}, content_type=XML)


story_feed = access("public")(require_safe(cache_control(public=True, max_age=AN_HOUR)(StoryFeed())))


@access("public")
@require_safe
@cache_control(public=True, max_age=AN_HOUR)
def robots(request: HttpRequest) -> HttpResponse:
    prefixes = ["/" if code == settings.LANGUAGE_CODE else f"/{code}/" for code, _name in settings.LANGUAGES]
    closed = ["/admin/", *(prefix + address for prefix in prefixes for address in NOT_FOR_ROBOTS)]
    lines = ["User-agent: *", *(f"Disallow: {address}" for address in closed)]
    lines += ["", f"Sitemap: {settings.BASE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 with the way on: search, categories, some things. Never fails itself: at worst it is a page that asks nothing.

    An address that looks like a file is no shopper's; it gets that page at once.
    """
    if "." not in request.path.rstrip("/").rpartition("/")[2]:
        try:
            return render(request, "404.html", {"popular": popular(request)}, status=404)
        except Exception:  # noqa: BLE001 - whatever it is, the address is still not there
            log.exception("The page for addresses that are not there failed")
    return HttpResponse(render_to_string("404_bare.html"), status=404)
