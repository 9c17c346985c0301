"""The contract of a provider, kept by Stripe: the real SDK over real HTTP against the stand-in."""

import logging
import threading
import time
from decimal import Decimal

import pytest
import stripe
from django.db import transaction

from shop.payments import operations
from shop.payments.models import Payment
from shop.payments.providers import PROVIDERS, csp_for, offered
from shop.payments.providers import stripe as adapter
from shop.payments.providers.base import Rejected, StartRequest, Unknown
from shop.payments.providers.stripe import to_major, to_minor
from tests.payments.helpers import NOW, RETURN_URL, book, make_attempt

pytestmark = pytest.mark.django_db

State = Payment.State
CREATE = "POST /v1/payment_intents$"


def begin(payment: Payment) -> Payment:
    return operations.start(payment_id=payment.pk, return_url=RETURN_URL, now=NOW)


def look(payment: Payment):
    snapshot = operations.fetch(payment)
    assert snapshot is not None
    return snapshot


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
    assert [each.name for each in offered(currency, Decimal(amount))] == ["stripe"] * takes


def test_it_is_not_offered_without_keys(settings):
    settings.STRIPE_PUBLISHABLE_KEY = ""
    assert offered("USD", Decimal(10)) == []


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


def test_starting_twice_is_starting_once(sandbox, shopper):
    payment = make_attempt()
    assert begin(payment).client == begin(payment).client
    assert len(shopper.intents()) == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key(sandbox, shopper, quick):
    payment = make_attempt()
    sandbox.control.fault("lose_response", match=CREATE)
    with pytest.raises(Unknown):
        begin(payment)
    payment.refresh_from_db()
    assert payment.state == State.CREATED
    assert begin(payment).provider_ref == shopper.intents()[0].id
    assert len(shopper.intents()) == 1


def test_the_sdk_bridges_a_cut_connection_by_itself(sandbox, shopper):
    sandbox.control.fault("lose_response", match=CREATE)
    assert begin(make_attempt()).state == State.PENDING
    assert len(shopper.intents()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse"},
        {"kind": "garbage"},
        {"kind": "delay", "seconds": 1},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 409},
    ],
    ids=str,
)
def test_whatever_may_have_happened_is_unknown_and_changes_nothing(sandbox, quick, fault, caplog):
    payment = make_attempt()
    sandbox.control.fault(match=CREATE, **fault)
    with pytest.raises(Unknown) as raised:
        begin(payment)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    payment.refresh_from_db()
    assert (payment.state, payment.provider_ref, payment.client) == (State.CREATED, "", {})
    time.sleep(fault.get("seconds", 0))  # until then the key is in use
    assert begin(payment).state == State.PENDING


def test_a_refusal_fails_the_attempt_and_leaves_room_for_another(sandbox):
    payment = make_attempt(total="0.10")
    with pytest.raises(Rejected, match="amount_too_small"):
        begin(payment)
    payment.refresh_from_db()
    assert payment.state == State.FAILED
    assert payment.transitions.get().snapshot == {"code": "amount_too_small"}
    assert payment.order.payment_status == "failed"
    assert make_attempt(payment.order).reference.endswith("-2")
    payment.order.refresh_from_db()
    assert payment.order.payment_status == "pending"


def test_a_key_bound_to_a_failure_ends_the_attempt(sandbox, quick):
    payment = make_attempt()
    sandbox.control.fault("status", status=500, pinned=True, match=CREATE)
    with pytest.raises(Unknown):
        begin(payment)
    with pytest.raises(Rejected, match="failed_for_good"):
        begin(payment)
    assert begin(make_attempt(payment.order)).state == State.PENDING


def test_two_shops_on_one_account_do_not_share_a_payment(sandbox, shopper):
    begin(make_attempt(number="ET-1"))
    request = StartRequest("ET-1-1", "ET-1", Decimal("24.00"), "USD", RETURN_URL)
    other = PROVIDERS["stripe"].start(request, "pay-ET-1-1-of-another-shop")
    assert Payment.objects.get().provider_ref != other.provider_ref


# --- asking ------------------------------------------------------------------------------------


def test_nothing_is_known_before_the_start(sandbox):
    assert operations.fetch(make_attempt()) is None


def test_a_paid_intent_is_captured(sandbox, shopper):
    payment = begin(make_attempt())
    assert shopper.pay(payment) == "succeeded"
    snapshot = look(payment)
    assert (snapshot.state, snapshot.captured, snapshot.method) == (State.CAPTURED, Decimal("24.00"), "card")
    assert snapshot.reference == payment.reference


def test_a_decline_is_not_the_end(sandbox, shopper):
    payment = begin(make_attempt())
    assert shopper.pay(payment, "pm_card_chargeDeclined") == "requires_payment_method"
    assert look(payment).state == State.PENDING
    assert shopper.pay(payment) == "succeeded"
    assert look(payment).state == State.CAPTURED


def test_a_card_that_asks_for_authentication_waits(sandbox, shopper):
    payment = begin(make_attempt())
    assert shopper.pay(payment, "pm_card_authenticationRequired") == "requires_action"
    assert look(payment).state == State.PENDING


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


