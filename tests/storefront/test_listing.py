"""Shop and category pages list what is for sale, in the asked order, with as many queries for one product as for many."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from shop.catalogue.currency import COOKIE
from shop.catalogue.operations import Amount
from shop.inventory import operations as inventory
from shop.storefront import indexing
from shop.storefront.cards import Card, cards_for_pages
from shop.storefront.pages import ProductPage
from tests.factories import (
    NOW,
    make_category,
    make_category_page,
    make_product,
    make_product_page,
    make_variant,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def shelf(client: Client, address: str = "/shop/ceramics/", **params: str) -> list[str]:
    response = client.get(address, params)
    assert response.status_code == 200
    return [card.title for card in response.context["listing"].cards]


def card_of(page: ProductPage) -> Card:
    indexing.refresh(now=timezone.now())
    return cards_for_pages([page.pk], currency="USD")[page.pk]


@pytest.fixture
def three() -> None:
    for n, (code, price) in enumerate([("bowl", "28.00"), ("mug", "24.00"), ("plate", "32.00")]):
        make_product_page(make_product(code, prices={"USD": price}, now=NOW + timedelta(minutes=n)))


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("", ["Bowl", "Mug", "Plate"]),
        ("newest", ["Plate", "Mug", "Bowl"]),
        ("price_low", ["Mug", "Bowl", "Plate"]),
        ("price_high", ["Plate", "Bowl", "Mug"]),
        ("name", ["Bowl", "Mug", "Plate"]),
        ("'; DROP TABLE", ["Bowl", "Mug", "Plate"]),
    ],
)
def test_it_sorts(client, three, sort, titles):
    assert shelf(client, sort=sort) == titles


def test_sold_out_stands_last(client, three):
    sold_out = make_product_page(make_product("aaa", stock=0))
    assert shelf(client)[-1] == sold_out.title


def test_a_category_shows_what_is_below_it(client):
    ceramics = make_category("ceramics")
    cups = make_category("cups", parent=ceramics)
    make_category_page(cups, parent=make_category_page(ceramics))
    make_product_page(make_product("mug", category=cups))
    make_product_page(make_product("throw", category=make_category("textiles")))
    assert shelf(client) == ["Mug"]
    assert shelf(client, "/shop/ceramics/cups/") == ["Mug"]
    assert set(shelf(client, "/shop/")) == {"Mug", "Throw"}


def test_drafts_retired_products_and_those_without_a_price_are_not_listed(client, three):
    make_product_page(make_product("draft"), live=False)
    make_product_page(make_product("unpriced", prices={}))
    retired = make_product_page(make_product("retired")).product
    type(retired).objects.filter(pk=retired.pk).update(lifecycle="discontinued")
    assert shelf(client) == ["Bowl", "Mug", "Plate"]


@pytest.mark.parametrize("number", ["2", "0", "99999999"])
def test_a_page_out_of_range_is_not_found(client, three, number):
    assert client.get("/shop/ceramics/", {"page": number}).status_code == 404


@pytest.mark.parametrize("number", ["", "-1", "one", "1e3", "9" * 40, "\u0662", "\x00"])
def test_junk_for_a_page_is_the_first_page(client, three, number):
    assert client.get("/shop/ceramics/", {"page": number}).status_code in (200, 400)


def test_pages_hold_as_many_as_the_setting_says(client, three, settings):
    settings.LISTING_PAGE_SIZE = 2
    assert len(shelf(client)) == 2
    assert shelf(client, page="2") == ["Plate"]


def test_an_empty_category_says_so(client):
    make_category_page()
    assert "The shelf is empty" in client.get("/shop/ceramics/").content.decode()


def test_a_card_of_several_variants_offers_a_choice(client):
    product = make_product("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}], stock=3)
    make_variant(product, {"colour": "moss"}, prices={"USD": "30.00"}, stock=0)
    card = card_of(make_product_page(product))
    assert [(pick.sku, pick.available) for pick in card.quick] == [
        ("MUG-INDIGO", True),
        ("MUG-SAND", True),
        ("MUG-MOSS", False),
    ]
    assert [colour.slug for colour in card.colours] == ["indigo", "sand", "moss"]
    assert card.price.is_from
    assert card.sku == ""


def test_a_card_of_one_variant_can_be_bought_at_once_and_shows_its_reduction(client):
    card = card_of(make_product_page(make_product("tote", prices={"USD": Amount(21, 28)}, stock=3)))
    assert (card.sku, card.badge, card.stock_note) == ("TOTE", "25% off", "Only 3 left")


def test_queries_do_not_grow_with_the_shelf(client):
    make_product_page(make_product("one", variants=[{"colour": "indigo"}]), photos=2)
    client.get("/shop/ceramics/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/shop/ceramics/")
    for n in range(6):
        make_product_page(make_product(f"more-{n}", variants=[{"colour": "indigo"}, {"colour": "sand"}]), photos=2)
    client.get("/shop/ceramics/")
    with CaptureQueriesContext(connection) as many:
        client.get("/shop/ceramics/")
    assert len(many) == len(few) == 1  # which page, which shelf, which rows


def test_a_first_visit_takes_as_many_statements_however_many_cards_there_are(client):
    counts = []
    for n in range(2):
        make_product_page(make_product(f"mug-{n}", variants=[{"colour": "indigo"}, {"colour": "sand"}]), photos=2)
        client.get("/shop/ceramics/?sort=name")
        with CaptureQueriesContext(connection) as made:
            client.get(f"/shop/ceramics/?visit={n}")
        counts.append(len(made))
    assert counts == [4, 4]  # is it true, which page, which shelf, which cards


def panel(client: Client, **params: str) -> str:
    words = client.get("/shop/ceramics/", params).content.decode()
    return " ".join(
        strip_tags(words.partition("<form")[2].partition('id="filters"')[2].partition("</form>")[0]).split()
    )


def test_the_filters_are_remembered_and_follow_what_is_there(client, three):
    make_product_page(make_product("blue-mug", variants=[{"colour": "indigo"}]))
    make_product_page(make_product("sand-mug", variants=[{"colour": "sand"}]))
    assert "Indigo 1 thing" in panel(client)
    assert "Indigo 1 thing" in panel(client)
    late = make_product_page(make_product("blue-cup", variants=[{"colour": "indigo"}], stock=0))
    assert "Indigo 2 things" in panel(client)
    assert "Show 3 things" in panel(client, colour=["indigo", "sand"])
    assert "Show 2 things" in panel(client, colour=["indigo", "sand"], in_stock="1")
    inventory.receive(stock_item=late.product.variants.get().stock_item, quantity=1, actor="test", now=timezone.now())
    assert "Show 3 things" in panel(client, colour=["indigo", "sand"], in_stock="1")


@pytest.mark.parametrize("chosen", [{"colour": "indigo"}, {"in_stock": "1"}, {"max_price": "1"}])
def test_whatever_is_chosen_the_same_filters_are_there(client, three, chosen):
    make_product_page(make_product("blue-mug", variants=[{"colour": "indigo"}]))
    make_product_page(make_product("sand-mug", variants=[{"colour": "sand"}], stock=0))

    def filters(**headers):
        html = client.get("/shop/ceramics/", chosen if headers else {}, headers=headers).content.decode()
        return set(re.findall(r'<fieldset id="(facet-[^"]+)"', html))

    assert filters(hx_request="true") == filters() != set()


def test_the_filters_of_a_currency_are_its_own(client, three):
    for code in ("USD", "IDR", "USD"):
        client.cookies[COOKIE] = code
        assert f"From, {code}" in panel(client)


def test_htmx_gets_the_results_alone(client, three):
    response = client.get("/shop/ceramics/", headers={"HX-Request": "true"})
    assert response.content.lstrip().startswith(b"<section")
    assert "HX-Request" in response["Vary"]
