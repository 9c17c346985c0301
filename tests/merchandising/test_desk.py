"""The list of products, and where each is used before it is retired."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ReferenceIndex

from shop.catalogue import collections
from shop.catalogue.models import Collection, Product
from shop.merchandising.overview import overviews
from tests.factories import (
    make_locale,
    make_picture,
    make_product,
    make_product_page,
    make_staff,
    make_variant,
)
from tests.storefront.story import card, make_story

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_staff("Owner"))
    return client


def overview(product: Product):
    return overviews([product], now=timezone.now())[product.pk]


def test_the_list_shows_picture_skus_price_stock_and_pages(desk):
    make_locale("id")
    product = make_product("mug", variants=[{"colour": "indigo"}], stock=7)
    make_variant(product, {"colour": "moss"}, prices={"USD": "20.00"}, stock=3)
    page = make_product_page(product, photos=1)
    html = desk.get(reverse("product:index")).content.decode()
    for words in ("from $20.00", "<td>10", reverse("wagtailadmin_pages:edit", args=[page.pk]), "ID: none"):
        assert words in html, words
    assert ".jpg" in html
    assert len(overview(product).variants) == 2


@pytest.mark.parametrize(
    ("stock", "policy", "said"), [(0, "track", "sold out"), (3, "track", "3"), (0, "backorder", "as ordered")]
)
def test_what_the_list_says_of_stock(stock, policy, said):
    assert overview(make_product("mug", stock=stock, policy=policy)).stock == said


def test_what_is_not_for_sale_counts_neither_as_price_nor_as_stock():
    product = make_product("mug", stock=5)
    product.variants.update(active=False)
    found = overview(product)
    assert (len(found.variants), found.prices, found.stock) == (1, [], "")


def test_a_picture_of_a_variant_stands_in_where_no_page_has_one():
    picture = make_picture()
    product = make_product("mug", image=picture)
    make_product_page(product)
    assert overview(product).picture == picture


def test_many_products_cost_what_one_does(desk):
    address = reverse("product:index")
    make_product_page(make_product("mug-0"), photos=1)
    desk.get(address)
    with CaptureQueriesContext(connection) as one:
        desk.get(address)
    for n in range(1, 7):
        make_product_page(make_product(f"mug-{n}", variants=[{"colour": "indigo"}, {"colour": "moss"}]), photos=2)
    desk.get(address)
    with CaptureQueriesContext(connection) as many:
        desk.get(address)
    assert len(many) <= len(one) <= 25


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"stock": "out"}, {"cup"}),
        ({"stock": "there"}, {"mug"}),
        ({"page": "shown"}, {"mug"}),
        ({"page": "none"}, {"cup"}),
        ({"lifecycle": "archived"}, set()),
        ({"q": "CUP"}, {"cup"}),
        ({"stock": "x"}, {"cup", "mug"}),
    ],
)
def test_the_list_finds(desk, asked, codes):
    make_product_page(make_product("mug"))
    make_product("cup", stock=0)
    page = desk.get(reverse("product:index"), asked)
    assert {product.code for product in page.context["object_list"]} == codes


def test_a_product_found_by_several_skus_is_listed_once(desk):
    make_product("mug", variants=[{"colour": "indigo"}, {"colour": "moss"}])
    assert len(desk.get(reverse("product:index"), {"q": "mug-"}).context["object_list"]) == 1


# --- where it is used ----------------------------------------------------------------------------


def test_it_says_where_a_product_is_used(desk):
    product = make_product("mug")
    page = make_product_page(product)
    story = make_story(card(page.pk))
    ReferenceIndex.create_or_update_for_object(story)
    gifts = Collection.objects.create(slug="gifts", name="Gifts")
    collections.pin(collection=gifts, product=product, place=None, actor="test", now=timezone.now())
    html = desk.get(reverse("product:usage", args=[product.pk])).content.decode()
    for words in (page.title, story.title, "Gifts", reverse("wagtailadmin_pages:edit", args=[story.pk]), "In 0 orders"):
        assert words in html, words


def test_before_it_is_retired_the_same_is_shown(desk):
    product = make_product("mug")
    make_product_page(product)
    response = desk.get(reverse("product:lifecycle", args=[product.pk]))
    assert response.context["usage"].is_in_sight
    assert "help-warning" in response.content.decode()
    desk.post(reverse("product:lifecycle", args=[product.pk]), {"lifecycle": "archived"})
    assert Product.objects.get().lifecycle == "archived"


def test_orders_count(desk, ordered):
    variant = make_product("mug").variants.get()
    ordered(variant)
    usage = desk.get(reverse("product:usage", args=[variant.product_id])).context["usage"]
    assert (usage.orders, usage.open_orders) == (1, 1)


def test_what_somebody_may_not_edit_has_no_link(client):
    product = make_product("mug")
    page = make_product_page(product)
    client.force_login(make_staff("Finance"))
    html = client.get(reverse("product:usage", args=[product.pk])).content.decode()
    assert page.title in html
    assert reverse("wagtailadmin_pages:edit", args=[page.pk]) not in html
