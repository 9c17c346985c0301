"""The link of a letter that reminds of a cart: back to its goods, on any device."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shop.access import access
from shop.cart import operations
from shop.cart.cookies import keep_cart, read_back_token
from shop.cart.listing import look
from shop.cart.models import Cart
from shop.cart.shoppers import cart_of, language_of, shopper_of
from shop.web import ShopRequest, no_referrer


@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def back(request: ShopRequest, token: str) -> HttpResponse:
    """Whose cart it is goes to it; anybody else sees the goods and may put them into a cart of their own.

    The cart itself is never handed over by a link: what is typed into its checkout is its owner's alone. The cart of
    an account is reached by signing in.
    """
    left, mine = Cart.objects.filter(pk=read_back_token(token) or 0).first(), cart_of(request)
    if left is None or not left.lines.exists():
        messages.info(request, _("This cart is empty by now: its things were ordered or taken out."))
        return redirect("cart:page")
    if mine == left:
        return redirect("cart:page")
    if left.owner_id:
        return redirect(f"{reverse('account_login')}?next={reverse('cart:page')}")
    if request.method == "POST":
        return _bring(request, left)
    bag = look(left, now=request.commerce_now, language=language_of())
    return render(request, "shop/cart/back.html", {"bag": bag})


def _bring(request: ShopRequest, left: Cart) -> HttpResponse:
    response = redirect("cart:page")
    try:
        added = operations.bring_back(shopper=shopper_of(request), left=left, now=request.commerce_now)
    except operations.NotFound:
        messages.info(request, _("There is nothing to bring back: it is in your cart already, or cannot be had now."))
        return response
    if added.refused:
        messages.warning(request, _("Some of it cannot be had now, and was left out."))
    keep_cart(request, response, added.cart)
    return response
