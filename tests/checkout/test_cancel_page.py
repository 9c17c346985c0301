"""The shopper's way out: by the order's link, with a question first, and kindly refused when it is too late."""

from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from shop.orders.models import Order
from shop.payments import operations as payments
from shop.payments.models import Refund
from shop.payments.providers.base import Unknown
from tests.orders.helpers import paid_order, placed_order, refund, send
from tests.payments.helpers import says

pytestmark = pytest.mark.django_db


def door(order: Order, name: str = "cancel") -> str:
    return reverse(f"checkout:{name}", args=[order.number, order.token])


def read(client: Client, order: Order) -> str:
    return client.get(door(order, "order")).content.decode()


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_it_asks_first_and_says_what_goes_back(client):
    order = paid_order()
    assert door(order) in read(client, order)
    response = client.get(door(order))
    assert "Your $57.80 goes back to you" in response.content.decode()
    assert response.headers["Referrer-Policy"] == "strict-origin"
    order.refresh_from_db()
    assert order.state == "processing"


def test_what_a_person_has_to_send_asks_for_the_account(client, monkeypatch):
    monkeypatch.setattr("shop.payments.refunds.goes_by_hand", lambda payment, amount: True)
    order = paid_order()
    assert "by bank transfer; we ask you by mail" in client.get(door(order)).content.decode()
    client.post(door(order))
    assert "By bank transfer. Please tell us the account" in read(client, order)


def test_a_paid_order_is_cancelled_once_and_the_page_tells(client):
    order = paid_order()
    responses = [client.post(door(order), follow=True) for _ in range(6)]
    assert "Your order is cancelled" in told(responses[0])
    assert "cancelled already" in told(responses[-1])
    assert Refund.objects.get().amount == order.total
    text = read(client, order)
    assert "$57.80 goes back to you" in text
    assert door(order) not in text


def test_an_unpaid_order_owes_nothing(client):
    order = placed_order()
    assert "Nothing was charged" in client.get(door(order)).content.decode()
    with patch.object(payments, "cancel_at_provider", side_effect=lambda payment: says(payment, "cancelled")):
        client.post(door(order))
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("cancelled", "customer")
    assert not Refund.objects.exists()


def test_what_has_left_is_not_offered_and_kindly_refused(client):
    order = send(paid_order())
    assert door(order) not in read(client, order)
    assert "It has left already" in told(client.post(door(order), follow=True))
    order.refresh_from_db()
    assert order.state == "shipped"


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Unknown("no answer"), "nothing has changed"), ("processing", "working on the payment")],
    ids=["unreachable", "under way"],
)
def test_what_cannot_be_stopped_now_is_explained(client, answer, words):
    order = placed_order()

    def answers(payment):
        if isinstance(answer, Unknown):
            raise answer
        return says(payment, answer)

    with patch.object(payments, "cancel_at_provider", side_effect=answers):
        assert words in told(client.post(door(order), follow=True))
    order.refresh_from_db()
    assert order.state == "pending"


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_needs_the_whole_link(client, method):
    order = paid_order()
    address = reverse("checkout:cancel", args=[order.number, "x" * 32])
    assert getattr(client, method)(address).status_code == 404
    order.refresh_from_db()
    assert order.state == "processing"


def test_another_site_cannot_press_the_button():
    order = paid_order()
    assert Client(enforce_csrf_checks=True).post(door(order)).status_code == 403
    order.refresh_from_db()
    assert order.state == "processing"


def test_refunds_are_told_with_their_date_and_a_failed_one_is_not(client):
    order = send(paid_order())
    refund(order, "10.00")
    failed = refund(order, "7.00", state="failed")
    assert failed.state == "failed"
    text = read(client, order)
    assert "$10.00 refunded" in text
    assert "Sent on 22 November" in text
    assert "$7.00" not in text
