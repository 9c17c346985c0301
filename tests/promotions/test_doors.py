"""A code at the cart's door: as a form, a fragment and JSON; kept, refused, taken out, counted."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from shop.cart.models import Cart
from shop.customers.models import Throttle, User
from shop.promotions import operations as promotions
from shop.promotions.models import Promotion
from tests.checkout.world import sell
from tests.promotions.world import coupon, promote

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
HTMX = {"headers": {"hx-request": "true", "hx-target": "cart"}}
NOW = timezone.now()


@pytest.fixture
def cart(client):
    """A mug for $24.00 in this browser's cart."""
    sell(stock=5, now=NOW - timedelta(hours=1))
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"}, **JSON)
    return Cart.objects.get()


def enter(client, code: str, **how):
    return client.post("/cart/coupon/", {"code": code}, **(how or JSON))


def test_a_code_counts_in_json(client, cart):
    coupon(now=NOW)
    answer = enter(client, " welcome10").json()
    assert answer["success"]
    assert {key: answer["cart"][key] for key in ("discount", "total", "coupon")} == {
        "discount": "2.40",
        "total": "28.76",
        "coupon": "WELCOME10",
    }
    assert answer["cart"]["discounts"] == [{"name": "Welcome", "code": "WELCOME10", "amount": "2.40"}]


def test_a_form_is_answered_with_the_cart_that_names_it(client, cart):
    coupon(now=NOW)
    response = client.post("/cart/coupon/", {"code": "WELCOME10"}, follow=True)
    page = response.content.decode()
    assert response.redirect_chain == [("/cart/", 302)]
    assert "Code WELCOME10" in page
    assert "−$2.40" in page


def test_a_fragment_says_it(client, cart):
    coupon(now=NOW)
    response = enter(client, "WELCOME10", **HTMX)
    assert "Code WELCOME10" in response.content.decode()
    assert json.loads(response["HX-Trigger"])["cart-changed"]["message"] == "The code is in your cart."


def test_an_empty_code_takes_it_out(client, cart):
    coupon(now=NOW)
    enter(client, "WELCOME10")
    assert enter(client, "").json()["cart"]["coupon"] is None
    assert Cart.objects.get().coupon_code == ""


@pytest.mark.parametrize(
    ("fields", "code", "status", "word", "text"),
    [
        ({}, "NONE", 422, "coupon_invalid", "We do not know the code NONE."),
        ({}, "ä \0", 422, "coupon_invalid", "We do not know the code"),
        ({"active": False}, "WELCOME10", 422, "coupon_invalid", "no longer valid"),
        ({"limit": 1}, "WELCOME10", 200, "", ""),
        ({"minimum": "28"}, "WELCOME10", 409, "coupon_not_applicable", "Add $4.00 more to use WELCOME10."),
        ({"starts_at": NOW + timedelta(days=9)}, "WELCOME10", 422, "coupon_invalid", "WELCOME10 starts on"),
        ({"ends_at": NOW - timedelta(hours=1)}, "WELCOME10", 422, "coupon_invalid", "WELCOME10 is over."),
        ({"off": "9", "effect": "fixed", "currency": "IDR"}, "WELCOME10", 409, "coupon_not_applicable", "currency"),
    ],
)
def test_why_a_code_is_refused(client, cart, fields, code, status, word, text):
    coupon(now=NOW, **fields)
    if "\0" in code:
        code = code.replace("\0", "")
    response = enter(client, code)
    answer = response.json()
    assert (response.status_code, answer.get("code", "")) == (status, word)
    assert text in answer.get("error", "")
    assert bool(Cart.objects.get().coupon_code) == (status == 200)


