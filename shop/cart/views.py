"""The cart's doors. One address answers a form with a redirect, htmx with a fragment and a program with JSON."""

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from shop.access import access
from shop.cart import attribution, operations
from shop.cart.cookies import keep_cart, read_cart
from shop.cart.listing import CartView, LineView, look, view
from shop.cart.models import Cart
from shop.catalogue.currency import currency_of
from shop.customers import operations as customers
from shop.money import Money, quantum
from shop.promotions.listing import Customer
from shop.web import ShopRequest, client_address, same_origin_post

MOST_AT_ONCE = 30
STATUS = {
    "not_found": 404,
    "invalid_quantity": 422,
    "out_of_stock": 409,
    "insufficient_stock": 409,
    "coupon_invalid": 422,
    "coupon_not_applicable": 409,
}


def cart_of(request: ShopRequest) -> Cart | None:
    """The cart of whoever asks, if there is one."""
    owner = request.user if request.user.is_authenticated else None
    return operations.find_cart(owner=owner, token=read_cart(request))


def view_of(request: ShopRequest, cart: Cart | None) -> CartView:
    return look(
        cart,
        now=request.commerce_now,
        language=get_language() or settings.LANGUAGE_CODE,
        currency=currency_of(request) if cart is None else "",
        customer=customer_of(request),
    )


def shopper_of(request: ShopRequest) -> operations.Shopper:
    """Whose cart is changed, and how it is shown to them."""
    return operations.Shopper(
        owner=_owner(request),
        token=read_cart(request),
        currency=currency_of(request),
        language=get_language() or settings.LANGUAGE_CODE,
        customer=customer_of(request),
    )


def customer_of(request: ShopRequest, email: str = "") -> Customer:
    """Whoever asks, as far as is known: by account, and by the address they gave, else that of the account."""
    if not request.user.is_authenticated:
        return Customer(email=email)
    return Customer(request.user.pk, email or request.user.email)


@require_safe
@never_cache
@access("public")
@vary_on_headers("HX-Request", "Accept")
def page(request: ShopRequest) -> HttpResponse:
    bag = view_of(request, cart_of(request))
    if _wants_json(request):
        return JsonResponse({"success": True, "cart": as_json(bag)})
    return render(request, "shop/cart/cart.html", {"bag": bag})


@require_safe
@never_cache
@access("public")
def count(request: ShopRequest) -> HttpResponse:
    """The number beside "Cart" in the header, asked for apart so that pages are the same for everybody."""
    cart = cart_of(request)
    lines = cart.lines.values_list("quantity", flat=True) if cart else []
    return JsonResponse({"count": sum(lines)})


@require_POST
@access("public")
@same_origin_post
def add(request: ShopRequest) -> HttpResponse:
    now = request.commerce_now
    try:
        added = operations.add_for(
            shopper=shopper_of(request),
            sku=request.POST.get("sku", "")[:64],
            quantity=_quantity(request.POST.get("quantity", "1")),
            now=now,
            origin=attribution.verify(_claim(request), now=now),
        )
    except operations.CartError as error:
        return _refuse(request, error)
    return _added(request, added, _("%(title)s is in your cart.") % {"title": added.rows[0].title})


@require_POST
@access("public")
@same_origin_post
def add_all(request: ShopRequest) -> HttpResponse:
    """POST several `sku`: one of each, such as what a recipe takes. What cannot be had is said and left out."""
    now = request.commerce_now
    skus = [sku[:64] for sku in request.POST.getlist("sku")[:MOST_AT_ONCE]]
    try:
        origin = attribution.verify(_claim(request), now=now)
        added = operations.add_all_for(shopper=shopper_of(request), skus=skus, now=now, origin=origin)
    except operations.CartError as error:
        return _refuse(request, error)
    n = len(added.rows)
    words = [ngettext("%(n)d thing is in your cart.", "%(n)d things are in your cart.", n) % {"n": n}]
    if n := len(added.refused):
        words.append(ngettext("%(n)d could not be had.", "%(n)d could not be had.", n) % {"n": n})
    return _added(request, added, " ".join(words))


@require_POST
@access("public")
@same_origin_post
def update(request: ShopRequest, pk: int) -> HttpResponse:
    cart = cart_of(request)
    try:
        if cart is None:
            raise operations.NotFound(pk)
        quantity = _quantity(request.POST.get("quantity", ""), zero=True)
        operations.update(cart=cart, line_id=pk, quantity=quantity, now=request.commerce_now)
    except operations.CartError as error:
        return _refuse(request, error, cart)
    return _changed(request, cart, _("Cart updated."))


@require_POST
@access("public")
@same_origin_post
def remove(request: ShopRequest, pk: int) -> HttpResponse:
    cart = cart_of(request)
    if cart:
        operations.remove(cart=cart, line_id=pk, now=request.commerce_now)
    return _changed(request, cart, _("Removed from your cart."))


@require_POST
@access("public")
@same_origin_post
def clear(request: ShopRequest) -> HttpResponse:
    cart = cart_of(request)
    if cart:
        operations.clear(cart=cart, now=request.commerce_now)
    return _changed(request, cart, _("Your cart is empty now."))


