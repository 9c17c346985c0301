"""What a browser keeps of a guest's wishlist: its token, signed, for as long as a cart's."""

import uuid

from django.http import HttpRequest, HttpResponse

from shop import web
from shop.wishlist.models import Wishlist

COOKIE, SALT = "wishlist", "shop.wishlist"


def read_wishlist(request: HttpRequest) -> uuid.UUID | None:
    return web.read_token(request, COOKIE, salt=SALT)


def keep_wishlist(request: HttpRequest, response: HttpResponse, wishlist: Wishlist) -> None:
    """Give the browser its list for as long again. A signed-in person's needs no cookie."""
    web.keep_token(request, response, COOKIE, wishlist.token, salt=SALT)