def test_a_refused_code_stands_beside_its_field_and_the_cart_keeps_its_own(client, cart):
    coupon(now=NOW)
    enter(client, "WELCOME10")
    response = enter(client, "WINTER5", headers={"accept": "text/html"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="WINTER5"' in page
    assert "We do not know the code WINTER5." in page
    assert "Your cart keeps WELCOME10." in page
    assert Cart.objects.get().coupon_code == "WELCOME10"


def test_a_code_that_ends_meanwhile_is_said_and_the_cart_can_still_be_ordered(client, cart):
    code = coupon(now=NOW)
    enter(client, "WELCOME10")
    promotions.switch(promotion=code.promotion, on=False, actor="test", now=NOW)
    answer = client.get("/cart/", **JSON).json()["cart"]
    assert answer["notices"] == [{"code": "coupon_invalid", "text": "WELCOME10 is no longer valid."}]
    assert answer["discount"] == "0.00"
    page = client.get("/cart/").content.decode()
    assert "WELCOME10 is no longer valid." in page
    assert "Check out, $31.40" in page
    assert "WELCOME10 is no longer valid." in client.get("/checkout/contact/").content.decode()


def test_a_code_waits_for_what_it_needs_and_counts_again(client, cart):
    coupon(minimum="40", now=NOW)
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"}, **JSON)
    assert enter(client, "WELCOME10").json()["cart"]["discount"] == "4.80"
    line = cart.lines.get().pk
    less = client.post(f"/cart/lines/{line}/", {"quantity": "1"}, **JSON).json()["cart"]
    assert (less["discount"], less["notices"][0]["text"]) == ("0.00", "Add $16.00 more to use WELCOME10.")
    assert client.post(f"/cart/lines/{line}/", {"quantity": "2"}, **JSON).json()["cart"]["discount"] == "4.80"


def test_free_delivery_by_code_is_taken_off_the_delivery(client, cart):
    coupon("FREETRIP", effect="free_delivery", name="Free delivery", now=NOW)
    answer = enter(client, "FREETRIP").json()["cart"]
    assert (answer["shipping"], answer["discount"], answer["total"]) == ("0.00", "0.00", "26.40")


def test_an_automatic_promotion_says_what_it_is_short_of(client, cart):
    promote("Three for tea", minimum="36", now=NOW)
    assert "Add $12.00 more: Three for tea." in client.get("/cart/").content.decode()


def test_whoever_guesses_is_stopped(client, cart, settings):
    settings.COUPON_LIMIT = (3, 30)
    coupon(now=NOW)
    for n in range(3):
        assert enter(client, f"GUESS{n}").status_code == 422
    assert enter(client, "WELCOME10").status_code == 429
    assert enter(client, "GUESS9", headers={"accept": "text/html"}).status_code == 429
    assert Cart.objects.get().coupon_code == ""


def test_right_codes_do_not_count_as_guesses(client, cart):
    coupon(now=NOW)
    enter(client, "WELCOME10")
    assert list(Throttle.objects.values_list("count", flat=True)) == [0]


def test_without_a_cart_there_is_nothing_to_put_it_in(client):
    assert enter(client, "WELCOME10").status_code == 409
    assert enter(client, "").status_code == 200
    assert not Cart.objects.exists()


def test_the_code_comes_along_at_login(client, cart):
    coupon(now=NOW)
    enter(client, "WELCOME10")
    alice = User.objects.create_user("alice@example.com", "a long password")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client.post("/account/login/", {"login": "alice@example.com", "password": "a long password"})
    assert Cart.objects.get().coupon_code == "WELCOME10"
    assert client.get("/cart/", **JSON).json()["cart"]["discount"] == "2.40"


def test_another_sites_form_is_refused(client, cart):
    response = client.post("/cart/coupon/", {"code": "X"}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403


def test_a_reduced_price_is_shown_on_page_card_and_in_the_cart(client, cart):
    promote("Sale", kind="catalogue", percent=15, now=NOW)
    page = client.get("/shop/ceramics/mug/").content.decode()
    assert "$20.40" in page
    answer = client.get("/cart/", **JSON).json()["cart"]
    assert answer["lines"][0]["unit_price"] == "20.40"
    assert answer["notices"][0]["code"] == "price_changed"


def test_promotions_cost_the_cart_one_question(client, cart, django_assert_max_num_queries):
    for n in range(4):
        promote(f"Promotion {n}", tiers={"10": "5"}, effect="tiered", now=NOW)
    client.get("/cart/")
    assert Promotion.objects.count() == 4
    with django_assert_max_num_queries(12):
        client.get("/cart/")
