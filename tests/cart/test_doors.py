"""The cart through its addresses: forms, fragments and JSON on the same ones."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from shop.cart.cookies import CART
from shop.cart.models import Cart, CartLine
from shop.catalogue.pricewindows import set_price
from shop.customers.models import User
from shop.inventory import operations as inventory
from tests.checkout.world import sell

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
HTMX = {"headers": {"hx-request": "true", "hx-target": "cart"}}


@pytest.fixture
def mug():
    return sell(stock=5, now=timezone.now() - timedelta(hours=1))


def put(client, **values):
    return client.post("/cart/add/", {"sku": "MUG", "quantity": "1", **values}, **JSON)


def test_a_form_is_answered_with_the_cart(client, mug):
    response = client.post("/cart/add/", {"sku": "MUG", "quantity": "2"}, follow=True)
    assert response.redirect_chain == [("/cart/", 302)]
    assert "Mug is in your cart" in response.content.decode()


def test_a_program_gets_the_cart_as_json(client, mug):
    cart = put(client, quantity="2").json()["cart"]
    assert (cart["count"], cart["currency"], cart["subtotal"], cart["shipping"]) == (2, "USD", "48.00", "5.00")
    assert cart["lines"][0]["unit_price"] == "24.00"


def test_capitals_of_the_sku_do_not_matter(client, mug):
    assert put(client, sku="mug").json()["success"]


@pytest.mark.parametrize(
    ("values", "code", "status"),
    [
        ({"sku": "NONE"}, "not_found", 404),
        ({"quantity": "0"}, "invalid_quantity", 422),
        ({"quantity": "-1"}, "invalid_quantity", 422),
        ({"quantity": "1e3"}, "invalid_quantity", 422),
        ({"quantity": "100"}, "invalid_quantity", 422),
        ({"quantity": "٣"}, "invalid_quantity", 422),
        ({"quantity": "6"}, "insufficient_stock", 409),
    ],
)
def test_it_refuses_and_changes_nothing(client, mug, values, code, status):
    response = put(client, **values)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not CartLine.objects.exists()


def test_what_the_cart_has_counts_against_the_stock(client, mug):
    put(client, quantity="4")
    assert put(client, quantity="2").json()["code"] == "insufficient_stock"


def test_a_sold_out_thing_cannot_be_added(client, mug):
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    assert put(client).json()["code"] == "out_of_stock"


def test_a_line_is_changed_removed_and_cleared(client, mug):
    line = put(client).json()["cart"]["lines"][0]["id"]
    assert client.post(f"/cart/lines/{line}/", {"quantity": "3"}, **JSON).json()["cart"]["count"] == 3
    assert client.post(f"/cart/lines/{line}/", {"quantity": "0"}, **JSON).json()["cart"]["count"] == 0
    put(client)
    assert client.post("/cart/clear/", **JSON).json()["cart"]["lines"] == []


def test_removing_twice_is_fine(client, mug):
    line = put(client).json()["cart"]["lines"][0]["id"]
    for _ in range(2):
        assert client.post(f"/cart/lines/{line}/remove/", **JSON).json()["success"]


def test_somebody_elses_line_is_out_of_reach(client, mug):
    line = put(client).json()["cart"]["lines"][0]["id"]
    client.cookies.clear()
    assert client.post(f"/cart/lines/{line}/", {"quantity": "5"}, **JSON).status_code == 404
    client.post(f"/cart/lines/{line}/remove/", **JSON)
    assert CartLine.objects.get().quantity == 1


def test_a_forged_cookie_is_no_cart(client, mug):
    put(client)
    client.cookies[CART] = str(Cart.objects.get().token)
    assert client.get("/cart/", **JSON).json()["cart"]["lines"] == []


def test_htmx_gets_the_fragment_with_the_reason(client, mug):
    line = put(client).json()["cart"]["lines"][0]["id"]
    response = client.post(f"/cart/lines/{line}/", {"quantity": "9"}, **HTMX)
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "Only 5 are left" in response.content.decode()


def test_another_sites_form_is_refused(client, mug):
    response = client.post("/cart/add/", {"sku": "MUG"}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert not CartLine.objects.exists()


def test_a_changed_price_is_said(client, mug):
    put(client)
    set_price(variant=mug, currency="USD", amount=30, actor="test", now=timezone.now())
    notices = client.get("/cart/", **JSON).json()["cart"]["notices"]
    assert notices == [{"code": "price_changed", "text": "The price was $24 when you added it and is now $30."}]


def test_an_unpublished_thing_is_said_and_blocks(client, mug):
    put(client)
    mug.product.pages.get().unpublish()
    body = client.get("/cart/").content.decode()
    assert "no longer for sale" in body
    assert "/checkout/" not in body


def test_the_badge_counts_units(client, mug):
    assert client.get("/cart/count/").json() == {"count": 0}
    put(client, quantity="3")
    assert client.get("/cart/count/").json() == {"count": 3}


def test_a_guests_cart_comes_along_at_login(client, mug):
    put(client, quantity="2")
    alice = User.objects.create_user("alice@example.com", "a long password")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client.post("/account/login/", {"login": "alice@example.com", "password": "a long password"})
    assert client.get("/cart/count/").json() == {"count": 2}
    assert Cart.objects.get().owner.email == "alice@example.com"


@pytest.mark.parametrize(("things", "limit"), [(1, 12), (6, 12)])
def test_the_cart_page_asks_few_questions(client, django_assert_max_num_queries, things, limit):
    now = timezone.now() - timedelta(hours=1)
    for i in range(things):
        sell(f"THING-{i}", now=now)
        put(client, sku=f"THING-{i}")
    client.get("/cart/")
    with django_assert_max_num_queries(limit):
        client.get("/cart/")
