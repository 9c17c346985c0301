"""Variants by combination: what is proposed, what is made, and that what is there stays as it is."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from shop.catalogue.models import Variant
from shop.catalogue.pricing import prices_at
from shop.merchandising import matrix
from tests.factories import make_product, make_staff, make_value

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_staff("Merchandiser"))
    return client


@pytest.fixture
def mug():
    """In indigo and size s; there are sand and size l to choose from."""
    make_value("colour", "sand")
    make_value("size", "l")
    return make_product("mug", variants=[{"colour": "indigo", "size": "s"}])


def asks(mug, **changes):
    return {
        "option_colour": [make_value("colour", "indigo").pk, make_value("colour", "sand").pk],
        "option_size": [make_value("size", "s").pk, make_value("size", "l").pk],
        "stock": "4",
        "policy": "track",
        "weight_g": "300",
        "price_USD": "24.00",
        "price_IDR": "",
        **changes,
    }


def post(desk, mug, data):
    return desk.post(reverse("product:matrix", args=[mug.pk]), data)


def rows_of(response) -> dict:
    return {row.combination.sku: row for row in response.context["rows"]}


def filled(response, **changes):
    """What a browser would send of the rows as they are shown."""
    data = {"make": "1"}
    for row in response.context["rows"]:
        prefix = row.prefix
        data |= {f"{prefix}-make": "on", f"{prefix}-sku": row.combination.sku, f"{prefix}-stock": "4"}
        data |= {f"{prefix}-price_USD": "24.00", f"{prefix}-price_IDR": ""}
    return data | changes


def test_what_the_product_comes_in_already_is_ticked(desk, mug):
    form = desk.get(reverse("product:matrix", args=[mug.pk])).context["form"]
    assert form["option_colour"].value() == [make_value("colour", "indigo").pk]


def test_new_combinations_are_proposed_and_nothing_is_made(desk, mug):
    response = post(desk, mug, asks(mug))
    assert set(rows_of(response)) == {"MUG-INDIGO-L", "MUG-SAND-S", "MUG-SAND-L"}
    assert "1 combination is there already and stays as it is." in response.content.decode()
    assert Variant.objects.count() == 1


def test_what_is_ticked_is_made_with_price_and_stock(desk, mug):
    before = Variant.objects.values().get()
    looked = post(desk, mug, asks(mug))
    row = rows_of(looked)["MUG-SAND-L"]
    left = rows_of(looked)["MUG-SAND-S"].prefix
    data = filled(looked, **{f"{row.prefix}-price_USD": "26.00", f"{row.prefix}-stock": "9"})
    del data[f"{left}-make"]
    assert post(desk, mug, asks(mug) | data).status_code == 302
    made = Variant.objects.get(sku="MUG-SAND-L")
    assert (made.stock_item.on_hand, made.weight_g) == (9, 300)
    now = made.prices.get().valid.lower
    assert prices_at([made.pk], "USD", now)[made.pk].now.amount == Decimal("26.00")
    assert set(Variant.objects.values_list("sku", flat=True)) == {"MUG-INDIGO-S", "MUG-INDIGO-L", "MUG-SAND-L"}
    assert Variant.objects.filter(pk=before["id"]).values().get() == before


def test_a_sku_of_another_product_gets_a_number(mug):
    make_product("mug-sand-l")
    sand, large = make_value("colour", "sand"), make_value("size", "l")
    (new,), there = matrix.missing(mug, [[sand], [large]])
    assert (new.sku, there) == ("MUG-SAND-L-2", 0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("sku", "MUG-INDIGO-S", "Another variant has this sku"),
        ("sku", "no spaces", "Letters, digits"),
        ("sku", "", "required"),
        ("price_USD", "0", "greater than or equal"),
        ("price_USD", "", "required"),
        ("stock", "-1", "greater than or equal"),
    ],
)
def test_what_cannot_be_is_said_beside_the_row_and_nothing_is_made(desk, mug, name, value, words):
    looked = post(desk, mug, asks(mug))
    row = rows_of(looked)["MUG-SAND-S"]
    response = post(desk, mug, asks(mug) | filled(looked, **{f"{row.prefix}-{name}": value}))
    wrong = rows_of(response)["MUG-SAND-S"]
    assert words in str(wrong.errors[name])
    assert words in response.content.decode().replace("&#x27;", "'")
    assert Variant.objects.count() == 1


def test_nothing_ticked_is_said(desk, mug):
    looked = post(desk, mug, asks(mug))
    data = {name: value for name, value in filled(looked).items() if not name.endswith("-make")}
    response = post(desk, mug, asks(mug) | data | {"make": "1"})
    assert "Tick at least one combination." in response.content.decode()
    assert Variant.objects.count() == 1


def test_an_option_without_a_tick_is_said(desk, mug):
    response = post(desk, mug, asks(mug, option_size=[]))
    assert "Tick at least one." in str(response.context["form"].errors["option_size"])


def test_more_than_can_be_looked_over_is_refused(desk, mug, monkeypatch):
    monkeypatch.setattr(matrix, "MOST", 2)
    response = post(desk, mug, asks(mug))
    assert "3 new combinations: at most 2" in response.content.decode()


def test_more_than_can_be_written_down_is_refused_before_it_is(mug):
    with pytest.raises(matrix.TooMany):
        matrix.missing(mug, [[make_value("colour", "sand")] * 100] * 9)


def test_a_product_without_options_says_what_to_do_first(desk):
    mug = make_product("mug")
    html = desk.get(reverse("product:matrix", args=[mug.pk])).content.decode()
    assert "has no options" in html
    assert reverse("product:edit", args=[mug.pk]) in html


@pytest.mark.parametrize("role", ["Editor", "Fulfilment", "Finance"])
def test_others_make_none(client, mug, role):
    client.force_login(make_staff(role))
    assert client.get(reverse("product:matrix", args=[mug.pk])).status_code != 200
    assert (
        reverse("product:matrix", args=[mug.pk])
        not in client.get(reverse("product:inspect", args=[mug.pk])).content.decode()
    )
