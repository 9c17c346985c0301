import contextlib
from collections.abc import Iterator

import pytest
import stripe

from sandbox.stripe import StripeSandbox, stripe_sandbox
from shop.payments.models import Payment


@pytest.fixture
def sandbox(settings) -> Iterator[StripeSandbox]:
    """A Stripe account of the test's own, where no late request of another test arrives, and settings that lead to it."""
    with stripe_sandbox() as running:
        settings.STRIPE_API_BASE = running.base_url
        yield running


class Shopper:
    """What Stripe.js does for somebody at a browser."""

    def __init__(self, base: str) -> None:
        self.client = stripe.StripeClient("sk_test_shopper", base_addresses={"api": base}, max_network_retries=0)

    def pay(self, payment: Payment, method: str = "pm_card_visa") -> str:
        """Try to pay with a test method; the intent's status afterwards."""
        with contextlib.suppress(stripe.CardError):
            self.client.v1.payment_intents.confirm(
                payment.provider_ref, {"payment_method": method, "return_url": "https://shop.example/back"}
            )
        return self.status(payment)

    def status(self, payment: Payment) -> str:
        return self.client.v1.payment_intents.retrieve(payment.provider_ref).status

    def intents(self) -> list[stripe.PaymentIntent]:
        return self.client.v1.payment_intents.list().data


@pytest.fixture
def shopper(sandbox: StripeSandbox) -> Shopper:
    return Shopper(sandbox.base_url)
