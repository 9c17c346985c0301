"""The checkout's doors: one step, one address, one form. What is answered is kept; going back loses nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.access import access
from shop.cart import operations as carts
from shop.cart.listing import CartView, look
from shop.cart.models import Cart
from shop.cart.shoppers import cart_of, country_of, customer_of
from shop.checkout import operations
from shop.checkout.forms import AddressForm, ContactForm, DeliveryForm, PlaceForm
from shop.checkout.models import CheckoutDraft
from shop.checkout.pay import handover, order_path, payment_form, payment_page
from shop.checkout.steps import ORDER, answers, first_open, steps
from shop.delivery.pricing import DeliveryTerms, countries, methods_for
from shop.money import Money, format_money
from shop.orders.models import Order
from shop.payments.providers import offered
from shop.payments.providers.base import Rejected, Unknown
from shop.web import ShopRequest


@dataclass
class Checkout:
    """A checkout on its way: the cart, what was answered, and today's totals for it."""

    cart: Cart
    draft: CheckoutDraft
    bag: CartView
    methods: list[DeliveryTerms]

    @property
    def reachable(self) -> str:
        return first_open(self.draft, self.methods)


def _open(request: ShopRequest) -> Checkout | None:
    cart = cart_of(request)
    if cart is None:
        return None
    draft, _created = CheckoutDraft.objects.get_or_create(cart=cart)
    bag = look(
        cart,
        now=request.commerce_now,
        language=get_language() or settings.LANGUAGE_CODE,
        country=draft.country if draft.address_done else country_of(request),
        delivery_code=draft.delivery_code,
        customer=customer_of(request, draft.email),
    )
    methods = methods_for(draft.country, cart.currency) if draft.address_done else []
    return Checkout(cart, draft, bag, methods)


def step(name: str) -> Callable:
    """A step's view gets the open checkout. Sent away: to the cart when that must be settled first, to the first
    unanswered step when this one comes too early."""

    def decorate(view: Callable) -> Callable:
        @require_http_methods(["GET", "HEAD", "POST"])
        @never_cache
        @access("public")
        @wraps(view)
        def opened(request: ShopRequest) -> HttpResponse:
            checkout = _open(request)
            if checkout is None or not checkout.bag.lines or checkout.bag.is_blocked:
                return _to_cart(request)
            if ORDER.index(name) > ORDER.index(checkout.reachable):
                return redirect(f"checkout:{checkout.reachable}")
            return view(request, checkout)

        return opened

    return decorate


def _to_cart(request: ShopRequest) -> HttpResponse:
    """Back to the cart; or to the order, when this browser has just placed it (Back, refresh, a second tab)."""
    number = request.session.get("last_order")
    order = Order.objects.filter(number=number).first() if number else None
    if order and request.path.endswith("/payment/"):
        return _go(request, order_path(order))
    return _go(request, reverse("cart:page"))


def _go(request: ShopRequest, url: str) -> HttpResponse:
    if _is_program(request):
        return JsonResponse({"redirect": url})
    return redirect(url)


