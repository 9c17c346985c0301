"""What sending costs and what tax is due, by where it goes, currency, weight and worth; read from the zones' rows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, QuerySet

from shop.delivery import reads
from shop.delivery.models import DayOff, Method, MethodPrice, Place, Zone
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


@dataclass(frozen=True)
class Terms:
    """What goes for a place: `ways` to send there, the shop's first choice first, and the tax on goods."""

    ways: tuple[DeliveryTerms, ...]
    tax: TaxTerms


def terms_for(country: str, currency: str, *, region: str = "", grams: int = 0) -> Terms:
    """Terms for a parcel of `grams`; no ways and no tax where we do not deliver. One statement."""
    found = reads.at_place(country, region, currency)
    ways = [_sent(tiers, currency, found) for tiers in found.methods.values()]
    fit = tuple(way.for_parcel(grams) for way in ways if way.carries(grams))
    rates = {rate["tax_class_id"]: rate["rate"] for rate in found.rates}
    return Terms(fit, TaxTerms(found.includes_tax, rates, found.rates[0]["name"] if rates else ""))


def _sent(tiers: list[dict[str, Any]], currency: str, found: reads.AtPlace) -> DeliveryTerms:
    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(amount, currency)

    method = tiers[0]
    return DeliveryTerms(
        code=method["code"],
        name=method["name"],
        rates=tuple(Rate(Money(t["amount"], currency), money(t["free_over"]), t["up_to"]) for t in tiers),
        days_min=method["days_min"],
        days_max=method["days_max"],
        kind=method["kind"],
        countries=tuple(found.countries),
        days_off=frozenset(found.days_off),
    )


def methods_for(country: str, currency: str, *, region: str = "", grams: int = 0) -> list[DeliveryTerms]:
    """Ways to send a parcel of `grams` there, the shop's first choice first; empty where we do not deliver. One query."""
    return list(terms_for(country, currency, region=region, grams=grams).ways)


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
        name=method.label,
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
    """Tax on goods sent there; none where we do not deliver. One query."""
    return terms_for(country, currency, region=region).tax
