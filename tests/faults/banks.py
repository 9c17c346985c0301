"""What the providers' stand-ins say about an order, read from their own books, and the messages they would have sent."""

import contextlib
from decimal import Decimal
from typing import Any

from sandbox.midtrans import snap
from sandbox.stripe import endpoints, webhooks
from shop.orders.models import Order
from shop.payments.models import Payment
from tests.payments.banks import MidtransBank, StripeBank
from tests.payments.helpers import SECRET

Message = tuple[bytes, dict[str, str]]


class Stripe(StripeBank):
    """Dollars by card."""

    @property
    def account(self) -> Any:
        return self.control.account

    def _of(self, order: Order) -> list[Any]:
        with self.account.lock:
            intents = list(self.account.of_kind("payment_intent"))
        return [intent for intent in intents if intent["metadata"].get("order") == order.number]

    def took(self, order: Order) -> Decimal:
        """What this provider has of the order's money now, in major units."""
        intents = self._of(order)
        ids = {intent["id"] for intent in intents}
        with self.account.lock:
            back = [*self.account.of_kind("refund"), *self.account.of_kind("dispute")]
        gone = sum(
            each["amount"]
            for each in back
            if each["payment_intent"] in ids and each["status"] in ("succeeded", "pending", "lost")
        )
        return Decimal(sum(intent["amount_received"] for intent in intents) - gone) / 100

    def refunds(self, order: Order) -> int:
        ids = {intent["id"] for intent in self._of(order)}
        with self.account.lock:
            return sum(refund["payment_intent"] in ids for refund in self.account.of_kind("refund"))

    def payable(self, order: Order) -> int:
        """How many payments of the order somebody could still make."""
        return sum(intent["status"] not in ("succeeded", "canceled", "processing") for intent in self._of(order))

    def messages(self) -> list[Message]:
        """What was held back so far, oldest first."""
        with self.account.lock:
            (endpoint,) = self.account.of_kind(endpoints.KIND)
            events = [webhooks.payload_for(self.account, event, endpoint) for event in self.account.of_kind("event")]
        return [(body, self.sign(body)) for body in events]

    def sign(self, body: bytes, secret: str = SECRET, age: int = 0) -> dict[str, str]:
        return {"Stripe-Signature": webhooks.sign(body, secret, int(self.account.now()) - age)}

    def pay_late(self, payment: Payment) -> None:
        """The bank says yes after all to what was given up."""
        with self.account.lock:
            self.account.objects[payment.provider_ref].update(status="requires_payment_method", canceled_at=None)
        self.pay(payment)

    def reverse(self, payment: Payment) -> None:
        self.control.dispute(payment.provider_ref)
        with self.account.lock:
            (dispute,) = self.account.of_kind("dispute")
        self.control.close_dispute(dispute["id"], won=False)


class Midtrans(MidtransBank):
    """Rupiah, on a page of Midtrans'."""

    @property
    def merchant(self) -> Any:
        return self.control.merchant

    def _of(self, kind: str, order: Order) -> list[Any]:
        with self.merchant.lock:
            return [each for each in self.merchant.of_kind(kind) if each["order_id"].startswith(f"{order.number}-")]

    def took(self, order: Order) -> Decimal:
        return Decimal(
            sum(
                each["gross"] - sum(int(float(refund["refund_amount"])) for refund in each["refunds"])
                for each in self._of("transaction", order)
                if each["status"] in ("capture", "settlement", "refund", "partial_refund") and each["fraud"] != "deny"
            )
        )

    def refunds(self, order: Order) -> int:
        return sum(len(each["refunds"]) for each in self._of("transaction", order))

    def payable(self, order: Order) -> int:
        with self.merchant.lock:
            pages = sum(snap.is_open(self.merchant, page) for page in self._of("page", order))
            paid = any(each["settled"] or each["status"] == "capture" for each in self._of("transaction", order))
            return 0 if paid else pages + sum(each["status"] == "pending" for each in self._of("transaction", order))

    def messages(self) -> list[Message]:
        with self.merchant.lock:
            return [(each["body"].encode(), {}) for each in self.merchant.of_kind("notification")]

    def pay_late(self, payment: Payment) -> None:
        with self.merchant.lock, contextlib.suppress(Exception):
            for page in self.merchant.of_kind("page"):
                page.update(state="open", closes=self.merchant.now() + 600, pay_until=None)
        self.pay(payment)

    def reverse(self, payment: Payment) -> None:
        self.control.set(payment.provider_ref, "deny")
