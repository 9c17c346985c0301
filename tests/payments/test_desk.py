"""The payments desk: who sees payments and messages, what is shown of them, and what working on one again does."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from shop.checkout import settlement
from shop.payments import inbox
from shop.payments.models import Payment, WebhookEvent
from tests.orders.helpers import somebody
from tests.payments.helpers import NOW, book, make_open, says

pytestmark = pytest.mark.django_db

State = WebhookEvent.State
BODY = '{"data": {"object": {"billing_details": {"name": "Ayu Lestari", "email": "ayu@example.com"}}}}'


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(somebody("Finance"))
    return client


@pytest.fixture
def payment() -> Payment:
    payment = make_open("pi_42")
    book(payment, says(payment, Payment.State.CAPTURED, method="card"))
    return payment


@pytest.fixture
def given_up(payment: Payment) -> WebhookEvent:
    return WebhookEvent.objects.create(
        provider="stripe",
        dedupe_key="evt_42",
        kind="payment_intent.succeeded",
        provider_ref="pi_42",
        body=BODY,
        state=State.FAILED,
        attempts=5,
        error="Unknown: no answer",
        received_at=NOW,
        processed_at=NOW,
    )


def door(name: str, event: WebhookEvent) -> str:
    return reverse(f"webhooks:{name}", args=[event.pk])


def test_the_list_of_payments_leads_to_their_orders(finance, payment):
    body = finance.get(reverse("payments:index"), {"state": "captured"}).content.decode()
    assert payment.reference in body
    assert reverse("orders:inspect", args=[payment.order_id]) in body
    assert payment.reference not in finance.get(reverse("payments:index"), {"state": "failed"}).content.decode()
    found = finance.get(reverse("payments:index"), {"q": payment.order.number}).context["object_list"]
    assert list(found) == [payment]
    export = finance.get(reverse("payments:index"), {"export": "csv"})
    assert f"{payment.reference},{payment.order.number}," in b"".join(export.streaming_content).decode()


def test_the_inbox_says_what_became_of_each_message(finance, given_up):
    for address in (reverse("webhooks:index"), reverse("webhooks:index") + "?state=failed", door("inspect", given_up)):
        body = finance.get(address).content.decode()
        assert "payment_intent.succeeded" in body
        assert "Unknown: no answer" in body
        assert "Ayu" not in body
    assert list(finance.get(reverse("webhooks:index"), {"state": "received"}).context["object_list"]) == []


@pytest.mark.parametrize("role", ["Editor", "Merchandiser", "Fulfilment"])
def test_it_is_for_finance_and_the_owner(client, given_up, role):
    client.force_login(somebody(role))
    for address in (reverse("payments:index"), reverse("webhooks:index"), door("inspect", given_up)):
        assert client.get(address)["Location"] == "/admin/"
    assert client.post(door("replay", given_up))["Location"] == "/admin/"
    given_up.refresh_from_db()
    assert given_up.state == State.FAILED


def test_nobody_writes_either(client, given_up, payment):
    client.force_login(somebody("superuser"))
    for name, args in (("add", []), ("edit", [given_up.pk]), ("delete", [given_up.pk])):
        assert client.get(reverse(f"webhooks:{name}", args=args))["Location"] == "/admin/"
        args = [payment.pk] if args else []
        assert client.get(reverse(f"payments:{name}", args=args))["Location"] == "/admin/"


def test_a_message_is_worked_on_again_when_somebody_says_so(finance, given_up, monkeypatch):
    asked = []
    monkeypatch.setattr(settlement, "settle", lambda **facts: asked.append(facts["payment_id"]))
    assert finance.get(door("replay", given_up)).status_code == 200
    given_up.refresh_from_db()
    assert given_up.state == State.FAILED  # to look is not to do
    for _ in range(2):
        assert finance.post(door("replay", given_up)).url == door("inspect", given_up)
    given_up.refresh_from_db()
    assert (given_up.state, given_up.attempts, given_up.error) == (State.RECEIVED, 0, "")
    assert [settlement.sweep_inbox(now=timezone.now()) for _ in range(2)] == [1, 0]
    given_up.refresh_from_db()
    assert (given_up.state, given_up.payment.provider_ref, len(asked)) == (State.PROCESSED, "pi_42", 1)
    assert ModelLogEntry.objects.filter(action="shop.replay_webhook").count() == 2


def test_a_message_that_a_worker_holds_is_left_alone(finance, given_up):
    WebhookEvent.objects.update(state=State.RECEIVED, lease_until=timezone.now() + timedelta(minutes=4), attempts=3)
    answer = finance.post(door("replay", given_up))
    assert "Somebody is working on it" in answer.content.decode()
    given_up.refresh_from_db()
    assert given_up.attempts == 3
    with pytest.raises(inbox.UnderWork):
        inbox.replay_event(event_id=given_up.pk, now=timezone.now())
