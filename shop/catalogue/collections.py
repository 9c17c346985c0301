"""How collections change: rules, pins and the never list, each change one transaction with its audit entry.

Who belongs to a collection is computed above, after each change; here it is only said to be out of date.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Collection, CollectionChoice, Product
from shop.catalogue.refusals import CatalogueError
from shop.outbox import operations as outbox


class SlugTaken(CatalogueError):
    field, message = "slug", _("Another collection has this slug.")


class PricesCrossed(CatalogueError):
    field, message = "price_max", _("The highest price is below the lowest.")


@transaction.atomic
def create_collection(
    *, name: str, slug: str, categories: Iterable = (), values: Iterable = (), actor: str, now: datetime, **facts: Any
) -> Collection:
    """A collection with its rules: picture, active, price_min, price_max (base currency), new_days, on_sale, in_stock
    and best_selling as on the model. Raises SlugTaken and PricesCrossed.
    """
    collection = Collection(name=name, slug=slug, **facts)
    _save(collection)
    collection.categories.set(categories)
    collection.values.set(values)
    _record(collection, "create", {}, _facts(collection), actor, now)
    return collection


@transaction.atomic
def change_collection(*, collection: Collection, actor: str, now: datetime, **changes: Any) -> Collection:
    """Change what `create_collection` takes; what is not named stays. Raises SlugTaken and PricesCrossed."""
    collection = _locked(collection)
    before = _facts(collection)
    several = {name: changes.pop(name) for name in ("categories", "values") if name in changes}
    for name, value in changes.items():
        setattr(collection, name, value)
    _save(collection)
    for name, rows in several.items():
        getattr(collection, name).set(rows)
    after = _facts(collection)
    differs = [name for name in before if before[name] != after[name]]
    if differs:
        was, now_is = ({name: facts[name] for name in differs} for facts in (before, after))
        _record(collection, "change", was, now_is, actor, now)
    return collection


@transaction.atomic
def delete_collection(*, collection: Collection, actor: str, now: datetime) -> None:
    """Raises ProtectedError while a page shows it."""
    collection = _locked(collection)
    before, pk = _facts(collection), collection.pk
    collection.delete()
    collection.pk = pk
    _record(collection, "delete", before, {}, actor, now)


@transaction.atomic
def pin(
    *, collection: Collection, product: Product, place: int | None = None, actor: str, now: datetime
) -> CollectionChoice:
    """Put the product among the pins, at `place` (1 is the first; None: at the end, or where it is pinned already).

    Also moves a pin, and takes the product from the never list.
    """
    collection = _locked(collection)
    before = _choice_of(collection, product)
    pins = _pins(collection)
    there = next((row for row in pins if row.product_id == product.pk), None)
    if there and place is None:
        return there
    choice = there or CollectionChoice.objects.get_or_create(collection=collection, product=product)[0]
    choice.never = False
    rest = [row for row in pins if row.product_id != product.pk]
    rest.insert(len(rest) if place is None else max(0, place - 1), choice)
    _renumber(rest)
    after = _choice_of(collection, product)
    if before != after:
        _record(collection, "pin", {product.code: before}, {product.code: after}, actor, now)
    return choice


@transaction.atomic
def unpin(*, collection: Collection, product: Product, actor: str, now: datetime) -> None:
    """Leave the product to the rules. Nothing happens when it is not pinned."""
    _take(collection, product, never=False, action="unpin", actor=actor, now=now)


@transaction.atomic
def never(*, collection: Collection, product: Product, actor: str, now: datetime) -> None:
    """Keep the product out of the collection, whatever the rules say; a pin of it ends."""
    collection = _locked(collection)
    before = _choice_of(collection, product)
    if before == "never":
        return
    CollectionChoice.objects.update_or_create(
        collection=collection, product=product, defaults={"never": True, "position": 0}
    )
    _renumber(_pins(collection))
    _record(collection, "never", {product.code: before}, {product.code: "never"}, actor, now)


@transaction.atomic
def allow(*, collection: Collection, product: Product, actor: str, now: datetime) -> None:
    """Take the product from the never list and leave it to the rules. Nothing happens when it is not on it."""
    _take(collection, product, never=True, action="allow", actor=actor, now=now)


def _take(collection: Collection, product: Product, *, never: bool, action: str, actor: str, now: datetime) -> None:
    collection = _locked(collection)
    before = _choice_of(collection, product)
    if not collection.choices.filter(product=product, never=never).delete()[0]:
        return
    _renumber(_pins(collection))
    _record(collection, action, {product.code: before}, {}, actor, now)


def _locked(collection: Collection) -> Collection:
    return Collection.objects.select_for_update(no_key=True, of=("self",)).get(pk=collection.pk)


def _save(collection: Collection) -> None:
    if Collection.objects.filter(slug=collection.slug).exclude(pk=collection.pk).exists():
        raise SlugTaken
    lowest, highest = collection.price_min, collection.price_max
    if lowest is not None and highest is not None and highest < lowest:
        raise PricesCrossed
    try:
        with transaction.atomic():
            collection.save()
    except IntegrityError:  # somebody took the slug a moment before us
        raise SlugTaken


def _pins(collection: Collection) -> list[CollectionChoice]:
    return list(collection.choices.filter(never=False).order_by("position", "pk"))


def _renumber(pins: list[CollectionChoice]) -> None:
    """Places count from 1 without gaps."""
    for place, choice in enumerate(pins, 1):
        choice.position = place
    CollectionChoice.objects.bulk_update(pins, ["position", "never"])


def _choice_of(collection: Collection, product: Product) -> str:
    """What has been decided by hand, in words for the audit: "pinned 2", "never" or nothing."""
    choice = collection.choices.filter(product=product).first()
    if choice is None:
        return ""
    return "never" if choice.never else f"pinned {choice.position}"


def _facts(collection: Collection) -> dict[str, Any]:
    plain = ("name", "slug", "picture_id", "active", "new_days", "on_sale", "in_stock", "best_selling")
    prices = {name: _words(getattr(collection, name)) for name in ("price_min", "price_max")}
    return {
        **{name: getattr(collection, name) for name in plain},
        **prices,
        "categories": sorted(category.slug for category in collection.categories.all()),
        "values": sorted(value.slug for value in collection.values.all()),
    }


def _words(amount: Any) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _record(
    collection: Collection, verb: str, before: Mapping[str, Any], after: Mapping[str, Any], actor: str, now: datetime
) -> None:
    outbox.record(
        actor=actor,
        action=f"collection.{verb}",
        subject=f"collection:{collection.slug}",
        before=dict(before),
        after=dict(after),
        now=now,
    )
    outbox.stale("collection", collection.pk, now=now)
