"""The checkout's doors: one step, one address, one form. What is answered is kept; going back loses nothing."""

import uuid
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
from shop.cart.shoppers import cart_of, country_of, customer_of, language_of, shopper_of
from shop.checkout import changes, operations, reminders
from shop.checkout.cookies import keep_order, keep_provider, read_order, read_provider
from shop.checkout.forms import ContactForm, DeliveryForm, PlaceForm
from shop.checkout.models import CheckoutDraft
from shop.checkout.pay import handover, offers, order_path, payment_page, ways
from shop.checkout.reads import draft_of
from shop.checkout.steps import answers, first_open, rank, steps
from shop.checkout.typed import keep_typed, typed_before
from shop.delivery.pricing import DeliveryTerms
from shop.money import Money, format_money
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Rejected, Unknown
from shop.web import ShopRequest


@dataclass
class Checkout:
    """A checkout on its way: the cart, what was answered, and today's totals for it."""

    cart: Cart
    draft: CheckoutDraft
    bag: CartView

    @property
    def methods(self) -> tuple[DeliveryTerms, ...]:
        """By which it can be had; none while it is not known where it goes."""
        return self.bag.ways if self.draft.knows_where else ()

    @property
    def reachable(self) -> str:
        return first_open(self.draft, self.methods)


def open_checkout(request: ShopRequest) -> Checkout | None:
    cart = cart_of(request)
    if cart is None:
        return None
    draft, _created = CheckoutDraft.objects.get_or_create(cart=cart)
    sent = draft.knows_where and not draft.collect
    bag = look(
        cart,
        now=request.commerce_now,
        language=get_language() or settings.LANGUAGE_CODE,
        country=draft.country if sent else country_of(request),
        region=draft.region if sent else "",
        collect=draft.knows_where and draft.collect,
        delivery_code=draft.delivery_code,
        customer=customer_of(request, draft.email),
    )
    return Checkout(cart, draft, bag)


def step(name: str) -> Callable:
    """A step's view gets the open checkout. Sent away: to the cart when that must be settled first, to the first
    unanswered step when this one comes too early."""

    def decorate(view: Callable) -> Callable:
        @require_http_methods(["GET", "HEAD", "POST"])
        @never_cache
        @access("public")
        @wraps(view)
        def opened(request: ShopRequest) -> HttpResponse:
            checkout = open_checkout(request)
            if checkout is None or not checkout.bag.lines:
                return _nothing_here(request, name)
            if checkout.bag.is_blocked:
                messages.error(request, changes.blocked(checkout.bag))
                return _go(request, reverse("cart:page"))
            if rank(name) > rank(checkout.reachable):
                return redirect(f"checkout:{checkout.reachable}")
            return view(request, checkout)

        return opened

    return decorate


def _nothing_here(request: ShopRequest, name: str) -> HttpResponse:
    """To the order, when this browser has just placed it (Back, refresh, a second tab); else to the empty cart, and
    whoever was sending something learns why."""
    number = read_order(request)
    order = Order.objects.filter(number=number).first() if number else None
    if order and (request.method == "POST" or request.path.endswith("/payment/")):
        if request.method == "POST":
            messages.info(request, _("You have placed this order already, in another tab. It was not placed twice."))
        return _go(request, order_path(order))
    if request.method == "POST":
        keep_typed(request, name)
        messages.error(request, _nobody(request))
    return _go(request, reverse("cart:page"))


def _nobody(request: ShopRequest) -> str:
    if request.user.is_authenticated:
        return _("Your cart was emptied meanwhile, perhaps in another tab. Nothing was charged.")
    return _(
        "This page was open for long, and we no longer know whose cart it was. Nothing was charged. If you have an "
        "account, sign in: your cart is kept there, and what you typed is still here."
    )


def _go(request: ShopRequest, url: str) -> HttpResponse:
    if _is_program(request):
        return JsonResponse({"redirect": url})
    return redirect(url)


