"""A click in a story that led to a product page, remembered in the cart of whoever has one already.

Who has none is not followed: their story travels in the page's own form, and counts when they add the thing.
"""

from contextlib import suppress
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from shop.cart import attribution
from shop.cart import operations as carts
from shop.cart.cookies import read_cart
from shop.web import ShopRequest


def note_click(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the claim of the address, when there is one, and the answer out of shared caches: it names the story."""
    claim = attribution.clicked(request)
    if claim is None:
        return
    patch_cache_control(response, private=True)
    request = cast(ShopRequest, request)
    owner = request.user if request.user.is_authenticated else None
    cart = carts.find_cart(owner=owner, token=read_cart(request))
    if cart and (origin := attribution.verify(claim, now=request.commerce_now)):
        with suppress(carts.NotFound):  # the cart has just gone into an account, by a login in another tab
            carts.remember(cart=cart, origin=origin)
