"""Prices as of an instant. A price that a currency lacks is derived from the base currency and says so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from shop.catalogue.models import Currency, PriceWindow
from shop.money import Money


@dataclass(frozen=True)
class Price:
    """`now` is charged; `was` is the higher price it is compared with, if any. `derived`: converted, not set by hand."""

    now: Money
    was: Money | None = None
    derived: bool = False


def prices_at(variant_ids: Collection[int], currency: str, at: datetime) -> dict[int, Price]:
    """{variant id: Price} in `currency` at `at`; variants without any price are absent.

    One query; two when some price has to be derived.
    """
    found = _windows(variant_ids, currency, at)
    missing = set(variant_ids) - found.keys()
    if missing:
        found |= _derived(missing, currency, at)
    return found


def _windows(variant_ids: Collection[int], currency: str, at: datetime) -> dict[int, Price]:
    windows = PriceWindow.objects.filter(variant_id__in=variant_ids, currency=currency, valid__contains=at)
    return {
        pk: Price(Money(amount, currency), None if was is None else Money(was, currency))
        for pk, amount, was in windows.values_list("variant_id", "amount", "compare_at")
    }


def _derived(variant_ids: Collection[int], currency: str, at: datetime) -> dict[int, Price]:
    rows = {row.code: row for row in Currency.objects.all()}
    target = rows.get(currency)
    base = next((row for row in rows.values() if row.is_base), None)
    if target is None or base is None or target.is_base:
        return {}
    return {
        pk: Price(convert(price.now, target), price.was and convert(price.was, target), derived=True)
        for pk, price in _windows(variant_ids, base.code, at).items()
    }


def convert(money: Money, target: Currency) -> Money:
    """`money` of the base currency in `target`, by its rate and rounding rule: 24 USD at 16300 to 1000 is 391000 IDR."""
    steps = (money.amount * target.rate / target.rounding).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(max(steps, Decimal(1)) * target.rounding, target.code)
