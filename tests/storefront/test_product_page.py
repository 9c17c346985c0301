"""A product page: every combination has an address, says what is true, and needs no script."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags
from wagtail.models import PageViewRestriction

from shop.catalogue.models import AttributeValue, Brand, Product
from shop.catalogue.operations import Amount
from shop.catalogue.pricewindows import set_price
from shop.delivery.models import Method, MethodPrice, ReturnPolicy, Zone
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.promotions import operations as promotions
from shop.promotions.models import Promotion
from shop.storefront import edition
from tests.factories import ACTOR, make_product, make_product_page, make_staff, make_variant

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ADDRESS = "/shop/ceramics/mug/"


@pytest.fixture
def mug():
    """A mug in two colours and two sizes; sand comes in one size only, and moss is sold out."""
    product = make_product("mug", variants=[{"colour": "indigo", "size": "big"}, {"colour": "indigo", "size": "small"}])
    make_variant(product, {"colour": "sand", "size": "big"}, prices={"USD": "26.00"})
    make_variant(product, {"colour": "moss", "size": "big"}, stock=0)
    return make_product_page(product, photos=2)


def get(client, sku="", **params):
    return client.get(ADDRESS, {"variant": sku, **params} if sku else params)


def data_of(response, kind):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.S)
    return next(data for text in found if (data := json.loads(text))["@type"] == kind)


def test_each_variant_has_its_own_address(client, mug):
    response = get(client, "MUG-SAND-BIG")
    html = response.content.decode()
    assert 'name="sku" value="MUG-SAND-BIG"' in html
    assert "$26" in html
    assert response.context["offer"].sku == "MUG-SAND-BIG"


def test_an_unknown_variant_shows_the_product(client, mug):
    assert get(client, "NONSENSE").context["offer"].sku == "MUG-INDIGO-BIG"


def test_options_lead_to_what_is_nearest(client, mug):
    colour, size = get(client, "MUG-INDIGO-SMALL").context["choice"].options
    assert [(value.label, value.checked, value.url) for value in colour.choices] == [
        ("Indigo", True, "?variant=MUG-INDIGO-SMALL"),
        ("Moss", False, "?variant=MUG-MOSS-BIG"),
        ("Sand", False, "?variant=MUG-SAND-BIG"),
    ]
    assert [value.available for value in colour.choices] == [True, False, True]
    assert [value.checked for value in size.choices] == [False, True]


def test_without_javascript_chosen_options_lead_to_their_variant(client, mug):
    response = client.get(ADDRESS, {"colour": "indigo", "size": "big", "from": "MUG-INDIGO-SMALL"})
    assert response["Location"].endswith("?variant=MUG-INDIGO-BIG")


def test_a_combination_that_nobody_makes_keeps_what_was_changed(client, mug):
    response = client.get(ADDRESS, {"colour": "sand", "size": "small", "from": "MUG-INDIGO-SMALL"})
    assert response["Location"].endswith("?variant=MUG-SAND-BIG")


def test_junk_in_the_address_is_no_error(client, mug):
    assert client.get(ADDRESS, {"colour": "<b>", "size": "\ud800".encode("utf-8", "replace")}).status_code == 200


def test_sold_out_stays_a_page_without_a_buy_button(client, mug):
    StockItem.objects.update(restock_on=date(2027, 1, 12))
    html = get(client, "MUG-MOSS-BIG").content.decode()
    assert "Sold out" in html
    assert "Back on 12 January" in html
    assert 'class="buy-box__form"' not in html


@pytest.mark.parametrize(
    ("stock", "policy", "lead_days", "words"),
    [
        (6, "track", None, "Six in stock"),
        (3, "track", None, "Only 3 left"),
        (40, "track", None, "In stock"),
        (0, "track", None, "Sold out"),
        (0, "backorder", 21, "Sent in 21 days"),
        (0, "infinite", None, "In stock"),
    ],
)
def test_it_tells_the_truth_about_stock(client, stock, policy, lead_days, words):
    make_product_page(make_product("mug", stock=stock, policy=policy))
    StockItem.objects.update(lead_days=lead_days)
    assert words in get(client).content.decode()


def test_delivery_and_returns_are_said_before_the_cart(client, mug):
    method = Method.objects.create(zone=Zone.objects.create(name="World", countries=["US"]), code="post", name="Post")
    MethodPrice.objects.create(method=method, currency="USD", amount=5, free_over=50)
    html = get(client).content.decode()
    assert "Delivery $5, free over $50" in html
    assert "30 days to send it back" in html


def test_structured_data_says_what_the_page_says(client, mug):
    group = data_of(get(client), "ProductGroup")
    offers = {variant["sku"]: variant["offers"] for variant in group["hasVariant"]}
    assert (offers["MUG-SAND-BIG"]["price"], offers["MUG-SAND-BIG"]["priceCurrency"]) == ("26.00", "USD")
    assert offers["MUG-MOSS-BIG"]["availability"].endswith("OutOfStock")


def test_structured_data_cannot_break_out_of_its_element(client):
    make_product_page(make_product("mug"), title="</script><script>alert(1)</script>")
    response = get(client)
    assert "<script>alert" not in response.content.decode()
    assert data_of(response, "Product")["name"] == "</script><script>alert(1)</script>"


def test_the_page_is_the_same_for_everybody(client, mug):
    stranger = get(client).content
    client.force_login(make_staff("Finance"))
    assert get(client).content == stranger


def test_the_price_is_the_one_of_the_currency(client, mug):
    client.cookies["currency"] = "IDR"
    response = get(client, "MUG-INDIGO-BIG")
    assert "Rp\N{NO-BREAK SPACE}391.000" in response.content.decode()
    assert "Cookie" in response["Vary"]
    assert "private" in response["Cache-Control"]


def test_a_reduction_is_shown_with_the_price_before(client):
    make_product_page(make_product("mug", prices={"USD": Amount(Decimal(18), Decimal(24))}))
    price = get(client).context["price"]
    assert (price.now.amount, price.was.amount) == (18, 24)


def test_the_variants_picture_comes_first(client, mug):
    variant = mug.product.variants.get(sku="MUG-SAND-BIG")
    variant.image = mug.photos.last().image
    variant.save()
    pictures = get(client, "MUG-SAND-BIG").context["pictures"]
    assert pictures[0].pk == variant.image_id
    assert pictures[0].contextual_alt_text == "Side 1"
    assert len(pictures) == 2


def test_htmx_gets_the_choice_alone_and_says_it(client, mug):
    html = client.get(ADDRESS, {"variant": "MUG-SAND-BIG"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert "Mug, Sand, Big. $26." in html


def test_related_goods_stand_on_the_same_shelf(client, mug):
    for n in range(9):
        make_product_page(make_product(f"bowl-{n}"))
    assert [card.title for card in get(client).context["related"]] == [f"Bowl {n}" for n in range(8)]  # four are spare


def test_a_draft_without_price_can_be_previewed(client):
    page = make_product_page(make_product("mug", prices={}), live=False)
    response = page.make_preview_request()
    assert response.status_code == 200
    assert "Not for sale just now" in response.render().content.decode()


def test_a_draft_without_product_can_be_previewed(client):
    page = make_product_page(make_product("mug"), live=False)
    page.product = None
    assert page.make_preview_request().status_code == 200


@pytest.mark.parametrize("address", ["/shop/ceramics/none/", "/shop/none/", "/shop/ceramics/mug/more/", "/none/"])
def test_addresses_of_nothing_are_not_found(client, mug, address):
    assert client.get(address).status_code == 404


def test_a_draft_is_not_found_and_a_private_page_asks_who_you_are(client, mug):
    PageViewRestriction.objects.create(page=mug.get_parent(), restriction_type="login")
    assert get(client).status_code == 302
    mug.unpublish()
    assert get(client).status_code == 404


def test_queries_are_few_and_do_not_grow(client, mug):
    for n in range(4):
        make_product_page(make_product(f"bowl-{n}", variants=[{"colour": "indigo"}, {"colour": "sand"}]), photos=2)
    get(client)
    with CaptureQueriesContext(connection) as queries:
        get(client)
    assert len(queries) <= 18, "\n".join(f"{n} {query['sql'][:160]}" for n, query in enumerate(queries))


# --- what is remembered of it --------------------------------------------------------------------


def words(client, sku=""):
    """What the page says about the goods, for people and for search engines, without mark-up."""
    response = get(client, sku)
    data = data_of(response, "ProductGroup")
    shown = " ".join(strip_tags(response.content.decode().partition("<main")[2]).split())
    return f"{shown} {json.dumps(data)}"


def test_it_takes_one_statement_however_many_variants_there_are(client, mug):
    get(client)
    with CaptureQueriesContext(connection) as few:
        get(client)
    for n in range(4):
        make_variant(mug.product, {"colour": f"tone-{n}", "size": "big"})
        make_product_page(make_product(f"bowl-{n}"))
    get(client)
    with CaptureQueriesContext(connection) as many:
        get(client)
    assert len(few) == len(many) == 1  # what is true of it; a second while a promotion runs


def test_it_follows_price_and_stock_at_once(client, mug):
    variant = mug.product.variants.get(sku="MUG-INDIGO-BIG")
    assert "Add to cart, $24" in words(client)
    set_price(variant=variant, currency="USD", amount=Decimal("25.50"), actor=ACTOR, now=timezone.now())
    assert "Add to cart, $25.50" in words(client)
    assert '"price": "25.50"' in words(client)
    inventory.count(stock_item=variant.stock_item, counted=2, actor=ACTOR, now=timezone.now())
    assert "Only 2 left" in words(client)
    inventory.count(stock_item=variant.stock_item, counted=0, actor=ACTOR, now=timezone.now())
    assert "Sold out" in words(client, variant.sku)


def test_a_price_changes_at_its_minute(client, mug, monkeypatch):
    now, soon = timezone.now(), timezone.now() + timedelta(hours=1)
    variant = mug.product.variants.get(sku="MUG-INDIGO-BIG")
    set_price(variant=variant, currency="USD", amount=Decimal(20), starts=soon, actor=ACTOR, now=now)
    assert "Add to cart, $24" in words(client)
    monkeypatch.setattr("shop.web.timezone.now", lambda: soon)
    assert "Add to cart, $20" in words(client)


def test_a_promotion_reduces_it_from_its_start_to_its_end(client, mug, monkeypatch):
    now = timezone.now()
    starts, ends = now + timedelta(hours=1), now + timedelta(hours=2)
    promotion = Promotion(
        name="Sale", kind="catalogue", effect="percentage", percent=50, starts_at=starts, ends_at=ends
    )
    promotions.keep_promotion(promotion=promotion, scope={}, actor=ACTOR, now=now)
    for at, price in ((now, "$24"), (starts, "$12"), (ends, "$24")):
        monkeypatch.setattr("shop.web.timezone.now", lambda at=at: at)
        assert f"Add to cart, {price}" in words(client)


def test_it_follows_names_brands_neighbours_and_promises(client, mug):
    assert "Indigo" in words(client)
    AttributeValue.objects.filter(slug="indigo").update(name="Deep blue")
    assert "Deep blue" in words(client)
    Product.objects.filter(pk=mug.product_id).update(brand=Brand.objects.create(slug="tanah", name="Tanah"))
    assert "Tanah" in words(client)
    assert "Bowl" not in words(client)
    make_product_page(make_product("bowl"))
    assert "Bowl" in words(client)
    assert "30 days" in words(client)
    ReturnPolicy(days=14).save()
    assert "14 days" in words(client)


def test_currencies_and_variants_never_mix(client, mug):
    for _twice in range(2):
        for code, sku, price in (
            ("USD", "MUG-SAND-BIG", "$26"),
            ("IDR", "MUG-INDIGO-BIG", "391.000"),
            ("USD", "", "$24"),
        ):
            client.cookies["currency"] = code
            assert price in words(client, sku).partition("Add to cart, ")[2][:20]


def test_no_address_fills_the_memory_with_variants_that_are_not_there(client, mug):
    get(client)
    kept = len(edition.fragments)
    for n in range(3):
        assert get(client, f"NONSENSE-{n}").status_code == 200
    assert len(edition.fragments) == kept
