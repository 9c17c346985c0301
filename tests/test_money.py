"""Money adds up, to the smallest coin."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.money import Money, UnknownCurrency, allocate, format_money, quantum, round_money, total_of

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "IDR"])
WEIGHTS = st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=12).filter(any)


@given(CURRENCIES, st.integers(0, 10**8), WEIGHTS)
def test_allocated_parts_add_up_and_are_whole_coins(currency, units, weights):
    total = Money(units * quantum(currency), currency)
    parts = allocate(total, weights)
    assert total_of(parts, currency) == total
    assert all(part.amount >= 0 and part.amount % quantum(currency) == 0 for part in parts)


@given(st.integers(0, 10**6), WEIGHTS)
def test_nothing_is_allocated_to_no_weight(units, weights):
    parts = allocate(Money(units, "JPY"), [*weights, Decimal(0)])
    assert parts[-1].amount == 0


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("0.125", "USD", "0.13"), ("0.124", "USD", "0.12"), ("0.5", "IDR", "1"), ("2.5", "JPY", "3")],
)
def test_it_rounds_half_up_to_the_quantum(amount, currency, rounded):
    assert round_money(Decimal(amount), currency) == Money(rounded, currency)


@pytest.mark.parametrize(
    ("money", "short", "words"),
    [
        (Money("24", "USD"), False, "$24.00"),
        (Money("24", "USD"), True, "$24"),
        (Money("24.50", "USD"), True, "$24.50"),
        (Money("1234.5", "USD"), False, "$1,234.50"),
        (Money("125000", "IDR"), False, "Rp\N{NO-BREAK SPACE}125.000"),
        (Money("500", "JPY"), False, "¥500"),
    ],
)
def test_it_is_written_as_shoppers_read_it(money, short, words):
    assert format_money(money, short=short) == words


def test_an_unknown_currency_is_refused():
    with pytest.raises(UnknownCurrency):
        quantum("XYZ")
