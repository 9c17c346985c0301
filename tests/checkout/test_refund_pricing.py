"""What units are worth when they are paid back: exact to the quantum, however they are portioned."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.checkout.pricing import PaidBack, Portion, Sold, TooManyUnits, portion, squeeze
from shop.money import Money, quantum, total_of, zero

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "IDR"])


def money(units: int, currency: str) -> Money:
    return Money(units * quantum(currency), currency)


@st.composite
def sold_lines(draw) -> Sold:
    currency = draw(CURRENCIES)
    value = draw(st.integers(0, 10**7))
    return Sold(1, draw(st.integers(1, 40)), money(value, currency), money(draw(st.integers(0, value)), currency))


def back(portions: list[Portion], currency: str) -> PaidBack:
    return PaidBack(
        sum(each.quantity for each in portions),
        total_of([each.amount for each in portions], currency),
        total_of([each.tax for each in portions], currency),
    )


@given(sold_lines(), st.data())
def test_all_portions_together_make_exactly_the_line(sold, data):
    currency = sold.value.currency.code
    done: list[Portion] = []
    while (left := sold.quantity - sum(each.quantity for each in done)) > 0:
        done.append(portion(sold, back(done, currency), data.draw(st.integers(1, left))))
        if data.draw(st.booleans()):  # the bank sends one back: it does not count any more
            done.pop(data.draw(st.integers(0, len(done) - 1)))
            if data.draw(st.booleans()):
                continue
    together = back(done, currency)
    assert (together.quantity, together.amount, together.tax) == (sold.quantity, sold.value, sold.tax)
    assert all(each.amount >= zero(currency) and each.tax >= zero(currency) for each in done)
    assert all(each.amount.amount % quantum(currency) == 0 for each in done)


@given(sold_lines(), st.data())
def test_at_no_moment_is_more_paid_back_than_the_line(sold, data):
    currency = sold.value.currency.code
    done: list[Portion] = []
    for _ in range(10):
        left = sold.quantity - sum(each.quantity for each in done)
        if left:
            done.append(portion(sold, back(done, currency), data.draw(st.integers(1, left))))
        assert back(done, currency).amount <= sold.value
        if done and data.draw(st.booleans()):
            done.pop(data.draw(st.integers(0, len(done) - 1)))


@pytest.mark.parametrize("quantity", [0, -1, 3])
def test_it_refuses_units_that_are_not_left(quantity):
    sold = Sold(1, 3, Money(10, "USD"), Money(1, "USD"))
    with pytest.raises(TooManyUnits) as refusal:
        portion(sold, PaidBack(1, Money("3.33", "USD"), Money("0.33", "USD")), quantity)
    assert refusal.value.left == 2


def test_a_third_of_ten_dollars_is_paid_back_to_the_cent():
    sold, done = Sold(1, 3, Money(10, "USD"), Money(0, "USD")), []
    for _ in range(3):
        done.append(portion(sold, back(done, "USD"), 1))
    assert [each.amount.amount for each in done] == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]


@given(
    CURRENCIES, st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.integers(0, 10**5), st.integers(0, 10**6)
)
def test_squeezed_it_adds_up_to_what_is_left(currency, amounts, shipping, left):
    portions = [Portion(n, 1, money(units, currency), money(units // 11, currency)) for n, units in enumerate(amounts)]
    squeezed, rest = squeeze(portions, money(shipping, currency), money(left, currency))
    together = total_of([*(each.amount for each in squeezed), rest], currency)
    assert together == money(min(left, sum(amounts) + shipping), currency)
    assert all(zero(currency) <= each.tax <= each.amount for each in squeezed)
