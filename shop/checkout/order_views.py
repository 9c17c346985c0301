"""An order by its unguessable link: confirmation first, tracking later, paying again while it is unpaid."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import access
from shop.checkout import cancellation, settlement
from shop.checkout.cancellation import may_cancel, money_of
from shop.checkout.forms import OfferForm, RefundAccountForm
from shop.checkout.instructions import how_to_pay
from shop.checkout.pay import handover, offers, order_path, payment_page, returned_payment, ways
from shop.checkout.tracking import timeline
from shop.money import Money
from shop.orders.contents import is_partly_shipped
from shop.orders.invoices import has_invoice, invoice_of
from shop.orders.models import Order, OrderLine
from shop.payments import accounts
from shop.payments.ledger import refunded_of
from shop.payments.models import Payment
from shop.payments.operations import PROVIDER_ENDS_EARLIER
from shop.payments.providers.base import Rejected, Unknown
from shop.payments.status import FINAL
from shop.reviews.listing import of_order as reviews_of
from shop.web import ShopRequest, no_referrer, same_origin_post


def find(number: str, token: str) -> Order:
    """The order, for whoever holds its link. Raises Http404, the same for a wrong number and a wrong token."""
    order = (
        Order.objects.filter(number=number)
        .prefetch_related("lines__image", "addresses", "fulfilments__lines__line")
        .first()
    )
    if order is None or not constant_time_compare(order.token, token):
        raise Http404
    return order


@require_safe
@never_cache
@no_referrer
@access("token")
def page(request: ShopRequest, number: str, token: str) -> HttpResponse:
    order = find(number, token)
    context = _context(order, request.commerce_now)
    if request.htmx:
        return _look_again(request, context["seen"])
    return show(request, order, context)


def show(
    request: ShopRequest,
    order: Order,
    context: dict[str, Any] | None = None,
    *,
    offer: OfferForm | None = None,
    account: RefundAccountForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The order's page; `offer` is the form for an account, and `account` the one about money that goes back, as
    somebody has just sent it.

    Whoever has not signed in is offered one, whether the address has an account already or not: nothing tells.
    """
    context = context or _context(order, request.commerce_now)
    if not request.user.is_authenticated:
        context["offer"] = offer or OfferForm()
    if context["by_hand"]:
        context["account"] = account or RefundAccountForm()
        context["told"] = all(hasattr(refund, "account") for refund in context["by_hand"])
    response = render(request, "shop/checkout/order.html", context, status=status)
    return payment_page(response, offers(order.money("total")))


def _look_again(request: ShopRequest, seen: str) -> HttpResponse:
    """The page asks every few seconds whether it is still true: nothing to do, or load it anew."""
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


def _context(order: Order, now: datetime) -> dict[str, Any]:
    payment = order.payments.last()
    under_way = payment is not None and payment.state in (Payment.State.PROCESSING, Payment.State.REVIEW)
    payable = order.state == Order.State.PENDING and now < order.expires_at - PROVIDER_ENDS_EARLIER
    how = how_to_pay(payment) if payable else None
    return {
        "order": order,
        "lines": [_line(line, order) for line in order.lines.all()],
        "totals": _totals(order),
        "address": order.shipping_address,
        "events": timeline(order),
        "to_review": _to_review(order),
        "ways": ways(order.money("total"), payment.provider) if payment and payable and not under_way else [],
        "how": how,
        "under_way": under_way,
        "by_hand": list(accounts.waiting(order)),
        "may_cancel": may_cancel(order),
        "partly_shipped": is_partly_shipped(order),
        "has_invoice": has_invoice(order),
        "seen": salted_hmac("shop.checkout.seen", f"{order.state}{under_way}{how}").hexdigest()[:12],
    }


def _to_review(order: Order) -> list[dict[str, Any]]:
    """Once it was sent: each product of the order, and what its buyer has said about it."""
    if order.state not in (Order.State.SHIPPED, Order.State.DELIVERED):
        return []
    said = reviews_of(order)
    products = {line.variant.product_id: line for line in order.lines.select_related("variant")}
    return [{"line": line, "review": said.get(product_id)} for product_id, line in products.items()]


def _line(line: OrderLine, order: Order) -> dict[str, Any]:
    names = ("title", "options", "image", "quantity")
    amounts = {"unit_price": Money(line.unit_price, order.currency), "total": Money(line.subtotal, order.currency)}
    return {name: getattr(line, name) for name in names} | amounts | {"id": line.pk, "url": line.path}


