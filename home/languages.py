"""The same page in other languages."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language, get_language_info
from wagtail.models import Page, Site

from home.frame import unrestricted
from shop.storefront import edition
from shop.storefront.edition import remembered


def absolute(url: str) -> str:
    return f"{settings.BASE_URL}{url}" if url.startswith("/") else url


def translations(pages: Sequence[Page], request: HttpRequest) -> dict[Any, list[tuple[str, str]]]:
    """{translation key: (language, address), ..., ("x-default", address)} of pages that there are in several languages.

    No statement on a site with one language, else one.
    """
    known = Page._get_site_root_paths(Page(), request)
    if not pages or len({root.language_code for root in known}) < 2:
        return {}
    keys = {page.translation_key for page in pages}
    twins = unrestricted(Page.objects.live().filter(translation_key__in=keys, alias_of__isnull=True))
    found: dict[Any, list[tuple[str, str]]] = {}
    for twin in twins.select_related("locale").order_by("locale__pk"):
        if url := twin.get_url(request):
            found.setdefault(twin.translation_key, []).append((twin.locale.language_code, absolute(url)))
    return {key: [*links, ("x-default", _default(links))] for key, links in found.items() if len(links) > 1}


def _default(links: list[tuple[str, str]]) -> str:
    return dict(links).get(settings.LANGUAGE_CODE, links[0][1])


def spoken(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """(code, own name) of the languages in which everybody may read the front page; none when it is but one."""
    if len({root.language_code for root in Page._get_site_root_paths(Page(), request)}) < 2:
        return ()
    key = ("spoken", edition.place(request))
    codes = remembered(edition.of(request), key, lambda: _codes(request))
    return tuple((code, get_language_info(code)["name_local"]) for code in codes)


def _codes(request: HttpRequest) -> list[str]:
    site = Site.find_for_request(request)
    links = translations([site.root_page], request).get(site.root_page.translation_key, []) if site else []
    return [code for code, _url in links if code != "x-default"]


def elsewhere(request: HttpRequest, page: Any, languages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(language, path) of what a visitor sees now in each further language: the page's translation, else the front page."""
    others = [code for code, _name in languages if code != get_language()]
    if not others:
        return []
    if not isinstance(page, Page) or not page.pk:
        return [(code, translate_url(request.get_full_path(), code)) for code in others]
    key = ("elsewhere", page.pk, edition.place(request))
    found = remembered(edition.of(request), key, lambda: dict(_twins(page, request)))
    return [(code, found.get(code) or translate_url("/", code)) for code in others]


def _twins(page: Page, request: HttpRequest) -> list[tuple[str, str]]:
    links = translations([page], request).get(page.translation_key, [])
    return [(code, url.removeprefix(settings.BASE_URL)) for code, url in links]