def _is_program(request: ShopRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def page_of(request: ShopRequest, name: str, checkout: Checkout, **context: Any) -> HttpResponse:
    """A step's page; 422 when its form has found something."""
    form = context.get("form")
    context |= {
        "bag": checkout.bag,
        "draft": checkout.draft,
        "steps": steps(name, checkout.reachable),
        "number": rank(name) + 1,
        "answers": answers(checkout.draft, checkout.bag, name),
        "is_wrong": bool(form is not None and form.errors),
    }
    status = 422 if context["is_wrong"] else 200
    return render(request, f"shop/checkout/{name}.html", context, status=status)


@require_http_methods(["GET", "HEAD"])
@never_cache
@access("public")
def start(request: ShopRequest) -> HttpResponse:
    checkout = open_checkout(request)
    if checkout is None or not checkout.bag.lines or checkout.bag.is_blocked:
        return redirect("cart:page")
    carts.acknowledge_prices(cart=checkout.cart, now=request.commerce_now)
    return redirect(f"checkout:{checkout.reachable}")


@step("contact")
def contact(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    known = checkout.draft.email or getattr(request.user, "email", "")
    form = ContactForm(request.POST or None, initial={"email": known, **typed_before(request, "contact")})
    if form.is_valid():
        checkout.draft.email = form.cleaned_data["email"]
        if form.cleaned_data["remind"]:
            reminders.ask_for_reminder(
                draft=checkout.draft, page=request.path, language=language_of(), now=request.commerce_now
            )
        checkout.draft.save()
        return redirect("checkout:address" if not checkout.draft.knows_where else "checkout:start")
    return page_of(request, "contact", checkout, form=form)


@step("delivery")
def delivery(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    draft, methods = checkout.draft, checkout.methods
    typed = typed_before(request, "delivery")
    form = DeliveryForm(request.POST or None, initial={"note": draft.note, **typed}, methods=methods)
    if form.is_valid():
        draft.delivery_code, draft.note = form.cleaned_data["method"], form.cleaned_data["note"]
        draft.save()
        return redirect("checkout:payment")
    ready = timezone.localdate(request.commerce_now) + timedelta(days=checkout.bag.lead_days)
    codes = [method.code for method in methods]
    chosen = next(
        (code for code in (request.POST.get("method"), typed.get("method"), draft.delivery_code) if code in codes),
        codes[0],
    )
    ways = [_way(method, checkout.bag.totals.goods, ready, chosen) for method in methods]
    return page_of(request, "delivery", checkout, form=form, ways=ways)


def _way(method: DeliveryTerms, goods: Money, ready: date, chosen: str) -> dict[str, Any]:
    cost = method.cost_of(goods)
    return {
        "code": method.code,
        "name": method.name,
        "when": _when(method, ready),
        "place": method.place,
        "price": format_money(cost) if cost else _("Free"),
        "chosen": method.code == chosen,
    }


def _when(method: DeliveryTerms, ready: date) -> str:
    first, last = (date_format(day, "j F") for day in method.arrives(ready))
    if method.place:
        return _("Ready for you from %(first)s") % {"first": last}
    if first == last:
        return _("On %(day)s") % {"day": first}
    return _("Between %(first)s and %(last)s") % {"first": first, "last": last}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("public")
def payment(request: ShopRequest) -> HttpResponse:
    """The last step. A submission that has placed its order already goes on with that order, however often it comes."""
    form = PlaceForm(request.POST or None)
    if not form.is_valid():
        return _payment(request)
    key, draft = form.cleaned_data["key"], _answered(request)
    if draft is None or draft.key != key:  # placed already, or another cart's
        if order := orders.placed_with(key):
            return _hand_over(request, order, form.cleaned_data["provider"])
        if _signed_out(request, key):
            messages.error(
                request, _("You were signed out meanwhile. Nothing was charged. Sign in and go on: all is kept.")
            )
            return _go(request, f"{reverse('account_login')}?next={reverse('checkout:start')}")
    if draft is None:
        return _payment(request)
    response = _place(request, draft, form.cleaned_data)
    if form.cleaned_data["provider"] in PROVIDERS:
        keep_provider(response, form.cleaned_data["provider"])
    return response


def _answered(request: ShopRequest) -> CheckoutDraft | None:
    """What whoever asks has answered, with their cart, when nothing is missing. What has changed meanwhile is seen when
    the order is placed, so nothing is priced here.
    """
    shopper = shopper_of(request)
    draft = draft_of(owner=shopper.owner, token=shopper.token)
    if draft is None or (draft.other_bill and not draft.billing):
        return None
    return draft if draft.email and draft.knows_where and draft.delivery_code else None


def _signed_out(request: ShopRequest, key: uuid.UUID) -> bool:
    """Whether the page was an account's, and whoever sends it is nobody any more."""
    owned = CheckoutDraft.objects.filter(key=key, cart__owner__isnull=False)
    return not request.user.is_authenticated and owned.exists()


@step("payment")
def _payment(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    if request.method == "POST":
        return _again(
            request, _("This page was out of date. Nothing was charged. Please check it and press Pay again.")
        )
    total = checkout.bag.totals.total
    seen = {"total": total.amount, "currency": total.currency.code, "parts": changes.parts_of(checkout.bag.totals)}
    form = PlaceForm(initial={"key": checkout.draft.key, **seen})
    page = page_of(request, "payment", checkout, form=form, ways=ways(total, read_provider(request)))
    return payment_page(page, offers(total))


def _place(request: ShopRequest, draft: CheckoutDraft, data: dict[str, Any]) -> HttpResponse:
    names = [provider.name for provider in offers(Money(data["total"], data["currency"]))]
    provider = (data["provider"] or next(iter(names), "")) if data["total"] else ""
    if provider not in names and data["total"]:
        return _again(request, _("This way to pay is not possible here. Nothing was charged. Please choose another."))
    try:
        order = operations.place_order(
            cart=draft.cart,
            details=_details(request, draft, provider),
            expected_total=Money(data["total"], data["currency"]),
            key=data["key"],
            now=request.commerce_now,
        )
    except operations.TotalChanged as error:
        return _say_what_changed(request, error, data["parts"])
    except operations.CartProblems:
        return _somebody_was_quicker(request)
    except operations.Busy:
        return _again(request, _("Very many people are buying just now. Nothing was charged. Please press Pay again."))
    except operations.NoDelivery:
        messages.error(request, _("This way of delivery is gone. Nothing was charged. Please choose another."))
        return _go(request, reverse("checkout:delivery"))
    response = _hand_over(request, order, provider)
    keep_order(request, response, order)
    return response


def _hand_over(request: ShopRequest, order: Order, provider: str) -> HttpResponse:
    """The order stands; now its payment begins: at the provider's page, in this one when a script asks, else on the
    order's own, as when there is nothing to pay."""
    known = provider in PROVIDERS
    if not _is_program(request) and not (known and PROVIDERS[provider].kind == "redirect"):
        return redirect(order_path(order))
    try:
        begun = handover(request, order, provider if known else "")
    except (Rejected, Unknown):
        messages.error(request, _("We could not reach the payment service. Your order is kept; please try again."))
        begun = {"redirect": order_path(order)}
    if _is_program(request):
        return JsonResponse(begun)
    return redirect(begun.get("redirect") or order_path(order))


def _again(request: ShopRequest, text: str) -> HttpResponse:
    messages.error(request, text)
    return _go(request, reverse("checkout:payment"))


def _say_what_changed(request: ShopRequest, error: operations.TotalChanged, parts: str) -> HttpResponse:
    """Look again, since it may have changed this very moment, and say it once."""
    checkout = open_checkout(request)
    if checkout is None or checkout.bag.is_blocked:
        return _somebody_was_quicker(request)
    messages.error(request, changes.changed_total(error, checkout.bag, parts))
    carts.acknowledge_prices(cart=checkout.cart, now=request.commerce_now)
    return _go(request, reverse("checkout:payment"))


def _somebody_was_quicker(request: ShopRequest) -> HttpResponse:
    checkout = open_checkout(request)
    if checkout is None or not checkout.bag.lines:
        return _nothing_here(request, "payment")
    messages.error(request, f"{_('Somebody was quicker.')} {changes.blocked(checkout.bag)}")
    return _go(request, reverse("cart:page"))


def _details(request: ShopRequest, draft: CheckoutDraft, provider: str) -> operations.Details:
    return operations.Details(
        email=draft.email,
        address=draft.address_values(),
        delivery_code=draft.delivery_code,
        language=get_language() or settings.LANGUAGE_CODE,
        note=draft.note,
        provider=provider,
        payment_kind=PROVIDERS[provider].kind if provider else "card",
        collect=draft.collect,
        billing=draft.billing if draft.other_bill else {},
        user=request.user if request.user.is_authenticated else None,
    )
