"""What the "Add" of a card fetches when a thing comes in several."""

import re
from html import unescape

import pytest
from django.utils import timezone

from shop.cart.models import Cart, CartLine
from shop.catalogue.currency import COOKIE
from shop.storefront import indexing
from shop.storefront.pages import ProductPage
from tests.factories import make_product, make_product_page
from tests.storefront.story import card, make_story, on_sale, sell_out

pytestmark = pytest.mark.django_db

MUG = {"variants": [{"colour": "indigo"}, {"colour": "sand"}]}


def picks(client, product: int, **asked: str) -> str:
    indexing.refresh(now=timezone.now())
    response = client.get(f"/picks/{product}/", asked)
    assert response.status_code == 200
    return response.content.decode()


def product_of(page_id: int) -> int:
    return ProductPage.objects.get(pk=page_id).product_id


def test_a_card_leads_to_the_page_until_its_choice_is_fetched(client):
    product = make_product_page(make_product("mug", **MUG)).product
    html = client.get("/shop/ceramics/").content.decode()
    [link] = re.findall(r'<a class="quick__pick"[^>]*>', html)
    assert f'data-picks="/picks/{product.pk}/"' in link
    assert 'href="/shop/ceramics/mug/"' in link
    assert "MUG-SAND" not in html


def test_each_variant_is_a_button_of_one_form_and_what_has_sold_out_says_so(client):
    page = on_sale("mug", **MUG)
    sell_out(page, "MUG-SAND")
    html = picks(client, product_of(page))
    assert html.count("<form") == 1
    assert 'name="sku" value="MUG-INDIGO"><' in html
    assert re.search(r'value="MUG-SAND" disabled>.*, sold out', html)
    assert 'name="page"' not in html


@pytest.mark.parametrize("why", ["sold out", "unpublished", "private to a currency", "never there"])
def test_what_cannot_be_had_is_said(client, why):
    page = on_sale("mug", **MUG)
    product = product_of(page)
    if why == "sold out":
        sell_out(page)
    if why == "unpublished":
        ProductPage.objects.get(pk=page).unpublish()
    if why == "private to a currency":
        client.cookies[COOKIE] = "JPY"  # not one of ours: the shop's own counts
        assert "MUG-SAND" in picks(client, product)
        return
    html = picks(client, product + (1_000_000 if why == "never there" else 0))
    assert "Sold out for now." in html
    assert "<form" not in html


def test_the_story_that_the_card_stands_in_sells_it(client):
    page = on_sale("mug", **MUG)
    story = make_story(card(page))
    html = client.get("/stories/story/").content.decode()
    address = unescape(re.search(r'data-picks="([^"]+)"', html)[1])
    form = client.get(address).content.decode()
    values = dict(re.findall(r'name="(page|block)" value="([^"]+)"', form))
    assert int(values["page"]) == story.pk
    client.post("/cart/add/", {"sku": "MUG-SAND", **values})
    assert CartLine.objects.get().origin["title"] == "Story"
    assert Cart.objects.get().attribution["first"]["page"] == story.pk


@pytest.mark.parametrize("block", ['"><script>', "1", ""])
def test_what_is_no_block_is_left_out(client, block):
    html = picks(client, product_of(on_sale("mug", **MUG)), page="1", block=block)
    assert 'name="block"' not in html
    assert "<script" not in html


def test_it_is_one_statement_and_may_be_kept_for_a_minute(client, django_assert_num_queries):
    product = product_of(on_sale("mug", **MUG))
    picks(client, product)
    with django_assert_num_queries(1):
        response = client.get(f"/picks/{product}/")
    assert response["Cache-Control"] == "public, max-age=60"
    client.cookies[COOKIE] = "IDR"
    assert "private" in client.get(f"/picks/{product}/")["Cache-Control"]


def test_they_speak_the_shoppers_language(client):
    page = on_sale("mug", **MUG)
    sell_out(page)
    indexing.refresh(now=timezone.now())
    assert "Sold out for now." not in client.get(f"/id/picks/{product_of(page)}/").content.decode()
