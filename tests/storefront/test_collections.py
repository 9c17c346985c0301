"""Who belongs to a collection, in which order, and why."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.catalogue import collections as catalogue
from shop.catalogue import operations
from shop.catalogue.models import Collection, CollectionChoice, CollectionMember, Placement, Product
from shop.storefront import collections
from shop.storefront.models import ListingRow
from tests.factories import ACTOR, NOW, make_category, make_currencies, make_product, make_tax_class, make_value
from tests.storefront.listing_rows import make_row

pytestmark = pytest.mark.django_db

WHO = {"actor": ACTOR, "now": NOW}


def make_collection(slug: str = "gifts", **rules: Any) -> Collection:
    make_currencies()
    return catalogue.create_collection(name=slug.capitalize(), slug=slug, **rules, **WHO)


def codes(collection: Collection, at: Any = NOW) -> list[str]:
    names = dict(Product.objects.values_list("pk", "code"))
    return [names[member.product_id] for member in collections.members(collection, at)]


def product(code: str) -> Product:
    return Product.objects.get(code=code)


def kept(collection: Collection) -> set[tuple[str, bool]]:
    return set(collection.members.values_list("product__code", "pinned"))


# --- the rules -----------------------------------------------------------------------------------


def test_of_a_price_the_bounds_belong_to_it():
    for code, price in [("cup", "9.99"), ("mug", "10.00"), ("bowl", "30.00"), ("vase", "30.01")]:
        make_row(code, price=price)
    assert codes(make_collection(price_min=Decimal(10), price_max=Decimal(30))) == ["mug", "bowl"]


def test_a_category_counts_with_all_below_it_and_on_any_shelf():
    ceramics = make_category("ceramics")
    cups, gifts = make_category("cups", parent=ceramics), make_category("gifts")
    for code, home in [("mug", cups), ("plate", ceramics), ("card", gifts), ("vase", gifts)]:
        make_row(make_product(code, category=home))
    operations.place_in_category(product=product("vase"), category=cups, **WHO)
    assert set(codes(make_collection(categories=[ceramics]))) == {"mug", "plate", "vase"}
    assert codes(make_collection("two", categories=[cups, gifts]))


def test_of_one_attribute_any_value_will_do_but_each_attribute_must():
    indigo, sand, linen = (make_value(*pair) for pair in [("colour", "indigo"), ("colour", "sand"), ("fibre", "linen")])
    make_row("napkin", values=[indigo, linen])
    make_row("towel", values=[sand, linen])
    make_row("mug", values=[indigo])
    assert codes(make_collection(values=[indigo, sand, linen])) == ["napkin", "towel"]


def test_new_is_over_at_its_minute_and_it_is_known_when():
    make_row("mug", days=29)
    make_row("bowl", days=10)
    make_row("vase", days=30)
    collection = make_collection(new_days=30)
    end = collections.next_change(collection, NOW)
    assert (codes(collection), end) == (["mug", "bowl"], NOW + timedelta(days=1))
    assert codes(collection, end - timedelta(seconds=1)) == ["mug", "bowl"]
    assert codes(collection, end) == ["bowl"]
    assert collections.next_change(collection, end) == NOW + timedelta(days=20)
    assert collections.next_change(make_collection("all", price_max=Decimal(99)), NOW) is None


def test_reduced_and_in_stock():
    make_row("mug", was="30.00")
    make_row("bowl", sold_out=True)
    make_row("vase", was="30.00", sold_out=True)
    assert codes(make_collection(on_sale=True)) == ["mug", "vase"]
    assert codes(make_collection("ready", in_stock=True)) == ["mug"]
    assert codes(make_collection("both", on_sale=True, in_stock=True)) == ["mug"]


def test_best_selling_counts_among_those_that_fulfil_the_rest_and_comes_by_sales():
    for code, sold, price in [("mug", 5, 24), ("bowl", 9, 24), ("lamp", 99, 240), ("vase", 1, 24), ("card", 0, 4)]:
        make_row(code, sold=sold, price=price)
    collection = make_collection(best_selling=2, price_max=Decimal(30))
    assert codes(collection) == ["bowl", "mug"]
    catalogue.never(collection=collection, product=product("bowl"), **WHO)
    assert codes(collection) == ["mug", "vase"]
    assert "card" not in codes(make_collection("all", best_selling=50))


def test_prices_are_those_of_the_base_currency_and_a_product_counts_once():
    for language in ("en", "id"):
        make_row("mug", price="24.00", sold=2, language=language)
        make_row("mug", price="391000", sold=2, language=language, currency="IDR")
    make_row("bowl", price="25.00", sold=1)
    assert codes(make_collection(price_max=Decimal(30))) == ["mug", "bowl"]
    assert codes(make_collection("best", best_selling=2)) == ["mug", "bowl"]


# --- pins, the never list, order ---------------------------------------------------------------------


def test_without_rules_only_what_is_pinned_belongs_to_it():
    for code in ("mug", "bowl"):
        make_row(code)
    collection = make_collection()
    assert codes(collection) == []
    catalogue.pin(collection=collection, product=product("bowl"), **WHO)
    assert codes(collection) == ["bowl"]


def test_pins_come_first_in_their_order_then_ours():
    last, first = make_category("paper", position=2), make_category("ceramics", position=1)
    for code, home in [("card", last), ("mug", first), ("bowl", first), ("lamp", last), ("vase", last)]:
        make_row(make_product(code, category=home))
    operations.place_in_category(product=product("mug"), category=first, position=9, **WHO)
    collection = make_collection(price_max=Decimal(30))
    assert codes(collection) == ["bowl", "mug", "card", "lamp", "vase"]
    for code in ("vase", "lamp"):
        catalogue.pin(collection=collection, product=product(code), **WHO)
    catalogue.never(collection=collection, product=product("bowl"), **WHO)
    assert codes(collection) == ["vase", "lamp", "mug", "card"]


def test_a_pin_that_is_not_for_sale_waits():
    collection = make_collection()
    for code in ("mug", "bowl"):
        catalogue.pin(collection=collection, product=make_product(code), **WHO)
    make_row("bowl")
    assert codes(collection) == ["bowl"]
    make_row("mug", currency="IDR", price="391000")
    assert codes(collection) == ["mug", "bowl"]


# --- keeping it -----------------------------------------------------------------------------------------


def test_recomputing_writes_what_differs_and_says_whose():
    mug, bowl = (make_row(code, price="20.00").product for code in ("mug", "bowl"))
    collection = make_collection(price_max=Decimal(30))
    assert collections.recompute([collection.pk], NOW) == {mug.pk, bowl.pk}
    assert collections.recompute([collection.pk], NOW) == set()
    untouched = CollectionMember.objects.get(product=bowl)
    ListingRow.objects.filter(product=mug).update(price=31)
    assert collections.recompute([collection.pk], NOW) == {mug.pk}
    assert CollectionMember.objects.get().pk == untouched.pk
    catalogue.pin(collection=collection, product=bowl, **WHO)
    assert collections.recompute([collection.pk], NOW) == {bowl.pk}
    assert kept(collection) == {("bowl", True)}


def test_an_inactive_collection_keeps_nobody():
    make_row("mug")
    collection = make_collection(price_max=Decimal(30))
    collections.recompute([collection.pk], NOW)
    catalogue.change_collection(collection=collection, active=False, **WHO)
    assert collections.recompute([collection.pk], NOW) == {product("mug").pk}
    assert kept(collection) == set()


def test_looking_at_some_products_gives_what_looking_at_all_does():
    for code in ("mug", "bowl", "vase"):
        make_row(code, price="20.00", sold=1)
    plain, best = make_collection(price_max=Decimal(30)), make_collection("best", best_selling=2)
    collections.recompute([plain.pk, best.pk], NOW)
    assert kept(best) == {("mug", False), ("bowl", False)}
    ListingRow.objects.filter(product__code="vase").update(price=31, popularity=5)
    changed = collections.recompute([plain.pk, best.pk], NOW, products=[product("vase").pk])
    assert changed == {product("vase").pk, product("bowl").pk}
    assert kept(plain) == {("mug", False), ("bowl", False)}
    assert kept(best) == {("vase", False), ("mug", False)}


def test_the_statements_do_not_grow_with_the_products(django_assert_max_num_queries):
    collection = make_collection(price_max=Decimal(30))
    for n in range(12):
        make_row(f"mug-{n}")
    with django_assert_max_num_queries(10):
        assert len(collections.recompute([collection.pk], NOW)) == 12


def test_which_collections_a_product_can_change():
    mug, bowl = make_product("mug"), make_product("bowl")
    by_rule, by_hand, others = (
        make_collection("rule", in_stock=True),
        make_collection("hand"),
        make_collection("others"),
    )
    off = make_collection("off", in_stock=True, active=False)
    catalogue.pin(collection=by_hand, product=mug, **WHO)
    catalogue.never(collection=others, product=bowl, **WHO)
    assert collections.collections_touched_by([mug.pk]) == {by_rule.pk, by_hand.pk}
    assert collections.collections_touched_by([bowl.pk]) == {by_rule.pk, others.pk}
    assert off.pk not in collections.collections_touched_by([mug.pk, bowl.pk])


# --- why ------------------------------------------------------------------------------------------------


def why(collection: Collection, code: str) -> list[str]:
    return [str(reason) for reason in collections.why(collection, product(code), NOW)]


def test_it_says_of_each_rule_whether_it_holds_and_why():
    ceramics = make_category("ceramics")
    cups, indigo, sand = make_category("cups", parent=ceramics), *(make_value("colour", c) for c in ("indigo", "sand"))
    mug = make_product("mug", category=cups)
    make_row(mug, price="24.00", was="30.00", values=[sand], days=12, sold=7)
    collection = make_collection(
        categories=[ceramics],
        values=[indigo, sand],
        price_max=Decimal(20),
        new_days=30,
        on_sale=True,
        in_stock=True,
        best_selling=5,
    )
    assert why(collection, "mug") == [
        "For sale",
        "Category: Ceramics: yes, it stands in Cups",
        "Colour: Indigo or Sand: yes, it has Sand",
        "At most $20: no, from $24",
        "New, for 30 days: yes, in the shop since 20 October 2026",
        "Reduced now: yes, $24 instead of $30",
        "Can be sent now: yes, it is there",
        "Among the 5 that sold most: no, 7 sold lately",
    ]


def test_it_says_what_was_decided_by_hand():
    for code in ("mug", "bowl"):
        make_row(code)
    collection = make_collection()
    assert why(collection, "mug") == ["For sale", "There are no rules: only what is pinned belongs to it"]
    catalogue.pin(collection=collection, product=product("bowl"), **WHO)
    catalogue.pin(collection=collection, product=product("mug"), **WHO)
    assert "Pinned by hand at place 2" in why(collection, "mug")
    catalogue.never(collection=collection, product=product("mug"), **WHO)
    assert why(collection, "mug")[:2] == ["For sale", "On the never list"]


def test_it_says_what_is_not_for_sale():
    make_product("mug")
    assert why(make_collection(in_stock=True), "mug") == [
        "Not for sale now",
        "Can be sent now: no, it has no price in the base currency now",
    ]


# --- why and members never disagree -----------------------------------------------------------------------

PRICES, DAYS, SOLD = st.sampled_from([5, 10, 20, 30]), st.integers(0, 40), st.integers(0, 3)
ROWS = st.none() | st.fixed_dictionaries(
    {
        "price": PRICES,
        "was": st.none() | st.just(99),
        "sold_out": st.booleans(),
        "days": DAYS,
        "sold": SOLD,
        "value": st.integers(0, 2),
        "languages": st.sampled_from([["en"], ["id"], ["en", "id"]]),
        "currency": st.sampled_from(["USD", "USD", "IDR"]),
    }
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "price_min": st.sampled_from([Decimal(5), Decimal(10)]),
        "price_max": st.sampled_from([Decimal(10), Decimal(20)]),
        "new_days": st.integers(1, 40),
        "on_sale": st.booleans(),
        "in_stock": st.booleans(),
        "best_selling": st.integers(1, 3),
        "categories": st.sets(st.integers(0, 2), max_size=2),
        "values": st.sets(st.integers(0, 2), max_size=2),
    },
)
CHOICES = st.dictionaries(st.integers(0, 5), st.tuples(st.booleans(), st.integers(0, 3)), max_size=3)


@pytest.fixture
def house() -> dict[str, list[Any]]:
    """Three categories, one below another, three values of two attributes, six products."""
    make_currencies()
    top = make_category("ceramics")
    categories = [top, make_category("cups", parent=top), make_category("paper")]
    values = [make_value("colour", "indigo"), make_value("colour", "sand"), make_value("fibre", "linen")]
    tax_class = make_tax_class()
    products = [
        Product.objects.create(code=f"p{n}", name=f"P{n}", tax_class=tax_class, category=categories[n % 3])
        for n in range(6)
    ]
    Placement.objects.bulk_create(Placement(product=row, category=row.category, position=1) for row in products)
    return {"categories": categories, "values": values, "products": products}


def arrange(house: dict[str, list[Any]], rows: list[Any], rules: dict[str, Any], choices: dict[int, Any]) -> Collection:
    for row, facts in zip(house["products"], rows, strict=True):
        for language in (facts or {}).get("languages", []):
            more = {name: value for name, value in facts.items() if name not in ("languages", "value")}
            make_row(row, language=language, values=[house["values"][facts["value"]]], **more)
    several = {name: [house[name][n] for n in rules.get(name, ())] for name in ("categories", "values")}
    collection = make_collection(**{**rules, **several})
    CollectionChoice.objects.bulk_create(
        CollectionChoice(collection=collection, product=house["products"][n], never=never, position=position)
        for n, (never, position) in choices.items()
    )
    return collection


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(ROWS, min_size=6, max_size=6), rules=RULES, choices=CHOICES)
def test_what_is_said_of_a_product_is_whether_it_is_a_member(house, rows, rules, choices):
    if rules.get("price_min", 0) > rules.get("price_max", 99):
        return
    with transaction.atomic():
        collection = arrange(house, rows, rules, choices)
        found = collections.members(collection, NOW)
        ids = [row.pk for row in house["products"]]
        said = {pk for pk, why in collections.reasons(collection, ids, NOW).items() if collections.belongs(why)}
        assert {member.product_id for member in found} == said
        assert len(said) == len(found)
        assert found == sorted(found, key=lambda member: (member.position, member.product_id))
        for pk in ids:
            assert collections.members(collection, NOW, products=[pk]) == [m for m in found if m.product_id == pk]
        end = collections.next_change(collection, NOW)
        if end is not None:
            assert collections.members(collection, end - timedelta(microseconds=1)) == found
        transaction.set_rollback(True)
