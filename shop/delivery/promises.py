"""What is promised before anybody has said where they live: delivery by currency, and returns."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Subquery
from django.db.models.functions import JSONObject

from shop.delivery.models import MethodPrice, ReturnPolicy
from shop.money import Money


@dataclass(frozen=True)
class Way:
    """A method with its price. Free when the goods are strictly more than `free_over`."""

    name: str
    price: Money
    free_over: Money | None
    days_min: int
    days_max: int
    countries: tuple[str, ...]

    def cost_of(self, goods: Money) -> Money:
        free = self.free_over is not None and goods > self.free_over
        return Money(0, self.price.currency) if free else self.price


@dataclass(frozen=True)
class Promises:
    ways: Sequence[Way]
    return_days: int = 30
    return_free: bool = False

    @property
    def cheapest(self) -> Way | None:
        return min(self.ways, key=lambda way: way.price, default=None)

    def to(self, country: str) -> Way | None:
        """The cheapest way to `country`; of zones that share it the first counts."""
        zones = [way.countries for way in self.ways if country in way.countries]
        return min((way for way in self.ways if zones and way.countries == zones[0]), key=_price, default=None)


def _price(way: Way) -> Money:
    return way.price


def promises(currency: str) -> Promises:
    """The same for every product. One statement, or two where nothing is sent."""
    policy = ReturnPolicy.objects.values(found=JSONObject(days="days", free="free"))
    rows = MethodPrice.objects.filter(currency=currency, method__active=True).select_related("method__zone")
    in_order = rows.order_by("method__zone__position", "method__zone", "method__position", "pk")
    found = list(in_order.annotate(policy=Subquery(policy[:1])))
    returns = ReturnPolicy(**(found[0].policy or {})) if found else ReturnPolicy.current()
    return Promises([_way(row) for row in found], returns.days, returns.free)


def _way(row: MethodPrice) -> Way:
    method = row.method
    return Way(
        name=method.name,
        price=Money(row.amount, row.currency),
        free_over=None if row.free_over is None else Money(row.free_over, row.currency),
        days_min=method.days_min,
        days_max=method.days_max,
        countries=tuple(method.zone.countries),
    )
