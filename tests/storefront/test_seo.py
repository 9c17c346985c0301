"""What search engines are told: structured data, the feed of goods, and how old addresses lead to new ones."""

import json
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from home.house import Menu
from shop.catalogue.models import Product, Variant
from shop.delivery.models import Method, MethodPrice, ReturnPolicy, Zone
from shop.inventory.models import StockItem
from shop.storefront import feeds
from shop.storefront.structured import Rating, _rating
from tests.factories import make_category, make_category_page, make_product, make_product_page, make_variant

pytestmark = pytest.mark.django_db

G = "{http://base.google.com/ns/1.0}"
MUG = "/shop/ceramics/mug/"


@pytest.fixture
def post():
    zone = Zone.objects.create(name="World", countries=["US", "NL"])
    method = Method.objects.create(zone=zone, code="post", name="Post", days_min=6, days_max=9)
    return MethodPrice.objects.create(method=method, currency="USD", amount=5, free_over=50)


def data_of(client, address=MUG):
    html = client.get(address).content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    return {data["@type"]: data for data in map(json.loads, found)}


# -- structured data


def test_an_offer_says_what_sending_and_sending_back_cost(client, post):
    make_product_page(make_product("mug"))
    offer = data_of(client)["Product"]["offers"]
    shipping = offer["shippingDetails"]
    assert shipping["shippingRate"] == {"@type": "MonetaryAmount", "value": "5.00", "currency": "USD"}
    assert shipping["shippingDestination"]["addressCountry"] == "US"
    assert shipping["deliveryTime"]["transitTime"]["maxValue"] == 9
    returns = offer["hasMerchantReturnPolicy"]
    assert returns["merchantReturnDays"] == 30
    assert returns["returnFees"].endswith("ReturnFeesCustomerResponsibility")


def test_sending_is_free_in_structured_data_exactly_when_it_is_in_the_cart(client, post):
    make_product_page(make_product("mug", variants=[{"size": "s"}, {"size": "m"}], prices={"USD": "50.00"}))
    make_variant(Product.objects.get(), {"size": "l"}, prices={"USD": "50.01"})
    variants = data_of(client)["ProductGroup"]["hasVariant"]
    rates = {one["sku"]: one["offers"]["shippingDetails"]["shippingRate"]["value"] for one in variants}
    assert {sku: Decimal(rate) for sku, rate in rates.items()} == {"MUG-S": 5, "MUG-M": 5, "MUG-L": 0}


def test_return_days_are_a_setting_that_page_and_structured_data_share(client, post):
    make_product_page(make_product("mug"))
    ReturnPolicy.objects.create(days=14, free=True)
    html = client.get(MUG).content.decode()
    assert "14 days to send it back" in html
    assert "We pay the way back" in html
    returns = data_of(client)["Product"]["offers"]["hasMerchantReturnPolicy"]
    assert (returns["merchantReturnDays"], returns["returnFees"]) == (14, "https://schema.org/FreeReturn")


def test_without_returns_nothing_is_promised(client, post):
    make_product_page(make_product("mug"))
    ReturnPolicy.objects.create(days=0)
    assert "to send it back" not in client.get(MUG).content.decode()
    returns = data_of(client)["Product"]["offers"]["hasMerchantReturnPolicy"]
    assert returns["returnPolicyCategory"].endswith("MerchantReturnNotPermitted")


def test_ratings_are_said_when_there_are_any():
    assert _rating(None) == _rating(Rating(Decimal(0), 0)) == {}
    said = _rating(Rating(Decimal("4.50"), 12))["aggregateRating"]
    assert (said["ratingValue"], said["ratingCount"]) == ("4.50", 12)


def test_other_sites_are_told_the_price(client):
    make_product_page(make_product("mug"))
    html = client.get(MUG).content.decode()
    assert '<meta property="product:price:amount" content="24.00">' in html
    assert '<meta property="product:price:currency" content="USD">' in html
    assert '<meta property="product:availability" content="in stock">' in html


def test_a_category_says_where_it_stands(client):
    make_product_page(make_product("mug"))
    data = data_of(client, "/shop/ceramics/")
    assert [step["name"] for step in data["BreadcrumbList"]["itemListElement"]] == ["Home", "Everything", "Ceramics"]


def test_each_page_of_a_listing_is_itself(client, settings):
    settings.LISTING_PAGE_SIZE = 1
    make_product_page(make_product("mug"))
    make_product_page(make_product("bowl"))
    html = client.get("/shop/ceramics/?page=2&utm_source=x").content.decode()
    assert '<link rel="canonical" href="http://testserver/shop/ceramics/?page=2">' in html
    assert "<title>Ceramics, page 2 |" in html
    assert "noindex" not in html


