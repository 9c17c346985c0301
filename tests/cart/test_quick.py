"""The one statement by which a thing comes into a cart, beside the long way, which knows all the rules."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from shop.cart import operations as carts
from shop.cart import quick
from shop.cart.models import Cart, CartLine
from shop.cart.operations import Shopper
from shop.customers.models import User
from shop.inventory.models import StockItem
from tests.cart.test_reads import UNSOLD
from tests.checkout.world import NOW, sell
from tests.promotions.world import promote

pytestmark = pytest.mark.django_db


def put(cart: Cart | None = None, sku: str = "MUG", quantity: int = 1, **more: Any) -> quick.Put | None:
    terms = {"currency": "USD", "language": "en", "origin": {}, "at": NOW, **more}
    owner, token = (cart.owner_id, cart.token) if cart else (None, None)
    return quick.put(owner=owner, token=token, sku=sku, quantity=quantity, **terms)


def lines(cart: Cart) -> list[tuple]:
    return list(cart.lines.values_list("variant__sku", "quantity", "seen_price", "origin").order_by("pk"))


def test_a_guests_first_thing_opens_a_cart_in_their_currency():
    sell()
    made = put(currency="IDR", quantity=2)
    cart = Cart.objects.get()
    assert (made.cart, made.title, made.count) == (cart, "Mug", 2)
    assert (made.cart.token, cart.currency, cart.attribution) == (cart.token, "IDR", {})
    assert [str(price) for _sku, _n, price, _origin in lines(cart)] == ["391000.00"]  # 24 USD at 16 300, to 1 000


def test_more_of_it_adds_up_and_the_carts_own_currency_counts():
    sell(), sell("BOWL", price="30.00")
    cart = carts.open_cart(currency="USD")
    assert [put(cart, currency="IDR").count, put(cart, "bowl", 2).count, put(cart, "Mug").count] == [1, 3, 4]
    assert [(sku, n, str(price)) for sku, n, price, _origin in lines(cart)] == [
        ("MUG", 2, "24.00"),
        ("BOWL", 2, "30.00"),
    ]


def test_it_finds_the_cart_of_an_account():
    sell()
    alice = User.objects.create_user("alice@example.com")
    assert (
        quick.put(owner=alice.pk, token=None, sku="MUG", quantity=1, currency="USD", language="en", origin={}, at=NOW)
        is None
    )  # the first one is opened by the long way, since two tabs may do so at once
    cart = carts.open_cart(currency="USD", owner=alice)
    assert put(cart).cart == cart


def test_of_several_origins_the_first_one_sold_it():
    sell()
    cart = carts.open_cart(currency="USD")
    for origin in ({}, {"page": 1}, {"page": 2}):
        put(cart, origin=origin)
    assert lines(cart)[0][3] == {"page": 1}


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("why", [*UNSOLD, "reduced", "no price yet", "a cart that has gone", "no such thing"])
def test_it_leaves_to_the_long_way_what_it_is_not_for(why, is_there):
    mug = sell(now=NOW + timedelta(days=1) if why == "no price yet" else NOW)
    cart = carts.open_cart(currency="USD") if is_there else None
    if why in UNSOLD:
        UNSOLD[why](mug)
    if why == "reduced":
        promote(kind="catalogue", products=[mug.product])
    if why == "a cart that has gone":
        cart = carts.open_cart(currency="USD")
        Cart.objects.all().delete()
    carts_before = Cart.objects.count()
    assert put(cart, "NONE" if why == "no such thing" else "MUG") is None
    assert not CartLine.objects.exists()
    assert Cart.objects.count() == carts_before


def test_a_promotion_for_other_things_does_not_hold_it_up():
    sell()
    promote(kind="catalogue", products=[sell("BOWL").product])
    promote()  # in the cart, not on the thing
    assert put() is not None


@pytest.mark.parametrize("policy", StockItem.Policy.values)
def test_it_takes_no_more_than_the_long_way_would(policy):
    sell(stock=3)
    StockItem.objects.update(policy=policy, lead_days=4)
    most = 3 if policy == "track" else settings.MAX_LINE_QUANTITY
    assert put(quantity=most + 1) is None
    assert not Cart.objects.exists()
    cart = put(quantity=most - 1).cart
    assert put(cart, quantity=2) is None
    assert put(cart).count == most
    with pytest.raises(carts.CartError):
        carts.add(cart=cart, sku="MUG", quantity=1, now=NOW)


def test_what_is_promised_to_others_is_not_to_be_had():
    sell(stock=3)
    StockItem.objects.update(reserved=3)
    assert put() is None


@pytest.mark.parametrize("first", [True, False])
def test_adding_is_one_statement(django_assert_num_queries, first):
    sell()
    token = None if first else carts.open_cart(currency="USD").token
    with django_assert_num_queries(1):
        added = carts.add_for(shopper=Shopper(token=token), sku="MUG", quantity=1, now=NOW)
    assert (added.titles, added.count) == (("Mug",), 1)


def test_a_story_goes_the_long_way_since_the_cart_remembers_it():
    sell()
    origin = carts.Origin({"page": 1, "at": NOW.isoformat()}, is_story=True)
    added = carts.add_for(shopper=Shopper(), sku="MUG", quantity=1, now=NOW, origin=origin)
    assert Cart.objects.get().attribution["last"]["page"] == 1
    assert (added.titles, added.count) == (("Mug",), 1)
