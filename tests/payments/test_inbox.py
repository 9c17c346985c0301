import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, OperationalError
from django.test import Client
from django.utils import timezone

from sandbox.stripe import stripe_sandbox
from shop.checkout import settlement
from shop.payments import inbox
from shop.payments.models import ProviderObject, WebhookEvent
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Unknown
from shop.payments.providers.stripe import client
from tests.payments.helpers import NOW, SECRET, at_once, event_body, make_attempt, make_open, signed

pytestmark = pytest.mark.django_db

URL = "/payments/stripe/webhook/"
State = WebhookEvent.State


def send(body: bytes, headers: dict[str, str] | None = None, url: str = URL):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = signed(body) if headers is None else headers
    return browser.post(url, body, content_type="application/json", headers=headers)


def receive(body: bytes, now=NOW) -> bool:
    return inbox.receive_webhook("stripe", signed(body), body, now)


def make_event(number: int = 1, **subject) -> WebhookEvent:
    receive(event_body(f"evt_{number}", **subject))
    return WebhookEvent.objects.get(dedupe_key=f"evt_{number}")


# --- the door ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [URL, URL.rstrip("/")])
def test_a_signed_event_is_stored_and_settled_later(url):
    response = send(event_body(id="pi_7", metadata={"payment": "ET-7-1"}), url=url)
    assert response.status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.dedupe_key, event.kind) == ("evt_1", "payment_intent.succeeded")
    assert (event.reference, event.provider_ref, event.state) == ("ET-7-1", "pi_7", State.RECEIVED)


def test_it_needs_no_cookie_and_sets_none():
    response = send(event_body())
    assert not response.cookies
    assert "Location" not in response.headers


def test_fifty_times_is_once():
    assert {send(event_body()).status_code for _ in range(50)} == {200}
    assert WebhookEvent.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_is_once():
    body = event_body()
    results = at_once(*[lambda: receive(body)] * 10) + at_once(*[lambda: receive(body)] * 40)
    assert sorted(results) == [False] * 49 + [True]
    assert WebhookEvent.objects.count() == 1


def test_the_clients_secret_is_not_kept():
    send(event_body(client_secret="pi_1_secret_hush", amount=2400))
    body = WebhookEvent.objects.get().body
    assert "hush" not in body
    assert json.loads(body)["data"]["object"]["amount"] == 2400


