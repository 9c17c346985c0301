"""What to offer somebody who came to an address that is not there."""

from django.http import HttpRequest
from django.utils.translation import get_language

from shop.catalogue.currency import currency_of
from shop.catalogue.listing import sellable
from shop.storefront.cards import Card, cards_for, product_pages, shown

THINGS = 4


def popular(request: HttpRequest) -> list[Card]:
    """Cards of a few things that can be bought now in the active language, the newest first."""
    at, currency = request.commerce_now, currency_of(request)  # type: ignore[attr-defined]
    pages = shown(product_pages()).filter(language=get_language(), product__in=sellable(at, currency))
    newest = pages.order_by("-product__created_at", "-pk")[:THINGS]
    return cards_for(newest, at=at, currency=currency, request=request)
