"""What sending costs and what tax is due, by country and currency, read from the zones' rows."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Subquery

from shop.catalogue.models import Currency
from shop.delivery.models import Method, MethodPrice, TaxRate, Zone
from shop.money import Money, quantum


@dataclass(frozen=True)
class DeliveryTerms:
    """A way of delivery in the shopper's currency. Free when the discounted goods are strictly more than `free_over`."""

    code: str
    name: str
    price: Money
    free_over: Money | None
    days_min: int
    days_max: int

    def cost_of(self, goods: Money) -> Money:
        free = self.free_over is not None and goods > self.free_over
        return Money(0, self.price.currency) if free else self.price

    def missing_for_free(self, goods: Money) -> Money | None:
        """How much more makes delivery free: zero when it is free already, None when it never will be."""
        if self.free_over is None:
            return None
        if goods > self.free_over:
            return Money(0, goods.currency)
        return self.free_over - goods + Money(quantum(goods.currency.code), goods.currency)

    def arrives(self, day: date) -> tuple[date, date]:
        """First and last day of arrival for an order of `day`."""
        return day + timedelta(days=self.days_min), day + timedelta(days=self.days_max)


@dataclass(frozen=True)
class TaxTerms:
    """Rates by tax class, as shares. `included`: the prices contain the tax already."""

    included: bool
    rates: dict[int, Decimal] = field(default_factory=dict)
    name: str = ""


def countries() -> list[str]:
    """Codes of every country that we deliver to."""
    return sorted({code for codes in Zone.objects.values_list("countries", flat=True) for code in codes})


def methods_for(country: str, currency: str) -> list[DeliveryTerms]:
    """Ways of delivery to `country`, the shop's first choice first; empty where we do not deliver. One query."""
    first = Zone.objects.filter(countries__contains=[country]).values("pk")[:1]
    prices = (
        MethodPrice.objects.filter(method__zone=Subquery(first), method__active=True, currency=currency)
        .select_related("method")
        .order_by("method__position", "method_id")
    )
    return [_terms(row, row.method) for row in prices]


def _terms(row: MethodPrice, method: Method) -> DeliveryTerms:
    free_over = None if row.free_over is None else Money(row.free_over, row.currency)
    price = Money(row.amount, row.currency)
    return DeliveryTerms(method.code, method.name, price, free_over, method.days_min, method.days_max)


def tax_for(country: str, currency: str) -> TaxTerms:
    """Tax on goods sent to `country`; none where we do not deliver. Two queries."""
    included = Currency.objects.filter(code=currency, prices_include_tax=True).exists()
    first = Zone.objects.filter(countries__contains=[country]).values("pk")[:1]
    rows = list(TaxRate.objects.filter(zone__in=first))
    return TaxTerms(included, {row.tax_class_id: row.rate for row in rows}, rows[0].name if rows else "")
