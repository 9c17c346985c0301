"""The Stripe sandbox: events are signed, sent, retried, and can be held, shuffled, doubled, lost and forged."""

import time

import pytest
import stripe

PAYMENT = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_events_arrive_signed_with_the_api_version(sandbox, pay, endpoint):
    intent = pay(metadata={"order": "A1"})
    assert sandbox.control.wait_until_delivered()

    assert sorted(endpoint.types) == sorted(PAYMENT)
    event = next(each for each in endpoint.events if each.type == "payment_intent.succeeded")
    assert event.api_version == stripe.api_version
    assert (event.data.object.id, event.data.object.metadata["order"]) == (intent.id, "A1")


def test_an_endpoint_made_by_the_shop_has_its_own_secret_and_version(client, sandbox):
    made = client.v1.webhook_endpoints.create(
        {
            "url": "http://127.0.0.1:9/hook/",
            "enabled_events": ["payment_intent.succeeded"],
            "api_version": stripe.api_version,
        }
    )
    assert made.secret.startswith("whsec_")
    assert getattr(client.v1.webhook_endpoints.retrieve(made.id), "secret", None) is None
    with pytest.raises(stripe.InvalidRequestError, match="must be one of"):
        client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["order.paid"]})


def test_no_webhook_leaves_this_machine(client):
    with pytest.raises(stripe.InvalidRequestError, match="this machine"):
        client.v1.webhook_endpoints.create({"url": "https://shop.example/hook", "enabled_events": ["*"]})


@pytest.mark.parametrize("status", [301, 400, 500])
def test_all_but_2xx_is_retried(client, sandbox, pay, endpoint, status):
    endpoint.status = status
    client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    assert sandbox.control.wait_until_delivered()
    assert endpoint.types == ["payment_intent.created"] * 4
    assert len({event.id for event in endpoint.events}) == 1

    (missed,) = client.v1.events.list({"delivery_success": False}).data
    assert (missed.id, missed.pending_webhooks) == (endpoint.events[0].id, 1)


def test_a_retry_that_is_taken_ends_the_matter(client, sandbox, endpoint):
    endpoint.status = 503
    client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    deadline = time.monotonic() + 5
    while not endpoint.events and time.monotonic() < deadline:
        time.sleep(0.005)
    endpoint.status = 200
    assert sandbox.control.wait_until_delivered()
    assert client.v1.events.list({"delivery_success": False}).data == []
    assert client.v1.events.list({"delivery_success": True}).data[0].pending_webhooks == 0


def test_held_events_are_missed_until_delivered_in_any_order_and_number(client, sandbox, pay, endpoint):
    sandbox.control.hold()
    pay()
    assert sandbox.control.state()["held"] == 3
    assert endpoint.events == []
    assert len(client.v1.events.list({"delivery_success": False}).data) == 3

    sent = sandbox.control.deliver(reverse=True, times=2)

    assert endpoint.types == [type for type in PAYMENT[::-1] for _ in range(2)]
    assert {each["status"] for each in sent} == {200}
    assert sandbox.control.state()["held"] == 0
    assert client.v1.events.list({"delivery_success": False}).data == []


def test_some_events_overtake_and_the_rest_are_lost(client, sandbox, pay, endpoint):
    sandbox.control.hold()
    pay()
    sandbox.control.deliver(types=["payment_intent.succeeded"])
    sandbox.control.deliver(drop=True)
    sandbox.control.hold(False)

    assert endpoint.types == ["payment_intent.succeeded"]
    lost = client.v1.events.list({"delivery_success": False, "types": PAYMENT}).data
    assert [event.type for event in lost] == PAYMENT[1::-1]


@pytest.mark.parametrize(
    ("forgery", "status"),
    [
        ({}, 200),
        ({"secret": "whsec_other"}, 400),
        ({"timestamp": 1_000_000_000}, 400),
        ({"payload": "not JSON"}, 400),
        ({"payload": '{"object": "event", "type": "payment_intent.succeeded"}', "secret": "whsec_other"}, 400),
    ],
)
def test_a_forged_or_old_event_is_what_the_sdk_refuses(client, sandbox, pay, endpoint, forgery, status):
    pay()
    sandbox.control.wait_until_delivered()
    event = client.v1.events.list({"type": "payment_intent.succeeded"}).data[0]
    (sent,) = sandbox.control.deliver(event=event.id, **forgery)
    assert sent == {"event": event.id, "type": event.type, "status": status}


def test_a_clock_that_is_behind_makes_signatures_too_old(client, sandbox, endpoint):
    sandbox.control.clock(-301)
    client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    sandbox.control.wait_until_delivered()
    assert endpoint.events == []
    assert {each["status"] for each in sandbox.control.state()["deliveries"]} == {400}


def test_events_name_the_request_that_caused_them(client, sandbox):
    client.v1.payment_intents.create({"amount": 500, "currency": "usd"}, {"idempotency_key": "pay-1"})
    event = client.v1.events.list({}).data[0]
    assert event.request.idempotency_key == "pay-1"
    assert event.request.id.startswith("req_")


def test_events_are_kept_for_thirty_days(client, sandbox):
    client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    sandbox.control.clock(31 * 86400)
    assert client.v1.events.list({}).data == []


def test_reset_forgets_all_but_the_endpoint(client, sandbox, pay, endpoint):
    pay()
    sandbox.control.wait_until_delivered()
    sandbox.control.reset()
    assert sandbox.control.state()["objects"] == {"webhook_endpoint": 1}
    pay()
    assert sandbox.control.wait_until_delivered()
    assert len(endpoint.events) == 6
