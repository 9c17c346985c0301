"""How the cart's doors answer: a form with a redirect, htmx with a fragment, a program with JSON."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.cart.aside import Back
from shop.cart.cookies import keep_cart
from shop.cart.listing import CartView, LineView, view
from shop.cart.models import Cart
from shop.cart.operations import Added
from shop.cart.refusals import CartError, InsufficientStock, InvalidQuantity, OutOfStock
from shop.cart.shoppers import country_of, deliverable, view_of
from shop.customers.addresses import country_name
from shop.money import Money, quantum
from shop.web import ShopRequest

STATUS = {
    "not_found": 404,
    "invalid_quantity": 422,
    "out_of_stock": 409,
    "insufficient_stock": 409,
    "coupon_invalid": 422,
    "coupon_not_applicable": 409,
}


def wants_json(request: ShopRequest) -> bool:
    is_named = "application/json" in request.headers.get("Accept", "")  # which no browser does
    return is_named and request.get_preferred_type(["text/html", "application/json"]) == "application/json"


# --- words ---------------------------------------------------------------------------------------


def say(error: CartError) -> str:
    """The error in a shopkeeper's words."""
    if isinstance(error, InsufficientStock):
        return ngettext(
            "Only %(n)d is left, counting what is in your cart.",
            "Only %(n)d are left, counting what is in your cart.",
            error.available,
        ) % {"n": error.available}
    if isinstance(error, InvalidQuantity):
        return _("Please give a number from 1 to %(n)d.") % {"n": error.maximum}
    if isinstance(error, OutOfStock):
        return _("This has just sold out. Nothing was added.")
    return _("This is not for sale any more.")


def say_back(back: Back) -> str:
    """What has come back into the cart, and what of it has not."""
    said = []
    if back.rows:
        said.append(_("%(what)s: back where it was.") % {"what": _names(row.title for row in back.rows)})
    for row in back.fewer:
        said.append(_("Of %(title)s not all could be had.") % {"title": row.title})
    if back.gone:
        said.append(_("Not to be had any more: %(what)s.") % {"what": _names(row.title for row in back.gone)})
    return " ".join(said) or _("There is nothing left to put back.")


def _names(titles: Any, most: int = 3) -> str:
    """ "Tide Mug, Bowl and 3 more": the first few by name."""
    names = list(titles)
    if len(names) <= most:
        return ", ".join(names)
    more = len(names) - most
    return ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", more) % {
        "names": ", ".join(names[:most]),
        "n": more,
    }


# --- pages and fragments -------------------------------------------------------------------------


def cart_page(request: ShopRequest, bag: CartView, *, status: int = 200, **context: Any) -> HttpResponse:
    """The whole page. See fragment for the context."""
    return render(request, "shop/cart/cart.html", {**_context(bag), **context}, status=status)


def fragment(request: ShopRequest, bag: CartView, text: str = "", **context: Any) -> HttpResponse:
    """The cart alone, for htmx; `text` is said aloud. `problem`: why something was refused, with `problem_line` (its id)
    and `typed` when it belongs to a line. `coupon_problem` and `typed`: see _coupon.html. `focus`: "undo"."""
    html = render_to_string("shop/cart/_cart.html", {**_context(bag), **context}, request)
    return _with_trigger(HttpResponse(html), {"message": text, "count": bag.count})


def _context(bag: CartView) -> dict[str, Any]:
    codes = deliverable() if bag.lines else []
    names = sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1])
    gone = _names(line.title for line in bag.removed)
    return {"bag": bag, "countries": names if len(names) > 1 else [], "removed": gone}


def changed(request: ShopRequest, cart: Cart | None, text: str, *, quiet: bool = False, **context: Any) -> HttpResponse:
    """After a change. `quiet`: the page tells by itself."""
    if not wants_json(request) and not request.htmx:
        if not quiet:
            messages.success(request, text)
        return redirect("cart:page")
    bag = view_of(request, cart)
    if request.htmx:
        return fragment(request, bag, text, **context)
    return JsonResponse({"success": True, "cart": as_json(bag)})


def added(request: ShopRequest, put: Added, text: str) -> HttpResponse:
    """After something was put into the cart, from any page."""
    response: HttpResponse
    if wants_json(request):
        known = put.contents and view(put.contents, country=country_of(request))
        response = JsonResponse({"success": True, "cart": as_json(known or view_of(request, put.cart))})
    elif request.htmx:
        response = _toast(request, text, count=put.count)
    else:
        messages.success(request, text)
        response = redirect("cart:page")
    keep_cart(request, response, put.cart)
    return response


def refuse(
    request: ShopRequest, error: CartError, cart: Cart | None = None, *, line: int = 0, typed: str = ""
) -> HttpResponse:
    """Nothing was changed. In the cart it is said beside the `line` that it is about, with what was `typed` still there."""
    return refuse_saying(request, say(error), error.code, cart, line=line, typed=typed)


def refuse_saying(
    request: ShopRequest, text: str, code: str, cart: Cart | None = None, *, line: int = 0, typed: str = ""
) -> HttpResponse:
    """As `refuse`, in somebody else's words."""
    status = STATUS.get(code, 409)
    if wants_json(request):
        return JsonResponse({"success": False, "error": text, "code": code}, status=status)
    if request.htmx and request.htmx.target != "cart":
        return _toast(request, text)
    bag = view_of(request, cart)
    known = any(view.id == line for view in bag.lines)
    context = {"problem": text, "problem_line": line if known else 0, "typed": typed}
    if request.htmx:
        return fragment(request, bag, text, **context)
    if known:
        return cart_page(request, bag, status=status, **context)
    messages.error(request, text)
    return redirect("cart:page")


def refuse_coupon(
    request: ShopRequest, cart: Cart | None, code: str, text: str, status: int, word: str = "coupon_invalid"
) -> HttpResponse:
    """Beside the field, with what was typed still in it; the cart keeps the code that it had."""
    if wants_json(request):
        return JsonResponse({"success": False, "error": text, "code": word}, status=status)
    bag = view_of(request, cart)
    if request.htmx:
        return fragment(request, bag, text, coupon_problem=text, typed_code=code)
    return cart_page(request, bag, status=status, coupon_problem=text, typed_code=code)


def _toast(request: ShopRequest, text: str, **detail: Any) -> HttpResponse:
    html = render_to_string("components/_added.html", {"text": text}, request)
    return _with_trigger(HttpResponse(html), {"message": text, **detail})


def _with_trigger(response: HttpResponse, detail: dict) -> HttpResponse:
    response["HX-Trigger"] = json.dumps({"cart-changed": detail})
    return response


# --- JSON ----------------------------------------------------------------------------------------


def as_json(bag: CartView) -> dict:
    """The cart for programs: amounts as strings in major units of `currency`. `saved` is no part of it."""
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
        "saved": [_line_json(line) for line in bag.saved],
        "undo": bool(bag.removed),
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
