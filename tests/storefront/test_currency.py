"""Choosing a currency is a plain form, and leads nowhere but back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.checkout.world import sell
from tests.factories import make_currencies

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def currencies():
    make_currencies()


def choose(client, code="IDR", next="/shop/", **headers):
    return client.post("/currency/", {"currency": code, "next": next}, headers=headers)


def test_it_is_remembered(client):
    response = choose(client)
    assert response["Location"] == "/shop/"
    assert client.cookies["currency"].value == "IDR"


@pytest.mark.parametrize("code", ["XXX", "", "idr", "IDRR"])
def test_an_unknown_currency_is_not(client, code):
    assert choose(client, code).status_code == 302
    assert "currency" not in client.cookies


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_it_leads_to_no_other_site(client, address):
    assert choose(client, next=address)["Location"] == "/"


def test_another_sites_form_is_refused(client):
    assert choose(client, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "currency" not in client.cookies


def test_it_wants_a_post(client):
    assert client.get("/currency/").status_code == 405


def test_the_cart_follows_the_choice(client):
    sell(now=timezone.now() - timedelta(hours=1))
    client.post("/cart/add/", {"sku": "MUG"})
    client.post("/currency/", {"currency": "IDR"})
    cart = client.get("/cart/", headers={"accept": "application/json"}).json()["cart"]
    assert (cart["currency"], cart["subtotal"], cart["notices"]) == ("IDR", "391000", [])
