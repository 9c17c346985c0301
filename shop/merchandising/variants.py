"""Many variants at once: all of them or none."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from shop.catalogue import operations as catalogue
from shop.catalogue.models import AttributeValue, Product, Variant
from shop.catalogue.refusals import CatalogueError
from shop.inventory.models import StockItem


@dataclass(frozen=True)
class NewVariant:
    """`key` says in a refusal which of them it is about."""

    key: str
    sku: str
    values: tuple[AttributeValue, ...]
    prices: dict[str, Decimal] = field(default_factory=dict)
    stock: int = 0
    policy: str = StockItem.Policy.TRACK
    weight_g: int = 0


class VariantRefused(CatalogueError):
    """One of them cannot be made, so none was; `key` says which, `field` and `message` what is wrong with it."""

    def __init__(self, key: str, refusal: CatalogueError) -> None:
        super().__init__(str(refusal))
        self.key, self.field, self.message = key, refusal.field, refusal.message


@transaction.atomic
def add_variants(*, product: Product, variants: Iterable[NewVariant], actor: str, now: datetime) -> list[Variant]:
    """Make new ones; those that are there already stay as they are. Raises VariantRefused, and nothing is written then."""
    made = []
    for new in variants:
        facts: dict[str, Any] = {"sku": new.sku, "values": new.values, "prices": new.prices, "stock": new.stock}
        more: dict[str, Any] = {"policy": new.policy, "weight_g": new.weight_g, "actor": actor, "now": now}
        try:
            made.append(catalogue.add_variant(product=product, **facts, **more))
        except CatalogueError as refusal:
            raise VariantRefused(new.key, refusal) from refusal
    return made
