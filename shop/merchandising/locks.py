"""The one place that locks for this room; always in order of pk, and a file before what its lines are about."""

from collections.abc import Iterable

from shop.catalogue.models import Variant
from shop.merchandising.models import CatalogueFile


def lock_variants(pks: Iterable[int]) -> dict[int, Variant]:
    """Lock the variants until the transaction ends: whoever sets a price of one waits. {pk: variant}"""
    variants = Variant.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks)).order_by("pk")
    return {variant.pk: variant for variant in variants}


def lock_file(pk: int) -> CatalogueFile:
    """Lock the file: whoever works it off, or tells it to stop, does so alone."""
    return CatalogueFile.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
