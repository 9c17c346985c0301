"""The cart's doors. One address answers a form with a redirect, htmx with a fragment and a program with JSON."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from shop.access import access
from shop.cart import aside, attribution, operations
from shop.cart.answers import (
    STATUS,
    added,
    as_json,
    cart_page,
    changed,
    fragment,
    refuse,
    refuse_coupon,
    say_back,
    wants_json,
)
from shop.cart.models import Cart
from shop.cart.shoppers import cart_of, customer_of, language_of, remember_country, shopper_of, view_of
from shop.catalogue import currency
from shop.customers import operations as customers
from shop.web import ShopRequest, client_address, same_origin_post

MOST_AT_ONCE = 30


@require_safe
@never_cache
@access("public")
@vary_on_headers("HX-Request", "Accept")
def page(request: ShopRequest) -> HttpResponse:
    """GET `country`: delivery and tax as they would be there, for the rest of the visit."""
    cart = cart_of(request)
    bag = view_of(request, cart)
    if wants_json(request):
        return JsonResponse({"success": True, "cart": as_json(bag)})
    response = fragment(request, bag) if request.htmx.target == "cart" else cart_page(request, bag)
    remember_country(request, response)
    if cart and cart.currency != currency.currency_of(request):  # pages follow the cart, such as on another device
        currency.remember(response, cart.currency)
    return response


@require_safe
@never_cache
@access("public")
def count(request: ShopRequest) -> HttpResponse:
    """The number beside "Cart" in the header, asked for apart so that pages are the same for everybody."""
    shopper = shopper_of(request)
    return JsonResponse({"count": operations.count(owner=shopper.owner, token=shopper.token)})


@require_POST
@access("public")
@same_origin_post
def add(request: ShopRequest) -> HttpResponse:
    now = request.commerce_now
    try:
        put = operations.add_for(
            shopper=shopper_of(request),
            sku=request.POST.get("sku", "")[:64],
            quantity=_quantity(request.POST.get("quantity", "1")),
            now=now,
            origin=attribution.verify(_claim(request), now=now),
        )
    except operations.CartError as error:
        return refuse(request, error)
    return added(request, put, _("%(title)s is in your cart.") % {"title": put.titles[0]})


@require_POST
@access("public")
@same_origin_post
def add_all(request: ShopRequest) -> HttpResponse:
    """POST several `sku`: one of each, such as what a recipe takes. What cannot be had is said and left out."""
    now = request.commerce_now
    skus = [sku[:64] for sku in request.POST.getlist("sku")[:MOST_AT_ONCE]]
    try:
        origin = attribution.verify(_claim(request), now=now)
        put = operations.add_all_for(shopper=shopper_of(request), skus=skus, now=now, origin=origin)
    except operations.CartError as error:
        return refuse(request, error)
    n = len(put.titles)
    words = [ngettext("%(n)d thing is in your cart.", "%(n)d things are in your cart.", n) % {"n": n}]
    if n := len(put.refused):
        words.append(ngettext("%(n)d could not be had.", "%(n)d could not be had.", n) % {"n": n})
    return added(request, put, " ".join(words))


@require_POST
@access("public")
@same_origin_post
def update(request: ShopRequest, pk: int) -> HttpResponse:
    """POST `quantity`; 0 removes the line."""
    cart, typed = cart_of(request), request.POST.get("quantity", "")
    try:
        quantity = _quantity(typed, zero=True)
        operations.update(cart=_theirs(cart, pk), line_id=pk, quantity=quantity, now=request.commerce_now)
    except operations.CartError as error:
        return refuse(request, error, cart, line=pk, typed=typed[:10])
    if not quantity:
        return _removed(request, cart)
    return changed(request, cart, _("Cart updated."))


@require_POST
@access("public")
@same_origin_post
def remove(request: ShopRequest, pk: int) -> HttpResponse:
    cart = cart_of(request)
    if cart:
        operations.remove(cart=cart, line_id=pk, now=request.commerce_now)
    return _removed(request, cart)


@require_POST
@access("public")
@same_origin_post
def clear(request: ShopRequest) -> HttpResponse:
    cart = cart_of(request)
    if cart:
        operations.clear(cart=cart, now=request.commerce_now)
    return changed(request, cart, _("Your cart is empty now."), quiet=True, focus="undo")


def _removed(request: ShopRequest, cart: Cart | None) -> HttpResponse:
    return changed(request, cart, _("Removed from your cart."), quiet=True, focus="undo")


@require_POST
@access("public")
@same_origin_post
def undo(request: ShopRequest) -> HttpResponse:
    """Put back what was removed last. Pressed twice it is put back once."""
    cart = cart_of(request)
    try:
        back = aside.undo(cart=_theirs(cart), language=language_of(), now=request.commerce_now)
    except operations.CartError as error:
        return refuse(request, error, cart)
    return changed(request, cart, say_back(back))


@require_POST
@access("public")
@same_origin_post
def save(request: ShopRequest, pk: int) -> HttpResponse:
    """Out of the cart, onto the list of what is saved for later."""
    cart = cart_of(request)
    try:
        aside.save_for_later(cart=_theirs(cart, pk), line_id=pk, now=request.commerce_now)
    except operations.CartError as error:
        return refuse(request, error, cart)
    return changed(request, cart, _("Saved for later. It no longer counts in your cart."))


@require_POST
@access("public")
@same_origin_post
def move(request: ShopRequest, pk: int) -> HttpResponse:
    """Off the list of what is saved, back into the cart."""
    cart = cart_of(request)
    try:
        back = aside.move_to_cart(cart=_theirs(cart, pk), aside_id=pk, language=language_of(), now=request.commerce_now)
    except operations.CartError as error:
        return refuse(request, error, cart)
    text = _("%(title)s is in your cart.") % {"title": back.rows[0].title}
    return changed(request, cart, " ".join([text, *([say_back(aside.Back(fewer=back.fewer))] if back.fewer else [])]))


@require_POST
@access("public")
@same_origin_post
def drop(request: ShopRequest, pk: int) -> HttpResponse:
    """Off the list of what is saved, and gone."""
    cart = cart_of(request)
    if cart:
        aside.drop(cart=cart, aside_id=pk, now=request.commerce_now)
    return changed(request, cart, _("Removed from your list."), quiet=True, focus="undo")


@require_POST
@access("public")
@same_origin_post
def coupon(request: ShopRequest) -> HttpResponse:
    """`code` into the cart; an empty one takes the cart's own out. Wrong codes are counted: see settings.COUPON_LIMIT."""
    cart, code = cart_of(request), request.POST.get("code", "").strip()[:100]
    if not code:
        if cart:
            operations.remove_coupon(cart=cart)
        return changed(request, cart, _("The code is out of your cart."))
    try:
        _try_code(request, _theirs(cart), code)
    except customers.TooManyAttempts:
        return refuse_coupon(request, cart, code, _("That were many codes. Please try again in a while."), 429)
    except operations.NotFound:
        return refuse_coupon(request, cart, code, _("Put something into your cart first, then the code."), 409)
    except operations.CouponRefused as error:
        return refuse_coupon(request, cart, code, error.notice.text, STATUS[error.code], error.code)
    return changed(request, cart, _("The code is in your cart."))


