import contextlib
import time
from collections.abc import Iterator

import pytest
import stripe

from sandbox.midtrans import MidtransSandbox, midtrans_sandbox
from sandbox.stripe import StripeSandbox, stripe_sandbox
from shop.payments.models import Payment
from tests.payments.banks import MidtransBank, StripeBank
from tests.payments.helpers import NOW


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


@pytest.fixture
def midtrans(settings) -> Iterator[MidtransSandbox]:
    """A Midtrans account of the test's own, whose clock shows the tests' hour, and settings that lead to it."""
    with midtrans_sandbox(server_key=settings.MIDTRANS_SERVER_KEY) as running:
        running.control.clock(NOW.timestamp() - time.time())
        settings.MIDTRANS_API_BASE = running.base_url
        settings.MIDTRANS_SNAP_BASE = running.snap_url
        yield running


@pytest.fixture(params=["stripe", "midtrans"])
def bank(request, settings) -> StripeBank | MidtransBank:
    """One provider after the other, as the contract's cases see them."""
    if request.param == "stripe":
        return StripeBank(request.getfixturevalue("sandbox"), request.getfixturevalue("shopper"), settings)
    return MidtransBank(request.getfixturevalue("midtrans"), settings)
