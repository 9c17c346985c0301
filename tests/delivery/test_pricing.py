"""What sending costs: tiers, free over, parts of countries, working days; and that totals keep adding up with any of it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from shop.cart.pricing import Item, price_cart
from shop.delivery.models import DayOff, Method, MethodPrice, Place, TaxRate, Zone
from shop.delivery.pricing import (
    DeliveryTerms,
    Rate,
    TaxTerms,
    countries,
    methods_for,
    pickups,
    tax_for,
    working_day,
)
from shop.delivery.promises import promises
from shop.money import Money, quantum, zero
from tests.checkout.world import open_shop

TAX = TaxTerms(False, {1: Decimal("0.1")}, "Tax")


def usd(amount) -> Money:
    return Money(amount, "USD")


def terms(kind: str, *rates: Rate) -> DeliveryTerms:
    return DeliveryTerms("way", "Way", rates, 2, 4, kind=kind)


def tier(price, up_to=None, free_over=None) -> Rate:
    return Rate(usd(price), None if free_over is None else usd(free_over), None if up_to is None else Decimal(up_to))


BY_WEIGHT = terms("weight", tier(5, 1000, free_over=50), tier(9, 5000), tier(30, 20000))
BY_WORTH = terms("subtotal", tier(7, 50), tier(4, 100), tier(0))


# --- pure ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("grams", "cost"), [(0, 5), (1000, 5), (1001, 9), (5000, 9), (20000, 30)])
def test_by_weight_the_first_tier_that_holds_it_counts(grams, cost):
    assert BY_WEIGHT.for_parcel(grams).cost_of(usd(10)) == usd(cost)


def test_what_is_too_heavy_is_not_carried():
    assert BY_WEIGHT.carries(20000)
    assert not BY_WEIGHT.carries(20001)


@pytest.mark.parametrize(("grams", "cost"), [(900, 0), (1001, 9)])
def test_a_light_parcel_is_free_over_its_line_and_a_heavy_one_is_not(grams, cost):
    assert BY_WEIGHT.for_parcel(grams).cost_of(usd(60)) == usd(cost)


@pytest.mark.parametrize(("goods", "cost"), [("0", 7), ("50", 7), ("50.01", 4), ("100", 4), ("100.01", 0)])
def test_by_worth_the_tier_of_the_discounted_goods_counts(goods, cost):
    assert BY_WORTH.cost_of(usd(goods)) == usd(cost)


@pytest.mark.parametrize(("goods", "gap"), [("30", "70.01"), ("100", "0.01"), ("101", "0")])
def test_it_knows_how_much_is_missing_for_a_tier_that_is_free(goods, gap):
    assert BY_WORTH.missing_for_free(usd(goods)) == usd(gap)


def test_what_is_never_free_misses_nothing():
    assert BY_WEIGHT.for_parcel(3000).missing_for_free(usd(10)) is None


WAYS = st.sampled_from([BY_WEIGHT, BY_WORTH, terms("flat", tier(5, free_over=50)), terms("pickup", tier(0))])
THINGS = st.builds(
    lambda cents, quantity, grams: Item(1, quantity, usd(cents * quantum("USD")), 1, 1, grams),
    st.integers(1, 10**6),
    st.integers(1, 99),
    st.integers(0, 3000),
)


@given(st.lists(THINGS, max_size=8), WAYS)
def test_totals_add_up_by_every_way_of_delivery(items, way):
    totals = price_cart(items, currency="USD", delivery=way, tax=TAX)
    assert totals.total == totals.subtotal + totals.shipping + totals.tax
    assert totals.shipping in {zero("USD"), *(rate.price for rate in way.rates)}
    gap = totals.free_delivery_gap
    assert (gap == zero("USD")) == (not totals.shipping) or not items
    if gap and items:  # what it says makes delivery free does so
        assert not totals.delivery.cost_of(totals.goods + gap)


@given(st.lists(THINGS, min_size=1, max_size=5), THINGS)
def test_one_more_thing_never_makes_a_parcel_lighter_or_its_tier_cheaper(items, more):
    never_free = terms("weight", tier(5, 1000), tier(9, 5000), tier(30))
    before, after = (price_cart(x, currency="USD", delivery=never_free, tax=TAX) for x in (items, [*items, more]))
    assert after.shipping >= before.shipping
    assert after.subtotal > before.subtotal


FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("day", "after", "arrives"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (FRIDAY, 5, date(2026, 11, 27)),
    ],
)
def test_only_working_days_count(day, after, arrives):
    assert working_day(day, after) == arrives


def test_a_day_off_is_no_working_day():
    assert working_day(FRIDAY, 1, {date(2026, 11, 23)}) == date(2026, 11, 24)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 30))
def test_later_is_never_sooner(day, after):
    assert working_day(day, after) <= working_day(day, after + 1) < working_day(day, after + 2)


# --- from the tables -----------------------------------------------------------------------------


@pytest.fixture
def world(db) -> Zone:
    open_shop()
    return Zone.objects.get()


def method(zone: Zone, code: str, *prices: tuple, **fields) -> Method:
    made = Method.objects.create(zone=zone, code=code, name=code.title(), **fields)
    for currency, amount, *rest in prices:
        MethodPrice.objects.create(
            method=made, currency=currency, amount=amount, **dict(zip(("up_to", "free_over"), rest, strict=False))
        )
    return made


def test_tiers_come_in_order_whatever_order_they_were_written_in(world):
    method(world, "heavy", ("USD", 30), ("USD", 5, 1000), ("USD", 9, 5000), kind="weight", position=1)
    heavy = methods_for("US", "USD", grams=3000)[1]
    assert heavy.cost_of(usd(1)) == usd(9)


def test_what_is_too_heavy_for_a_way_is_not_offered_it(world):
    method(world, "light", ("USD", 3, 1000), kind="weight")
    assert [way.code for way in methods_for("US", "USD", grams=1000)] == ["standard", "light"]
    assert [way.code for way in methods_for("US", "USD", grams=1001)] == ["standard"]


def test_a_way_without_a_price_in_the_currency_is_not_offered(world):
    method(world, "express", ("USD", 20))
    assert [way.code for way in methods_for("US", "IDR")] == ["standard"]


def test_a_part_of_a_country_may_have_terms_of_its_own(world):
    islands = Zone.objects.create(name="Islands", regions=["US-HI", "US-AK"], position=0)
    Zone.objects.filter(pk=world.pk).update(position=1)
    method(islands, "boat", ("USD", 40))
    TaxRate.objects.create(zone=islands, tax_class_id=world.tax_rates.get().tax_class_id, rate=Decimal("0.04"))
    assert [way.code for way in methods_for("US", "USD", region="HI")] == ["boat"]
    assert [way.code for way in methods_for("US", "USD", region="OR")] == ["standard"]
    assert [way.code for way in methods_for("US", "USD")] == ["standard"]
    assert list(tax_for("US", "USD", region="HI").rates.values()) == [Decimal("0.04")]
    assert countries() == ["GB", "ID", "US"]


@pytest.fixture
def workshop(world) -> Place:
    place = Place.objects.create(name="Our workshop", line1="Jalan Kemasan 1", city="Yogyakarta", country="ID")
    method(world, "workshop", ("USD", 0), kind="pickup", place=place, days_min=0, days_max=1)
    return place


def test_what_is_collected_is_offered_apart_from_what_is_sent(workshop):
    assert [way.code for way in methods_for("ID", "USD")] == ["standard"]
    assert [(way.code, way.place) for way in pickups("USD")] == [("workshop", workshop)]
    assert pickups("IDR") == []


def test_no_page_calls_delivery_free_because_one_may_collect(workshop):
    assert promises("USD").cheapest.price == usd(5)


def test_days_off_come_with_the_ways(world, django_assert_num_queries):
    DayOff.objects.create(day=date(2026, 11, 26), name="A feast")
    with django_assert_num_queries(1):
        [way] = methods_for("US", "USD")
    assert way.arrives(FRIDAY)[0] == date(2026, 11, 27)


@pytest.mark.parametrize("up_to", [None, 1000])
def test_the_database_refuses_two_tiers_with_one_end(world, up_to):
    made = method(world, "twice", ("USD", 5, up_to), kind="weight")
    with pytest.raises(IntegrityError, match="delivery_tier_unique"), transaction.atomic():
        MethodPrice.objects.create(method=made, currency="USD", amount=6, up_to=up_to)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        (lambda zone: method(zone, "empty", ("USD", 5, 0)), "delivery_tier_holds_something"),
        (lambda zone: method(zone, "minus", ("USD", -1)), "delivery_price_not_negative"),
        (lambda zone: method(zone, "nowhere", kind="pickup"), "delivery_pickup_has_place"),
        (lambda zone: method(zone, "back", days_min=5, days_max=4), "delivery_days_ordered"),
        (lambda zone: Zone.objects.create(name="Nowhere"), "delivery_zone_of_something"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(world, wrong, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        wrong(world)
