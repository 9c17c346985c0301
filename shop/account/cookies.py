"""Every cookie that the shop sets for shoppers, as the page about them lists it. A test buys something and compares."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shop.cart.cookies import CART, COUNTRY
from shop.catalogue.currency import COOKIE as CURRENCY
from shop.checkout.cookies import ORDER, PAID_WITH
from shop.wishlist.cookies import COOKIE as WISHLIST

DAY = 24 * 60 * 60
UNTIL_CLOSED = _("until the browser is closed")


@dataclass(frozen=True)
class Cookie:
    """`days` it is kept, or None: as `lasts` says."""

    name: str
    why: Any
    days: int | None = None
    lasts: Any = UNTIL_CLOSED


COOKIES = (
    Cookie(CART, _("which cart is yours"), settings.CART_COOKIE_DAYS),
    Cookie(WISHLIST, _("which wishlist is yours"), settings.CART_COOKIE_DAYS),
    Cookie(settings.SESSION_COOKIE_NAME, _("that you are signed in"), settings.SESSION_COOKIE_AGE // DAY),
    Cookie(
        settings.CSRF_COOKIE_NAME,
        _("that a form was sent from our own page"),
        settings.CSRF_COOKIE_AGE // DAY,
    ),
    Cookie("messages", _("what we have to say on the next page"), lasts=_("until it is said")),
    Cookie(CURRENCY, _("the currency that you chose"), 365),
    Cookie(COUNTRY, _("the country that you asked delivery for")),
    Cookie(ORDER, _("which order you have placed last")),
    Cookie(PAID_WITH, _("the way to pay that you chose")),
    Cookie(settings.LANGUAGE_COOKIE_NAME, _("the language that you chose")),
)
