"""What changes while somebody checks out: nothing is charged, and it is said in words that name what it was."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from psycopg.errors import LockNotAvailable

from shop.cart import operations as carts
from shop.cart.models import Cart
from shop.catalogue.pricewindows import set_price
from shop.checkout.models import CheckoutDraft
from shop.customers import operations as customers
from shop.customers.models import User
from shop.delivery.models import Method, MethodPrice, TaxRate
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.orders.models import Order
from shop.promotions.models import Promotion
from tests.checkout.world import ADDRESS, answer, place, sell, submission, total_of
from tests.promotions.world import coupon

pytestmark = pytest.mark.django_db


def pay(client: Client, data: dict[str, str]) -> str:
    """Press the button of a page that is out of date; the text of the page that one is led to."""
    body = client.post("/checkout/payment/", data, follow=True).content.decode()
    assert not Order.objects.exists()
    assert not StockItem.objects.filter(reserved__gt=0).exists()
    return " ".join(body.split())


def says(body: str, words: str) -> bool:
    return escape(words) in body or words in body


# --- the goods -----------------------------------------------------------------------------------


def test_a_price_that_changed(ready, mug):
    data = submission(ready)
    set_price(variant=mug, currency="USD", amount=30, actor="test", now=timezone.now())
    body = pay(ready, data)
    assert says(body, "Mug: The price was $24 when you added it and is now $30.")
    assert says(body, "The total was $31.40 and is now $38.00. Nothing was charged.")
    assert ready.post("/checkout/payment/", submission(ready)).url.startswith("/orders/")


def test_a_price_that_changed_is_said_once_and_on_the_step_where_one_is(ready, mug):
    set_price(variant=mug, currency="USD", amount=30, actor="test", now=timezone.now())
    notice = "Mug: The price was $24 when you added it and is now $30."
    assert says(" ".join(ready.get("/checkout/delivery/").content.decode().split()), notice)
    pay(ready, {**submission(ready), "total": "31.40"})
    assert not says(" ".join(ready.get("/checkout/payment/").content.decode().split()), notice)


def test_a_thing_that_sold_out(ready, mug):
    data = submission(ready)
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    body = pay(ready, data)
    assert says(body, "Your cart has changed, and nothing was charged. Mug: Sold out since you added it.")


def test_fewer_that_are_left(ready, mug):
    ready.post("/cart/add/", {"sku": "MUG", "quantity": "2"})
    data = submission(ready)
    inventory.count(stock_item=mug.stock_item, counted=1, actor="test", now=timezone.now())
    assert says(pay(ready, data), "Mug: Only 1 is left. Please take fewer.")


def test_a_thing_that_was_unpublished(ready, mug):
    data = submission(ready)
    mug.product.pages.get().unpublish()
    assert says(pay(ready, data), "Mug: This is no longer for sale. Please remove it to go on.")


def test_somebody_who_was_quicker_by_a_moment(ready, mug, monkeypatch):
    """The page finds the mug there; the transaction, a moment later, does not."""
    data, reserve = submission(ready), inventory.reserve

    def too_late(**terms):
        inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
        return reserve(**terms)

    monkeypatch.setattr(inventory, "reserve", too_late)
    answered = ready.post("/checkout/payment/", data, follow=True).content.decode()
    assert says(" ".join(answered.split()), "Somebody was quicker.")
    assert not Order.objects.exists()


def test_a_shelf_that_others_hold_for_too_long(ready, monkeypatch):
    data = submission(ready)

    def wait_in_vain(**_terms):
        raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()

    monkeypatch.setattr(inventory, "reserve", wait_in_vain)
    assert says(pay(ready, data), "Very many people are buying just now. Nothing was charged. Please press Pay again.")
    monkeypatch.undo()
    assert ready.post("/checkout/payment/", data).url.startswith("/orders/")


# --- what comes off ------------------------------------------------------------------------------


@pytest.fixture
def saver(ready):
    """Somebody at the payment step whose cart has a code for ten per cent."""
    coupon("SAVE10", now=timezone.now(), starts_at=timezone.now() - timedelta(days=1))
    ready.post("/cart/coupon/", {"code": "SAVE10"})
    return ready


def test_a_code_that_has_ended(saver):
    data = submission(saver)
    Promotion.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    body = pay(saver, data)
    assert says(body, "Code SAVE10:")
    assert says(body, "is over.")
    assert says(body, "What comes off was $2.40 and is now $0.00.")
    assert says(body, "The total was $28.76 and is now $31.40.")


def test_a_code_whose_last_use_was_somebody_elses(saver, mug):
    Promotion.objects.update(limit_total=1)
    data = submission(saver)
    other = carts.open_cart(currency="USD")
    carts.add(cart=other, sku="MUG", quantity=1, now=timezone.now())
    Cart.objects.filter(pk=other.pk).update(coupon_code="SAVE10")
    other.refresh_from_db()
    place(other, total=total_of(other, timezone.now()), now=timezone.now())
    body = " ".join(saver.post("/checkout/payment/", data, follow=True).content.decode().split())
    assert says(body, "Code SAVE10:")
    assert Order.objects.count() == 1


# --- delivery, tax, currency ---------------------------------------------------------------------


def test_delivery_that_costs_something_else(ready):
    data = submission(ready)
    MethodPrice.objects.filter(currency="USD").update(amount=7)
    assert says(pay(ready, data), "Delivery was $5.00 and is now $7.00. The total was $31.40 and is now $33.40.")


def test_a_tax_that_changed(ready):
    data = submission(ready)
    TaxRate.objects.update(rate=Decimal("0.2"))
    assert says(pay(ready, data), "Tax was $2.40 and is now $4.80.")


def test_a_way_of_delivery_that_is_gone(ready):
    data = submission(ready)
    was = Method.objects.get()
    other = Method.objects.create(zone=was.zone, code="express", name="Express")
    MethodPrice.objects.create(method=other, currency="USD", amount=5)
    Method.objects.filter(pk=was.pk).update(active=False)
    response = ready.post("/checkout/payment/", data, follow=True)
    assert response.redirect_chain[-1][0] == "/checkout/delivery/"
    assert not Order.objects.exists()


def test_a_country_that_nothing_goes_to_any_more(ready):
    Method.objects.update(active=False)
    response = ready.get("/checkout/payment/", follow=True)
    assert response.redirect_chain[-1][0] == "/checkout/address/"
    assert says(response.content.decode(), "We know no way to send this to United States any more.")


def test_a_currency_that_was_switched_in_another_tab(ready):
    data = submission(ready)
    carts.switch_currency(cart=Cart.objects.get(), currency="IDR")
    body = pay(ready, data)
    assert says(body, "Your cart is in IDR now, and was in USD.")
    assert says(body, "The total was $31.40 and is now Rp 436.000.")


# --- tabs, Back, sessions ------------------------------------------------------------------------


def test_another_thing_put_in_by_another_tab(ready):
    data = submission(ready)
    ready.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    body = pay(ready, data)
    assert says(body, "There are now 2 things in your cart.")
    assert says(body, "Tax was $2.40 and is now $4.80.")


def test_sent_twice_it_is_one_order(ready):
    data = submission(ready)
    first, second = ready.post("/checkout/payment/", data), ready.post("/checkout/payment/", data)
    assert first.url == second.url
    assert Order.objects.count() == 1


def test_back_and_refresh_after_paying_lead_to_the_order(ready):
    placed = ready.post("/checkout/payment/", submission(ready))
    assert ready.get("/checkout/payment/").url == placed.url


def test_a_guest_needs_no_session_for_it(ready):
    ready.post("/checkout/payment/", submission(ready))
    assert not Session.objects.exists()


def test_whoever_signs_in_at_that_browser_is_not_led_to_the_order_of_the_guest_before(ready):
    placed = ready.post("/checkout/payment/", submission(ready))
    ready.force_login(User.objects.create_user("bob@example.com", "a long password", name="Bob"))
    assert ready.get("/checkout/payment/").url == "/cart/"
    ready.logout()
    ready.cookies["order"] = f"{Order.objects.get().number}:forged"
    assert ready.get("/checkout/payment/").url == "/cart/" != placed.url


@pytest.mark.parametrize("step", ["contact", "address", "delivery"])
def test_another_tab_that_is_still_on_its_way_after_the_order(ready, step):
    placed = ready.post("/checkout/payment/", submission(ready))
    response = ready.post(f"/checkout/{step}/", {"email": "bob@example.com"}, follow=True)
    assert response.redirect_chain[-1][0] == placed.url
    assert says(response.content.decode(), "You have placed this order already, in another tab.")
    assert Order.objects.count() == 1


def test_a_cart_that_another_tab_has_emptied(ready):
    data = submission(ready)
    ready.post("/cart/clear/")
    assert says(pay(ready, data), "we no longer know whose cart it was. Nothing was charged.")


def test_a_browser_that_has_forgotten_its_cart(ready):
    data = submission(ready)
    ready.cookies.clear()
    assert says(pay(ready, data), "we no longer know whose cart it was")


@pytest.fixture
def alice(client, mug):
    """Alice, signed in and at the payment step."""
    client.force_login(User.objects.create_user("alice@example.com", "a long password", name="Alice"))
    client.post("/cart/add/", {"sku": "MUG", "quantity": "1"})
    return answer(client)


def test_a_session_that_has_ended_leads_to_the_login_and_back(alice):
    data = submission(alice)
    alice.logout()
    response = alice.post("/checkout/payment/", data)
    assert response.url == "/account/login/?next=/checkout/"
    assert says(alice.get(response.url).content.decode(), "You were signed out meanwhile. Nothing was charged.")
    alice.force_login(User.objects.get())
    assert alice.get("/checkout/").url == "/checkout/payment/"
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("step", "typed", "shown"),
    [
        ("contact", {"email": "new@example.com"}, 'value="new@example.com"'),
        ("address", {**ADDRESS, "line1": "7 New Street"}, 'value="7 New Street"'),
        ("delivery", {"method": "standard", "note": "Ring twice."}, "Ring twice."),
    ],
)
def test_what_was_typed_when_a_session_had_ended_is_there_after_signing_in(alice, step, typed, shown):
    alice.logout()
    assert alice.post(f"/checkout/{step}/", typed).url == "/cart/"
    alice.force_login(User.objects.get())
    assert shown in alice.get(f"/checkout/{step}/").content.decode()
    assert shown not in alice.get(f"/checkout/{step}/").content.decode(), "kept once"


def test_signing_in_half_way_keeps_what_was_typed(ready, mug):
    customers.open_account(email="bob@example.com", name="Bob", password="a long enough password")
    ready.post("/account/login/", {"login": "bob@example.com", "password": "a long enough password"})
    draft = CheckoutDraft.objects.get()
    assert draft.cart.owner.email == "bob@example.com"
    assert (draft.email, draft.line1) == ("alice@example.com", ADDRESS["line1"])
    assert ready.get("/checkout/").url == "/checkout/payment/"


def test_a_checkout_can_be_left_and_taken_up_again(shopper):
    shopper.post("/checkout/contact/", {"email": "alice@example.com"})
    shopper.get("/")
    assert shopper.get("/checkout/").url == "/checkout/address/"
    answer(shopper)
    assert shopper.get("/checkout/").url == "/checkout/payment/"


def test_an_unpublished_thing_stops_every_step(ready, mug):
    sell("CUP", now=timezone.now() - timedelta(hours=1))
    ready.post("/cart/add/", {"sku": "CUP", "quantity": "1"})
    mug.product.pages.get().unpublish()
    for step in ("contact", "address", "delivery", "payment"):
        response = ready.get(f"/checkout/{step}/", follow=True)
        assert response.redirect_chain == [("/cart/", 302)]
        assert says(response.content.decode(), "Mug: This is no longer for sale.")
