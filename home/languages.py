"""The same page in other languages."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Page

from home.frame import unrestricted


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
