"""What a browser keeps of a guest's wishlist: its token, signed, for as long as a cart's."""

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shop.wishlist.models import Wishlist

COOKIE, SALT = "wishlist", "shop.wishlist"
DAY = 24 * 60 * 60


def read_wishlist(request: HttpRequest) -> uuid.UUID | None:
    try:
        value = request.get_signed_cookie(COOKIE, salt=SALT, max_age=settings.CART_COOKIE_DAYS * DAY)
        return uuid.UUID(value)
    except (KeyError, signing.BadSignature, ValueError):
        return None


def keep_wishlist(response: HttpResponse, wishlist: Wishlist) -> None:
    """Give the browser its list for as long again. A signed-in person's needs no cookie."""
    if wishlist.token is None:
        response.delete_cookie(COOKIE)
        return
    response.set_signed_cookie(
        COOKIE,
        str(wishlist.token),
        salt=SALT,
        max_age=settings.CART_COOKIE_DAYS * DAY,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
