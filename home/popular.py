"""What to offer somebody who came to an address that is not there."""

from django.http import HttpRequest
from django.utils.translation import get_language

from shop.catalogue.currency import currency_of
from shop.storefront.cards import Card
from shop.storefront.listing import EVERYTHING, first_cards

THINGS = 4


def popular(request: HttpRequest) -> list[Card]:
    """Cards of a few things that sell best in the active language. One query."""
    return first_cards(
        EVERYTHING, currency=currency_of(request), language=get_language() or "en", limit=THINGS, sort="popular"
    )
