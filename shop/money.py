"""Money: `Decimal` amounts with an ISO 4217 currency, rounded half up to the currency's quantum, exactly once.

Amounts travel as `moneyed.Money`; tables keep an amount and a currency column. Payment providers convert with their
own tables (Stripe counts rupiah in hundredths), never with this one.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency
from django.db import models
from moneyed import Money

__all__ = [
    "TOO_MUCH",
    "AmountField",
    "CurrencyField",
    "Money",
    "UnknownCurrency",
    "allocate",
    "format_money",
    "quantum",
    "round_money",
    "total_of",
    "zero",
]

QUANTUM = {
    "USD": Decimal("0.01"),
    "EUR": Decimal("0.01"),
    "GBP": Decimal("0.01"),
    "SGD": Decimal("0.01"),
    "AUD": Decimal("0.01"),
    "IDR": Decimal(1),
    "JPY": Decimal(1),
}


class UnknownCurrency(ValueError):
    """A currency that the shop has no quantum for."""


def quantum(currency: str) -> Decimal:
    """The smallest amount of `currency` that the shop charges: 0.01 for USD, 1 for IDR.

    Raises UnknownCurrency.
    """
    try:
        return QUANTUM[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def round_money(amount: Decimal, currency: str) -> Money:
    """`amount` as Money, rounded half up to the quantum: 0.125 USD is 0.13 USD, 0.5 IDR is 1 IDR."""
    step = quantum(currency)
    return Money((amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step, currency)


def zero(currency: str) -> Money:
    return Money(Decimal(0), currency)


def total_of(amounts: Sequence[Money], currency: str) -> Money:
    """The sum of `amounts`, also when there are none."""
    return sum(amounts, zero(currency))


def allocate(total: Money, weights: Sequence[Decimal]) -> list[Money]:
    """Split `total` (not negative) in proportion to `weights` so that the parts add up exactly, to the quantum.

    The largest remainders get what rounding left over; of equal remainders the earlier part wins.
    All weights zero: everything is zero, which needs a total of zero. Raises ValueError otherwise.
    """
    currency, step = total.currency.code, quantum(total.currency.code)
    units = int(total.amount / step)
    whole = sum(weights, Decimal(0))
    if not whole:
        if units:
            raise ValueError("nothing to allocate to")
        return [zero(currency) for _ in weights]
    exact = [units * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: units - sum(parts)]:
        parts[i] += 1
    return [Money(part * step, currency) for part in parts]


def format_money(money: Money, language: str = "en", *, short: bool = False) -> str:
    """`money` as a shopper reads it: "$24.00" or "Rp 45.000". `short` drops empty cents: "$24".

    Rupiah are written the Indonesian way in every language, as on every Indonesian price tag.
    """
    return _written(money.amount, money.currency.code, language, short)


@lru_cache(maxsize=10_000)  # a page writes the same few amounts again and again
def _written(amount: Decimal, currency: str, language: str, short: bool) -> str:
    if currency == "IDR":
        return "Rp\N{NO-BREAK SPACE}" + f"{amount:,.0f}".replace(",", ".")
    whole = short and amount == amount.to_integral_value()
    places = max(0, -int(quantum(currency).as_tuple().exponent))
    pattern = "¤#,##0" if whole or not places else "¤#,##0." + "0" * places
    locale = "id_ID" if language == "id" else "en_US"
    return format_currency(amount, currency, format=pattern, locale=locale, currency_digits=False)


TOO_MUCH = Decimal(10) ** 12  # the first amount that no AmountField holds


class AmountField(models.DecimalField):
    """An amount in major units. Two places hold every currency of QUANTUM; 12 digits before them hold a house in rupiah."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """An ISO 4217 code in capitals."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
