"""The doors of returns, for whoever holds the order's link: ask, follow, print the slip, change one's mind."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shop.access import access
from shop.checkout.order_views import find
from shop.checkout.pay import order_path
from shop.customers import operations as customers
from shop.delivery.models import ReturnPolicy
from shop.orders.models import Order
from shop.returns import operations as returns
from shop.returns.forms import ReturnForm
from shop.returns.listing import Returnable, returnable
from shop.returns.models import Return
from shop.returns.tracking import timeline
from shop.web import ShopRequest, no_referrer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@no_referrer
@access("token")
def ask(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """The form, while something can be sent back. A form that was sent before leads to its return."""
    order = find(number, token)
    if request.method == "POST" and (earlier := _sent_before(order, request.POST.get("key", ""))):
        return redirect(_address(earlier))
    here = returnable(order)
    if not here.is_open(request.commerce_now):
        messages.error(request, _why_not(here, request))
        return redirect(order_path(order))
    form = ReturnForm(request.POST or None, request.FILES or None, here=here)
    if request.method == "POST":
        return _ask(request, order, here, form)
    return _show(request, order, here, form)


def _show(request: ShopRequest, order: Order, here: Returnable, form: ReturnForm, status: int = 200) -> HttpResponse:
    context = {"order": order, "form": form, "until": here.until, "policy": ReturnPolicy.current()}
    return render(request, "shop/returns/ask.html", {**context, "is_wrong": form.is_bound}, status=status)


def _ask(request: ShopRequest, order: Order, here: Returnable, form: ReturnForm) -> HttpResponse:
    limit, minutes = settings.RETURN_LIMIT
    period = timedelta(minutes=minutes)
    now = request.commerce_now
    try:
        customers.throttle(scope="return.request", key=order.number, limit=limit, period=period, now=now)
    except customers.TooManyAttempts:
        return render(request, "429.html", status=429)
    if not form.is_valid():
        return _show(request, order, here, form, 422)
    data = form.cleaned_data
    facts = {"key": data["key"], "words": data["words"], "photos": data["photos"] or ()}
    try:
        back = returns.request_return(order_id=order.pk, wanted=form.wanted(), **facts, now=now)
    except returns.ReturnError as refusal:
        form.add_error(None, _words(refusal))
        return _show(request, order, here, form, 422)
    messages.success(request, _("We have your request. We have also written to you."))
    return redirect(_address(back))


def _words(refusal: Exception) -> str:
    if isinstance(refusal, returns.NotReturnable):
        return _("Somebody has just asked to send some of it back. Open this page anew to see what is left.")
    return _("The days in which it could be sent back are over.")


def _why_not(here: Returnable, request: ShopRequest) -> str:
    if here.units and here.until and not here.is_in_time(request.commerce_now):
        return _("The days in which it could be sent back are over.")
    return _("There is nothing of this order to send back.")


def _sent_before(order: Order, key: str) -> Return | None:
    with suppress(ValueError):
        return order.returns.filter(key=UUID(key)).first()
    return None


def _address(back: Return) -> str:
    return reverse("returns:page", args=[back.order.number, back.order.token, back.number])


def _find(number: str, token: str, rma: str) -> Return:
    """The return, for whoever holds its order's link. Raises Http404."""
    order = find(number, token)
    rows = order.returns.select_related("refund__payment").prefetch_related("lines__line__image", "photos")
    back = get_object_or_404(rows, number=rma)
    back.order = order
    return back


def _context(back: Return) -> dict[str, Any]:
    lines = back.lines.all()
    return {
        "order": back.order,
        "back": back,
        "lines": lines,
        "units": sum(line.quantity for line in lines),
        "events": timeline(back),
        "policy": ReturnPolicy.current(),
        "may_withdraw": back.state in (Return.State.REQUESTED, Return.State.APPROVED),
    }


@require_safe
@never_cache
@no_referrer
@access("token")
def page(request: ShopRequest, number: str, token: str, rma: str) -> HttpResponse:
    return render(request, "shop/returns/return.html", _context(_find(number, token, rma)))


@require_safe
@never_cache
@no_referrer
@access("token")
def slip(request: ShopRequest, number: str, token: str, rma: str) -> HttpResponse:
    """To be printed and put into the parcel, once it may be sent."""
    back = _find(number, token, rma)
    if back.state != Return.State.APPROVED:
        messages.error(request, _("There is nothing to send at the moment."))
        return redirect(_address(back))
    return render(request, "shop/returns/slip.html", _context(back))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@no_referrer
@access("token")
def withdraw(request: ShopRequest, number: str, token: str, rma: str) -> HttpResponse:
    """Asks once more, then withdraws."""
    back = _find(number, token, rma)
    context = _context(back)
    if not context["may_withdraw"]:
        messages.error(request, _("This cannot be changed any more."))
        return redirect(_address(back))
    if request.method != "POST":
        return render(request, "shop/returns/withdraw.html", context)
    try:
        returns.withdraw(return_id=back.pk, now=request.commerce_now)
    except returns.IllegalMove:
        messages.error(request, _("This cannot be changed any more."))
    else:
        words = ngettext("It is yours: you keep it.", "They are yours: you keep them.", context["units"])
        messages.success(request, words)
    return redirect(_address(back))
