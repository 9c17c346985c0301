"""The statement that carts are read by says what the rules say that have their home elsewhere."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Locale, PageViewRestriction

from shop.cart import operations as carts
from shop.cart import quick
from shop.cart.listing import contents
from shop.cart.models import Cart, CartLine
from shop.cart.reads import Row
from shop.catalogue.listing import sellable_variants
from shop.catalogue.models import Attribute, AttributeValue, Currency, Variant
from shop.catalogue.pricewindows import set_price
from shop.promotions.listing import charged_prices
from shop.promotions.models import Promotion
from tests.checkout.world import NOW, sell
from tests.promotions.world import promote

pytestmark = pytest.mark.django_db


def hold(*variants: Variant, currency: str = "USD") -> Cart:
    """A cart with one of each, whether it can be bought or not."""
    cart = carts.open_cart(currency=currency)
    CartLine.objects.bulk_create(CartLine(cart=cart, variant=variant, quantity=1) for variant in variants)
    return cart


def read(cart: Cart, language: str = "en", **more: Any) -> dict[str, Row]:
    found = contents(cart, now=NOW, language=language, **more)
    return {row.variant.sku: row for row in found.rows}


def hide(variant: Variant) -> None:
    page = variant.product.pages.get().get_parent()
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)


UNSOLD = {
    "a draft": lambda mug: mug.product.pages.get().unpublish(),
    "a private page": hide,
    "an inactive variant": lambda mug: Variant.objects.filter(pk=mug.pk).update(active=False),
    "a discontinued product": lambda mug: type(mug.product).objects.update(lifecycle="discontinued"),
    "no page": lambda mug: mug.product.pages.get().delete(),
}


@pytest.mark.parametrize("why", [None, *UNSOLD])
def test_it_knows_what_is_for_sale(why):
    mug = sell()
    if why:
        UNSOLD[why](mug)
    row = read(hold(mug))["MUG"]
    assert (row.price is not None) is sellable_variants(NOW, "USD").exists() is (why is None)
    assert row.title == "Mug"


def test_what_has_no_price_yet_is_not_for_sale():
    mug = sell(now=NOW + timedelta(days=1))
    assert read(hold(mug))["MUG"].price is None
    assert not sellable_variants(NOW, "USD").exists()


AMOUNTS = st.integers(1, 30_000).map(lambda coins: Decimal(coins) / 100)
TERMS = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["percentage", "fixed"]),
        "percent": st.integers(1, 9_900).map(lambda n: Decimal(n) / 100),
        "off": AMOUNTS,
        "currency": st.sampled_from(["USD", "IDR"]),
        "cap": st.one_of(st.none(), AMOUNTS),
        "scope": st.sampled_from(["all", "products", "categories"]),
        "starts": st.sampled_from([-1, 1]),
        "active": st.booleans(),
    }
)
WORLDS = st.fixed_dictionaries(
    {
        "prices": st.lists(AMOUNTS, min_size=2, max_size=2),
        "rupiah": st.one_of(st.none(), st.integers(1, 900).map(lambda n: Decimal(n * 1000))),
        "rate": st.integers(1, 20_000),
        "promotions": st.lists(TERMS, max_size=3),
        "currency": st.sampled_from(["USD", "IDR"]),
    }
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(WORLDS)
def test_a_cart_charges_what_is_charged_everywhere(world):
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT a_world")
    try:
        mug, bowl = (sell(sku, price=str(price)) for sku, price in zip(("MUG", "BOWL"), world["prices"], strict=True))
        Currency.objects.filter(code="IDR").update(rate=world["rate"])
        if world["rupiah"]:
            set_price(variant=mug, currency="IDR", amount=world["rupiah"], actor="test", now=NOW)
        for terms in world["promotions"]:
            _promote(mug, terms)
        product_of = {variant.pk: variant.product_id for variant in (mug, bowl)}
        found = contents(hold(mug, bowl, currency=world["currency"]), now=NOW, language="en")
        charged = charged_prices(product_of, world["currency"], NOW)
        assert found.prices == charged
        for variant in (mug, bowl):  # the quick way says nothing, or the same
            put_quickly(variant, world["currency"])
            line = CartLine.objects.filter(variant=variant, cart__token=QUICK).first()
            assert line is None or line.seen_price == charged[variant.pk].now.amount
        assert world["promotions"] or CartLine.objects.filter(cart__token=QUICK).count() == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT a_world")


QUICK = uuid.uuid4()


def put_quickly(variant: Variant, currency: str) -> None:
    Cart.objects.get_or_create(token=QUICK, defaults={"currency": currency})
    terms = {"quantity": 1, "currency": "USD", "language": "en", "origin": {}, "at": NOW}
    quick.put(owner=None, token=QUICK, sku=variant.sku, **terms)


def _promote(mug: Variant, terms: dict[str, Any]) -> Promotion:
    scope: dict[str, Any] = {
        "products": {"products": [mug.product]},
        "categories": {"categories": [mug.product.category]},
    }
    fields: dict[str, Any] = {"effect": terms["effect"], "cap": terms["cap"], "currency": terms["currency"]}
    fields |= {"off": terms["off"]} if terms["effect"] == "fixed" else {"percent": terms["percent"]}
    return promote(
        kind="catalogue",
        active=terms["active"],
        starts_at=NOW + timedelta(days=terms["starts"]),
        **scope.get(terms["scope"], {}),
        **fields,
    )


def test_its_words_are_those_of_the_shoppers_language():
    mug = sell()
    page = mug.product.pages.get()
    indonesian, _ = Locale.objects.get_or_create(language_code="id")
    for above in page.get_ancestors().filter(depth__gt=1).specific():
        above.copy_for_translation(indonesian)
    page.copy_for_translation(indonesian)
    translated = mug.product.pages.get(locale=indonesian)
    translated.title = "Cangkir"
    translated.save_revision().publish()
    cart = hold(mug)
    assert (read(cart)["MUG"].title, read(cart)["MUG"].url) == ("Mug", page.get_url())
    assert read(cart, language="id")["MUG"].title == "Cangkir"
    assert read(cart, language="id")["MUG"].url.startswith("/id/")
    mug.product.pages.get(locale=indonesian).unpublish()
    assert read(cart, language="id")["MUG"].title == "Mug"


def test_options_come_in_the_order_of_the_attributes():
    mug = sell()
    for position, (code, value) in enumerate([("size", "350 ml"), ("colour", "Indigo")]):
        attribute = Attribute.objects.create(code=code, name=code.title(), position=1 - position)
        mug.values.add(AttributeValue.objects.create(attribute=attribute, slug=code, name=value))
    assert read(hold(mug))["MUG"].options == "Indigo, 350 ml"


def test_what_is_wanted_is_found_by_any_spelling_and_beside_the_cart():
    mug, bowl = sell("MUG"), sell("BOWL")
    found = contents(hold(mug), now=NOW, language="en", skus=["bowl", "mug", "none"])
    assert [(row.kind, row.variant.sku) for row in found.rows] == [("", "MUG"), ("wanted", "MUG"), ("wanted", "BOWL")]
    assert found.wanted("BowL").variant == bowl
    assert found.wanted("none") is None
    assert found.count == 1


@pytest.mark.parametrize("things", [1, 20])
def test_it_is_two_statements_however_much_there_is(django_assert_num_queries, things):
    cart = hold(*(sell(f"THING-{i}") for i in range(things)))
    contents(cart, now=NOW, language="en")  # where sites begin is kept from now on
    with django_assert_num_queries(2):
        found = contents(cart, now=NOW, language="en")
    assert len(found.prices) == things
