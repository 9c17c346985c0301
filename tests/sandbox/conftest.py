"""A Stripe sandbox per test, the real SDK in front of it, and a shop's webhook endpoint behind it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from sandbox.stripe import StripeSandbox, stripe_sandbox

SECRET = "whsec_test"
PAID = {
    "amount": 2500,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
}


class Endpoint(ThreadingHTTPServer):
    """Keeps the events whose signature the SDK accepts and answers `status`; 400 to the others."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), EndpointHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook/"
        self.status = 200
        self.events: list[stripe.Event] = []

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


class EndpointHandler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], SECRET)
        except (ValueError, stripe.SignatureVerificationError):
            return self.send_answer(400)
        self.server.events.append(event)
        return self.send_answer(self.server.status)

    def send_answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 301:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def sandbox(endpoint: Endpoint) -> Iterator[StripeSandbox]:
    with stripe_sandbox(webhook_url=endpoint.url, webhook_secret=SECRET) as running:
        yield running


def connect(base_url: str, **options: Any) -> stripe.StripeClient:
    """The SDK's client as a shop builds it; no retries unless asked for."""
    return stripe.StripeClient(
        options.pop("key", "sk_test_shop"),
        base_addresses={"api": base_url},
        max_network_retries=options.pop("retries", 0),
        http_client=stripe.RequestsClient(timeout=(3, options.pop("timeout", 10))),
    )


@pytest.fixture
def connected() -> Callable[..., stripe.StripeClient]:
    """`connect`, for tests that need a client of another kind."""
    return connect


@pytest.fixture
def client(sandbox: StripeSandbox) -> stripe.StripeClient:
    return connect(sandbox.base_url)


@pytest.fixture
def pay(client: stripe.StripeClient) -> Callable[..., stripe.PaymentIntent]:
    """Create and confirm an intent over $25.00, by default with a card that works."""

    def pay(payment_method: str = "pm_card_visa", **params: Any) -> stripe.PaymentIntent:
        return client.v1.payment_intents.create({**PAID, "payment_method": payment_method, **params})

    return pay
