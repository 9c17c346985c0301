"""Orders of mine: listed in the account, found by number and e-mail, ordered once more, and made an account of."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from allauth.account.internal.flows.signup import complete_signup
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import access
from shop.account.forms import LookupForm, SignupForm
from shop.cart.again import Again, order_again
from shop.cart.cookies import keep_cart
from shop.cart.refusals import CartError
from shop.cart.shoppers import shopper_of
from shop.catalogue.models import Picture
from shop.catalogue.pictures import filters
from shop.checkout.forms import OfferForm
from shop.checkout.order_views import find, show
from shop.checkout.pay import order_path
from shop.checkout.tracking import timeline
from shop.customers import operations as customers
from shop.money import Money, format_money
from shop.orders.models import Order, OrderLine
from shop.reviews.models import Review
from shop.web import ShopRequest, client_address, no_referrer

A_PAGE, PICTURES = 20, 3


@require_safe
@never_cache
@access("owner")
def orders(request: ShopRequest) -> HttpResponse:
    paginator = Paginator(_mine(request.user), A_PAGE)
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= paginator.num_pages):
        raise Http404
    page = paginator.page(int(number))
    entries = [{"order": one, "told": _told(one), "lines": list(one.lines.all())[:PICTURES]} for one in page]
    return render(request, "account/orders.html", {"entries": entries, "page_of_orders": page})


def _mine(user: Any) -> QuerySet[Order]:
    pictures = Picture.objects.prefetch_renditions(*filters("thumb"))
    lines = OrderLine.objects.prefetch_related(Prefetch("image", pictures))
    mine = Order.objects.filter(user=user).annotate(things=Sum("lines__quantity"))
    return mine.prefetch_related(Prefetch("lines", lines), "fulfilments__lines__line").order_by("-pk")


def _told(order: Order) -> Any:
    """Where the order is now: the milestone that its page shows as the present one, else the last that was reached."""
    events = timeline(order)
    now = [event for event in events if event.state == "now"]
    return (now or [event for event in events if event.state == "done"])[-1]


@require_safe
@never_cache
@access("owner")
def reviews(request: ShopRequest) -> HttpResponse:
    mine = Review.objects.filter(user=request.user.pk).select_related("product")
    return render(request, "account/reviews.html", {"reviews": mine})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("public")
def lookup(request: ShopRequest) -> HttpResponse:
    """POST `number` and `email`. A wrong address and an unknown number are answered alike, and counted."""
    form = LookupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/lookup.html", {"form": form}, status=422 if form.is_bound else 200)
    limit, minutes = settings.LOOKUP_LIMIT
    attempt = {"scope": "order.lookup", "key": client_address(request)}
    try:
        customers.throttle(**attempt, limit=limit, period=timedelta(minutes=minutes), now=request.commerce_now)
    except customers.TooManyAttempts:
        return render(request, "429.html", status=429)
    number, email = form.cleaned_data["number"], form.cleaned_data["email"]
    order = Order.objects.filter(number__iexact=number, email__iexact=email).first()
    if order is None:
        return render(request, "account/lookup.html", {"form": form, "missed": True}, status=404)
    customers.forgive(**attempt)
    return redirect(order_path(order))


@require_POST
@no_referrer
@access("token")
def again(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """Put what can be had of an order into the cart, and say what cannot, and what costs something else now."""
    order = find(number, token)
    lines, response = list(order.lines.all()), redirect("cart:page")
    wanted = {line.sku: line.quantity for line in lines}
    try:
        done = order_again(shopper=shopper_of(request), wanted=wanted, now=request.commerce_now)
    except CartError:
        messages.warning(request, _("Nothing of order %(number)s can be had any more.") % {"number": number})
        return response
    keep_cart(request, response, done.cart)
    messages.success(request, _("What can be had of order %(number)s is in your cart.") % {"number": number})
    for words in _changes(order, lines, done):
        messages.warning(request, words)
    return response


def _changes(order: Order, lines: list[OrderLine], done: Again) -> Iterator[str]:
    """What is not as it was when this was ordered."""
    for row in done.fewer:
        yield _("Of %(title)s not all could be had.") % {"title": row.title}
    if gone := [line.title for line in lines if line.sku in done.gone]:
        yield _("Not to be had any more: %(what)s.") % {"what": ", ".join(gone)}
    if done.cart.currency != order.currency:
        return
    now = {row.variant.sku: Money(row.seen_price, order.currency) for row in done.rows}
    for line in lines:
        before, price = Money(line.unit_price, order.currency), now.get(line.sku)
        if price and price != before:
            words = _("%(title)s costs %(now)s now, and %(before)s when you ordered it.")
            amounts = {"now": format_money(price, short=True), "before": format_money(before, short=True)}
            yield words % {"title": line.title, **amounts}


@require_POST
@no_referrer
@access("token")
def open_account(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """Make an account of an order's e-mail address and the `password` sent with it.

    Whoever has the link has not shown that the mailbox is theirs, for it stands on the page right after buying. So
    nothing is joined and nobody is signed in: a letter goes to the address, and what was ordered with it belongs to the
    account once the link in it was followed. An address that has an account gets a letter that says so; the answer is
    the same.
    """
    order = find(number, token)
    if request.user.is_authenticated:
        return redirect(order_path(order))
    offer = OfferForm(request.POST)
    signup = SignupForm({"email": order.email, "password1": request.POST.get("password", "")})
    try:
        if not offer.is_valid() or not signup.is_valid():
            for error in chain(*signup.errors.values()) if not offer.errors else ():
                offer.add_error("password", error)
            return show(request, order, offer=offer, status=422)
        return _sign_up(request, order, signup)
    except ImmediateHttpResponse as answer:
        return answer.response


def _sign_up(request: ShopRequest, order: Order, signup: SignupForm) -> HttpResponse:
    user, response = signup.try_save(request)
    if user is None:  # there is one: the letter says so
        return response
    user.name = order.shipping_address.name
    user.save(update_fields=["name"])
    return complete_signup(request, user=user)