def _try_code(request: ShopRequest, cart: Cart, code: str) -> None:
    """Count the attempt before the code is looked at; take it back when it was right."""
    limit, minutes = settings.COUPON_LIMIT
    attempt = {"scope": "coupon.address", "key": client_address(request)}
    customers.throttle(**attempt, limit=limit, period=timedelta(minutes=minutes), now=request.commerce_now)
    operations.apply_coupon(
        cart=cart, code=code, language=language_of(), now=request.commerce_now, customer=customer_of(request)
    )
    customers.forgive(**attempt)


def _theirs(cart: Cart | None, pk: int = 0) -> Cart:
    """Raises NotFound when whoever asks has no cart."""
    if cart is None:
        raise operations.NotFound(pk)
    return cart


def _quantity(text: str, *, zero: bool = False) -> int:
    """Raises InvalidQuantity for anything but a whole number within bounds."""
    if not text.isascii() or not text.strip().isdigit() or len(text) > 6:
        raise operations.InvalidQuantity(settings.MAX_LINE_QUANTITY)
    quantity = int(text)
    if quantity == 0 and not zero:
        raise operations.InvalidQuantity(settings.MAX_LINE_QUANTITY)
    return quantity


def _claim(request: ShopRequest) -> attribution.Claim | None:
    """Which page and block the add-to-cart form stood in, or was led to from, when the form says so."""
    return attribution.read(f"{request.POST.get('page', '')}.{request.POST.get('block', '')}")
