"""The catalogue's and the stock's desk: who may do what, and refusals beside the field."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from shop.catalogue.models import Product, Variant
from shop.catalogue.pricing import prices_at
from shop.inventory.models import StockItem
from shop.money import Money
from tests.factories import (
    NOW,
    make_category,
    make_category_page,
    make_currencies,
    make_product,
    make_product_page,
    make_staff,
    make_tax_class,
    make_value,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_staff("Merchandiser"))
    return client


def errors(response) -> dict:
    assert response.status_code == 200
    return response.context["form"].errors


def variant_data(**changes):
    return {"sku": "MUG-MOSS", "weight_g": 380, "stock": 7, "policy": "track", "price_USD": "24.00"} | changes


def test_a_product_is_made_with_its_options_and_variants(desk):
    make_currencies()
    indigo = make_value("colour", "indigo")
    data = {"name": "Mug", "code": "mug", "tax_class": make_tax_class().pk, "category": make_category().pk}
    response = desk.post(reverse("product:add"), data | {"options": [indigo.attribute_id]})
    product = Product.objects.get()
    assert response["Location"] == reverse("product:inspect", args=[product.pk])
    address = reverse("product:add_variant", args=[product.pk])
    data = variant_data(sku="MUG-INDIGO", option_colour=indigo.pk, barcode="8990041000010", cost_price="9.20")
    assert desk.post(address, data).status_code == 302
    variant = Variant.objects.get()
    assert (variant.stock_item.on_hand, variant.cost_price) == (7, Decimal("9.20"))
    assert prices_at([variant.pk], "USD", variant.prices.get().valid.lower)[variant.pk].now == Money("24.00", "USD")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": "mug-indigo"}, "sku"),
        ({"sku": "no spaces"}, "sku"),
        ({"barcode": "8990041000011"}, "barcode"),
        ({"price_USD": "24.001"}, "price_USD"),
        ({"price_USD": "0"}, "price_USD"),
        ({"price_IDR": "1000.5"}, "price_IDR"),
        ({"stock": "-1"}, "stock"),
    ],
)
def test_what_a_variant_may_not_be_is_said_beside_the_field(desk, changes, field):
    product = make_product("mug", variants=[{"colour": "indigo"}])
    data = variant_data(option_colour=make_value("colour", "moss").pk) | changes
    response = desk.post(reverse("product:add_variant", args=[product.pk]), data)
    assert list(errors(response)) == [field]
    assert Variant.objects.count() == 1


def test_a_combination_that_is_taken_is_said_above_the_form(desk):
    product = make_product("mug", variants=[{"colour": "indigo"}])
    data = variant_data(option_colour=make_value("colour", "indigo").pk)
    response = desk.post(reverse("product:add_variant", args=[product.pk]), data)
    assert "already has a variant" in errors(response)["__all__"][0]


def test_an_ordered_sku_stays(desk, ordered):
    variant = make_product("mug").variants.get()
    ordered(variant)
    address = reverse("product:change_variant", args=[variant.pk])
    response = desk.post(address, {"sku": "CUP", "weight_g": 1, "active": "on"})
    assert "stays as it is" in errors(response)["sku"][0]
    assert desk.post(address, {"sku": "MUG", "weight_g": 390}).status_code == 302
    variant.refresh_from_db()
    assert (variant.sku, variant.weight_g, variant.active) == ("MUG", 390, False)


def test_only_prices_that_changed_are_written(desk):
    product = make_product("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}])
    indigo, sand = product.variants.all()
    data = {f"amount_{indigo.pk}_USD": "26.00", f"compare_{indigo.pk}_USD": "30.00", f"amount_{sand.pk}_USD": "24.00"}
    assert desk.post(reverse("product:prices", args=[product.pk]), data).status_code == 302
    assert (indigo.prices.count(), sand.prices.count()) == (2, 1)
    assert indigo.prices.last().compare_at == 30


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"amount": "26.00", "compare": "25.00"}, "amount_{pk}_USD"),
        ({"amount": ""}, "amount_{pk}_USD"),
        ({"amount": "26.00", "starts": "2020-01-01 10:00"}, "starts"),
    ],
)
def test_a_price_that_makes_no_sense_is_said_beside_it(desk, data, field):
    variant = make_product("mug").variants.get()
    names = {"amount": f"amount_{variant.pk}_USD", "compare": f"compare_{variant.pk}_USD"}
    sent = {names.get(name, name): value for name, value in data.items()}
    response = desk.post(reverse("product:prices", args=[variant.product_id]), sent)
    assert list(errors(response)) == [field.format(pk=variant.pk)]
    assert variant.prices.count() == 1


def test_the_products_page_shows_prices_stock_and_pages(desk):
    page = make_product_page(make_product("mug", stock=7))
    html = desk.get(reverse("product:inspect", args=[page.product_id])).content.decode()
    for words in (
        "$24.00",
        "Rp\N{NO-BREAK SPACE}391.000",
        "converted",
        ">7<",
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
    ):
        assert words in html


def test_a_product_with_variants_is_retired_not_deleted(desk):
    product = make_product("mug")
    response = desk.post(reverse("product:delete", args=[product.pk]), follow=True)
    assert Product.objects.count() == 1
    assert response.status_code in (200, 302)
    desk.post(reverse("product:lifecycle", args=[product.pk]), {"lifecycle": "discontinued"})
    assert Product.objects.get().lifecycle == "discontinued"


def test_a_category_with_a_page_is_kept_and_it_says_why(desk):
    page = make_category_page(make_category("gifts"))
    response = desk.post(reverse("category:delete", args=[page.category_id]), follow=True)
    assert page.category.__class__.objects.filter(pk=page.category_id).exists()
    assert response.status_code == 200


def test_shelves_are_chosen_with_one_home(desk):
    product, kitchen, gifts = make_product("mug"), make_category("kitchen"), make_category("gifts")
    data = {"home": kitchen.pk, "categories": [gifts.pk]}
    assert desk.post(reverse("product:place", args=[product.pk]), data).status_code == 302
    product.refresh_from_db()
    assert product.category == kitchen
    assert set(product.categories.all()) == {kitchen, gifts}


def test_the_order_on_a_shelf_is_a_form(desk):
    category = make_category()
    placements = [make_product(code).placements.get() for code in ("bowl", "mug")]
    data = {f"position_{placements[0].pk}": 5, f"position_{placements[1].pk}": 1}
    assert desk.post(reverse("category:order", args=[category.pk]), data).status_code == 302
    assert [placement.product.code for placement in category.placements.all()] == ["mug", "bowl"]


ACTIONS = [
    ("product:index", {}, {"Editor", "Merchandiser", "Fulfilment", "Finance", "Owner"}),
    ("product:inspect", {"product": True}, {"Editor", "Merchandiser", "Fulfilment", "Finance", "Owner"}),
    ("product:add", {}, {"Merchandiser", "Owner"}),
    ("product:edit", {"product": True}, {"Merchandiser", "Owner"}),
    ("product:prices", {"product": True}, {"Merchandiser", "Owner"}),
    ("product:add_variant", {"product": True}, {"Merchandiser", "Owner"}),
    ("product:place", {"product": True}, {"Editor", "Merchandiser", "Owner"}),
    ("product:lifecycle", {"product": True}, {"Merchandiser", "Owner"}),
    ("stock:index", {}, {"Merchandiser", "Fulfilment", "Finance", "Owner"}),
    ("stock:inspect", {"stock": True}, {"Merchandiser", "Fulfilment", "Finance", "Owner"}),
    ("stock:receive", {"stock": True}, {"Fulfilment", "Owner"}),
    ("stock:count", {"stock": True}, {"Fulfilment", "Owner"}),
    ("stock:adjust", {"stock": True}, {"Fulfilment", "Owner"}),
    ("stock:edit", {"stock": True}, {"Fulfilment", "Owner"}),
    ("stock:add", {}, set()),
    ("stock:delete", {"stock": True}, set()),
]


@pytest.mark.parametrize("role", ["Editor", "Merchandiser", "Fulfilment", "Finance", "Owner"])
def test_each_role_reaches_what_is_its_own(client, role):
    variant = make_product("mug").variants.get()
    client.force_login(make_staff(role))
    for name, about, allowed in ACTIONS:
        pk = variant.stock_item_id if "stock" in about else variant.product_id
        response = client.get(reverse(name, args=[pk] if about else []))
        assert (response.status_code == 200) == (role in allowed), (role, name, response.status_code)


@pytest.mark.parametrize(
    ("action", "data", "on_hand"),
    [
        ("receive", {"quantity": "5"}, 15),
        ("receive", {"quantity": "0"}, 10),
        ("count", {"counted": "8"}, 8),
        ("adjust", {"delta": "-3", "note": "broken"}, 7),
        ("adjust", {"delta": "-30", "note": "broken"}, 10),
        ("adjust", {"delta": "-3", "note": ""}, 10),
    ],
)
def test_stock_moves_by_actions_that_leave_a_trace(client, action, data, on_hand):
    item = make_product("mug", stock=10).variants.get().stock_item
    client.force_login(make_staff("Fulfilment"))
    client.post(reverse(f"stock:{action}", args=[item.pk]), data)
    assert StockItem.objects.get().on_hand == on_hand
    if on_hand != 10:
        html = client.get(reverse("stock:inspect", args=[item.pk])).content.decode()
        assert "fulfilment@example.com" in html


def test_the_page_editor_shows_price_and_stock(client):
    page = make_product_page(make_product("mug", stock=7))
    client.force_login(make_staff("Owner"))
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "Price and stock" in html
    assert reverse("product:prices", args=[page.product_id]) in html
    assert reverse("stock:inspect", args=[page.product.variants.get().stock_item_id]) in html


def test_desks_need_no_clock_of_their_own(desk):
    """The instant of the request is the instant of the price."""
    variant = make_product("mug", now=NOW).variants.get()
    desk.post(reverse("product:prices", args=[variant.product_id]), {f"amount_{variant.pk}_USD": "26.00"})
    first, second = variant.prices.all()
    assert first.valid.upper == second.valid.lower


def test_planned_prices_are_shown_where_they_could_be_replaced(desk, client):
    variant = make_product("mug").variants.get()
    data = {"starts": "2031-12-01 00:00", f"amount_{variant.pk}_USD": "9.00"}
    desk.post(reverse("product:prices", args=[variant.product_id]), data)
    for address in ("product:inspect", "product:prices"):
        html = desk.get(reverse(address, args=[variant.product_id])).content.decode()
        assert "MUG: $9.00, from 1 Dec 2031, 00:00" in html
    client.force_login(make_staff("Editor"))
    html = client.get(reverse("product:inspect", args=[variant.product_id])).content.decode()
    assert "1 Dec 2031" not in html
