"""Rules, pins and the never list change by operations that leave a trail."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from shop.catalogue import collections as catalogue
from shop.catalogue.models import Collection, CollectionChoice
from shop.outbox.models import AuditEntry, Stale
from tests.factories import ACTOR, NOW, make_category, make_product, make_value

pytestmark = pytest.mark.django_db

WHO = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def gifts() -> Collection:
    collection = catalogue.create_collection(name="Gifts", slug="gifts", price_max=Decimal(30), **WHO)
    forget()
    return collection


def forget() -> None:
    """What has been noted so far is of no interest."""
    Stale.objects.all().delete()


def choices(collection: Collection) -> list[tuple[str, bool, int]]:
    rows = collection.choices.order_by("never", "position", "pk")
    return list(rows.values_list("product__code", "never", "position"))


def noted() -> list[tuple[str, int]]:
    return list(Stale.objects.filter(kind="collection").values_list("kind", "ref"))


def trail() -> list[tuple[str, dict, dict]]:
    entries = AuditEntry.objects.filter(subject="collection:gifts").order_by("pk")
    return [(entry.action, entry.before, entry.after) for entry in entries][1:]


def test_a_collection_is_made_with_its_rules():
    cups, indigo = make_category("cups"), make_value("colour", "indigo")
    collection = catalogue.create_collection(
        name="Blue cups", slug="blue-cups", categories=[cups], values=[indigo], new_days=30, on_sale=True, **WHO
    )
    collection.refresh_from_db()
    assert (list(collection.categories.all()), list(collection.values.all())) == ([cups], [indigo])
    assert (collection.new_days, collection.on_sale, collection.active) == (30, True, True)
    entry = AuditEntry.objects.get(subject="collection:blue-cups")
    assert (entry.action, entry.actor, entry.after["values"]) == ("collection.create", ACTOR, ["indigo"])
    assert noted() == [("collection", collection.pk)]


def test_a_change_says_only_what_changed(gifts):
    cups = make_category("cups")
    catalogue.change_collection(collection=gifts, price_max=Decimal("25.50"), categories=[cups], **WHO)
    before = {"price_max": "30.00", "categories": []}
    assert trail() == [("collection.change", before, {"price_max": "25.50", "categories": ["cups"]})]
    assert noted() == [("collection", gifts.pk)]


def test_nothing_changed_leaves_no_trail(gifts):
    catalogue.change_collection(collection=gifts, price_max=Decimal("30.00"), name="Gifts", **WHO)
    assert (trail(), noted()) == ([], [])


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"slug": "table"}, catalogue.SlugTaken), ({"price_min": Decimal(31)}, catalogue.PricesCrossed)],
)
def test_what_a_collection_may_not_be(gifts, changes, refusal):
    catalogue.create_collection(name="For the table", slug="table", **WHO)
    before = list(Collection.objects.values())
    forget()
    with pytest.raises(refusal):
        catalogue.change_collection(collection=gifts, **changes, **WHO)
    assert (list(Collection.objects.values()), trail(), noted()) == (before, [], [])


def test_the_table_refuses_crossed_prices_too(gifts):
    with pytest.raises(IntegrityError), transaction.atomic():
        Collection.objects.update(price_min=31)


def test_pins_stand_in_their_order_without_gaps(gifts):
    mug, bowl, vase = (make_product(code) for code in ("mug", "bowl", "vase"))
    for product in (mug, bowl, vase):
        catalogue.pin(collection=gifts, product=product, **WHO)
    assert choices(gifts) == [("mug", False, 1), ("bowl", False, 2), ("vase", False, 3)]
    catalogue.pin(collection=gifts, product=vase, place=1, **WHO)
    assert choices(gifts) == [("vase", False, 1), ("mug", False, 2), ("bowl", False, 3)]
    catalogue.pin(collection=gifts, product=vase, place=99, **WHO)
    assert choices(gifts) == [("mug", False, 1), ("bowl", False, 2), ("vase", False, 3)]
    catalogue.unpin(collection=gifts, product=mug, **WHO)
    assert choices(gifts) == [("bowl", False, 1), ("vase", False, 2)]
    assert trail()[-1] == ("collection.unpin", {"mug": "pinned 1"}, {})
    assert trail()[3] == ("collection.pin", {"vase": "pinned 3"}, {"vase": "pinned 1"})


def test_the_never_list_ends_a_pin_and_a_pin_ends_it(gifts):
    mug, bowl = make_product("mug"), make_product("bowl")
    for product in (mug, bowl):
        catalogue.pin(collection=gifts, product=product, **WHO)
    catalogue.never(collection=gifts, product=mug, **WHO)
    assert choices(gifts) == [("bowl", False, 1), ("mug", True, 0)]
    catalogue.pin(collection=gifts, product=mug, **WHO)
    assert choices(gifts) == [("bowl", False, 1), ("mug", False, 2)]
    catalogue.never(collection=gifts, product=mug, **WHO)
    catalogue.allow(collection=gifts, product=mug, **WHO)
    assert choices(gifts) == [("bowl", False, 1)]
    assert [action for action, *_words in trail()[-2:]] == ["collection.never", "collection.allow"]


@pytest.mark.parametrize("verb", ["pin", "never"])
def test_a_double_click_is_one_change(gifts, verb):
    mug = make_product("mug")
    getattr(catalogue, verb)(collection=gifts, product=mug, **WHO)
    once = (choices(gifts), trail(), noted())
    getattr(catalogue, verb)(collection=gifts, product=mug, **WHO)
    assert (choices(gifts), trail(), noted()) == once


@pytest.mark.parametrize("verb", ["unpin", "allow"])
def test_undoing_what_was_not_done_changes_nothing(gifts, verb):
    mug, bowl = make_product("mug"), make_product("bowl")
    catalogue.pin(collection=gifts, product=bowl, **WHO)
    before = (choices(gifts), trail(), noted())
    getattr(catalogue, verb)(collection=gifts, product=mug, **WHO)
    assert (choices(gifts), trail(), noted()) == before


def test_a_collection_that_is_gone_is_noted_too(gifts):
    catalogue.pin(collection=gifts, product=make_product("mug"), **WHO)
    forget()
    pk = gifts.pk
    catalogue.delete_collection(collection=gifts, **WHO)
    assert (Collection.objects.count(), CollectionChoice.objects.count(), noted()) == (0, 0, [("collection", pk)])
    assert trail()[-1][0] == "collection.delete"
