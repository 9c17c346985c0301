"""Memberships are broken behind the application's back, and the audit says so."""

from decimal import Decimal

import pytest

from shop import audit
from shop.catalogue import collections as catalogue
from shop.catalogue.models import Collection, CollectionChoice, CollectionMember
from shop.outbox.models import Stale
from shop.storefront import collections
from shop.storefront.models import ListingRow
from tests.factories import ACTOR, NOW, make_currencies, make_product
from tests.storefront.listing_rows import make_row

pytestmark = pytest.mark.django_db

CHECKS = audit.collections.CHECKS


def breaches() -> dict[str, list[str]]:
    return {finding.name: finding.breaches for finding in audit.audit(now=NOW, checks=CHECKS) if finding.breaches}


@pytest.fixture
def gifts() -> Collection:
    """Mug by rule, lamp by hand, bowl kept out; acted on, and no note waiting."""
    make_currencies()
    collection = catalogue.create_collection(name="Gifts", slug="gifts", price_max=Decimal(30), actor=ACTOR, now=NOW)
    mug, lamp, bowl = (make_row(code, price=price).product for code, price in [("mug", 24), ("lamp", 240), ("bowl", 9)])
    catalogue.pin(collection=collection, product=lamp, actor=ACTOR, now=NOW)
    catalogue.never(collection=collection, product=bowl, actor=ACTOR, now=NOW)
    collections.recompute([collection.pk], NOW)
    Stale.objects.all().delete()
    assert collection.members.count() == 2
    assert mug.memberships.count() == 1
    return collection


def test_memberships_in_order_are_green(gifts):
    assert breaches() == {}


@pytest.mark.parametrize(
    "break_it",
    [
        lambda: CollectionMember.objects.filter(product__code="mug").delete(),
        lambda: CollectionMember.objects.create(collection=Collection.objects.get(), product=make_product("vase")),
        lambda: CollectionMember.objects.filter(product__code="lamp").update(position=7),
        lambda: CollectionMember.objects.filter(product__code="lamp").update(pinned=False),
        lambda: ListingRow.objects.filter(product__code="mug").update(price=31),
        lambda: Collection.objects.update(active=False),
    ],
)
def test_a_membership_that_should_be_otherwise_is_found(gifts, break_it):
    break_it()
    Stale.objects.all().delete()
    assert breaches()["members_equal_a_fresh_computation"][0].startswith("collection gifts: product ")


def test_while_notes_wait_members_may_lag_behind(gifts):
    ListingRow.objects.filter(product__code="mug").update(price=31)
    Stale.objects.create(kind="product", ref=1, due_at=NOW)
    assert breaches() == {}


def test_a_member_that_is_on_the_never_list_is_found(gifts):
    CollectionChoice.objects.filter(product__code="lamp").update(never=True)
    assert len(breaches()["never_is_never"]) == 1
