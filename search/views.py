"""The doors of the search: the page of results, and what is offered while somebody types."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from search import log, operations
from search.suggestions import Suggestion, suggest
from shop.access import access
from shop.catalogue.currency import currency_of
from shop.money import format_money
from shop.storefront import answers, edition, listing
from shop.storefront.currency import mark_shared
from shop.web import ShopRequest

SUGGESTIONS_SECONDS = 60  # a browser may keep what it was told; a shared cache may not, goods go
NEWEST = 4


@access("public")
@require_safe
def search(request: ShopRequest) -> HttpResponse:
    """GET `q` and what a listing understands: products for sale, stories and pages. A page that is not there is 404."""
    words, language, currency = _asked(request)
    number = edition.of(request)
    if ask := operations.question(request.GET, words, edition=number, language=language, currency=currency):
        answers.keep(request, ask)
    found = operations.find(words, edition=number, language=language, currency=currency)
    try:
        listed = listing.listing(
            request.GET,
            edition=number,
            currency=currency,
            language=language,
            words=words,
            among=found.products,
        )
    except listing.NoSuchPage:
        raise Http404
    first = listed.page.number == 1 and not listed.query.filters
    if first and not request.htmx:
        results = 0 if found.instead_of else found.count
        answers.each_visit(request, _write(words, language, results))
    if found.instead_of or not found:
        answers.drop(request)  # it hangs on words that were not asked for
    context = {"query": words, "found": found, "listing": listed, "first": first}
    response = render(request, _template(request), context | _help(found, language, currency))
    mark_shared(request, response)
    return response


def _write(words: str, language: str, found: int) -> answers.Then:
    """To be done with every visit: so it holds neither the first one nor what it found."""
    return lambda visit: log.record(words=words, language=language, found=found, now=visit.commerce_now)


def _asked(request: HttpRequest) -> tuple[str, str, str]:
    """Words, language and currency of a search."""
    return operations.clean(request.GET.get("q", "")), get_language() or "en", currency_of(request)


def _template(request: ShopRequest) -> str:
    swaps = request.htmx and not request.htmx.history_restore_request
    return "shop/storefront/_results.html" if swaps else "search/search.html"


def _help(found: operations.Found, language: str, currency: str) -> dict[str, Any]:
    """For those who found nothing: what came last."""
    if found:
        return {}
    goods = listing.first_cards(listing.EVERYTHING, currency=currency, language=language, limit=NEWEST, sort="newest")
    return {"newest": goods}


@access("public")
@require_safe
def suggestions(request: ShopRequest) -> HttpResponse:
    """GET `q`: a list box for the search box, or `{"query", "suggestions": [{"kind", "title", "url", ...}]}`."""
    words, language, currency = _asked(request)
    found = suggest(words, request=request, language=language, currency=currency)
    answer: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        answer = JsonResponse({"query": words, "suggestions": [_as_json(one, language) for one in found]})
    else:
        key = ("suggestions", language, edition.place(request), *found)
        html = edition.html(edition.of(request), key, lambda: _list_box(request, words, found))
        answer = HttpResponse(html)
    answer["X-Robots-Tag"] = "noindex"
    patch_vary_headers(answer, ["Accept", "Cookie"])
    patch_cache_control(answer, private=True, max_age=SUGGESTIONS_SECONDS)
    return answer


def _list_box(request: HttpRequest, words: str, found: list[Suggestion]) -> str:
    return render_to_string("search/_suggestions.html", {"query": words, "suggestions": found}, request)


def _as_json(one: Suggestion, language: str) -> dict[str, str]:
    facts = {"kind": one.kind, "title": one.title, "url": one.url}
    if one.price:
        facts |= {"price": format_money(one.price.now, language), "image": one.image}
    return facts
