"""Doors of the storefront that are not pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from shop.access import access
from shop.cart import attribution
from shop.cart import operations as carts
from shop.cart.shoppers import cart_of
from shop.catalogue import currency
from shop.storefront.cards import picks_from_json
from shop.storefront.currency import mark_shared
from shop.storefront.feeds import merchant_feed
from shop.storefront.reads import card_of, cards_of
from shop.web import ShopRequest, same_origin_post

A_QUARTER, FIVE, A_MINUTE = 15 * 60, 5 * 60, 60  # seconds
MOST_RECENT = 8


@access("public")
@same_origin_post
@require_POST
def choose_currency(request: ShopRequest) -> HttpResponse:
    """POST `currency` and `next`: remembers the choice, also for the cart, and goes back. An unknown one changes nothing."""
    code = request.POST.get("currency", "")
    response = HttpResponseRedirect(_back(request))
    if code in currency.currencies():
        currency.remember(response, code)
        if cart := cart_of(request):
            carts.switch_currency(cart=cart, currency=code)
    return response


def _back(request: HttpRequest) -> str:
    """`next`, else the page it came from, as long as it is ours."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return address
    return "/"


@access("public")
@require_safe
@cache_control(public=True, max_age=A_QUARTER)
def products_feed(request: ShopRequest) -> HttpResponse | StreamingHttpResponse:
    """GET `currency` and `language`, the shop's own when not given: everything that is for sale. 400 for unknown ones."""
    code = request.GET.get("currency", settings.DEFAULT_CURRENCY)
    language = request.GET.get("language", get_language() or settings.LANGUAGE_CODE)
    if code not in currency.currencies() or language not in dict(settings.LANGUAGES):
        return HttpResponse("There is no such currency or language here.", status=400, content_type="text/plain")
    pieces = merchant_feed(
        title=settings.WAGTAIL_SITE_NAME, at=request.commerce_now, currency=code, language=language, request=request
    )
    return StreamingHttpResponse(pieces, content_type="application/xml; charset=utf-8")


@access("public")
@require_safe
def picks(request: ShopRequest, product: int) -> HttpResponse:
    """The variants of a product to choose from, for the "Add" of its card. GET `page` and `block`: where the card stands."""
    kept = card_of(product, currency.currency_of(request), get_language() or settings.LANGUAGE_CODE)
    claim = attribution.read(f"{request.GET.get('page', '')}.{request.GET.get('block', '')}")
    context = {"picks": picks_from_json(kept) if kept else [], **(claim._asdict() if claim else {})}
    response = render(request, "shop/storefront/_picks.html", context)
    patch_cache_control(response, public=True, max_age=A_MINUTE)
    mark_shared(request, response)
    return response


@access("public")
@require_safe
def recent(request: ShopRequest) -> HttpResponse:
    """GET `ids`, of products, such as 12,7: their cards in that order, for a browser that remembers what it has seen."""
    asked = [int(word) for word in request.GET.get("ids", "")[:200].split(",") if word.isascii() and word.isdigit()]
    ids = [pk for pk in dict.fromkeys(asked) if pk < 2**63][:MOST_RECENT]
    found = cards_of(ids, currency.currency_of(request), get_language() or settings.LANGUAGE_CODE) if ids else []
    cards = [SafeString(html) for _title, _url, html, _look in found]
    response = render(request, "shop/storefront/_recent.html", {"cards": cards})
    patch_cache_control(response, public=True, max_age=FIVE)
    mark_shared(request, response)
    return response
