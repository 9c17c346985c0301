"""From an address to a page: one statement, however deep the page stands, and nothing more for a page that is remembered.

The statement gives the page's id, whether anybody may see it, and the edition. Sites, languages' roots and pages
themselves are remembered under the edition (see edition.py). Whatever is not as simple as that (a page that routes by
itself, a private one, a draft, nothing) goes Wagtail's own way.
"""

from copy import copy
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from wagtail import hooks
from wagtail.models import Page, Site
from wagtail.views import serve as wagtails_serve
from wagtail.wagtail_hooks import check_view_restrictions

from shop.access import access
from shop.sql import read
from shop.storefront import edition, questions
from shop.storefront.edition import memory, remembered


class Ground(NamedTuple):
    """What a host shows in a language: its site, where the tree of the language starts, and the roots of all sites."""

    site: Site | None
    root_path: str
    roots: list[Any]


def ground_of(request: HttpRequest, number: int) -> Ground:
    """The ground that `request` stands on, told to Wagtail as well, which would ask for each of it anew."""
    language = get_language()
    ground = remembered(number, ("ground", request.get_host(), language), lambda: _ground(request))
    request._wagtail_site = ground.site  # type: ignore[attr-defined]
    request._wagtail_cached_site_root_paths = ground.roots  # type: ignore[attr-defined]
    return ground


def _ground(request: HttpRequest) -> Ground:
    site = Site.find_for_request(request)
    root = site.root_page.localized if site else None
    return Ground(site, root.url_path if root else "", Site.get_site_root_paths())


@access("public")
def serve(request: HttpRequest, path: str) -> HttpResponse:
    """A page of the tree."""
    page = find(request, path)
    if page is None:
        return wagtails_serve(request, path)
    for hook in hooks.get_hooks("before_serve_page"):
        if hook is not check_view_restrictions:  # there are none: `find` has looked
            answer = hook(page, request, [], {})
            if isinstance(answer, HttpResponse):
                return answer
    return page.serve(request)


def find(request: HttpRequest, path: str) -> Page | None:
    """The live, public page at `path` below the root of the request's site and language, if it is a simple one."""
    number = memory.number if memory.number >= 0 else edition.of(request)
    found = _look(_address(request, number, path))
    if found.number != number:
        number = found.number
        found = _look(_address(request, number, path))
    request._edition = found.number  # type: ignore[attr-defined]
    if found.page_id is None or found.restricted:
        return None
    pk, kind = found.page_id, found.content_type_id
    page = remembered(number, ("page", pk), lambda: _load(pk, kind))
    return _lent(page, number) if page else None


def _lent(page: Page, number: int) -> Page:
    """A copy for one visit, which knows that what is made of it may be remembered: see {% remembered %}."""
    lent = copy(page)
    lent.edition = number  # type: ignore[attr-defined]
    return lent


class Found(NamedTuple):
    number: int
    page_id: int | None
    content_type_id: int | None
    restricted: bool | None


def _look(address: str) -> Found:
    return Found(*read(questions.LOOK, {"address": address})[0])


def _address(request: HttpRequest, number: int, path: str) -> str:
    """The page's address in Wagtail's terms: /etalase/shop/ceramics/."""
    root, path = ground_of(request, number).root_path, path.strip("/")
    return f"{root}{path}/" if path else root


def _load(page_id: int, content_type_id: int | None) -> Page | None:
    """The page with what a visit needs beside it; None for a class that routes by itself."""
    model: Any = ContentType.objects.get_for_id(content_type_id).model_class() if content_type_id else None
    if model is None or model.route is not Page.route:
        return None
    return model.objects.select_related("locale", *getattr(model, "beside", ())).get(pk=page_id)