def _totals(order: Order) -> dict[str, Any]:
    names = ("subtotal", "discount", "shipping", "tax", "total")
    amounts = {name: order.money(name) for name in names} | {"discounts": order.offs()}
    return {**amounts, "shipping_label": order.delivery_name, "tax_label": _("Tax"), "tax_included": order.tax_included}


@require_POST
@never_cache
@access("token")
@same_origin_post
def pay(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """Begin or go on with paying, or choose another way: asked by the page's script, or by its form without one."""
    order = find(number, token)
    provider, anew = request.POST.get("provider", ""), bool(request.POST.get("anew"))
    names = [each.name for each in offers(order.money("total"))]
    try:
        begun = handover(request, order, provider if provider in names else "", anew=anew)
    except (Rejected, Unknown):
        text = _("We could not reach the payment service. Nothing was charged. Please try again in a minute.")
        return _say(request, order, {"error": text}, status=503)
    return _say(request, order, begun)


def _say(request: ShopRequest, order: Order, begun: dict[str, Any], status: int = 200) -> HttpResponse:
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(begun, status=status)
    if error := begun.get("error"):
        messages.error(request, error)
    return redirect(begun.get("redirect") or order_path(order))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@no_referrer
@access("token")
def cancel(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """Asks once more, then cancels. Whoever comes too late is told why, and what can be done instead."""
    order = find(number, token)
    if not may_cancel(order):
        messages.error(request, _too_late(order))
        return redirect(order_path(order))
    if request.method == "POST":
        return _cancel(request, order)
    context = {"order": order, "back": money_of(order), "by_hand": cancellation.goes_by_hand(order)}
    return render(request, "shop/checkout/cancel.html", context)


def _cancel(request: ShopRequest, order: Order) -> HttpResponse:
    try:
        cancellation.cancel(order_id=order.pk, reason="customer", actor="customer", now=request.commerce_now)
    except cancellation.TooLate:
        order.refresh_from_db()
        messages.error(request, _too_late(order))
    except cancellation.PaymentUnderWay:
        messages.error(request, _("Your bank is working on the payment right now. Please try again in a few minutes."))
    except (Rejected, Unknown):
        messages.error(request, _("We could not reach the payment service, so nothing has changed. Please try again."))
    else:
        messages.success(request, _("Your order is cancelled. We have written to you."))
    return redirect(order_path(order))


def _too_late(order: Order) -> str:
    if order.state == Order.State.CANCELLED:
        return _("This order is cancelled already.")
    if not any(parcel.shipped_at for parcel in order.fulfilments.all()):
        return _("It is packed already, so it cannot be cancelled any more. You can send it back when it is with you.")
    return _("It has left already, so it cannot be cancelled any more. You can send it back when it is with you.")


@require_safe
@never_cache
@no_referrer
@access("token")
def invoice(request: ShopRequest, number: str, token: str) -> HttpResponse:
    """To print or keep, once the order is paid; until then there is nothing to bill."""
    order = find(number, token)
    if not has_invoice(order):
        messages.error(request, _("The invoice is here as soon as the order is paid."))
        return redirect(order_path(order))
    back = Money(refunded_of(order), order.currency)
    return render(request, "shop/checkout/invoice.html", {"order": order, "invoice": invoice_of(order), "back": back})


@csrf_exempt  # some providers' pages post; nothing here believes what they send, and no session is needed
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@no_referrer
@access("token")
def come_back(request: ShopRequest, provider: str) -> HttpResponse:
    """Where providers send shoppers back to. What their address says is a hint; the provider is asked."""
    payment_id = returned_payment(request.GET.get("o", ""))
    payment = get_object_or_404(Payment.objects.select_related("order"), pk=payment_id, provider=provider)
    if payment.state not in FINAL:
        _settle_now(payment, request.commerce_now)
    order = Order.objects.get(pk=payment.order_id)
    if order.state == Order.State.PENDING and request.GET.get("redirect_status") == "failed":
        messages.error(request, _("Your bank did not confirm the payment. Nothing was charged; your order is kept."))
    return redirect(order_path(order))


def _settle_now(payment: Payment, now: datetime) -> None:
    """Best effort: when the provider cannot be asked now, webhook and clock will find out, and the page says so."""
    with suppress(Unknown, Rejected):
        settlement.settle(payment_id=payment.pk, source="return", now=now)
