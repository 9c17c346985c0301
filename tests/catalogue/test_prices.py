"""Prices over time: windows give way to each other, and what was charged stays written."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from shop.catalogue import operations as catalogue
from shop.catalogue.models import PriceWindow
from shop.catalogue.pricing import prices_at
from shop.money import Money
from shop.outbox.models import AuditEntry
from tests.factories import ACTOR, NOW, make_product

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def variant():
    return make_product("mug", prices={"USD": "24.00"}).variants.get()


def charge(variant, amount, *, now=NOW + DAY, **when):
    return catalogue.set_price(variant=variant, currency="USD", amount=Decimal(amount), actor=ACTOR, now=now, **when)


def price(variant, at, currency="USD"):
    return prices_at([variant.pk], currency, at)[variant.pk].now


def test_a_new_price_ends_the_old_one(variant):
    charge(variant, "26.00")
    assert price(variant, NOW) == Money("24.00", "USD")
    assert price(variant, NOW + DAY) == Money("26.00", "USD")
    assert PriceWindow.objects.count() == 2


def test_a_sale_for_a_while_leaves_the_old_price_after_it(variant):
    charge(variant, "20.00", compare_at=Decimal("24.00"), starts=NOW + 2 * DAY, ends=NOW + 4 * DAY)
    assert [price(variant, NOW + n * DAY).amount for n in range(1, 6)] == [24, 20, 20, 24, 24]


def test_a_planned_price_that_is_overtaken_stays_as_an_empty_time(variant):
    charge(variant, "20.00", starts=NOW + 5 * DAY)
    charge(variant, "22.00", starts=NOW + 3 * DAY)
    assert [price(variant, NOW + n * DAY).amount for n in (2, 3, 5, 6)] == [24, 22, 22, 22]
    assert PriceWindow.objects.filter(valid__isempty=True).get().amount == 20


def test_asking_for_the_price_that_holds_changes_nothing(variant):
    charge(variant, "24.00")
    assert PriceWindow.objects.count() == 1
    assert not AuditEntry.objects.filter(action="price.set", at__gt=NOW).exists()


def test_it_refuses_to_change_what_was_charged(variant):
    with pytest.raises(catalogue.PriceInThePast):
        charge(variant, "1.00", starts=NOW)
    assert PriceWindow.objects.count() == 1


@pytest.mark.parametrize(
    ("currency", "amount", "more"),
    [
        ("USD", "0", {}),
        ("USD", "-1", {}),
        ("USD", "1000000000000", {}),
        ("USD", "1.001", {}),
        ("IDR", "1000.50", {}),
        ("EUR", "10", {}),
        ("USD", "10", {"compare_at": Decimal(10)}),
        ("USD", "10", {"ends": NOW}),
    ],
)
def test_it_refuses_a_price_that_makes_no_sense(variant, currency, amount, more):
    with pytest.raises(catalogue.InvalidPrice):
        catalogue.set_price(variant=variant, currency=currency, amount=Decimal(amount), actor=ACTOR, now=NOW, **more)
    assert PriceWindow.objects.count() == 1


def test_the_audit_says_from_what_to_what(variant):
    charge(variant, "26.00")
    entry = AuditEntry.objects.filter(action="price.set").first()
    assert (entry.actor, entry.subject) == (ACTOR, "variant:MUG")
    assert entry.before["USD"][0]["amount"] == "24.00"
    assert entry.after["USD"][0]["amount"] == "26.00"


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.update(amount=1),
        lambda rows: rows.update(valid=(NOW - DAY, None)),
        lambda rows: rows.delete(),
    ],
)
def test_the_table_refuses_to_rewrite_history(variant, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change(PriceWindow.objects.all())
    assert PriceWindow.objects.get().amount == 24
