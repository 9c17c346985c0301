"""What a browser keeps: its cart, in a signed cookie for 90 days (a forged or foreign one is no cart); and the country
that it last asked delivery and tax for, until it is closed."""

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shop.cart.models import Cart

CART, COUNTRY = "cart", "country"
SALT, BACK = "shop.cart", "shop.cart.back"
DAY = 24 * 60 * 60


def read_cart(request: HttpRequest) -> uuid.UUID | None:
    try:
        value = request.get_signed_cookie(CART, salt=SALT, max_age=settings.CART_COOKIE_DAYS * DAY)
        return uuid.UUID(value)
    except (KeyError, signing.BadSignature, ValueError):
        return None


def keep_cart(response: HttpResponse, cart: Cart) -> None:
    """Give the browser its cart for another 90 days. A signed-in person's cart needs no cookie."""
    if cart.token is None:
        response.delete_cookie(CART)
        return
    response.set_signed_cookie(
        CART,
        str(cart.token),
        salt=SALT,
        max_age=settings.CART_COOKIE_DAYS * DAY,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def keep_country(response: HttpResponse, code: str) -> None:
    response.set_cookie(COUNTRY, code, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def back_token(cart: Cart) -> str:
    """For a letter: leads back to what is in the cart, on any device, for as long as the cookie would."""
    return signing.dumps(cart.pk, salt=BACK)


def read_back_token(token: str) -> int | None:
    try:
        return int(signing.loads(token, salt=BACK, max_age=settings.CART_COOKIE_DAYS * DAY))
    except (signing.BadSignature, ValueError, TypeError):
        return None
