"""How the wishlist's doors answer: a form with a redirect, htmx with a fragment, a program with JSON."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.cart import answers as cart
from shop.cart import operations as carts
from shop.cart.answers import wants_json
from shop.cart.shoppers import language_of
from shop.catalogue.currency import currency_of
from shop.customers import consents
from shop.customers.wording import WORDINGS, Kind
from shop.money import Money, quantum
from shop.web import ShopRequest
from shop.wishlist import operations as wishlists
from shop.wishlist.cookies import keep_wishlist, read_wishlist
from shop.wishlist.listing import Entry, WishlistView, look
from shop.wishlist.models import Wishlist
from shop.wishlist.operations import Full

STATUS = {**cart.STATUS, "wishlist_full": 409}


def wishlist_of(request: ShopRequest) -> Wishlist | None:
    """The list of whoever asks, if there is one."""
    return wishlists.find_wishlist(owner=owner_of(request), token=read_wishlist(request))


def owner_of(request: ShopRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def saving_of(request: ShopRequest) -> wishlists.Saving:
    """Whose list is added to, and how goods are shown to them."""
    return wishlists.Saving(owner_of(request), read_wishlist(request), currency_of(request), language_of())


def view_of(request: ShopRequest, wishlist: Wishlist | None) -> WishlistView:
    return look(wishlist, currency=currency_of(request), language=language_of(), now=request.commerce_now)


def say(error: Exception) -> str:
    """The error in a shopkeeper's words."""
    if isinstance(error, Full):
        text = ngettext(
            "Your wishlist holds %(n)d thing, which is all it can. Take something off first.",
            "Your wishlist holds %(n)d things, which is all it can. Take something off first.",
            error.maximum,
        )
        return text % {"n": error.maximum}
    if isinstance(error, carts.CartError):
        return cart.say(error)
    return _("This is not for sale any more.")


def wishlist_page(request: ShopRequest, seen: WishlistView, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, "shop/wishlist/wishlist.html", {**_context(request, seen), **context}, status=status)


def changed(request: ShopRequest, wishlist: Wishlist | None, text: str, **context: Any) -> HttpResponse:
    """After a change; `text` is said. `gone`: what was taken off, which can be saved again. `count`: of the cart now."""
    response: HttpResponse
    if wants_json(request):
        seen = view_of(request, wishlist)
        response = JsonResponse({"success": True, "message": text, "wishlist": as_json(seen)})
    elif request.htmx:
        response = _fragment(request, view_of(request, wishlist), text, **context)
    else:
        messages.success(request, text)
        response = redirect("wishlist:page")
    if wishlist:
        keep_wishlist(request, response, wishlist)
    return response


def refuse(request: ShopRequest, error: Exception) -> HttpResponse:
    """Nothing was changed."""
    text, code = say(error), getattr(error, "code", "not_found")
    if wants_json(request):
        return JsonResponse({"success": False, "error": text, "code": code}, status=STATUS.get(code, 409))
    if request.htmx:
        return _fragment(request, view_of(request, wishlist_of(request)), text, problem=text)
    messages.error(request, text)
    return redirect("wishlist:page")


def _fragment(request: ShopRequest, seen: WishlistView, text: str, **context: Any) -> HttpResponse:
    html = render_to_string("shop/wishlist/_wishlist.html", {**_context(request, seen), **context}, request)
    response = HttpResponse(html)
    told: dict[str, Any] = {"wishlist-changed": {**marks_json(seen), "message": text}}
    if "count" in context:
        told["cart-changed"] = {"count": context["count"]}
    response["HX-Trigger"] = json.dumps(told)
    return response


def _context(request: ShopRequest, seen: WishlistView) -> dict[str, Any]:
    context: dict[str, Any] = {"seen": seen, "share_url": share_url(request, seen.wishlist)}
    if request.user.is_authenticated:
        context["mail_words"] = WORDINGS[Kind.PRICE_DROPS].words
        context["mails"] = consents.has_consented(email=request.user.email, kind=Kind.PRICE_DROPS)
    return context


def share_url(request: ShopRequest, wishlist: Wishlist | None) -> str:
    """The whole address of the shared page; empty while it is not shared."""
    key = wishlist.share_key if wishlist else ""
    return request.build_absolute_uri(reverse("wishlist:shared", args=[key])) if key else ""


# --- JSON ----------------------------------------------------------------------------------------


def marks_json(seen: WishlistView) -> dict[str, Any]:
    entries = seen.entries
    return {
        "skus": [entry.sku for entry in entries],
        "products": sorted({entry.variant.product_id for entry in entries}),
    }


def as_json(seen: WishlistView) -> dict[str, Any]:
    """The list for programs: amounts as strings in major units of `currency`."""
    return {
        "count": seen.count,
        "currency": seen.currency,
        "items": [_entry_json(entry) for entry in seen.entries],
        "shared": bool(seen.wishlist and seen.wishlist.share_key),
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "sku": entry.sku,
        "product": entry.variant.product_id,
        "title": entry.title,
        "options": entry.options,
        "price": _amount(entry.price.now) if entry.price else None,
        "was": _amount(entry.price.was) if entry.price else None,
        "available": entry.can_be_had,
        "marks": [{"code": mark.code, "text": mark.text} for mark in entry.marks],
        "url": entry.url,
        "image": entry.image.file.url if entry.image else None,
    }


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money.amount.quantize(quantum(money.currency.code)))
