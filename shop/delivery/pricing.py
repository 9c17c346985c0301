"""What sending costs and what tax is due, by where it goes, currency, weight and worth; read from the zones' rows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Q, QuerySet, Subquery

from shop.catalogue.models import Currency
from shop.delivery.models import DayOff, Method, MethodPrice, Place, TaxRate, Zone
from shop.money import Money, quantum

Kind = Method.Kind
SATURDAY = 5


@dataclass(frozen=True)
class Rate:
    """A price, in its tier up to `up_to`, inclusive. Free when the discounted goods are strictly more than `free_over`."""

    price: Money
    free_over: Money | None = None
    up_to: Decimal | None = None

    def cost_of(self, goods: Money) -> Money:
        free = self.free_over is not None and goods > self.free_over
        return Money(0, self.price.currency) if free else self.price

    def holds(self, measure: Decimal) -> bool:
        return self.up_to is None or measure <= self.up_to


@dataclass(frozen=True)
class DeliveryTerms:
    """A way of delivery in the shopper's currency; its rates from the smallest tier up. `place`: where it is collected."""

    code: str
    name: str
    rates: tuple[Rate, ...]
    days_min: int
    days_max: int
    kind: str = Kind.FLAT
    place: Place | None = None
    countries: tuple[str, ...] = ()
    days_off: frozenset[date] = frozenset()

    @property
    def price(self) -> Money:
        """The least that it costs when it is not free."""
        return min(rate.price for rate in self.rates)

    @property
    def free_over(self) -> Money | None:
        return self.rates[0].free_over

    def carries(self, grams: int) -> bool:
        return self.kind != Kind.WEIGHT or any(rate.holds(Decimal(grams)) for rate in self.rates)

    def for_parcel(self, grams: int) -> "DeliveryTerms":
        """The same for a parcel of this weight: one that is priced by weight keeps one rate. Twice is once."""
        if self.kind != Kind.WEIGHT:
            return self
        return replace(self, rates=(self._rate(Decimal(grams)),))

    def cost_of(self, goods: Money) -> Money:
        """What it costs for goods of this much, after discounts."""
        return self._rate(goods.amount if self.kind == Kind.SUBTOTAL else Decimal(0)).cost_of(goods)

    def _rate(self, measure: Decimal) -> Rate:
        """The first tier that holds it, else the last."""
        return next((rate for rate in self.rates if rate.holds(measure)), self.rates[-1])

    def missing_for_free(self, goods: Money) -> Money | None:
        """How much more makes delivery free: zero when it is free already, None when it never will be."""
        if not self.cost_of(goods):
            return Money(0, goods.currency)
        step = Money(quantum(goods.currency.code), goods.currency)
        ends = [rate.up_to for rate in self.rates if rate.up_to is not None and self.kind == Kind.SUBTOTAL]
        lines = [*(Money(end, goods.currency) for end in ends), *(r.free_over for r in self.rates if r.free_over)]
        enough = sorted(line + step for line in lines if line >= goods and not self.cost_of(line + step))
        return enough[0] - goods if enough else None

    def arrives(self, day: date) -> tuple[date, date]:
        """First and last day of arrival, or of collection, for what is ready on `day`."""
        return working_day(day, self.days_min, self.days_off), working_day(day, self.days_max, self.days_off)


def working_day(day: date, after: int, days_off: Collection[date] = ()) -> date:
    """The day that is so many working days `after` another; with 0 that day itself, or the next one that is worked on."""
    while True:
        works = day.weekday() < SATURDAY and day not in days_off
        if works and after <= 0:
            return day
        day += timedelta(days=1)
        after -= day.weekday() < SATURDAY and day not in days_off


@dataclass(frozen=True)
class TaxTerms:
    """Rates by tax class, as shares. `included`: the prices contain the tax already."""

    included: bool
    rates: dict[int, Decimal] = field(default_factory=dict)
    name: str = ""


def countries() -> list[str]:
    """Codes of every country that we deliver to, or to a part of."""
    whole, parts = set(), set()
    for codes, regions in Zone.objects.values_list("countries", "regions"):
        whole |= set(codes)
        parts |= {region[:2] for region in regions}
    return sorted(whole | parts)


def _zones(country: str, region: str = "") -> QuerySet[Zone]:
    """The zones that hold a place, the one that counts first."""
    return Zone.objects.filter(Q(countries__contains=[country]) | Q(regions__contains=[f"{country}-{region}"]))


def methods_for(country: str, currency: str, *, region: str = "", grams: int = 0) -> list[DeliveryTerms]:
    """Ways to send a parcel of `grams` there, the shop's first choice first; empty where we do not deliver. One query."""
    first = _zones(country, region).values("pk")[:1]
    rows = MethodPrice.objects.filter(method__zone=Subquery(first), currency=currency)
    found = terms_of(offered(rows.exclude(method__kind=Kind.PICKUP)))
    return [terms.for_parcel(grams) for terms in found if terms.carries(grams)]


def pickups(currency: str) -> list[DeliveryTerms]:
    """Where an order can be collected from, whatever the country. One query."""
    return terms_of(offered(MethodPrice.objects.filter(method__kind=Kind.PICKUP, currency=currency)))


def offered(rows: QuerySet[MethodPrice]) -> QuerySet[MethodPrice]:
    """The rows of what is offered, by zone and method, from the smallest tier up, with all that `terms_of` asks for."""
    found = rows.filter(method__active=True).select_related("method__zone", "method__place")
    by_method = ("method__zone__position", "method__zone", "method__position", "method_id")
    days_off = ArraySubquery(DayOff.objects.values("day"))
    return found.annotate(days_off=days_off).order_by(*by_method, F("up_to").asc(nulls_last=True))


def terms_of(rows: Iterable[MethodPrice]) -> list[DeliveryTerms]:
    """The methods of `offered` rows."""
    return [_terms(list(tiers)) for _pk, tiers in groupby(rows, key=lambda row: row.method_id)]


def _terms(tiers: list[MethodPrice]) -> DeliveryTerms:
    method: Method = tiers[0].method
    return DeliveryTerms(
        code=method.code,
        name=method.name,
        rates=tuple(_rates(tiers)),
        days_min=method.days_min,
        days_max=method.days_max,
        kind=method.kind,
        place=method.place,
        countries=tuple(method.zone.countries),
        days_off=frozenset(tiers[0].days_off),  # type: ignore[attr-defined]
    )


def _rates(tiers: Iterable[MethodPrice]) -> Iterable[Rate]:
    for row in tiers:
        free_over = None if row.free_over is None else Money(row.free_over, row.currency)
        yield Rate(Money(row.amount, row.currency), free_over, row.up_to)


def tax_for(country: str, currency: str, *, region: str = "") -> TaxTerms:
    """Tax on goods sent there; none where we do not deliver. One query, two where there is none."""
    first = _zones(country, region).values("pk")[:1]
    rates = list(TaxRate.objects.filter(zone__in=first).annotate(included=_included(currency)))
    if not rates:
        return TaxTerms(included=Currency.objects.filter(code=currency, prices_include_tax=True).exists())
    return TaxTerms(rates[0].included, {row.tax_class_id: row.rate for row in rates}, rates[0].name)  # type: ignore[attr-defined]


def _included(currency: str) -> Exists:
    return Exists(Currency.objects.filter(code=currency, prices_include_tax=True))
