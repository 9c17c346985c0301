"""The combinations of a product's options that have no variant yet, and what such a variant would be called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product as combine
from math import prod

from shop.catalogue.models import AttributeValue, Product, Variant
from shop.catalogue.operations import combination_of

MOST = 60  # new variants at once


class TooMany(Exception):
    """More new combinations than are made at once."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True)
class Combination:
    """One value of each option, in the options' order. `key` is Variant.combination; `sku` a free one that we propose."""

    key: str
    values: tuple[AttributeValue, ...]
    sku: str

    @property
    def name(self) -> str:
        return ", ".join(value.name for value in self.values)


def missing(product: Product, ticked: Sequence[Sequence[AttributeValue]]) -> tuple[list[Combination], int]:
    """New combinations of what was ticked (a list of values for each option), and how many are there already.

    Raises TooMany.
    """
    there = set(product.variants.values_list("combination", flat=True))
    count = prod(map(len, ticked)) if ticked else 0
    if count > MOST + len(there):  # without writing them all down
        raise TooMany(count - len(there))
    wanted = list(combine(*ticked)) if count else []
    new = [values for values in wanted if combination_of(values) not in there]
    if len(new) > MOST:
        raise TooMany(len(new))
    skus = _free(product.code, [propose(product.code, values) for values in new])
    made = [Combination(combination_of(values), values, sku) for values, sku in zip(new, skus, strict=True)]
    return made, len(wanted) - len(new)


def propose(code: str, values: Iterable[AttributeValue]) -> str:
    """ "MUG-INDIGO-350" of the product `mug` in indigo and 350."""
    return "-".join([code, *(value.slug for value in values)]).upper()[:60]


def _free(code: str, skus: list[str]) -> list[str]:
    """The same, with a number behind those that another variant has, whatever its product."""
    taken = {sku.upper() for sku in Variant.objects.filter(sku__istartswith=code).values_list("sku", flat=True)}
    free = []
    for sku in skus:
        number, name = 2, sku
        while name in taken:
            name, number = f"{sku}-{number}", number + 1
        taken.add(name)
        free.append(name)
    return free
