"""The demo shop's front page, stories and help, as a visitor meets them."""

import json
import re

import pytest

from home.models import StoryPage
from shop.storefront.pages import ProductPage

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HOME_STATEMENTS = STORY_STATEMENTS = 2  # which page, and what is true of the things in it
HELP_STATEMENTS = 2


def text(response):
    return response.content.decode()


def structured(response):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text(response), re.DOTALL)
    return {data["@type"]: data for data in map(json.loads, found)}


def test_the_front_page_of_the_demo_shop(demo_shop, client, django_assert_max_num_queries):
    client.get("/")
    with django_assert_max_num_queries(HOME_STATEMENTS):
        response = client.get("/")
    page = text(response)
    assert page.count("<h1") == 1
    assert "A table for slow Sundays" in page
    for words in ("Ombak Vase", "Room by room", "Two bags on the counter", "Packed by hand", "How a petal"):
        assert words in page
    assert {"Organization", "WebSite"} <= structured(response).keys()
    assert '<link rel="canonical" href="http://testserver/">' in page
    assert "csrfmiddlewaretoken" not in page
    assert "sessionid" not in response.cookies


def test_a_story_of_the_demo_shop(demo_shop, client, django_assert_max_num_queries):
    address = "/stories/the-line-where-the-glaze-stops/"
    client.get(address)
    with django_assert_max_num_queries(STORY_STATEMENTS):
        response = client.get(address)
    page, data = text(response), structured(response)
    assert page.count("<h1") == 1
    assert "By Laras Prameswari." in page
    assert "Shop the counter" in page
    assert "Read next" in page
    assert data["Article"]["author"]["name"] == "Laras Prameswari"
    assert data["Article"]["datePublished"] == "2026-11-12"
    assert [step["name"] for step in data["BreadcrumbList"]["itemListElement"]][:2] == ["Home", "Stories"]
    story = StoryPage.objects.get(slug="the-line-where-the-glaze-stops", locale__language_code="en")
    shelf = story.body.blocks_by_name("shelf")[0]
    assert f'name="page" value="{story.pk}"' in page
    assert f'name="block" value="{shelf.id}"' in page


@pytest.mark.parametrize(
    "address", ["delivery-and-cost", "returns-and-repairs", "write-to-us", "privacy", "terms-of-sale"]
)
def test_the_help_pages(address, demo_shop, client, django_assert_max_num_queries):
    client.get(f"/{address}/")
    with django_assert_max_num_queries(HELP_STATEMENTS):
        response = client.get(f"/{address}/")
    assert response.status_code == 200
    assert text(response).count("<h1") == 1


@pytest.mark.parametrize("end", ["unpublish", "delete"])
def test_pages_outlive_the_products_that_they_show(end, demo_shop, client):
    for slug in ("tide-mug", "kopi-dripper", "senja-table-lamp", "ombak-vase"):
        for page in ProductPage.objects.filter(slug=slug):
            getattr(page, end)()
    page = text(client.get("/"))
    assert "Senja Table Lamp" not in page
    assert "Kawung Cushion" in page
    page = text(client.get("/stories/the-line-where-the-glaze-stops/"))
    assert "/kopi-dripper/" not in page
    assert ("No longer for sale" in page) is (end == "unpublish")
    assert "Embun Teapot" in page


def test_the_front_page_outlives_its_stories_and_categories(demo_shop, client):
    for page in StoryPage.objects.all():
        page.delete()
    ProductPage.objects.get(slug="tide-mug", language="en").get_parent().unpublish()
    page = text(client.get("/"))
    assert "Two bags on the counter" not in page
    assert "Room by room" in page
