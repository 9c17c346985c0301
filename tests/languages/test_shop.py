"""The demo shop in Indonesian: the same goods, prices and stock behind pages of their own."""

import pytest
from django.utils import translation

from shop.catalogue.models import Attribute
from shop.storefront.pages import ProductPage
from shop.wording import NamesFormField, said

pytestmark = pytest.mark.usefixtures("demo_shop")

PLACES = [
    "",
    "shop/",
    "shop/ceramics/",
    "shop/ceramics/tide-mug/",
    "collections/",
    "stories/",
    "search/?q=mug",
    "cart/",
]


def html(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("path", PLACES)
def test_each_place_is_there_in_indonesian(client, path):
    page = html(client, f"/id/{path}")
    assert '<html lang="id">' in page
    assert "Keranjang" in page
    assert "Add to cart" not in page


@pytest.mark.parametrize("path", [path for path in PLACES if "?" not in path])
def test_the_footer_leads_to_the_same_place_in_the_other_language(client, path):
    assert f'href="/id/{path}" lang="id" hreflang="id"' in html(client, f"/{path}")
    assert f'href="/{path}" lang="en" hreflang="en"' in html(client, f"/id/{path}")


def test_pages_name_their_translations_to_search_engines(client):
    page = html(client, "/shop/ceramics/tide-mug/")
    assert 'hreflang="id" href="http://testserver/id/shop/ceramics/tide-mug/"' in page
    assert 'hreflang="x-default" href="http://testserver/shop/ceramics/tide-mug/"' in page


def test_a_product_has_one_price_and_stock_and_a_page_in_each_language(client):
    pages = ProductPage.objects.filter(product__code="tide-mug").live()
    assert sorted(page.language for page in pages) == ["en", "id"]
    assert len({page.product_id for page in pages}) == 1
    assert len({page.translation_key for page in pages}) == 1


def test_facets_and_options_are_said_in_the_language_of_the_page(client):
    shelf = html(client, "/id/shop/ceramics/")
    assert "Warna" in shelf
    assert "Pasir" in shelf
    assert "Colour" not in shelf
    mug = html(client, "/id/shop/ceramics/tide-mug/")
    assert "Cangkir, 250 ml" in mug


def test_words_of_the_language_are_found(client):
    assert "Truntum" in html(client, "/id/search/?q=bintang")
    assert "Tide Mug" in html(client, "/id/search/?q=pasir")


def test_the_cart_speaks_the_language_of_its_page(client):
    client.post("/id/cart/add/", {"sku": "TIDE-MUG-SAND-250", "quantity": "1"})
    assert "Pasir, Cangkir, 250 ml" in html(client, "/id/cart/")
    assert "Sand, Cup, 250 ml" in html(client, "/cart/")


def test_the_account_has_addresses_in_both_languages(client):
    assert "Masuk" in html(client, "/id/account/login/")
    assert "Sign in" in html(client, "/account/login/")


def test_a_name_is_said_as_the_reader_says_it():
    colour = Attribute.objects.get(code="colour")
    with translation.override("id"):
        assert colour.label == "Warna"
        assert said("Plain", {}) == "Plain"
    assert colour.label == str(colour) == "Colour"


def test_names_left_empty_are_not_kept():
    field = NamesFormField()
    assert field.clean([""]) == {}
    assert field.clean(["Warna"]) == {"id": "Warna"}
