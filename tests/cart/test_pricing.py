"""price_cart: parts add up, discounts are spread exactly, nothing goes below zero."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.cart.pricing import Discount, Item, Totals, price_cart
from shop.delivery.pricing import DeliveryTerms, Rate, TaxTerms
from shop.money import Money, quantum, total_of, zero

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "IDR"])


def standard(currency: str = "USD", price="5", free_over="50") -> DeliveryTerms:
    return DeliveryTerms("standard", "Standard", (Rate(Money(price, currency), Money(free_over, currency)),), 4, 8)


def tax(*, included: bool = False, rate: str = "0.1") -> TaxTerms:
    return TaxTerms(included, {1: Decimal(rate)}, "Tax")


def item(amount, quantity: int = 1, currency: str = "USD") -> Item:
    return Item(1, quantity, Money(amount, currency), 1)


def price(*items: Item, discounts=(), **changes) -> Totals:
    terms = {"currency": "USD", "delivery": standard(), "tax": tax(), **changes}
    return price_cart(items, discounts=discounts, **terms)


@st.composite
def carts(draw):
    currency = draw(CURRENCIES)
    coins = st.integers(1, 10**6).map(lambda n: n * quantum(currency))
    items = draw(st.lists(st.builds(lambda a, q: item(a, q, currency), coins, st.integers(1, 99)), max_size=8))
    discount = st.builds(
        lambda units, which: Discount("Off", Money(units * quantum(currency), currency), tuple(which)),
        st.integers(0, 10**8),
        st.lists(st.integers(0, 7), unique=True),
    )
    return currency, items, draw(st.lists(discount, max_size=3)), draw(st.booleans())


@given(carts())
def test_the_parts_add_up_in_every_currency(cart):
    currency, items, discounts, included = cart
    totals = price_cart(
        items, currency=currency, delivery=standard(currency), tax=tax(included=included), discounts=discounts
    )
    on_top = zero(currency) if included else totals.tax
    assert totals.total == totals.subtotal - totals.discount + totals.shipping - totals.shipping_discount + on_top
    assert total_of([line.subtotal for line in totals.lines], currency) == totals.subtotal
    assert total_of([line.discount for line in totals.lines], currency) == totals.discount
    assert total_of([line.tax for line in totals.lines], currency) == totals.tax


@given(carts())
def test_nothing_is_negative_and_everything_is_whole_coins(cart):
    currency, items, discounts, included = cart
    totals = price_cart(
        items, currency=currency, delivery=standard(currency), tax=tax(included=included), discounts=discounts
    )
    amounts = [totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total]
    amounts += [line.total for line in totals.lines]
    assert all(money.amount >= 0 and money.amount % quantum(currency) == 0 for money in amounts)


@given(carts(), st.integers(1, 10**6))
def test_one_more_thing_never_lowers_the_subtotal(cart, units):
    currency, items, discounts, included = cart
    more = [*items, item(units * quantum(currency), 1, currency)]
    terms = {"currency": currency, "delivery": None, "tax": tax(included=included), "discounts": discounts}
    assert price_cart(more, **terms).subtotal > price_cart(items, **terms).subtotal


@pytest.mark.parametrize(("amount", "shipping", "gap"), [("49.99", 5, "0.02"), ("50.00", 5, "0.01"), ("50.01", 0, "0")])
def test_delivery_is_free_strictly_over_its_line(amount, shipping, gap):
    totals = price(item(amount))
    assert totals.shipping == Money(shipping, "USD")
    assert totals.free_delivery_gap == Money(gap, "USD")


def test_free_delivery_counts_discounted_goods():
    off = Discount("Five off", Money(5, "USD"), (0,))
    assert price(item("52"), discounts=[off]).shipping == Money(5, "USD")


def test_tax_is_added_on_discounted_goods_and_not_on_delivery():
    totals = price(item("24", 2))
    assert (totals.tax, totals.total) == (Money("4.80", "USD"), Money("57.80", "USD"))


def test_included_tax_is_a_part_of_the_price():
    totals = price(item("391000", 1, "IDR"), currency="IDR", delivery=None, tax=tax(included=True))
    assert (totals.tax, totals.total) == (Money(35545, "IDR"), Money(391000, "IDR"))


def test_a_discount_is_spread_in_proportion():
    totals = price(item("30"), item("10"), discounts=[Discount("Off", Money("0.05", "USD"), (0, 1))])
    assert [line.discount.amount for line in totals.lines] == [Decimal("0.04"), Decimal("0.01")]


def test_an_empty_cart_costs_nothing():
    assert price().total == zero("USD")
