"""From an order to its provider's payment form: what the page needs before, and what the browser gets after placing."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.checkout.attempts import attempt_with
from shop.money import Money
from shop.orders.models import Order
from shop.payments import operations as payments
from shop.payments.models import Payment
from shop.payments.providers import csp_for, offered
from shop.payments.providers.base import PaymentProvider
from shop.web import ShopRequest

SALT = "shop.checkout.return"
WORDS = {
    "stripe": (_("Card"), _("Typed in here. Your number goes straight to Stripe, never through us.")),
    "midtrans": (
        _("E-wallet, bank transfer, counter or card"),
        _("QRIS, GoPay, virtual accounts, Indomaret and more. You pay at Midtrans and come straight back."),
    ),
}


def order_path(order: Order) -> str:
    return reverse("checkout:order", args=[order.number, order.token])


def offers(total: Money) -> list[PaymentProvider]:
    """The providers that can take the whole of it."""
    return offered(total.currency.code, total.amount)


def ways(total: Money, chosen: str = "") -> list[dict[str, Any]]:
    """What a payment page must know of each way to pay; nothing secret. `chosen` is a provider, else the first is."""
    providers = offers(total)
    if chosen not in [provider.name for provider in providers]:
        chosen = providers[0].name if providers else ""
    return [_way(provider, total, chosen=provider.name == chosen) for provider in providers]


def _way(provider: PaymentProvider, total: Money, *, chosen: bool) -> dict[str, Any]:
    label, note = WORDS[provider.name]
    about = {"provider": provider.name, "kind": provider.kind, "label": label, "note": note, "chosen": chosen}
    return {**about, **provider.form(total.amount, total.currency.code)}


def payment_page(response: HttpResponse, providers: list[PaymentProvider]) -> HttpResponse:
    """Let this page, and no other, load what its providers need."""
    sources = csp_for(provider.name for provider in providers)
    response._csp_update = sources  # type: ignore[attr-defined] # django-csp's own seam
    return response


def handover(request: ShopRequest, order: Order, provider: str = "", *, anew: bool = False) -> dict[str, Any]:
    """Begin the payment of a pending order with `provider` (the last one's, if none is named): what its script needs, or
    where to go.

    An order that needs no payment any more answers with its own page. Raises Rejected and Unknown of the provider.
    """
    page = request.build_absolute_uri(order_path(order))
    payment = _attempt(order, provider, anew, request.commerce_now)
    if payment is None or (provider and payment.provider != provider):
        return {"redirect": page}
    try:
        started = payments.start(
            payment_id=payment.pk,
            return_url=return_url(request, payment),
            now=request.commerce_now,
        )
    except payments.NotPayable:
        return {"redirect": page}
    if started.client.get("kind") == "redirect":
        return {"redirect": started.client["url"]}
    return {"pay": {**started.client, "return_url": return_url(request, payment)}, "order": page}


def _attempt(order: Order, provider: str, anew: bool, now: datetime) -> Payment | None:
    last = order.payments.last()
    if not provider and last is None:
        return None
    return attempt_with(order=order, provider=provider or last.provider, anew=anew, now=now)  # type: ignore[union-attr]


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
