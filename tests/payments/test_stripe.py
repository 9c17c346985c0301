"""What is Stripe's own, beyond test_contract.py: the real SDK over real HTTP against the stand-in."""

from decimal import Decimal

import pytest
import stripe

from shop.payments.models import Payment
from shop.payments.providers import PROVIDERS, csp_for, offered
from shop.payments.providers import stripe as adapter
from shop.payments.providers.base import Rejected, Unknown
from shop.payments.providers.stripe import to_major, to_minor
from tests.payments.helpers import RETURN_URL, begin, look, make_attempt

pytestmark = pytest.mark.django_db

State = Payment.State
CREATE = "POST /v1/payment_intents$"


@pytest.fixture
def quick(monkeypatch):
    """An impatient client, so that a test need not wait for the real timeouts."""
    monkeypatch.setattr(adapter, "CONNECT_AND_READ_SECONDS", (0.3, 0.3))
    monkeypatch.setattr(adapter, "RETRIES", 0)
    adapter._client.cache_clear()
    yield
    adapter._client.cache_clear()


# --- amounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("24.50", "USD", 2450), ("0.50", "EUR", 50), ("500", "JPY", 500), ("13000", "IDR", 1_300_000)],
)
def test_amounts_travel_in_stripes_own_units(amount, currency, minor):
    assert to_minor(Decimal(amount), currency) == minor
    assert to_major(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("1.005", "USD", "amount_too_fine"),
        ("10.5", "JPY", "amount_too_fine"),
        ("10", "KWD", "currency_not_supported"),
    ],
)
def test_it_refuses_what_the_table_does_not_hold(amount, currency, code):
    with pytest.raises(Rejected, match=code):
        to_minor(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "takes"),
    [
        ("0.49", "USD", False),
        ("0.50", "USD", True),
        ("999999.99", "USD", True),
        ("1000000", "USD", False),
        ("9999999999", "IDR", True),
        ("100", "CHF", False),
    ],
)
def test_it_is_offered_within_its_limits(amount, currency, takes):
    assert ("stripe" in [each.name for each in offered(currency, Decimal(amount))]) == takes


# --- starting ----------------------------------------------------------------------------------


def test_starting_hands_over_what_the_browser_needs(sandbox, shopper):
    payment = begin(make_attempt(total="24.00"))
    (intent,) = shopper.intents()
    assert payment.state == State.PENDING
    assert payment.provider_ref == intent.id
    assert payment.client == {
        "kind": "stripe_elements",
        "client_secret": intent.client_secret,
        "return_url": RETURN_URL,
    }
    assert (intent.amount, intent.currency, intent.payment_method_types) == (2400, "usd", ["card"])
    assert intent.metadata["payment"] == payment.reference
    assert "client_secret" not in str(payment.transitions.get().snapshot)


def test_rupiah_are_charged_in_hundredths(sandbox, shopper):
    payment = begin(make_attempt(total="175000", currency="IDR"))
    assert shopper.intents()[0].amount == 17_500_000
    shopper.pay(payment)
    assert look(payment).captured == Decimal(175_000)


def test_the_sdk_bridges_a_cut_connection_by_itself(sandbox, shopper):
    sandbox.control.fault("lose_response", match=CREATE)
    assert begin(make_attempt()).state == State.PENDING
    assert len(shopper.intents()) == 1


def test_when_a_key_is_bound_to_a_failure_the_next_one_is_used(sandbox, shopper, quick):
    payment = make_attempt()
    sandbox.control.fault("status", status=500, pinned=True, match=CREATE)
    with pytest.raises(Unknown):
        begin(payment)
    assert begin(payment).state == State.PENDING
    assert len(shopper.intents()) == 1


def test_when_every_key_is_bound_to_a_failure_the_attempt_has_failed(sandbox, quick):
    payment = make_attempt()
    for turn in range(adapter.KEYS):
        sandbox.control.fault("status", status=500, pinned=True, match=CREATE, times=turn + 1)
        with pytest.raises(Unknown):
            begin(payment)
    with pytest.raises(Rejected, match="failed_for_good"):
        begin(payment)
    assert begin(make_attempt(payment.order)).state == State.PENDING


# --- asking ------------------------------------------------------------------------------------


def test_money_on_its_way_is_processing(sandbox, shopper):
    payment = begin(make_attempt())
    intent = shopper.client.v1.payment_intents.create(
        {"amount": 2400, "currency": "usd", "metadata": {"payment": payment.reference}}
    )
    Payment.objects.update(provider_ref=intent.id)
    payment.refresh_from_db()
    shopper.pay(payment, "pm_usBankAccount_processing")
    assert look(payment).state == State.PROCESSING
    sandbox.control.settle(intent.id)
    assert look(payment).state == State.CAPTURED


# --- cancelling --------------------------------------------------------------------------------


# --- manners -----------------------------------------------------------------------------------


def test_the_client_is_one_per_process_with_short_timeouts(sandbox):
    assert adapter.client() is adapter.client()
    assert adapter.client()._requestor._get_http_client()._timeout == (3, 15)
    assert adapter.client()._requestor._options.max_network_retries == 1
    assert stripe.enable_telemetry is False


def test_the_form_is_told_what_it_is_about(settings):
    settings.STRIPE_JS_URL = "https://js.stripe.com/endive/stripe.js"
    assert PROVIDERS["stripe"].form(Decimal("175000"), "IDR") == {
        "script": "https://js.stripe.com/endive/stripe.js",
        "publishable_key": "pk_test_shop",
        "amount": "17500000",
        "currency": "idr",
    }


def test_the_payment_page_may_load_stripe_and_nothing_else(settings):
    assert csp_for(["stripe"]) == {
        "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
        "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
        "connect-src": ["https://api.stripe.com"],
    }
    settings.STRIPE_JS_URL = "http://127.0.0.1:8411/endive/stripe.js"
    settings.STRIPE_API_BASE = "http://127.0.0.1:8411"
    assert csp_for(["stripe"])["script-src"] == ["http://127.0.0.1:8411"]
    assert csp_for([]) == {}
