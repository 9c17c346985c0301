"""The Stripe sandbox: idempotency keys, and calls whose outcome the shop does not learn."""

import threading

import pytest
import stripe

PARAMS = {"amount": 500, "currency": "usd"}
KEY = {"idempotency_key": "pay-1"}
CREATE = "POST /v1/payment_intents$"


def intents(sandbox) -> int:
    return sandbox.control.state()["objects"]["payment_intent"]


def test_the_same_key_gives_the_same_answer(client, sandbox):
    first = client.v1.payment_intents.create(PARAMS, KEY)
    again = client.v1.payment_intents.create(PARAMS, KEY)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert intents(sandbox) == 1


def test_the_same_key_with_other_parameters_is_refused(client, sandbox):
    client.v1.payment_intents.create(PARAMS, KEY)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({**PARAMS, "amount": 501}, KEY)
    assert intents(sandbox) == 1


def test_a_decline_is_pinned_to_its_key(client):
    params = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    intent = client.v1.payment_intents.create({**PARAMS, **params})
    attempt = {"payment_method": "pm_card_visa_chargeDeclined"}
    charges = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            client.v1.payment_intents.confirm(intent.id, attempt, KEY)
        charges.append(refusal.value.error.charge)
    assert charges[0] == charges[1]
    assert refusal.value.headers["Idempotent-Replayed"] == "true"


def test_refused_parameters_do_not_use_up_the_key(client):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 1, "currency": "usd"}, KEY)
    assert client.v1.payment_intents.create(PARAMS, KEY).amount == 500


def test_a_key_lives_a_day(client, sandbox):
    first = client.v1.payment_intents.create(PARAMS, KEY)
    sandbox.control.clock(86401)
    assert client.v1.payment_intents.create(PARAMS, KEY).id != first.id


def test_a_server_error_may_be_pinned(client, sandbox):
    sandbox.control.fault("status", status=500, pinned=True, match=CREATE)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.payment_intents.create(PARAMS, KEY)


def test_eight_at_once_make_one_intent(connected, sandbox):
    sandbox.control.fault("delay", seconds=0.1, match=CREATE)
    client, outcomes = connected(sandbox.base_url), []

    def create() -> None:
        try:
            outcomes.append(client.v1.payment_intents.create(PARAMS, KEY).id)
        except stripe.StripeError as error:
            outcomes.append(error.http_status)

    threads = [threading.Thread(target=create) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert intents(sandbox) == 1
    assert set(outcomes) - {409} == {client.v1.payment_intents.list({}).data[0].id}


@pytest.mark.parametrize("kind", ["lose_response", "garbage"])
def test_an_answer_that_is_lost_was_executed_all_the_same(client, sandbox, kind):
    sandbox.control.fault(kind, match=CREATE)
    with pytest.raises(stripe.StripeError):
        client.v1.payment_intents.create(PARAMS, KEY)
    assert intents(sandbox) == 1
    client.v1.payment_intents.create(PARAMS, KEY)
    assert intents(sandbox) == 1


def test_the_sdk_retries_a_lost_answer_with_its_own_key(connected, sandbox):
    sandbox.control.fault("lose_response", match=CREATE)
    connected(sandbox.base_url, retries=1).v1.payment_intents.create(PARAMS)
    assert intents(sandbox) == 1


def test_a_refused_connection_executes_nothing(client, sandbox):
    sandbox.control.fault("refuse", match=CREATE)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(PARAMS, KEY)
    assert intents(sandbox) == 0


def test_too_many_requests_are_told(client, sandbox):
    sandbox.control.fault("status", status=429)
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.list({})
    assert client.v1.payment_intents.list({}).data == []


def test_a_slow_answer_times_out_but_happens(connected, sandbox):
    sandbox.control.fault("delay", seconds=0.4, match=CREATE)
    impatient = connected(sandbox.base_url, timeout=0.1)
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.payment_intents.create(PARAMS, KEY)
    sandbox.control.wait_until_delivered()
    patient = connected(sandbox.base_url, retries=2)
    patient.v1.payment_intents.create(PARAMS, KEY)
    assert intents(sandbox) == 1