def _is_program(request: ShopRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _page(request: ShopRequest, name: str, checkout: Checkout, **context: Any) -> HttpResponse:
    form = context.get("form")
    context |= {
        "bag": checkout.bag,
        "draft": checkout.draft,
        "steps": steps(name, checkout.reachable),
        "number": ORDER.index(name) + 1,
        "answers": answers(checkout.draft, checkout.bag, name),
        "is_wrong": bool(form is not None and form.errors),
    }
    status = 422 if context["is_wrong"] else 200
    return render(request, f"shop/checkout/{name}.html", context, status=status)


@require_http_methods(["GET", "HEAD"])
@never_cache
@access("public")
def start(request: ShopRequest) -> HttpResponse:
    checkout = _open(request)
    if checkout is None or not checkout.bag.lines or checkout.bag.is_blocked:
        return redirect("cart:page")
    carts.acknowledge_prices(cart=checkout.cart, now=request.commerce_now)
    return redirect(f"checkout:{checkout.reachable}")


@step("contact")
def contact(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    known = checkout.draft.email or getattr(request.user, "email", "")
    form = ContactForm(request.POST or None, initial={"email": known})
    if form.is_valid():
        checkout.draft.email = form.cleaned_data["email"]
        checkout.draft.save()
        return redirect("checkout:address" if not checkout.draft.address_done else "checkout:start")
    return _page(request, "contact", checkout, form=form)


@step("address")
def address(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    draft, known = checkout.draft, countries()
    said = request.POST.get("country") or draft.country or country_of(request)
    country = said or settings.HOME_COUNTRY[checkout.cart.currency]
    if country not in known:
        country = settings.HOME_COUNTRY[checkout.cart.currency]
    if request.method == "POST" and "choose_country" not in request.POST:
        form = AddressForm(request.POST, countries=known, country=country)
        if form.is_valid():
            return _keep_address(checkout, form)
    else:
        typed = {**draft.address_values(), **request.POST.dict(), "country": country}
        form = AddressForm(initial=typed, countries=known, country=country)
    return _page(request, "address", checkout, form=form)


def _keep_address(checkout: Checkout, form: AddressForm) -> HttpResponse:
    draft = checkout.draft
    for name, value in form.address().items():
        setattr(draft, name, value)
    draft.address_done = True
    draft.save()
    return redirect("checkout:delivery")


@step("delivery")
def delivery(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    form = DeliveryForm(request.POST or None, methods=checkout.methods)
    if form.is_valid():
        checkout.draft.delivery_code = form.cleaned_data["method"]
        checkout.draft.save()
        return redirect("checkout:payment")
    ready = timezone.localdate(request.commerce_now) + timedelta(days=checkout.bag.lead_days)
    chosen = checkout.draft.delivery_code or checkout.methods[0].code
    ways = [_way(method, checkout.bag.totals.goods, ready, chosen) for method in checkout.methods]
    return _page(request, "delivery", checkout, form=form, ways=ways)


def _way(method: DeliveryTerms, goods: Money, ready: date, chosen: str) -> dict[str, Any]:
    first, last = method.arrives(ready)
    cost = method.cost_of(goods)
    return {
        "code": method.code,
        "name": method.name,
        "when": _("Between %(first)s and %(last)s")
        % {"first": date_format(first, "j F"), "last": date_format(last, "j F")},
        "price": format_money(cost) if cost else _("Free"),
        "chosen": method.code == chosen,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("public")
def payment(request: ShopRequest) -> HttpResponse:
    """The last step. A submission that has placed its order already goes on with that order, however often it comes."""
    form = PlaceForm(request.POST or None)
    if form.is_valid() and (order := Order.objects.filter(checkout_key=form.cleaned_data["key"]).first()):
        return _hand_over(request, order)
    return _payment(request)


@step("payment")
def _payment(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    total = checkout.bag.totals.total
    providers = offered(checkout.cart.currency, total.amount)
    if request.method == "POST":
        return _place(request, checkout)
    form = PlaceForm(initial={"key": checkout.draft.key, "total": total.amount, "currency": total.currency.code})
    pay = payment_form(providers[0], total) if providers else None
    return payment_page(_page(request, "payment", checkout, form=form, pay=pay), providers)


def _place(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _again(
            request, _("This page was out of date. Nothing was charged. Please check it and press Pay again.")
        )
    data, draft = form.cleaned_data, checkout.draft
    details = operations.Details(
        email=draft.email,
        address=draft.address_values(),
        delivery_code=draft.delivery_code,
        language=get_language() or settings.LANGUAGE_CODE,
        user=request.user if request.user.is_authenticated else None,
    )
    try:
        order = operations.place_order(
            cart=checkout.cart,
            details=details,
            expected_total=Money(data["total"], data["currency"]),
            key=data["key"],
            now=request.commerce_now,
        )
    except operations.TotalChanged as error:
        return _again(request, _changed_total(error))
    except operations.CartProblems:
        messages.error(request, _("Somebody was quicker. Nothing was charged. This is what has changed:"))
        return _go(request, reverse("cart:page"))
    except operations.NoDelivery:
        messages.error(request, _("This way of delivery is gone. Nothing was charged. Please choose another."))
        return _go(request, reverse("checkout:delivery"))
    request.session["last_order"] = order.number
    return _hand_over(request, order)


def _hand_over(request: ShopRequest, order: Order) -> HttpResponse:
    """The order stands; now its payment begins, in this page when a script asks, else on the order's own page."""
    if not _is_program(request):
        return redirect(order_path(order))
    try:
        return JsonResponse(handover(request, order))
    except (Rejected, Unknown):
        messages.error(request, _("We could not reach the payment service. Your order is kept; please try again."))
        return JsonResponse({"redirect": order_path(order)})


def _again(request: ShopRequest, text: str) -> HttpResponse:
    messages.error(request, text)
    return _go(request, reverse("checkout:payment"))


def _changed_total(error: operations.TotalChanged) -> str:
    return _(
        "The total was %(expected)s and is now %(actual)s, because something changed meanwhile. "
        "Nothing was charged. Please check it and press Pay again."
    ) % {"expected": format_money(error.expected), "actual": format_money(error.actual)}
