"""Refunds from the desk: the whole, by line, by amount; the goods back on the shelf or not; once per form."""

import uuid
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from shop.audit import audit
from shop.cart import operations as carts
from shop.checkout import refunding, settlement
from shop.checkout.pricing import TooManyUnits
from shop.checkout.refunding import Wish, refund_order, standing
from shop.inventory.models import StockItem, StockMovement
from shop.money import Money
from shop.orders.models import Order
from shop.payments import refunds
from shop.payments.models import Refund, RefundLine
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import LATER, paid_order, pay, send
from tests.promotions.world import coupon, use

pytestmark = pytest.mark.django_db


def wish(order: Order, **what: Any) -> Refund:
    values = {"key": uuid.uuid4(), "reason": "broken", **what}
    payment = order.payments.get()
    return refund_order(payment_id=payment.pk, wish=Wish(**values), actor="finance@etalase.example", now=LATER)


def submit(asked: Refund, state: str = "succeeded") -> None:
    said = RefundSnapshot(f"re_{asked.pk}", asked.amount, state, str(asked.key))
    with patch.object(PROVIDERS["stripe"], "refund", return_value=said):
        settlement.submit_refund(refund_id=asked.pk, now=LATER)


def line_of(order: Order, sku: str = "MUG") -> int:
    return order.lines.get(sku=sku).pk


def shelf(sku: str = "Mug") -> StockItem:
    return StockItem.objects.get(name__icontains=sku)


def green() -> None:
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


@pytest.fixture
def paid() -> Order:
    """Three mugs for 10.00 each and a cup for 24.00, less a tenth, ten per cent tax, 5.00 for delivery; to be packed."""
    coupon()
    mug, cup = sell("MUG", price="10.00", stock=10), sell("CUP", price="24.00", stock=10)
    cart = use(fill_cart(mug, cup), "WELCOME10")
    carts.add(cart=cart, sku="MUG", quantity=2, now=NOW)
    return pay(place(cart))


@pytest.fixture
def sent(paid) -> Order:
    return send(paid)


def test_all_lines_one_by_one_and_the_delivery_make_exactly_the_whole(sent):
    mug, cup = line_of(sent), line_of(sent, "CUP")
    for what in ({"units": {mug: 1}}, {"units": {mug: 2}}, {"units": {cup: 1}}, {"delivery": True}):
        submit(wish(sent, **what))
    assert sum(refund.amount for refund in Refund.objects.all()) == sent.total
    assert sum(row.tax for row in RefundLine.objects.all()) == sent.tax
    sent.refresh_from_db()
    assert sent.payment_status == "refunded"
    left = standing(sent)
    assert (left.refundable, left.delivery, [each.left for each in left.lines]) == (
        Money(0, "USD"),
        Money(0, "USD"),
        [0, 0],
    )
    green()


def test_a_line_is_worth_its_share_of_discount_and_tax(sent):
    refund = wish(sent, units={line_of(sent, "CUP"): 1})
    assert (refund.amount, refund.lines.get().tax) == (Decimal("23.76"), Decimal("2.16"))  # 24 less 2.40, and a tenth


def test_the_whole_names_every_unit_and_the_delivery(sent):
    refund = wish(sent)
    assert (refund.amount, refund.shipping) == (sent.total, Decimal("5.00"))
    assert {row.line.sku: row.quantity for row in refund.lines.all()} == {"MUG": 3, "CUP": 1}
    green()


def test_the_whole_of_what_is_left_after_an_amount(sent):
    submit(wish(sent, amount=Decimal("20.00")))
    refund = wish(sent)
    assert refund.amount == sent.total - 20
    assert sum(row.amount for row in refund.lines.all()) + refund.shipping == refund.amount
    green()


