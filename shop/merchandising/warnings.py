"""What is allowed and yet worth a second look before many prices change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from shop.catalogue.models import Currency, Variant
from shop.merchandising.repricing import NewPrice
from shop.money import Money, format_money
from shop.promotions.advice import lowest_prices


@dataclass(frozen=True)
class PreviewRow:
    """A variant whose price would change, with what is doubtful about it."""

    variant: Variant
    currency: str
    price: NewPrice
    warnings: list[str] = field(default_factory=list)

    @property
    def before(self) -> Money:
        return Money(self.price.before, self.currency)

    @property
    def after(self) -> Money:
        return Money(self.price.after, self.currency)

    @property
    def instead_of(self) -> Money | None:
        return None if self.price.instead_of is None else Money(self.price.instead_of, self.currency)


def preview(planned: Mapping[int, NewPrice], *, currency: str, at: datetime) -> list[PreviewRow]:
    """By product and place, with warnings for prices from `at` on. A handful of statements however many they are."""
    found = Variant.objects.filter(pk__in=planned).select_related("product").prefetch_related("values")
    variants = list(found.order_by("product__name", "product", "position", "pk"))
    lowest = lowest_prices({one.pk: one.product_id for one in variants}, currency, until=at)
    is_base = Currency.objects.filter(code=currency, is_base=True).exists()
    rows = []
    for variant in variants:
        price = planned[variant.pk]
        said = [_claim(price, lowest.get(variant.pk)), _cost(price, variant, currency) if is_base else ""]
        rows.append(PreviewRow(variant, currency, price, [words for words in said if words]))
    return rows


def _claim(price: NewPrice, lowest: Money | None) -> str:
    """A reduction counts, by law, from the lowest price of the 30 days before; one that is not below it is none."""
    if price.after >= price.before or lowest is None or price.after < lowest.amount:
        return ""
    return _("No reduction: in the 30 days before it cost as little as %(low)s.") % {"low": format_money(lowest)}


def _cost(price: NewPrice, variant: Variant, currency: str) -> str:
    if not price.changes or variant.cost_price is None or price.after >= variant.cost_price:
        return ""
    return _("Below what it costs us: %(cost)s.") % {"cost": format_money(Money(variant.cost_price, currency))}
