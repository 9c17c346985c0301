"""The wishlist's doors. One address answers a form with a redirect, htmx with a fragment and a program with JSON."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from shop.access import access
from shop.cart import operations as carts
from shop.cart.answers import wants_json
from shop.cart.cookies import keep_cart
from shop.cart.shoppers import language_of, shopper_of
from shop.customers import consents
from shop.customers.wording import Kind
from shop.web import ShopRequest, no_referrer, same_origin_post
from shop.wishlist import operations as wishlists
from shop.wishlist.answers import (
    as_json,
    changed,
    owner_of,
    refuse,
    saving_of,
    view_of,
    wishlist_of,
    wishlist_page,
)
from shop.wishlist.cookies import read_wishlist
from shop.wishlist.models import Wishlist

NAME = 80


@require_safe
@never_cache
@access("public")
@vary_on_headers("HX-Request", "Accept")
def page(request: ShopRequest) -> HttpResponse:
    seen = view_of(request, wishlist_of(request))
    if wants_json(request):
        return JsonResponse({"success": True, "wishlist": as_json(seen)})
    return wishlist_page(request, seen)


@require_safe
@never_cache
@access("public")
def marks(request: ShopRequest) -> HttpResponse:
    """What is saved, and what is owned already: asked for apart so that pages are the same for everybody."""
    found = wishlists.marks(owner=owner_of(request), token=read_wishlist(request))
    known = request.user.is_authenticated
    told = {"skus": found.skus, "products": found.products, "owned": found.owned, "signed_in": known}
    return JsonResponse(told)


@require_POST
@access("public")
@same_origin_post
def add(request: ShopRequest) -> HttpResponse:
    """POST `sku`, or `product`: of that the variant that its card shows."""
    try:
        saved = wishlists.add(
            whose=saving_of(request),
            sku=request.POST.get("sku", "")[:64],
            product_id=_number(request.POST.get("product", "")),
            now=request.commerce_now,
        )
    except wishlists.WishlistError as error:
        return refuse(request, error)
    return changed(request, saved.wishlist, _("%(title)s is on your wishlist.") % {"title": saved.row.title})


@require_POST
@access("public")
@same_origin_post
def remove(request: ShopRequest) -> HttpResponse:
    """POST `sku`, or `product`: all of its variants."""
    sku, product = request.POST.get("sku", "")[:64], _number(request.POST.get("product", ""))
    if not sku and not product:
        return refuse(request, wishlists.NotFound())
    return _remove(request, sku=sku, product_id=product)


@require_POST
@access("public")
@same_origin_post
def remove_item(request: ShopRequest, pk: int) -> HttpResponse:
    return _remove(request, item_id=pk)


def _remove(request: ShopRequest, *, item_id: int = 0, sku: str = "", product_id: int = 0) -> HttpResponse:
    wishlist = wishlist_of(request)
    gone = None
    if wishlist:
        gone = wishlists.remove(wishlist=wishlist, item_id=item_id, sku=sku, product_id=product_id)
    return changed(request, wishlist, _("Taken off your wishlist."), gone=gone and gone.variant)


@require_POST
@access("public")
@same_origin_post
def move(request: ShopRequest, pk: int) -> HttpResponse:
    """Off the list, into the cart."""
    try:
        wishlist = _theirs(wishlist_of(request))
        now = request.commerce_now
        put = wishlists.move_to_cart(wishlist=wishlist, item_id=pk, shopper=shopper_of(request), now=now)
    except (wishlists.WishlistError, carts.CartError) as error:
        return refuse(request, error)
    text = _("%(title)s is in your cart.") % {"title": put.titles[0]}
    response = changed(request, wishlist, text, count=put.count)
    keep_cart(request, response, put.cart)
    return response


@require_POST
@access("public")
@same_origin_post
def share(request: ShopRequest) -> HttpResponse:
    """POST `share` on, with a `name` to be shown or none; or off: then the link leads nowhere any more."""
    try:
        wishlist = _theirs(wishlist_of(request))
        if request.POST.get("share") == "on":
            wishlist = wishlists.share(wishlist=wishlist, name=request.POST.get("name", "").strip()[:NAME])
            return changed(request, wishlist, _("Whoever has the link can see your wishlist now."))
        wishlists.stop_sharing(wishlist=wishlist)
    except wishlists.WishlistError as error:
        return refuse(request, error)
    return changed(request, wishlist_of(request), _("Nobody but you can see your wishlist now."))


@require_POST
@access("owner")
@same_origin_post
def mails(request: ShopRequest) -> HttpResponse:
    """POST `price_drops` to be told of lower prices by mail; without it, not to be."""
    email, now, where = request.user.email, request.commerce_now, reverse("wishlist:page")  # type: ignore[union-attr]
    if request.POST.get("price_drops"):
        consents.consent(email=email, kind=Kind.PRICE_DROPS, page=where, language=language_of(), now=now)
        return changed(request, wishlist_of(request), _("We write to %(email)s when a price drops.") % {"email": email})
    consents.withdraw(email=email, kind=Kind.PRICE_DROPS, page=where, now=now)
    return changed(request, wishlist_of(request), _("We do not write about prices."))


@require_safe
@no_referrer
@access("token")
def shared(request: ShopRequest, token: str) -> HttpResponse:
    """Somebody's list as they show it to others, who may put things into their own cart."""
    wishlist = wishlists.find_shared(token)
    if wishlist is None:
        raise Http404
    seen = view_of(request, wishlist)
    return render(request, "shop/wishlist/shared.html", {"seen": seen, "name": wishlist.shared_as})


def _theirs(wishlist: Wishlist | None) -> Wishlist:
    """Raises NotFound when whoever asks has no list."""
    if wishlist is None:
        raise wishlists.NotFound
    return wishlist


def _number(text: str) -> int:
    """A whole number, else 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