def test_goods_that_come_back_are_on_the_shelf_with_their_movement(sent):
    before = shelf().on_hand
    wish(sent, units={line_of(sent): 2, line_of(sent, "CUP"): 1}, restock=[line_of(sent)])
    assert shelf().on_hand == before + 2
    movement = StockMovement.objects.get(reason="returned")
    assert (movement.delta, movement.order_number, movement.actor) == (2, sent.number, "finance@etalase.example")
    assert shelf("Cup").on_hand == 9
    green()


def test_they_come_back_once_even_when_the_refund_must_be_made_again(sent):
    mug = line_of(sent)
    submit(wish(sent, units={mug: 3}, restock=[mug]), "failed")
    with pytest.raises(refunding.NotRestockable):
        wish(sent, units={mug: 3}, restock=[mug])
    assert wish(sent, units={mug: 3}).amount == Refund.objects.first().amount
    assert shelf().on_hand == 10
    green()


def test_what_has_not_left_is_taken_out_of_the_order_and_not_sent(paid):
    wish(paid, units={line_of(paid): 2}, restock=[line_of(paid)])
    assert (shelf().on_hand, shelf().reserved) == (10, 1)
    green()
    parcel = send(paid).fulfilments.get()
    assert {row.line.sku: row.quantity for row in parcel.lines.all()} == {"MUG": 1, "CUP": 1}
    assert (shelf().on_hand, shelf().reserved) == (9, 0)
    green()


def test_a_whole_line_that_is_taken_out_is_in_no_parcel(paid):
    submit(wish(paid, units={line_of(paid, "CUP"): 1}, restock=[line_of(paid, "CUP")]))
    parcel = send(paid).fulfilments.get()
    assert [row.line.sku for row in parcel.lines.all()] == ["MUG"]
    assert (shelf("Cup").on_hand, shelf("Cup").reserved) == (10, 0)
    green()


def test_money_back_for_good_will_does_not_keep_the_goods_here(paid):
    submit(wish(paid, amount=Decimal("3.00")))
    assert send(paid).state == "shipped"
    green()


def test_taking_everything_out_is_a_cancellation(paid):
    units = {line_of(paid): 3, line_of(paid, "CUP"): 1}
    with pytest.raises(refunding.NothingToSendLeft):
        wish(paid, units=units, restock=list(units))
    assert not Refund.objects.exists()
    assert shelf().reserved == 3


def test_a_form_sent_six_times_is_one_refund_and_restocks_once(sent):
    what = {"key": uuid.uuid4(), "units": {line_of(sent): 2}, "restock": [line_of(sent)]}
    assert len({wish(sent, **what).pk for _ in range(6)}) == 1
    assert StockMovement.objects.filter(reason="returned").count() == 1
    green()


def test_a_form_sent_again_with_something_else_is_told_so(sent):
    key = uuid.uuid4()
    first = wish(sent, key=key, amount=Decimal("5.00"))
    for other in ({"amount": Decimal("6.00")}, {"units": {line_of(sent): 1}}):
        with pytest.raises(refunding.SentBefore) as refusal:
            wish(sent, key=key, **other)
        assert refusal.value.refund == first
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("quantity", [0, 4])
def test_it_refuses_units_that_were_not_sold(sent, quantity):
    with pytest.raises(TooManyUnits):
        wish(sent, units={line_of(sent): quantity}, restock=[line_of(sent)])
    assert not Refund.objects.exists()
    assert shelf().on_hand == 7


def test_more_than_came_is_refused_and_nothing_is_restocked(sent):
    wish(sent, amount=sent.total - 1)
    with pytest.raises(refunds.TooMuch) as refusal:
        wish(sent, units={line_of(sent): 1}, restock=[line_of(sent)])
    assert refusal.value.left == Money(1, "USD")
    assert shelf().on_hand == 7


def test_nothing_is_no_refund():
    order = send(paid_order())
    wish(order, units={line_of(order): 2}, delivery=True)
    with pytest.raises(refunding.NothingChosen):
        wish(order, delivery=True)
