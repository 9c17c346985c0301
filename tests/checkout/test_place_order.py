"""Placing an order: everything or nothing, once per key."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.cart import operations as carts
from shop.cart.joining import join_at_login
from shop.cart.listing import look
from shop.cart.models import Cart, CartLine
from shop.catalogue.pricewindows import set_price
from shop.checkout.operations import CartProblems, NoDelivery, TotalChanged, place_order
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation, StockItem
from shop.money import Money
from shop.orders.models import Order
from shop.payments.models import Payment
from tests.checkout.world import NOW, details, fill_cart, place, sell, total_of

pytestmark = pytest.mark.django_db


def nothing_happened(variant, cart) -> bool:
    stock = StockItem.objects.get(pk=variant.stock_item_id)
    return (
        not Order.objects.exists()
        and not Reservation.objects.exists()
        and not Payment.objects.exists()
        and stock.reserved == 0
        and cart.lines.exists()
    )


def test_it_writes_the_order_as_it_was_agreed():
    mug = sell()
    order = place(fill_cart(mug, quantity=2))
    line = order.lines.get()
    assert (order.subtotal, order.shipping, order.tax, order.total) == (48, 5, Decimal("4.80"), Decimal("57.80"))
    assert (line.sku, line.title, line.quantity, line.unit_price) == ("MUG", "Mug", 2, 24)
    assert order.shipping_address.postcode == "97205"
    assert order.state == "pending"
    assert order.payment_status == "pending"


def test_it_holds_stock_until_the_deadline():
    mug = sell(stock=5)
    order = place(fill_cart(mug, quantity=2))
    held = Reservation.objects.get(order_number=order.number)
    assert (held.state, held.quantity, held.expires_at) == ("held", 2, NOW + timedelta(minutes=30))
    assert StockItem.objects.get(pk=mug.stock_item_id).available == 3


def test_it_prepares_one_payment_of_the_total():
    order = place(fill_cart(sell()))
    payment = order.payments.get()
    assert (payment.amount, payment.currency, payment.state) == (order.total, "USD", "created")
    assert payment.expires_at == order.expires_at - timedelta(minutes=5)


def test_it_takes_exactly_what_was_ordered_out_of_the_cart():
    mug = sell()
    cart = fill_cart(mug)
    place(cart)
    assert not cart.lines.exists()


def test_the_same_key_gives_the_same_order():
    mug, key = sell(), uuid.uuid4()
    cart = fill_cart(mug)
    total = total_of(cart)
    first, second = place(cart, key=key, total=total), place(cart, key=key, total=total)
    assert first.pk == second.pk
    assert Order.objects.count() == 1
    assert StockItem.objects.get(pk=mug.stock_item_id).reserved == 1


def test_it_refuses_a_total_that_the_shopper_did_not_see():
    mug = sell()
    cart = fill_cart(mug)
    seen = total_of(cart)
    set_price(variant=mug, currency="USD", amount=30, actor="test", now=NOW + timedelta(minutes=1))
    with pytest.raises(TotalChanged) as refusal:
        place(cart, total=seen, now=NOW + timedelta(minutes=2))
    assert refusal.value.expected == seen
    assert refusal.value.actual == Money("38.00", "USD")
    assert nothing_happened(mug, cart)


def test_it_refuses_what_has_sold_out():
    mug = sell(stock=1)
    cart = fill_cart(mug)
    total = total_of(cart)
    inventory.count(stock_item=mug.stock_item, counted=0, actor="test", now=NOW)
    with pytest.raises(CartProblems):
        place(cart, total=total)
    assert nothing_happened(mug, cart)


def test_it_refuses_what_was_unpublished():
    mug = sell()
    cart = fill_cart(mug)
    total = total_of(cart)
    mug.product.pages.get().unpublish()
    with pytest.raises(CartProblems):
        place(cart, total=total)
    assert nothing_happened(mug, cart)


def test_it_refuses_an_empty_cart():
    sell()
    cart = carts.open_cart(currency="USD")
    with pytest.raises(CartProblems):
        place_order(cart=cart, details=details(), expected_total=Money(0, "USD"), key=uuid.uuid4(), now=NOW)


@pytest.mark.parametrize("change", [{"delivery_code": "balloon"}, {"address": {**details().address, "country": "FR"}}])
def test_it_refuses_a_delivery_that_does_not_exist(change):
    mug = sell()
    cart = fill_cart(mug)
    with pytest.raises(NoDelivery):
        place_order(cart=cart, details=details(**change), expected_total=total_of(cart), key=uuid.uuid4(), now=NOW)
    assert nothing_happened(mug, cart)


def test_two_lines_that_share_a_shelf_are_counted_together():
    mug, cup = sell("MUG", stock=3), sell("CUP", stock=3)
    cup.stock_item = mug.stock_item
    cup.save()
    cart = fill_cart(mug, cup, quantity=2)
    with pytest.raises(CartProblems):
        place(cart)
    assert nothing_happened(mug, cart)


def test_nothing_of_it_stays_when_it_breaks_in_the_middle(monkeypatch):
    mug = sell()
    cart = fill_cart(mug)

    def crash(**_):
        raise RuntimeError("power cut")

    monkeypatch.setattr("shop.payments.operations.first_attempt", crash)
    with pytest.raises(RuntimeError):
        place(cart)
    assert nothing_happened(mug, cart)


def test_what_came_into_the_cart_meanwhile_stays():
    mug = sell()
    cart = fill_cart(mug, quantity=3)
    carts.take_out_ordered(cart=cart, ordered={mug.pk: 1})
    assert CartLine.objects.get(cart=cart).quantity == 2


@pytest.mark.parametrize("size", [1, 8])
def test_its_queries_do_not_grow_with_the_cart(size):
    cart = fill_cart(*(sell(f"THING-{i}") for i in range(size)))
    total = total_of(cart)
    with CaptureQueriesContext(connection) as queries:
        place(cart, total=total)
    statements = [
        sql for q in queries if not (sql := q["sql"] or "a prepared one").startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert len(statements) <= 25, "\n".join(s[:160] for s in statements)


def test_rupiah_contain_their_tax():
    mug = sell()
    cart = fill_cart(mug, currency="IDR")
    bag = look(cart, now=NOW, language="id", country="ID", delivery_code="standard")
    order = place_order(
        cart=cart,
        details=details(address={**details().address, "country": "ID"}),
        expected_total=bag.totals.total,
        key=uuid.uuid4(),
        now=NOW,
    )
    assert (order.subtotal, order.shipping, order.total) == (391000, 45000, 436000)
    assert order.tax == 35545
    assert order.tax_included


def test_what_has_to_be_made_first_arrives_later():
    stool = sell("STOOL", stock=0)
    StockItem.objects.filter(pk=stool.stock_item_id).update(policy="backorder", lead_days=21)
    order = place(fill_cart(stool))
    assert order.deliver_from == (NOW + timedelta(days=21 + 4)).date()


def test_a_cart_that_went_into_an_account_meanwhile_is_refused_kindly():
    mug = sell()
    cart = fill_cart(mug)
    total = total_of(cart)
    join_at_login(guest=Cart.objects.get(pk=cart.pk), owner=User.objects.create_user("alice@example.com"))
    with pytest.raises(CartProblems):
        place(cart, total=total)
    with pytest.raises(carts.NotFound):
        carts.add(cart=cart, sku="MUG", quantity=1, now=NOW)
    assert not Order.objects.exists()
    assert StockItem.objects.get(pk=mug.stock_item_id).reserved == 0
