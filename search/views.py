"""The page of search results."""

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Locale

from search import operations
from shop.access import access
from shop.catalogue.currency import currency_of
from shop.storefront.currency import mark_shared


@access("public")
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """GET `q` and `page`: products that can be bought and stories. A page that is not there is 404."""
    words = operations.clean(request.GET.get("q", ""))
    at, currency, locale = request.commerce_now, currency_of(request), Locale.get_active()  # type: ignore[attr-defined]
    found = operations.find(words, at=at, currency=currency, locale=locale)
    try:
        page = Paginator(found.page_ids, settings.LISTING_PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        raise Http404
    shown = list(page) if found else operations.newest(at=at, currency=currency, locale=locale)
    context = {
        "query": words,
        "found": found,
        "products": page,
        "goods": operations.cards(shown, at=at, currency=currency, request=request),
    }
    response = render(request, "search/search.html", context)
    mark_shared(request, response)
    return response
