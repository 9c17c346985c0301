"""The doors of those who wait for what is sold out: ask, confirm by the link of a letter, get out."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop.access import access
from shop.cart.answers import wants_json
from shop.cart.reads import WANTED
from shop.cart.shoppers import language_of
from shop.catalogue.currency import currency_of
from shop.catalogue.models import Variant
from shop.customers import operations as customers
from shop.web import ShopRequest, client_address, no_referrer, same_origin_post
from shop.wishlist import asks
from shop.wishlist.answers import owner_of
from shop.wishlist.forms import TellMeForm
from shop.wishlist.goods import goods
from shop.wishlist.refusals import InStock, LinkOver, NotFound


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("public")
@same_origin_post
def tell_me(request: ShopRequest) -> HttpResponse:
    """`sku`; POST `email`, which whoever is signed in may leave out. Answers alike whether the address is known or not."""
    sku = (request.POST if request.method == "POST" else request.GET).get("sku", "")[:64]
    variant = get_object_or_404(Variant, sku__iexact=sku)
    owner = owner_of(request)
    if request.method != "POST":
        return _answer(request, variant)
    typed = request.POST.get("email", "").strip()[:300] or (owner.email if owner else "")
    form = TellMeForm({"email": typed})
    if not form.is_valid():
        return _answer(request, variant, status=422, email=typed, problem=form.errors["email"][0])
    email = form.cleaned_data["email"].lower()
    try:
        _count(request, email)
        asks.ask(sku=variant.sku, email=email, language=language_of(), user=owner, now=request.commerce_now)
    except customers.TooManyAttempts:
        text = _("That were many at once. Please try again in a while.")
        return _answer(request, variant, status=429, email=typed, problem=text)
    except InStock:
        text = _("It has just come back: you can have it now.")
        return _answer(request, variant, status=409, email=typed, problem=text)
    except NotFound:
        text = _("This is not for sale any more.")
        return _answer(request, variant, status=404, email=typed, problem=text)
    known = owner is not None and owner.email == email
    return _answer(request, variant, email=email, done="noted" if known else "asked")


def _count(request: ShopRequest, email: str) -> None:
    """Raises TooManyAttempts: nobody fills a stranger's letter box by this door."""
    for what, key in {"address": client_address(request), "email": email}.items():
        limit, minutes = settings.STOCK_ASK_LIMITS[what]
        period, now = timedelta(minutes=minutes), request.commerce_now
        customers.throttle(scope=f"stock_ask.{what}", key=key, limit=limit, period=period, now=now)


def _answer(request: ShopRequest, variant: Variant, *, status: int = 200, **said: Any) -> HttpResponse:
    """`problem`: why nothing was noted; `done`: "noted", or "asked" when a letter wants to be confirmed."""
    if wants_json(request):
        problem = said.get("problem")
        answer = {"success": False, "error": problem} if problem else {"success": True, "state": said.get("done", "")}
        return JsonResponse(answer, status=status)
    context = {"sku": variant.sku, **said}
    if request.htmx:  # htmx swaps answers to what was typed, also refusals
        return render(request, "shop/wishlist/_tell_me.html", context, status=422 if said.get("problem") else 200)
    found = goods([variant.sku], currency=currency_of(request), language=language_of(), now=request.commerce_now)
    [row] = found.of(WANTED)
    context |= {"row": row, "owner": owner_of(request)}
    return render(request, "shop/wishlist/tell_me.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def confirm(request: ShopRequest, token: str) -> HttpResponse:
    """The link of the letter. It asks once more, since mail programs follow links by themselves."""
    try:
        ask = asks.read_confirm_token(token)
    except LinkOver:
        return render(request, "shop/wishlist/link_over.html", status=404)
    found = goods([ask.variant.sku], currency=currency_of(request), language=language_of(), now=request.commerce_now)
    if request.method == "POST":
        asks.confirm(ask=ask, now=request.commerce_now)
    context = {"row": found.of(WANTED)[0], "email": ask.email, "done": request.method == "POST" or ask.confirmed_at}
    return render(request, "shop/wishlist/confirm.html", context)


@csrf_exempt  # mail programs press this for their users (RFC 8058); the link is the secret
@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def stop(request: ShopRequest, token: str) -> HttpResponse:
    """Out of all that this address waits for: a page with one button."""
    try:
        email = asks.read_stop_token(token)
    except LinkOver:
        return render(request, "shop/wishlist/link_over.html", status=404)
    if request.method == "POST":
        asks.stop(email=email)
    return render(request, "shop/wishlist/stop.html", {"email": email, "done": request.method == "POST"})
