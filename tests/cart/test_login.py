"""What happens to carts at the login door, and what is said about it."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from shop.cart import operations as carts
from shop.cart.models import Cart
from shop.customers.models import User
from shop.inventory import operations as inventory
from tests.checkout.world import sell
from tests.promotions.world import coupon

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"


@pytest.fixture
def mug():
    return sell("MUG", stock=5, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def alice():
    user = User.objects.create_user("alice@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def have(owner, quantity: int, currency: str = "USD") -> Cart:
    cart = carts.open_cart(currency=currency, owner=owner)
    carts.add(cart=cart, sku="MUG", quantity=quantity, now=timezone.now())
    return cart


def use(cart: Cart, code: str) -> None:
    carts.apply_coupon(cart=cart, code=code, language="en", now=timezone.now())


def sign_in(client) -> str:
    client.post("/account/login/", {"login": "alice@example.com", "password": PASSWORD})
    return client.get("/cart/").content.decode()


def quantity() -> int:
    return Cart.objects.get().lines.get().quantity


def test_two_carts_add_up_and_it_is_said(client, mug, alice):
    have(alice, 2)
    client.post("/cart/add/", {"sku": "MUG", "quantity": 1})
    assert "Your cart from before is back, together with what you have just added." in sign_in(client)
    assert quantity() == 3


@pytest.mark.parametrize(("stock", "limit", "kept"), [(5, 99, 5), (9, 6, 6)])
def test_the_sum_stops_at_shelf_and_limit_and_it_is_said(client, mug, alice, settings, stock, limit, kept):
    inventory.count(stock_item=mug.stock_item, counted=stock, actor="test", now=timezone.now())
    settings.MAX_LINE_QUANTITY = limit
    have(alice, 4)
    client.post("/cart/add/", {"sku": "MUG", "quantity": 4})
    assert f"Of Mug there are {kept} in it now: more cannot be had." in sign_in(client)
    assert quantity() == kept


def test_what_sold_out_is_kept_and_said(client, mug, alice):
    have(alice, 2)
    client.post("/cart/add/", {"sku": "MUG", "quantity": 3})
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=timezone.now())
    assert "Sold out since you added it" in sign_in(client)
    assert quantity() == 3


def test_the_code_entered_last_counts_and_the_other_is_said(client, mug, alice):
    now = timezone.now() - timedelta(hours=1)
    coupon("WELCOME10", now=now)
    coupon("AUTUMN5", name="Autumn", percent=5, now=now)
    use(have(alice, 1), "WELCOME10")
    client.post("/cart/add/", {"sku": "MUG"})
    client.post("/cart/coupon/", {"code": "AUTUMN5"})
    assert "The code WELCOME10 gave way to the one you have just entered." in sign_in(client)
    assert Cart.objects.get().coupon_code == "AUTUMN5"


def test_a_code_of_the_account_is_kept(client, mug, alice):
    coupon("WELCOME10", now=timezone.now() - timedelta(hours=1))
    use(have(alice, 1), "WELCOME10")
    client.post("/cart/add/", {"sku": "MUG"})
    assert "gave way" not in sign_in(client)
    assert Cart.objects.get().coupon_code == "WELCOME10"


def test_the_currency_chosen_here_counts_and_it_is_said(client, mug, alice):
    have(alice, 1)
    client.post("/currency/", {"currency": "IDR"})
    client.post("/cart/add/", {"sku": "MUG"})
    assert "Its prices are in IDR now, no longer in USD." in sign_in(client)
    assert Cart.objects.get().currency == "IDR"


def test_an_accounts_cart_takes_on_the_currency_chosen_here(client, mug, alice):
    have(alice, 1)
    client.post("/currency/", {"currency": "IDR"})
    sign_in(client)
    assert Cart.objects.get().currency == "IDR"