@require_POST
@access("public")
@same_origin_post
def coupon(request: ShopRequest) -> HttpResponse:
    """`code` into the cart; an empty one takes the cart's own out. Wrong codes are counted: see settings.COUPON_LIMIT."""
    cart, code = cart_of(request), request.POST.get("code", "").strip()[:100]
    if not code:
        if cart:
            operations.remove_coupon(cart=cart)
        return _changed(request, cart, _("The code is out of your cart."))
    try:
        if cart is None:
            raise operations.NotFound(code)
        _try_code(request, cart, code)
    except customers.TooManyAttempts:
        return _refuse_coupon(request, cart, code, _("That were many codes. Please try again in a while."), 429)
    except operations.NotFound:
        return _refuse_coupon(request, cart, code, _("Put something into your cart first, then the code."), 409)
    except operations.CouponRefused as error:
        return _refuse_coupon(request, cart, code, error.notice.text, STATUS[error.code], error.code)
    return _changed(request, cart, _("The code is in your cart."))


def _try_code(request: ShopRequest, cart: Cart, code: str) -> None:
    """Count the attempt before the code is looked at; take it back when it was right."""
    limit, minutes = settings.COUPON_LIMIT
    attempt = {"scope": "coupon.address", "key": client_address(request)}
    customers.throttle(**attempt, limit=limit, period=timedelta(minutes=minutes), now=request.commerce_now)
    operations.apply_coupon(
        cart=cart,
        code=code,
        language=get_language() or settings.LANGUAGE_CODE,
        now=request.commerce_now,
        customer=customer_of(request),
    )
    customers.forgive(**attempt)


def _owner(request: ShopRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _wants_json(request: ShopRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


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


def say(error: operations.CartError) -> str:
    """The error in a shopkeeper's words."""
    if isinstance(error, operations.InsufficientStock):
        return ngettext(
            "Only %(n)d is left, counting what is in your cart.",
            "Only %(n)d are left, counting what is in your cart.",
            error.available,
        ) % {"n": error.available}
    if isinstance(error, operations.InvalidQuantity):
        return _("Please give a number from 1 to %(n)d.") % {"n": error.maximum}
    if isinstance(error, operations.OutOfStock):
        return _("This has just sold out. Nothing was added.")
    return _("This is not for sale any more.")


def _refuse(request: ShopRequest, error: operations.CartError, cart: Cart | None = None) -> HttpResponse:
    text = say(error)
    if _wants_json(request):
        return JsonResponse({"success": False, "error": text, "code": error.code}, status=STATUS[error.code])
    if request.htmx:
        if request.htmx.target == "cart":
            return _fragment(request, view_of(request, cart), text, problem=text)
        html = render_to_string("components/_added.html", {"text": text}, request)
        return _with_trigger(HttpResponse(html), {"message": text})
    messages.error(request, text)
    return redirect("cart:page")


def _refuse_coupon(
    request: ShopRequest, cart: Cart | None, code: str, text: str, status: int, word: str = "coupon_invalid"
) -> HttpResponse:
    """Beside the field, with what was typed still in it; the cart keeps the code that it had."""
    if _wants_json(request):
        return JsonResponse({"success": False, "error": text, "code": word}, status=status)
    bag = view_of(request, cart)
    if request.htmx:
        return _fragment(request, bag, text, coupon_problem=text, typed=code)
    context = {"bag": bag, "coupon_problem": text, "typed": code}
    return render(request, "shop/cart/cart.html", context, status=status)


def _added(request: ShopRequest, added: operations.Added, text: str) -> HttpResponse:
    response: HttpResponse
    if _wants_json(request):
        response = JsonResponse({"success": True, "cart": as_json(view(added.contents))})
    elif request.htmx:
        html = render_to_string("components/_added.html", {"text": text}, request)
        response = _with_trigger(HttpResponse(html), {"message": text, "count": added.contents.count})
    else:
        messages.success(request, text)
        response = redirect("cart:page")
    keep_cart(response, added.cart)
    return response


def _changed(request: ShopRequest, cart: Cart | None, text: str) -> HttpResponse:
    if not _wants_json(request) and not request.htmx:
        messages.success(request, text)
        return redirect("cart:page")
    bag = view_of(request, cart)
    if request.htmx:
        return _fragment(request, bag, text)
    return JsonResponse({"success": True, "cart": as_json(bag)})


def _fragment(request: ShopRequest, bag: CartView, text: str, **context: str) -> HttpResponse:
    html = render_to_string("shop/cart/_cart.html", {"bag": bag, **context}, request)
    return _with_trigger(HttpResponse(html), {"message": text, "count": bag.count})


def _with_trigger(response: HttpResponse, detail: dict) -> HttpResponse:
    response["HX-Trigger"] = json.dumps({"cart-changed": detail})
    return response


def as_json(bag: CartView) -> dict:
    """The cart for programs: amounts as strings in major units of `currency`."""
    totals = bag.totals
    return {
        "count": bag.count,
        "currency": bag.currency,
        "lines": [_line_json(line) for line in bag.lines],
        **{name: _amount(getattr(totals, name)) for name in ("subtotal", "discount", "tax", "total")},
        "shipping": _amount(totals.delivery_to_pay),
        "coupon": bag.coupon.code if bag.coupon else None,
        "discounts": [{"name": off.name, "code": off.code, "amount": _amount(off.amount)} for off in totals.discounts],
        "notices": [{"code": notice.code, "text": notice.text} for notice in bag.notices],
    }


def _line_json(line: LineView) -> dict:
    return {
        "id": line.id,
        "sku": line.sku,
        "title": line.title,
        "options": line.options,
        "quantity": line.quantity,
        "unit_price": _amount(line.unit_price),
        "total": _amount(line.total),
        "url": line.url,
        "image": line.image.file.url if line.image else None,
    }


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money.amount.quantize(quantum(money.currency.code)))
