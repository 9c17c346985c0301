"""Choosing a variant: which one an address means, and what each option would lead to.

Every combination has an address of its own (`?variant=<sku>`). With JavaScript a radio fetches that address; without,
the radios are sent as `?colour=indigo&size=350-ml&from=<sku>` and `resolve` finds the variant that they make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shop.cart.attribution import PARAMETER
from shop.catalogue.models import Attribute, AttributeValue
from shop.storefront import goods
from shop.storefront.cards import COLOUR, Colour
from shop.storefront.goods import Goods, Offer


@dataclass(frozen=True)
class OptionValue:
    """For `components/_swatches.html`: a radio and the address that it leads to."""

    value: str
    label: str
    colour: Colour | None
    checked: bool
    available: bool
    url: str
    note: str = ""


@dataclass(frozen=True)
class Option:
    """A fieldset."""

    name: str
    legend: str
    choices: list[OptionValue]


@dataclass(frozen=True)
class Choice:
    """The variants of a product and the one that is shown. `asked`: the address named it. `via`: the story that led here."""

    goods: Goods
    offer: Offer | None
    asked: bool
    via: str = ""

    @classmethod
    def of(cls, found: Goods, sku: str, *, via: str = "") -> "Choice":
        named = found.offer(sku) if sku else None
        return cls(found, named or _first(found), named is not None, via)

    @staticmethod
    def address(sku: str, *, via: str = "") -> str:
        return urlencode({"variant": sku} | ({PARAMETER: via} if via else {}))

    @property
    def options(self) -> list[Option]:
        return [Option(option.code, option.label, self._choices(option)) for option in self.goods.options]

    def _choices(self, option: Attribute) -> list[OptionValue]:
        values = {value.pk: value for offer in self.goods.offers if (value := offer.value_of(option))}
        ordered = sorted(values.values(), key=lambda value: (value.position, value.name))
        return [self._choice(option, value) for value in ordered]

    def _choice(self, option: Attribute, value: AttributeValue) -> OptionValue:
        nearest = nearest_offer(self.goods, value, self.offer)
        is_current = self.offer is not None and self.offer.value_of(option) == value
        return OptionValue(
            value=value.slug,
            label=value.label,
            colour=Colour(value.swatch or value.slug, value.label) if option.code == COLOUR else None,
            checked=is_current,
            available=nearest.available,
            url=f"?{self.address(nearest.sku, via=self.via)}",
            note=goods.restock_words(nearest.stock) if not nearest.available else "",
        )


def _first(found: Goods) -> Offer | None:
    """What a plain address shows: the first variant that can be had, else the first with a price, else the first."""
    offers = [offer for offer in found.offers if offer.available] or found.for_sale or found.offers
    return offers[0] if offers else None


def nearest_offer(found: Goods, value: AttributeValue, current: Offer | None) -> Offer:
    """The variant with `value` that shares most with the current one; of equals one that can be had, then the first."""
    kept = set(current.values) if current else set()
    with_value = [offer for offer in found.offers if value in offer.values]
    return max(with_value, key=lambda offer: (len(kept & set(offer.values)), offer.available))


def resolve(choice: Choice, params: Mapping[str, Any]) -> str | None:
    """The sku that chosen options make: {"colour": "indigo", "size": "350-ml", "from": "TIDE-MUG-SAND-350"}.

    When nobody makes that combination, the option that differs from `from` wins over the others. None without options.
    """
    wanted = {option.pk: params.get(option.code, "") for option in choice.goods.options}
    if not any(wanted.values()):
        return None
    before = choice.goods.offer(params.get("from", "")) or choice.offer

    def merit(offer: Offer) -> tuple[int, int, bool]:
        met = [value for value in offer.values if value.slug == wanted.get(value.attribute_id)]
        changed = [value for value in met if before is None or value not in before.values]
        return len(changed), len(met), offer.available

    best = max(choice.goods.offers, key=merit, default=None)
    return best.sku if best and merit(best)[1] else None
