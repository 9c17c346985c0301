"""The checkout through its addresses: what is asked, kept, refused, and where one is sent."""

import uuid

import pytest

from shop.checkout.models import CheckoutDraft
from shop.inventory.models import StockItem
from shop.orders.models import Order
from tests.checkout.world import ADDRESS, submission

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}


def test_each_answer_leads_to_the_next_step(shopper):
    assert shopper.get("/checkout/").url == "/checkout/contact/"
    assert shopper.post("/checkout/contact/", {"email": "alice@example.com"}).url == "/checkout/address/"
    assert shopper.post("/checkout/address/", ADDRESS).url == "/checkout/delivery/"
    assert shopper.post("/checkout/delivery/", {"method": "standard"}).url == "/checkout/payment/"
    assert shopper.get("/checkout/").url == "/checkout/payment/"


@pytest.mark.parametrize("step", ["address", "delivery", "payment"])
def test_a_step_that_comes_too_early_leads_to_the_open_one(shopper, step):
    assert shopper.get(f"/checkout/{step}/").url == "/checkout/contact/"


@pytest.mark.parametrize("step", ["contact", "address", "delivery", "payment"])
def test_without_a_cart_there_is_no_checkout(client, mug, step):
    assert client.get(f"/checkout/{step}/").url == "/cart/"


@pytest.mark.parametrize("email", ["", "alice", "alice@", "a" * 300 + "@example.com"])
def test_a_wrong_address_is_explained_and_kept(shopper, email):
    response = shopper.post("/checkout/contact/", {"email": email})
    body = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error:" in " ".join(body.split())
    assert 'href="#id_email"' in body
    assert not CheckoutDraft.objects.exclude(email="").exists()


def test_going_back_shows_what_was_answered(ready):
    assert 'value="alice@example.com"' in ready.get("/checkout/contact/").content.decode()
    assert 'value="418 Alder Street"' in ready.get("/checkout/address/").content.decode()


def at_address(shopper, **changes):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    return shopper.post("/checkout/address/", {**ADDRESS, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"postcode": "9720"}, "Enter a ZIP code like 95014."),
        ({"postcode": ""}, "Enter the ZIP code."),
        ({"region": ""}, "state"),
        ({"line1": ""}, "Enter the street and number."),
        ({"name": ""}, "Enter the name"),
        ({"country": "FR"}, "not deliver"),
    ],
)
def test_an_address_follows_its_country(shopper, changes, words):
    response = at_address(shopper, **changes)
    assert response.status_code == 422
    assert words in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"), [("SW1A1AA", "SW1A 1AA"), ("sw1a1aa", "SW1A 1AA"), ("SW1A  1AA", "SW1A 1AA")]
)
def test_a_postcode_may_come_with_or_without_its_space(shopper, typed, kept):
    at_address(shopper, country="GB", city="London", region="", postcode=typed)
    assert CheckoutDraft.objects.get().postcode == kept


def test_choosing_another_country_keeps_what_was_typed(shopper):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    typed = {**ADDRESS, "country": "GB", "choose_country": "1"}
    body = shopper.post("/checkout/address/", typed).content.decode()
    assert 'value="418 Alder Street"' in body
    assert "Postcode" in body


def test_an_unknown_way_of_delivery_is_refused(shopper):
    at_address(shopper)
    assert shopper.post("/checkout/delivery/", {"method": "balloon"}).status_code == 422


def test_paying_places_the_order_and_shows_it(ready):
    response = ready.post("/checkout/payment/", submission(ready))
    order = Order.objects.get()
    assert response.url == f"/orders/{order.number}/{order.token}/"
    assert order.number in ready.get(response.url).content.decode()


@pytest.mark.parametrize(
    "data", [{}, {"key": "x", "total": "1", "currency": "USD"}, {"key": uuid.uuid4(), "total": "nan"}]
)
def test_a_broken_submission_is_asked_again(ready, data):
    assert ready.post("/checkout/payment/", data).url == "/checkout/payment/"
    assert not Order.objects.exists()


def test_a_forged_total_is_refused(ready):
    response = ready.post("/checkout/payment/", {**submission(ready), "total": "0.01"}, **JSON)
    assert response.json() == {"redirect": "/checkout/payment/"}
    assert StockItem.objects.get().reserved == 0


def test_the_order_needs_its_whole_link(ready):
    ready.post("/checkout/payment/", submission(ready))
    order = Order.objects.get()
    assert ready.get(f"/orders/{order.number}/{'x' * 32}/").status_code == 404
    assert ready.get(f"/orders/ET-1/{order.token}/").status_code == 404


def test_an_order_page_is_never_kept_and_never_told(ready):
    response = ready.get(ready.post("/checkout/payment/", submission(ready)).url)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "strict-origin"


@pytest.mark.parametrize("token", ["", "forged", "1:abc:def"])
def test_a_forged_return_is_not_found(client, token):
    assert client.get("/payments/stripe/return/", {"o": token}).status_code == 404


@pytest.mark.parametrize(("step", "limit"), [("contact", 22), ("address", 22), ("delivery", 22), ("payment", 22)])
def test_a_step_asks_few_questions(ready, django_assert_max_num_queries, step, limit):
    ready.get(f"/checkout/{step}/")
    with django_assert_max_num_queries(limit):
        ready.get(f"/checkout/{step}/")


MARK = "Test payments: no real money moves here."


def test_a_test_shop_says_so_from_the_cart_to_the_order(ready):
    pages = ["/cart/", *(f"/checkout/{step}/" for step in ("contact", "address", "delivery", "payment"))]
    ready.post("/checkout/payment/", submission(ready))
    order = Order.objects.get()
    ready.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    pages += [f"/orders/{order.number}/{order.token}/", f"/orders/{order.number}/{order.token}/cancel/"]
    for page in pages:
        assert ready.get(page, follow=True).content.decode().count(MARK) == 1, page


def test_a_shop_with_live_keys_does_not(ready, settings):
    settings.STRIPE_PUBLISHABLE_KEY, settings.MIDTRANS_SERVER_KEY = "pk_live_none", "Mid-server-none"
    for page in ("/cart/", "/checkout/payment/"):
        assert MARK not in ready.get(page).content.decode()