HOSTILE = {
    "empty": b"",
    "not utf-8": b"\xff\xfe\x00",
    "not json": b"{",
    "null": b"null",
    "list": b"[]",
    "number": b"1",
    "text": b'"evt_1"',
    "no data": b'{"id": "evt_1", "object": "event", "type": "a.b"}',
    "data is null": b'{"id": "evt_1", "object": "event", "type": "a.b", "data": null}',
    "object is a text": b'{"id": "evt_1", "object": "event", "type": "a.b", "data": "x"}',
    "no id": b'{"object": "event", "type": "a.b", "data": {"object": {}}}',
    "id is a number": b'{"id": 1, "object": "event", "type": "a.b", "data": {"object": {}}}',
    "id is long": b'{"id": "evt_%s", "object": "event", "type": "a.b", "data": {"object": {}}}' % (b"x" * 200),
    "id with nul": b'{"id": "evt_\\u0000", "object": "event", "type": "a.b", "data": {"object": {}}}',
    "type with nul": b'{"id": "evt_1", "object": "event", "type": "\\u0000", "data": {"object": {}}}',
    "thin event": b'{"id": "evt_1", "object": "v2.core.event", "type": "a.b"}',
    "deep": b"[" * 50_000,
    "deep object": b'{"a":' * 20_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused_even_with_a_signature(body):
    try:
        headers = signed(body)
    except UnicodeDecodeError:
        headers = {"Stripe-Signature": "t=1,v1=a"}
    assert send(body, headers).status_code == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=1"},
        {"Stripe-Signature": "v1=abc"},
        {"Stripe-Signature": "t=x,v1=abc"},
        {"Stripe-Signature": "=,=,="},
        {"Stripe-Signature": "t=1,v1=\u00fc\u00df"},
        {"Stripe-Signature": "t=" + "9" * 5000 + ",v1=abc"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_a_signature_that_is_none_is_refused(headers):
    assert send(event_body(), headers).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_a_forged_an_old_and_an_altered_message_are_refused():
    body = event_body()
    assert send(body, signed(body, secret="whsec_of_somebody")).status_code == 400
    assert send(body, signed(body, age=301)).status_code == 400
    assert send(body.replace(b"evt_1", b"evt_2"), signed(body)).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_both_signatures_of_a_secret_that_rolls_are_tried():
    body = event_body()
    new, old = signed(body, secret="whsec_new")["Stripe-Signature"], signed(body)["Stripe-Signature"]
    both = {"Stripe-Signature": f"{new},{old.partition(',')[2]}"}
    assert send(body, both).status_code == 200


def test_without_a_secret_nothing_is_believed(settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    body = event_body()
    assert send(body, signed(body, secret=" ")).status_code == 400


def test_odd_references_are_not_carried_on():
    send(event_body(id="pi_'; DROP", metadata={"payment": "x\u0000y"}))
    event = WebhookEvent.objects.get()
    assert (event.reference, event.provider_ref) == ("", "")


@pytest.mark.parametrize(
    "subject",
    [
        {"object": "charge", "id": "ch_1", "payment_intent": "pi_9"},
        {"object": "refund", "id": "re_1", "payment_intent": "pi_9"},
        {"object": "dispute", "id": "dp_1", "payment_intent": "pi_9"},
    ],
    ids=lambda subject: subject["object"],
)
def test_what_belongs_to_an_intent_leads_to_it(subject):
    assert make_event(**subject).provider_ref == "pi_9"


def test_too_long_is_refused():
    assert send(event_body(note="x" * 256 * 1024)).status_code == 413
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "delete", "head", "options"])
def test_only_post_is_taken(method):
    assert getattr(Client(), method)(URL).status_code == 405


@pytest.mark.parametrize("error", [OperationalError("gone"), DatabaseError("row"), RuntimeError("bug")], ids=repr)
def test_what_could_not_be_stored_is_asked_for_again(monkeypatch, caplog, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(inbox, "_store", fail)
    assert send(event_body()).status_code == 503
    assert "could not store" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_once_it_is_stored(monkeypatch):
    woken = []
    monkeypatch.setattr(inbox.outbox, "wake", lambda task: woken.append((task, WebhookEvent.objects.count())))
    send(event_body())
    send(event_body())
    assert woken == [("checkout.sweep_inbox", 1)]


def test_the_log_tells_no_secret(caplog):
    body = event_body(client_secret="pi_1_secret_hush")
    send(body)
    send(body, signed(body, secret="whsec_other"))
    assert "hush" not in caplog.text
    assert SECRET not in caplog.text


def test_another_api_version_is_mentioned(caplog):
    send(event_body().replace(b"2026-10-28.endive", b"2024-06-20"))
    assert "2024-06-20" in caplog.text
    assert WebhookEvent.objects.get().api_version == "2024-06-20"


# --- whose it is -------------------------------------------------------------------------------


def test_an_event_finds_its_payment():
    payment = make_open("pi_42")
    assert inbox.payment_of(make_event(1, id="pi_42")) == payment
    assert inbox.payment_of(make_event(2, id="pi_42", metadata={"payment": payment.reference})) == payment
    assert inbox.payment_of(make_event(3, object="account", metadata={"payment": payment.reference})) == payment


PARTS = {"charge": "ch_7", "refund": "re_7", "dispute": "dp_7"}


@pytest.mark.parametrize("kind", PARTS)
def test_an_event_about_a_part_finds_its_payment_by_what_is_stored(kind):
    payment = make_open()
    ProviderObject.objects.create(provider="stripe", kind=kind, ref=PARTS[kind], payment=payment)
    assert inbox.payment_of(make_event(1, object=kind, id=PARTS[kind])) == payment
    assert inbox.payment_of(make_event(2, object=kind, id="re_other", charge=PARTS["charge"])) == (
        payment if kind == "charge" else None
    )


def test_a_part_of_another_shops_payment_finds_none_although_it_names_ours():
    payment = make_open()
    about = {"object": "charge", "id": "ch_theirs", "metadata": {"payment": payment.reference}}
    assert inbox.payment_of(make_event(1, **about)) is None


@pytest.mark.parametrize("ref", ["pi_theirs", ""])
def test_an_event_about_nothing_of_ours_costs_no_call(monkeypatch, ref):
    make_open("pi_ours")
    for provider in PROVIDERS.values():
        monkeypatch.setattr(provider, "fetch", lambda payment: pytest.fail("asked"))
    event = make_event(id=ref)
    theirs = WebhookEvent.objects.create(
        provider="midtrans", dedupe_key="d", kind="settlement", provider_ref="SHOP-1-1", body="{}",
        received_at=NOW, next_try_at=NOW,
    )  # fmt: skip
    assert settlement.sweep_inbox(now=NOW) == 2
    for each in (event, theirs):
        each.refresh_from_db()
        assert (each.state, each.payment, each.attempts) == (State.IGNORED, None, 1)


def test_an_event_of_another_shop_on_the_account_finds_none():
    payment = make_open("pi_42")
    assert inbox.payment_of(make_event(1, id="pi_43", metadata={"payment": payment.reference})) is None
    assert inbox.payment_of(make_event(2, object="account", id="acct_1")) is None
    unstarted = make_attempt()
    assert inbox.payment_of(make_event(3, id="pi_44", metadata={"payment": unstarted.reference})) is None


# --- working on it -----------------------------------------------------------------------------


def claim(now=NOW, **options) -> list[WebhookEvent]:
    return [event for _payment, events in inbox.claim(now=now, **options) for event in events]


def test_a_claimed_event_is_nobody_elses_until_its_lease_is_over():
    event = make_event()
    assert claim() == [event]
    assert claim() == []
    assert claim(now=NOW + inbox.LEASE) == [event]


def test_what_waits_about_a_payment_comes_with_it_and_by_payment():
    payment, other = make_open("pi_1"), make_open("pi_2")
    first, second, theirs, stranger, put_off = (
        make_event(number, id=ref) for number, ref in enumerate(["pi_1", "pi_2", "pi_1", "pi_strange", "pi_2"])
    )
    WebhookEvent.objects.filter(pk=put_off.pk).update(next_try_at=NOW + timedelta(hours=1))
    claimed = inbox.claim(now=NOW, limit=2)
    assert claimed == [(payment, [first, theirs]), (other, [second, put_off])]
    assert inbox.claim(now=NOW) == [(None, [stranger])]


def test_a_finished_event_does_not_come_back():
    make_event()
    (event,) = claim()
    payment = make_open()
    assert inbox.finish([event], payment=payment, now=NOW) == 1
    event.refresh_from_db()
    assert (event.state, event.payment, event.processed_at) == (State.PROCESSED, payment, NOW)
    assert claim(now=NOW + timedelta(days=1)) == []


def test_an_event_about_nothing_of_ours_is_ignored():
    make_event()
    (event,) = claim()
    inbox.finish([event], payment=None, now=NOW)
    event.refresh_from_db()
    assert event.state == State.IGNORED


def test_an_event_is_tried_again_and_given_up_at_last(caplog):
    make_event()
    now, waits = NOW, []
    for _ in range(4):
        (event,) = claim(now=now)
        inbox.put_back([event], error=RuntimeError("stripe is away"), now=now)
        event.refresh_from_db()
        waits.append((event.next_try_at - now) / timedelta(minutes=1))
        assert claim(now=event.next_try_at - timedelta(seconds=1)) == []
        now = event.next_try_at
    assert waits == [1, 5, 15, 60]
    (event,) = claim(now=now)
    inbox.put_back([event], error=RuntimeError("stripe is away"), now=now)
    event.refresh_from_db()
    assert (event.state, event.error) == (State.FAILED, "RuntimeError: stripe is away")
    assert "gave up" in caplog.text
    assert claim(now=now + timedelta(days=1)) == []


def test_who_lost_the_lease_does_not_have_the_last_word():
    make_event()
    slow = claim()
    quick = claim(now=NOW + inbox.LEASE)
    assert inbox.finish(slow, payment=None, now=NOW) == 0
    assert inbox.finish(quick, payment=make_open(), now=NOW) == 1
    assert inbox.put_back(slow, error=RuntimeError("too late"), now=NOW) == 0
    event = WebhookEvent.objects.get()
    assert (event.state, event.error) == (State.PROCESSED, "")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_no_two_workers_claim_the_same_event():
    for number in range(12):
        make_event(number)
    taken = at_once(*[lambda: claim(limit=3)] * 6)
    pks = [event.pk for events in taken for event in events]
    assert len(pks) == len(set(pks))
    assert len(pks) + len(claim(limit=50)) == 12


# --- what never came ---------------------------------------------------------------------------


def test_events_that_never_came_are_fetched_once(sandbox, shopper):
    shopper.client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    intent = shopper.client.v1.payment_intents.create({"amount": 2400, "currency": "usd"})
    shopper.client.v1.payment_intents.cancel(intent.id)
    now = timezone.now()
    assert inbox.missed_events(now=now) == 1
    assert inbox.missed_events(now=now) == 0
    event = WebhookEvent.objects.get()
    assert (event.kind, event.provider_ref) == ("payment_intent.canceled", intent.id)
    assert "_secret_" not in event.body


def test_a_provider_that_cannot_be_asked_is_said(sandbox, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(Unknown):
        inbox.missed_events(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_the_stand_ins_own_delivery_arrives(live_server, settings):
    with stripe_sandbox(webhook_url=live_server.url + URL, webhook_secret=SECRET) as stripe:
        settings.STRIPE_API_BASE = stripe.base_url
        intent = client().v1.payment_intents.create({"amount": 2400, "currency": "usd"})
        client().v1.payment_intents.cancel(intent.id)
        assert stripe.control.wait_until_delivered()
        assert {each["status"] for each in stripe.control.state()["deliveries"]} == {200}
    kinds = set(WebhookEvent.objects.values_list("kind", flat=True))
    assert kinds == {"payment_intent.created", "payment_intent.canceled"}
