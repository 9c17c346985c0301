"""What is kept of somebody without an account, by a link that goes to their address."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from shop.account import erasure
from shop.account.models import ErasureRequest
from shop.customers.models import User
from shop.orders.models import Order
from shop.outbox import operations as outbox
from tests.checkout.world import fill_cart, place, sell

pytestmark = pytest.mark.django_db

ALICE, URL = "alice@example.com", "/privacy/by-mail/"


def link(client, email=ALICE) -> str:
    answer = client.post(URL, {"email": email})
    assert "Look into your mail" in client.get(answer["Location"]).content.decode()
    outbox.relay(now=timezone.now())
    return re.search(r"http://testserver(/privacy/by-mail/\S+)", mail.outbox[-1].body)[1]


@pytest.fixture
def order() -> Order:
    order = place(fill_cart(sell("MUG")))
    Order.objects.update(state="delivered")
    return order


def test_the_link_shows_and_hands_out_the_guests_orders(client, order):
    path = link(client)
    page = client.get(path)
    assert ALICE in page.content.decode()
    assert page.headers["Referrer-Policy"] == "strict-origin"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(client.post(path, {"export": "1"}).streaming_content)))
    assert order.number in archive.read("data.json").decode()


def test_the_link_has_the_guest_forgotten(client, order):
    client.post(link(client), {"erase": "1"})
    assert erasure.erase_due(now=ErasureRequest.objects.get().due_at) == 1
    order.refresh_from_db()
    assert (order.email, order.shipping_address.name) == ("", "")


def test_with_an_account_signing_in_is_the_way(client, order):
    User.objects.create_user(ALICE, "a long enough password")
    path = link(client)
    assert "There is an account" in client.get(path).content.decode()
    for ask in ("export", "erase"):
        answer = client.post(path, {ask: "1"})
        assert "zip" not in answer.headers["Content-Type"]
    assert not ErasureRequest.objects.exists()


def test_a_link_has_its_time_and_cannot_be_made_up(client, settings):
    path = link(client)
    assert client.get(path[:-3] + "x/").status_code == 404
    settings.PRIVACY_LINK_MINUTES = -1
    assert client.post(path, {"erase": "1"}).status_code == 404
    assert not ErasureRequest.objects.exists()


def test_it_never_tells_whom_we_know_and_fills_no_post_box(client, order, settings):
    settings.PRIVACY_LIMITS = {"address": (9, 60), "email": (1, 60)}
    answers = [client.post(URL, {"email": email})["Location"] for email in (ALICE, ALICE, "nobody@example.com")]
    assert len(set(answers)) == 1
    outbox.relay(now=timezone.now() + timedelta(seconds=1))
    assert sorted(letter.to[0] for letter in mail.outbox) == [ALICE, "nobody@example.com"]


def test_what_is_no_address_is_said(client):
    answer = client.post(URL, {"email": "alice@"})
    assert answer.status_code == 422
    assert "name@example.com" in answer.content.decode()
