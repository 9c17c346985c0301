"""From an order to its provider's payment form: what the page needs before, and what the browser gets after placing."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.urls import reverse

from shop.checkout.operations import pay_again
from shop.checkout.settlement import money_may_come
from shop.money import Money
from shop.orders.models import Order
from shop.payments import operations as payments
from shop.payments.models import Payment
from shop.payments.providers import csp_for
from shop.payments.providers.base import PaymentProvider
from shop.payments.status import FINAL
from shop.web import ShopRequest

SALT = "shop.checkout.return"


def order_path(order: Order) -> str:
    return reverse("checkout:order", args=[order.number, order.token])


def open_payment(order: Order, now: datetime) -> Payment | None:
    """The attempt that may still be paid; a new one when the last has ended; None when it is too late for any."""
    if order.state != Order.State.PENDING:
        return None
    last = order.payments.last()
    if last and last.state in FINAL and not money_may_come(order):
        pay_again(order=order, provider=last.provider, kind=last.kind, now=now)
    return order.payments.exclude(state__in=FINAL).last()


def payment_form(provider: PaymentProvider, total: Money) -> dict[str, Any]:
    """What a payment page must know to show the provider's form; nothing secret."""
    return {"provider": provider.name, "kind": provider.kind, **provider.form(total.amount, total.currency.code)}


def payment_page(response: HttpResponse, providers: list[PaymentProvider]) -> HttpResponse:
    """Let this page, and no other, load what its providers need."""
    sources = csp_for(provider.name for provider in providers)
    response._csp_update = sources  # type: ignore[attr-defined] # django-csp's own seam
    return response


def handover(request: ShopRequest, order: Order) -> dict[str, Any]:
    """Begin the payment of a pending order: what the browser's script needs to have it confirmed.

    An order that needs no payment any more answers where to go. Raises Rejected and Unknown of the provider.
    """
    page = request.build_absolute_uri(order_path(order))
    payment = open_payment(order, request.commerce_now)
    if payment is None:
        return {"redirect": page}
    try:
        started = payments.start(
            payment_id=payment.pk,
            return_url=return_url(request, payment),
            now=request.commerce_now,
        )
    except payments.NotPayable:
        return {"redirect": page}
    return {"pay": {**started.client, "return_url": return_url(request, payment)}, "order": page}


def return_url(request: ShopRequest, payment: Payment) -> str:
    """Where the provider sends the shopper back to: signed, so that it works on any device and says nothing."""
    path = reverse("checkout:return", args=[payment.provider])
    return request.build_absolute_uri(f"{path}?o={signing.dumps(payment.pk, salt=SALT)}")


def returned_payment(token: str) -> int | None:
    """The payment that `return_url` named; None for a forged or ancient token."""
    try:
        return int(signing.loads(token, salt=SALT, max_age=settings.CART_COOKIE_DAYS * 86400))
    except (signing.BadSignature, TypeError, ValueError):
        return None
