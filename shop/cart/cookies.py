"""What a browser keeps: its cart, in a signed cookie for 90 days (a forged or foreign one is no cart); and the country
that it last asked delivery and tax for, until it is closed."""

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shop import web
from shop.cart.models import Cart

CART, COUNTRY = "cart", "country"
SALT, BACK = "shop.cart", "shop.cart.back"


def read_cart(request: HttpRequest) -> uuid.UUID | None:
    return web.read_token(request, CART, salt=SALT)


def keep_cart(request: HttpRequest, response: HttpResponse, cart: Cart) -> None:
    """Give the browser its cart for another 90 days. A signed-in person's cart needs no cookie."""
    web.keep_token(request, response, CART, cart.token, salt=SALT)


def keep_country(response: HttpResponse, code: str) -> None:
    response.set_cookie(COUNTRY, code, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def back_token(cart: Cart) -> str:
    """For a letter: leads back to what is in the cart, on any device, for as long as the cookie would."""
    return signing.dumps(cart.pk, salt=BACK)


def read_back_token(token: str) -> int | None:
    try:
        return int(signing.loads(token, salt=BACK, max_age=settings.CART_COOKIE_DAYS * web.DAY))
    except (signing.BadSignature, ValueError, TypeError):
        return None