def test_another_order_of_the_same_things_is_not_kept(client):
    make_product_page(make_product("mug"))
    html = client.get("/shop/ceramics/?sort=price_low").content.decode()
    assert '<meta name="robots" content="noindex,follow">' in html
    assert '<link rel="canonical" href="http://testserver/shop/ceramics/">' in html


def test_one_value_of_one_facet_is_a_page_of_its_own_and_more_are_not(client):
    make_product_page(make_product("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}]))
    one = client.get("/shop/ceramics/?colour=indigo&utm_source=x").content.decode()
    assert '<link rel="canonical" href="http://testserver/shop/ceramics/?colour=indigo">' in one
    assert "noindex" not in one
    for more in ("colour=indigo&colour=sand", "colour=indigo&max_price=30", "in_stock=1"):
        assert '<meta name="robots" content="noindex,follow">' in client.get(f"/shop/ceramics/?{more}").content.decode()


# -- the feed of goods


def items(client, **params):
    response = client.get("/feeds/products.xml", params)
    assert response.status_code == 200
    assert response.streaming
    channel = ElementTree.fromstring(b"".join(response.streaming_content)).find("channel")
    return {item.findtext(f"{G}id"): item for item in channel.iter("item")}


def said(item):
    return {element.tag.removeprefix(G): element.text for element in item}


def test_each_variant_is_an_item_with_everything_that_is_asked(client, post):
    mug = make_product("mug", variants=[{"colour": "indigo"}], barcode="4006381333931", weight_g=340)
    make_variant(mug, {"colour": "sand"}, prices={"USD": (Decimal("18.00"), Decimal("24.00"))}, stock=0)
    make_product_page(mug, photos=2)
    found = items(client)
    assert list(found) == ["MUG-INDIGO", "MUG-SAND"]
    indigo, sand = said(found["MUG-INDIGO"]), said(found["MUG-SAND"])
    assert indigo["item_group_id"] == "mug"
    assert indigo["title"] == "Mug, Indigo"
    assert indigo["link"] == f"http://testserver{MUG}?variant=MUG-INDIGO"
    assert indigo["price"] == "24.00 USD"
    assert (indigo["availability"], indigo["condition"]) == ("in_stock", "new")
    assert (indigo["gtin"], indigo["color"], indigo["shipping_weight"]) == ("4006381333931", "Indigo", "340 g")
    assert indigo["product_type"] == "Ceramics"
    assert indigo["image_link"].startswith("http://testserver/media/")
    assert "sale_price" not in indigo
    assert (sand["price"], sand["sale_price"], sand["availability"]) == ("24.00 USD", "18.00 USD", "out_of_stock")
    assert sand["identifier_exists"] == "no"
    shipping = found["MUG-INDIGO"].find(f"{G}shipping")
    assert said(shipping) == {"country": "US", "service": "Post", "price": "5.00 USD"}


def test_the_price_of_the_feed_is_that_of_its_link(client):
    make_product_page(make_product("mug"))
    item = said(items(client)["MUG"])
    offer = data_of(client, item["link"].removeprefix("http://testserver"))["Product"]["offers"]
    assert item["price"] == f"{offer['price']} {offer['priceCurrency']}"


def test_the_feed_speaks_other_currencies(client):
    make_product_page(make_product("mug"))
    assert said(items(client, currency="IDR")["MUG"])["price"] == "391000 IDR"


@pytest.mark.parametrize("params", [{"currency": "XXX"}, {"language": "tlh"}, {"currency": "' OR 1=1"}])
def test_an_unknown_currency_or_language_is_refused(client, params):
    make_product("mug")
    assert client.get("/feeds/products.xml", params).status_code == 400


def test_made_to_order_says_when_it_leaves(client):
    make_product_page(make_product("mug", stock=0, policy="backorder"))
    StockItem.objects.update(lead_days=21)
    item = said(items(client)["MUG"])
    assert item["availability"] == "backorder"
    assert item["availability_date"]


def test_what_xml_cannot_hold_is_left_out(client):
    make_product_page(make_product("mug"), title="Mug <b>& \x0bsaucer</b>", summary="It's \x1fgood")
    item = said(items(client)["MUG"])
    assert (item["title"], item["description"]) == ("Mug <b>& saucer</b>", "It's good")


@pytest.fixture
def hide():
    """How something leaves the shop, by name."""

    def away(page, how):
        product = page.product
        if how == "draft":
            page.unpublish()
        elif how == "private":
            PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
        elif how == "private shelf":
            PageViewRestriction.objects.create(page=page.get_parent(), restriction_type=PageViewRestriction.LOGIN)
        elif how == "inactive":
            Variant.objects.filter(product=product).update(active=False)
        elif how == "discontinued":
            Product.objects.filter(pk=product.pk).update(lifecycle=Product.Lifecycle.DISCONTINUED)

    return away


AWAY = ["draft", "private", "private shelf", "inactive", "discontinued", "without a price"]


@pytest.mark.parametrize("how", AWAY)
def test_what_is_not_for_everybody_to_buy_is_not_in_the_feed(client, hide, how):
    lamp = make_category("lighting")
    make_product_page(make_product("bulb", category=lamp))
    page = make_product_page(make_product("mug", prices={} if how == "without a price" else None))
    hide(page, how)
    assert list(items(client)) == ["BULB"]


@pytest.mark.parametrize("how", AWAY)
def test_what_is_not_for_everybody_to_buy_is_not_in_the_site_map(client, hide, how):
    lamp = make_category("lighting")
    make_product_page(make_product("bulb", category=lamp))
    page = make_product_page(make_product("mug", prices={} if how == "without a price" else None))
    hide(page, how)
    xml = client.get("/sitemap.xml").content.decode()
    assert "/shop/lighting/bulb/" in xml
    assert MUG not in xml
    assert ("/shop/ceramics/" in xml) == (how != "private shelf")


@pytest.mark.parametrize("how", AWAY)
def test_what_is_not_for_everybody_to_buy_is_not_offered_for_an_address_that_is_not_there(client, hide, how):
    lamp = make_category("lighting")
    make_product_page(make_product("bulb", category=lamp))
    page = make_product_page(make_product("mug", prices={} if how == "without a price" else None))
    hide(page, how)
    html = client.get("/nowhere/").content.decode()
    assert "/shop/lighting/bulb/" in html
    assert MUG not in html


@pytest.mark.parametrize("how", AWAY)
def test_what_is_not_for_everybody_to_buy_is_in_neither_header_nor_footer(client, hide, how):
    lamp = make_category("lighting")
    bulb = make_product_page(make_product("bulb", category=lamp))
    page = make_product_page(make_product("mug", prices={} if how == "without a price" else None))
    links = [{"text": "", "page": one, "address": ""} for one in (bulb, page)]
    header = [("link", link | {"at_end": False}) for link in links]
    footer = [("column", {"title": "Lately", "links": links})]
    Menu.objects.create(locale=page.locale, header=header, footer=footer)
    hide(page, how)
    html = client.get("/cart/").content.decode()
    assert html.count("/shop/lighting/bulb/") == 2
    assert MUG not in html


def about_goods(queries) -> list[str]:
    """Statements but the one about the site, which a process remembers for a while."""
    return [query["sql"] for query in queries.captured_queries if 'FROM "wagtailcore_site"' not in (query["sql"] or "")]


def test_the_feed_takes_as_many_statements_for_many_as_for_one(client, monkeypatch):
    make_product_page(make_product("cup"), photos=1)
    items(client)
    with CaptureQueriesContext(connection) as one:
        items(client)
    for n in range(4):
        make_product_page(make_product(f"mug-{n}", variants=[{"colour": "indigo"}, {"colour": "sand"}]), photos=1)
    items(client)
    with CaptureQueriesContext(connection) as many:
        assert len(items(client)) == 9
    assert len(about_goods(many)) == len(about_goods(one))
    monkeypatch.setattr(feeds, "CHUNK", 2)
    assert len(items(client)) == 9


# -- old addresses


def test_a_product_that_gets_another_address_is_found_at_the_old_one(client, django_capture_on_commit_callbacks):
    page = make_product_page(make_product("mug"))
    page.slug = "tide-mug"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    response = client.get(f"{MUG}?variant=MUG")
    assert (response.status_code, response["Location"]) == (301, "/shop/ceramics/tide-mug/?variant=MUG")
    assert client.get(response["Location"]).status_code == 200


def test_a_product_that_moves_to_another_shelf_is_found_at_the_old_address(client):
    page = make_product_page(make_product("mug"))
    page.move(make_category_page(make_category("gifts")), pos="last-child")
    response = client.get(MUG)
    assert (response.status_code, response["Location"]) == (301, "/shop/gifts/mug/")


def test_a_category_that_gets_another_address_takes_its_products_along(client, django_capture_on_commit_callbacks):
    make_product_page(make_product("mug"))
    shelf = make_category_page()
    shelf.slug = "pottery"
    with django_capture_on_commit_callbacks(execute=True):
        shelf.save_revision().publish()
    assert client.get("/shop/ceramics/")["Location"] == "/shop/pottery/"
    assert client.get(MUG)["Location"] == "/shop/pottery/mug/"