def test_a_dispute_is_seen(sandbox, shopper):
    payment = begin(make_attempt())
    shopper.pay(payment)
    sandbox.control.dispute(payment.provider_ref)
    assert look(payment).disputed


def test_an_intent_of_another_account_is_refused(sandbox):
    payment = begin(make_attempt())
    sandbox.control.reset()
    with pytest.raises(Rejected, match="resource_missing"):
        operations.fetch(payment)


@pytest.mark.parametrize("kind", ["refuse", "garbage", "lose_response"])
def test_an_answer_that_is_none_is_unknown(sandbox, quick, kind):
    payment = begin(make_attempt())
    sandbox.control.fault(kind, match="GET /v1/payment_intents")
    with pytest.raises(Unknown):
        operations.fetch(payment)


# --- cancelling --------------------------------------------------------------------------------


def test_a_cancelled_payment_cannot_be_paid(sandbox, shopper):
    payment = begin(make_attempt())
    assert operations.cancel_at_provider(payment).state == State.CANCELLED
    with pytest.raises(stripe.InvalidRequestError):
        shopper.pay(payment)


def test_cancelling_again_says_the_same(sandbox):
    payment = begin(make_attempt())
    operations.cancel_at_provider(payment)
    assert operations.cancel_at_provider(payment).state == State.CANCELLED


def test_cancelling_what_was_just_paid_tells_so(sandbox, shopper):
    payment = begin(make_attempt())
    shopper.pay(payment)
    assert operations.cancel_at_provider(payment).state == State.CAPTURED


def test_a_cancel_nobody_answers_is_unknown(sandbox, shopper, quick):
    payment = begin(make_attempt())
    sandbox.control.fault("refuse", match="POST .*/cancel$")
    with pytest.raises(Unknown):
        operations.cancel_at_provider(payment)
    assert shopper.pay(payment) == "succeeded"


def test_an_attempt_that_never_began_is_cancelled_without_a_call(sandbox):
    payment = make_attempt()
    change = book(payment, operations.cancel_at_provider(payment), "cancel")
    assert change.ended
    assert sandbox.control.state()["requests"] == []
    with pytest.raises(operations.NotPayable):
        begin(payment)


def test_a_cancel_that_overtakes_the_start_hands_nothing_out(sandbox, shopper, monkeypatch):
    payment = make_attempt()
    create = adapter._create

    def overtaken(*args):
        intent = create(*args)
        book(payment, operations.cancel_at_provider(payment), "cancel")
        return intent

    monkeypatch.setattr(adapter, "_create", overtaken)
    with pytest.raises(operations.NotPayable):
        begin(payment)
    payment.refresh_from_db()
    assert (payment.state, payment.client) == (State.CANCELLED, {})


def test_a_start_that_overtakes_the_cancel_keeps_the_payment_open(sandbox):
    stale = make_attempt()
    snapshot = operations.cancel_at_provider(stale)
    begin(stale)
    change = book(stale, snapshot, "cancel")
    assert not change.ended
    assert change.payment.state == State.PENDING


# --- manners -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [begin, operations.fetch, operations.cancel_at_provider])
def test_the_provider_is_never_asked_inside_a_transaction(ask):
    payment = make_attempt()
    with pytest.raises(RuntimeError), transaction.atomic():
        ask(payment)


def test_a_silent_stripe_is_given_up(sandbox, quick):
    payment = make_attempt()
    sandbox.control.fault("delay", seconds=2, match=CREATE)
    began = time.monotonic()
    with pytest.raises(Unknown):
        begin(payment)
    assert time.monotonic() - began < 1.5


def test_the_client_is_one_per_process_with_short_timeouts(sandbox):
    assert adapter.client() is adapter.client()
    assert adapter.client()._requestor._get_http_client()._timeout == (3, 15)
    assert adapter.client()._requestor._options.max_network_retries == 1
    assert stripe.enable_telemetry is False


def test_nothing_secret_is_logged(sandbox, shopper, caplog):
    caplog.set_level(logging.DEBUG)
    payment = begin(make_attempt())
    secret = payment.client["client_secret"]
    shopper.pay(payment)
    book(payment, look(payment))
    sandbox.control.fault("garbage", match="GET")
    with pytest.raises(Unknown):
        operations.fetch(payment)
    ours = [record for record in caplog.records if record.name.split(".")[0] in ("shop", "stripe", "urllib3")]
    assert ours
    said = "".join(record.getMessage() + str(vars(record)) for record in ours)
    assert secret not in said
    assert "sk_test" not in said


def test_one_client_serves_many_threads(sandbox, shopper):
    payments = [begin(make_attempt(total=str(total))) for total in range(1, 9)]
    seen: dict[int, Decimal] = {}

    def look_at(payment: Payment) -> None:
        snapshot = PROVIDERS["stripe"].fetch(payment)
        assert snapshot is not None
        seen[payment.pk] = snapshot.amount

    threads = [threading.Thread(target=look_at, args=[payment]) for payment in payments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {payment.pk: payment.amount for payment in payments}


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
