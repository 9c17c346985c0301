"""What is promised before anybody has said where they live: delivery by currency, and returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Subquery
from django.db.models.functions import JSONObject

from shop.delivery.models import Method, MethodPrice, ReturnPolicy
from shop.delivery.pricing import DeliveryTerms, offered, terms_of


@dataclass(frozen=True)
class Promises:
    """`ways` in which parcels are sent; what is collected is no delivery."""

    ways: Sequence[DeliveryTerms]
    return_days: int = 30
    return_free: bool = False

    @property
    def cheapest(self) -> DeliveryTerms | None:
        return min(self.ways, key=lambda way: way.price, default=None)

    def to(self, country: str, grams: int = 0) -> DeliveryTerms | None:
        """The cheapest way to `country` for a thing of that weight; of zones that share it the first counts."""
        ways = [way for way in self.ways if country in way.countries]
        fit = [way.for_parcel(grams) for way in ways if way.countries == ways[0].countries and way.carries(grams)]
        return min(fit, key=lambda way: way.price, default=None)


def promises(currency: str) -> Promises:
    """The same for every product. One statement, or two where nothing is sent."""
    policy = ReturnPolicy.objects.values(found=JSONObject(days="days", free="free"))
    rows = MethodPrice.objects.filter(currency=currency).exclude(method__kind=Method.Kind.PICKUP)
    found = list(offered(rows.annotate(policy=Subquery(policy[:1]))))
    told: dict[str, Any] | None = found[0].policy if found else None  # type: ignore[attr-defined]
    returns = ReturnPolicy(**(told or {})) if found else ReturnPolicy.current()
    return Promises(terms_of(found), returns.days, returns.free)
