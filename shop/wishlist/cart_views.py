"""From the cart onto the wishlist, and back by one press. The buttons stand in the cart, so it is the cart that answers."""

import json

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shop.access import access
from shop.cart import answers as cart_answers
from shop.cart import operations as carts
from shop.cart.shoppers import cart_of, language_of
from shop.web import ShopRequest, same_origin_post
from shop.wishlist import operations as wishlists
from shop.wishlist.answers import marks_json, saving_of, say, view_of, wishlist_of
from shop.wishlist.cookies import keep_wishlist
from shop.wishlist.models import Wishlist


@require_POST
@access("public")
@same_origin_post
def from_cart(request: ShopRequest, pk: int) -> HttpResponse:
    """Out of the cart, onto the list. What cannot be saved stays in the cart, and it is said beside its line."""
    cart = cart_of(request)
    try:
        if cart is None:
            raise carts.NotFound(pk)
        whose, now = saving_of(request), request.commerce_now
        saved = wishlists.take_from_cart(whose=whose, cart=cart, line_id=pk, now=now)
    except (wishlists.WishlistError, carts.CartError) as error:
        return cart_answers.refuse_saying(request, say(error), error.code, cart, line=pk)
    if saved is None:
        return cart_answers.changed(request, cart, "", quiet=True)
    text = _("%(title)s is on your wishlist.") % {"title": saved.row.title}
    response = cart_answers.changed(request, cart, text, quiet=True, focus="undo")
    keep_wishlist(request, response, saved.wishlist)
    return _marked(request, response, saved.wishlist)


@require_POST
@access("public")
@same_origin_post
def undo(request: ShopRequest) -> HttpResponse:
    """Back into the cart, as many as there were. Pressed twice it comes back once."""
    cart, wishlist = cart_of(request), wishlist_of(request)
    try:
        if cart is None:
            raise carts.NotFound
        language, now = language_of(), request.commerce_now
        back = wishlists.back_into_cart(wishlist=wishlist, cart=cart, language=language, now=now)
    except carts.CartError as error:
        return cart_answers.refuse(request, error, cart)
    return _marked(request, cart_answers.changed(request, cart, cart_answers.say_back(back)), wishlist)


def _marked(request: ShopRequest, response: HttpResponse, wishlist: Wishlist | None) -> HttpResponse:
    """Tells the page's hearts as well, where it is htmx that asks."""
    if request.htmx and wishlist:
        told = json.loads(response.headers.get("HX-Trigger", "{}"))
        response["HX-Trigger"] = json.dumps({**told, "wishlist-changed": marks_json(view_of(request, wishlist))})
    return response
