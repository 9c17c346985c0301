"""What the cart's page says: changes, limits, an estimate for a country; and what it costs to ask."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.cart.models import Cart, CartLine
from shop.catalogue.currency import COOKIE
from shop.catalogue.pricewindows import set_price
from shop.customers.models import User
from shop.delivery.models import Method, MethodPrice, TaxRate, Zone
from shop.inventory import operations as inventory
from shop.promotions import operations as promotions
from tests.checkout.world import ADDRESS, sell
from tests.promotions.world import coupon, promote

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
HTMX = {"headers": {"hx-request": "true", "hx-target": "cart"}}


@pytest.fixture
def mug():
    return sell("MUG", stock=5, now=an_hour_ago())


def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


def put(client, sku="MUG", quantity=1):
    return client.post("/cart/add/", {"sku": sku, "quantity": quantity}, **JSON).json()["cart"]["lines"][-1]["id"]


def text(response) -> str:
    return response.content.decode()


# --- changes are said ----------------------------------------------------------------------------

CHANGES = {
    "price_changed": lambda mug: set_price(variant=mug, currency="USD", amount=30, actor="test", now=timezone.now()),
    "sold_out": lambda mug: inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now()),
    "insufficient_stock": lambda mug: inventory.count(
        stock_item=mug.stock_item, counted=1, actor="test", now=timezone.now()
    ),
    "unavailable": lambda mug: mug.product.pages.get().unpublish(),
}
WORDS = {
    "price_changed": "The price was $24 when you added it and is now $30.",
    "sold_out": "Sold out since you added it.",
    "insufficient_stock": "Only 1 is left. Please take fewer.",
    "unavailable": "This is no longer for sale.",
}


@pytest.mark.parametrize("code", list(CHANGES))
def test_each_change_is_said_beside_its_line(client, mug, code):
    put(client, quantity=2)
    CHANGES[code](mug)
    assert [notice["code"] for notice in client.get("/cart/", **JSON).json()["cart"]["notices"]] == [code]
    assert WORDS[code] in text(client.get("/cart/"))


def test_a_changed_price_is_said_in_each_step_of_the_checkout(client, mug):
    put(client)
    client.get("/checkout/")
    client.post("/checkout/contact/", {"email": "alice@example.com"})
    client.post("/checkout/address/", ADDRESS)
    client.post("/checkout/delivery/", {"method": "standard"})
    CHANGES["price_changed"](mug)
    for step in ("contact", "address", "delivery", "payment"):
        assert f"Mug: {WORDS['price_changed']}" in text(client.get(f"/checkout/{step}/"))


@pytest.mark.parametrize("code", ["sold_out", "insufficient_stock", "unavailable"])
def test_what_must_be_settled_first_leads_from_the_checkout_to_its_words(client, mug, code):
    put(client, quantity=2)
    client.get("/checkout/")
    CHANGES[code](mug)
    response = client.get("/checkout/contact/", follow=True)
    assert response.redirect_chain == [("/cart/", 302)]
    assert WORDS[code] in text(response)
    assert 'href="/checkout/"' not in text(response)


def test_a_code_that_ended_is_said_in_cart_and_checkout(client, mug):
    code = coupon("WELCOME10", now=an_hour_ago())
    put(client)
    client.post("/cart/coupon/", {"code": "welcome10"})
    promotions.switch(promotion=code.promotion, on=False, actor="test", now=timezone.now())
    assert "WELCOME10 is no longer valid." in text(client.get("/cart/"))
    assert "WELCOME10 is no longer valid." in text(client.get("/checkout/contact/"))


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"), [("9", "Only 5 are left"), ("100", "a number from 1 to 99"), ("1.5", "a number from 1 to 99")]
)
@pytest.mark.parametrize(("kind", "status"), [({}, None), (HTMX, 200)])
def test_a_refused_quantity_stays_in_its_field_with_the_reason(client, mug, typed, words, kind, status):
    sell("BOWL", now=an_hour_ago())
    line, other = put(client), put(client, "BOWL")
    response = client.post(f"/cart/lines/{line}/", {"quantity": typed}, **kind)
    field = re.search(rf'<input[^>]*id="quantity-{line}"[^>]*>', text(response))[0]
    assert f'value="{typed}"' in field
    assert f'aria-describedby="quantity-{line}-error"' in field
    assert words in re.search(rf'id="quantity-{line}-error"[^>]*>([^<]*)<', text(response))[1]
    assert 'value="1"' in re.search(rf'<input[^>]*id="quantity-{other}"[^>]*>', text(response))[0]
    assert response.status_code == (status or (409 if typed == "9" else 422))
    assert set(CartLine.objects.values_list("quantity", flat=True)) == {1}


def test_the_limit_is_a_setting(client, mug, settings):
    settings.MAX_LINE_QUANTITY = 3
    line = put(client, quantity=3)
    assert 'max="3"' in re.search(rf'<input[^>]*id="quantity-{line}"[^>]*>', text(client.get("/cart/")))[0]
    assert client.post("/cart/add/", {"sku": "MUG"}, **JSON).json()["code"] == "invalid_quantity"


# --- an estimate for a country -------------------------------------------------------------------


@pytest.fixture
def islands(mug):
    """A second zone, dearer and with another tax."""
    zone = Zone.objects.create(name="Islands", countries=["IS"], position=0)
    Zone.objects.exclude(pk=zone.pk).update(position=1)
    TaxRate.objects.create(zone=zone, tax_class=mug.product.tax_class, rate=Decimal("0.25"), name="VSK")
    method = Method.objects.create(zone=zone, code="boat", name="By boat", days_min=5, days_max=9)
    MethodPrice.objects.create(method=method, currency="USD", amount=12)
    return zone


def test_delivery_and_tax_are_estimated_for_a_country(client, mug, islands):
    put(client)
    home = client.get("/cart/", **JSON).json()["cart"]
    assert (home["shipping"], home["tax"]) == ("5.00", "2.40")
    there = client.get("/cart/", {"country": "IS"}, **JSON).json()["cart"]
    assert (there["shipping"], there["tax"], there["total"]) == ("12.00", "6.00", "42.00")


def test_the_country_is_kept_for_the_visit_and_opens_the_checkout(client, mug, islands):
    put(client)
    page = client.get("/cart/", {"country": "IS"})
    assert '<option value="IS" selected>Iceland</option>' in text(page)
    assert page.cookies["country"].value == "IS"
    assert not page.cookies["country"]["max-age"]
    assert client.get("/cart/", **JSON).json()["cart"]["total"] == "42.00"
    client.post("/checkout/contact/", {"email": "alice@example.com"})
    address = client.get("/checkout/address/")
    assert '<option value="IS" selected>' in text(address)
    assert "$42.00" in text(address)


@pytest.mark.parametrize("country", ["FR", "", "IS' OR 1=1", "x" * 500])
def test_a_country_that_we_do_not_deliver_to_changes_nothing(client, mug, islands, country):
    put(client)
    response = client.get("/cart/", {"country": country})
    assert response.status_code == 200
    assert "country" not in response.cookies
    assert '<option value="US" selected>' in text(response)


def test_the_estimate_is_a_plain_form_and_a_fragment(client, mug, islands):
    put(client)
    body = text(client.get("/cart/"))
    assert '<form class="field" id="estimate" method="get" action="/cart/"' in body
    fragment = client.get("/cart/", {"country": "IS"}, **HTMX)
    assert "<html" not in text(fragment)
    assert "$42.00" in text(fragment)
    assert fragment.cookies["country"].value == "IS"


# --- one currency --------------------------------------------------------------------------------


def test_the_chosen_currency_is_kept_and_the_cart_has_one(client, mug):
    put(client)
    client.post("/currency/", {"currency": "IDR"})
    cart = client.get("/cart/", **JSON).json()["cart"]
    assert (cart["currency"], cart["subtotal"]) == ("IDR", "391000")
    assert Cart.objects.get().currency == "IDR"
    sell("BOWL", price="10.00", now=an_hour_ago())
    put(client, "BOWL")
    assert client.get("/cart/", **JSON).json()["cart"]["subtotal"] == "554000"
    assert client.cookies[COOKIE]["max-age"] == 365 * 24 * 3600


def test_pages_follow_the_cart_of_whoever_signs_in_elsewhere(client, mug):
    alice = User.objects.create_user("alice@example.com", "a long password")
    Cart.objects.create(owner=alice, token=None, currency="IDR")
    client.force_login(alice)
    put(client)
    assert client.get("/cart/").cookies[COOKIE].value == "IDR"
    assert Cart.objects.get().currency == "IDR"


# --- pages are the same for everybody ------------------------------------------------------------


def test_a_page_knows_nothing_of_the_cart(client, mug):
    """The rule that lets a page be kept for everybody: the number comes by a request of its own."""
    address = mug.product.pages.get().get_url()
    client.get(address)
    stranger = client.get(address)
    put(client, quantity=3)
    shopper = client.get(address)
    assert text(shopper) == text(stranger)
    for page in (stranger, shopper):
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")
        assert "private" not in page.get("Cache-Control", "")
        assert 'src="/cart/count/"' in text(page)
    assert "no-store" in client.get("/cart/count/")["Cache-Control"]


def test_a_browser_without_a_cart_asks_for_its_number_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/cart/count/").json() == {"count": 0}


# --- what it costs -------------------------------------------------------------------------------


@contextmanager
def questions(most: int) -> Iterator[None]:
    """At most so many statements, without those that only mark a place in a transaction."""
    with CaptureQueriesContext(connection) as seen:
        yield
    said = [query["sql"] or "a prepared one" for query in seen]
    asked = [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) <= most, "\n".join(statement[:160] for statement in asked)


def fill(client, things: int) -> None:
    """Promotions, a coupon and so many lines."""
    now = an_hour_ago()
    promote("Autumn", percent=5, now=now)
    promote("Reduced", kind="catalogue", percent=10, now=now)
    coupon("WELCOME10", limit=100, limit_per_customer=1, now=now)
    for i in range(things):
        sell(f"THING-{i}", now=now, stock=50)
        put(client, f"THING-{i}")
    client.post("/cart/coupon/", {"code": "WELCOME10"})
    client.get("/cart/")


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("things", [1, 20])
def test_the_cart_asks_seven_questions_at_most_and_one_what_its_owner_has(client, things, signed_in):
    if signed_in:
        client.force_login(User.objects.create_user("alice@example.com", "a long password"))
    fill(client, things)
    with questions(7 + signed_in):  # the last of them: what goes with it
        assert "WELCOME10" in text(client.get("/cart/"))


TOAST = {"headers": {"hx-request": "true", "hx-target": "toast"}}


@pytest.mark.parametrize(("kind", "most"), [({}, 5), (TOAST, 5), (JSON, 6)])
@pytest.mark.parametrize("things", [1, 20])
def test_adding_what_is_reduced_asks_few_questions(client, things, kind, most):
    fill(client, things)
    with questions(most):
        client.post("/cart/add/", {"sku": "THING-0"}, **kind)
    assert CartLine.objects.get(variant__sku="THING-0").quantity == 2


@pytest.mark.parametrize(("kind", "most"), [({}, 1), (TOAST, 1), (JSON, 4)])
def test_adding_what_costs_the_same_for_everybody_asks_one_and_a_program_all_that_is_in_the_cart(
    client, mug, kind, most
):
    client.get("/cart/")
    for quantity in (1, 2):  # the first one opens the cart
        with questions(most):
            client.post("/cart/add/", {"sku": "MUG"}, **kind)
        assert CartLine.objects.get().quantity == quantity
