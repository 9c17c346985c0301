"""What the "Add" of a card fetches when a thing comes in several."""

import re
from html import unescape

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from shop.cart.models import Cart, CartLine
from shop.catalogue.currency import COOKIE
from shop.catalogue.models import Product
from shop.outbox import operations as outbox
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


def sold_out(page: ProductPage) -> None:
    sell_out(page.pk)


def hidden(page: ProductPage) -> None:
    PageViewRestriction.objects.create(page=page.get_parent(), restriction_type=PageViewRestriction.LOGIN)


def ended(page: ProductPage) -> None:
    Product.objects.filter(pk=page.product_id).update(lifecycle="discontinued")
    outbox.stale("product", page.product_id, now=timezone.now())


@pytest.mark.parametrize("how", [sold_out, hidden, ended, ProductPage.unpublish, ProductPage.delete])
def test_what_cannot_be_had_is_not_offered(client, how):
    page = ProductPage.objects.get(pk=on_sale("mug", **MUG))
    assert "MUG-SAND" in picks(client, page.product_id)
    product = page.product_id
    how(page)
    html = picks(client, product)
    assert "Sold out for now." in html
    assert "MUG-" not in html


@pytest.mark.parametrize("product", [0, 4_711, 10**25])
def test_what_was_never_there_is_not_offered(client, product):
    assert "Sold out for now." in picks(client, product)


def test_a_currency_that_is_not_ours_is_the_shops_own(client):
    client.cookies[COOKIE] = "JPY"
    assert "MUG-SAND" in picks(client, product_of(on_sale("mug", **MUG)))


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
