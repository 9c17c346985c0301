"""The providers' stand-ins, each behind the same few words, for the cases that every provider must pass."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.midtrans.notifications import signature
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.providers import midtrans as midtrans_adapter
from shop.payments.providers import midtrans_client
from shop.payments.providers import stripe as stripe_adapter
from tests.payments.helpers import event_body, make_attempt, signed


class StripeBank:
    """Dollars by card."""

    name, kind, currency, total, method = "stripe", "card", "USD", "24.00", "card"
    address = "/payments/stripe/webhook/"
    create, look, cancel = "POST /v1/payment_intents$", "GET /v1/payment_intents/", "POST .*/cancel$"
    hint = "client_secret"

    def __init__(self, sandbox: Any, shopper: Any, settings: Any) -> None:
        self.sandbox, self.shopper, self.settings = sandbox, shopper, settings
        self.control = sandbox.control

    def attempt(self, order: Order | None = None, **fields: Any) -> Payment:
        values = {"total": self.total, "currency": self.currency, **fields}
        return make_attempt(order, provider=self.name, kind=self.kind, **({} if order else values))

    def refusable(self) -> tuple[Payment, str]:
        """An attempt that the provider will certainly not have, and its word for that."""
        return self.attempt(total="0.10"), "amount_too_small"

    def opened(self) -> int:
        """How many payments can be paid there."""
        return sum(intent.status != "canceled" for intent in self.shopper.intents())

    def pay(self, payment: Payment) -> None:
        self.shopper.pay(payment)

    def decline(self, payment: Payment) -> None:
        self.shopper.pay(payment, "pm_card_chargeDeclined")

    def hesitate(self, payment: Payment) -> None:
        self.shopper.pay(payment, "pm_card_authenticationRequired")

    def dispute(self, payment: Payment) -> None:
        self.control.dispute(payment.provider_ref)

    refunding = "POST /v1/refunds$"

    def refund_there(self, payment: Payment, amount: int) -> None:
        """Somebody gives back in the provider's dashboard."""
        self.shopper.client.v1.refunds.create({"payment_intent": payment.provider_ref, "amount": amount * 100})

    def given_back(self, payment: Payment) -> list[int]:
        listed = self.shopper.client.v1.refunds.list({"payment_intent": payment.provider_ref})
        return sorted(refund.amount // 100 for refund in listed.data)

    def message(self, ref: str, *, secret: str = "whsec_test", kind: str = "succeeded") -> tuple[bytes, dict[str, str]]:
        """What the provider posts about a payment, signed with `secret`."""
        body = event_body(f"evt_{kind}", f"payment_intent.{kind}", id=ref)
        return body, signed(body, secret)

    def use_secrets(self, *secrets: str) -> None:
        self.settings.STRIPE_WEBHOOK_SECRET = ",".join(secrets)

    @contextmanager
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Short timeouts, so that a test need not wait for the real ones."""
        monkeypatch.setattr(stripe_adapter, "CONNECT_AND_READ_SECONDS", (1, 1))
        monkeypatch.setattr(stripe_adapter, "RETRIES", 0)
        stripe_adapter._client.cache_clear()
        yield
        stripe_adapter._client.cache_clear()


class MidtransBank:
    """Rupiah, on a page of Midtrans'."""

    name, kind, currency, total, method = "midtrans", "redirect", "IDR", "175000", "qris"
    address = "/payments/midtrans/notification/"
    create, look, cancel = "POST /snap/v1/transactions$", "GET /v2/.*/status$", "POST .*/(expire|cancel)$"
    hint = "token"

    def __init__(self, sandbox: Any, settings: Any) -> None:
        self.sandbox, self.settings = sandbox, settings
        self.control = sandbox.control

    def attempt(self, order: Order | None = None, **fields: Any) -> Payment:
        values = {"total": self.total, "currency": self.currency, **fields}
        return make_attempt(order, provider=self.name, kind=self.kind, **({} if order else values))

    def refusable(self) -> tuple[Payment, str]:
        """Its name was used before: by this shop's earlier life, say, with the same numbers and keys."""
        payment = self.attempt()
        ref = midtrans_adapter.order_id(payment.reference, f"pay-{payment.reference}-{payment.order.checkout_key}")
        page = {"transaction_details": {"order_id": ref, "gross_amount": 1000}}
        midtrans_adapter.client().create_transaction(page)
        self.control.choose(ref)
        return payment, "order_id_taken"

    def opened(self) -> int:
        return len(self.control.state()["open_pages"])

    def pay(self, payment: Payment) -> None:
        self.control.pay(payment.provider_ref, "other_qris")

    def decline(self, payment: Payment) -> None:
        self.control.pay(payment.provider_ref, "credit_card", outcome="deny")

    def hesitate(self, payment: Payment) -> None:
        self.control.choose(payment.provider_ref, "credit_card")

    def dispute(self, payment: Payment) -> None:
        self.control.set(payment.provider_ref, "chargeback")

    refunding = "POST .*/refund$"

    def refund_there(self, payment: Payment, amount: int) -> None:
        self.control.refund(payment.provider_ref, amount)

    def given_back(self, payment: Payment) -> list[int]:
        (paid,) = self.control.state()["transactions"]
        return sorted(int(float(refund["refund_amount"])) for refund in paid.get("refunds", []))

    def message(
        self, ref: str, *, secret: str = "SB-Mid-server-test", kind: str = "settlement"
    ) -> tuple[bytes, dict[str, str]]:
        told = {"order_id": ref, "status_code": "200", "gross_amount": "175000.00", "transaction_status": kind}
        told["signature_key"] = signature(ref, "200", "175000.00", secret)
        return json.dumps(told).encode(), {}

    def use_secrets(self, *secrets: str) -> None:
        self.settings.MIDTRANS_SERVER_KEY = ",".join(secrets)

    @contextmanager
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(midtrans_client, "CONNECT_AND_READ_SECONDS", (1, 1))
        yield


Bank = StripeBank | MidtransBank
