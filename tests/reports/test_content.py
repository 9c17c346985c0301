"""What stories sold: by page, block and author, first and last touch, after refunds; and beside their words."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from shop.cart import operations as carts
from shop.cart.attribution import Origin
from shop.demo.source import block
from shop.reports.admin import REPORTS
from shop.reports.columns import Question
from shop.reports.periods import Period
from shop.storefront.models import PageViews
from tests.cart.test_attribution import write
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import LATER, pay, refund, somebody

pytestmark = pytest.mark.django_db

PERIOD = Period.ending(NOW, 1)


def touch(story, block_id, *, at=NOW, author="Laras"):
    facts = {"page": story.pk, "block": block_id, "title": story.title, "author": author, "at": at.isoformat()}
    return Origin(facts, is_story=True)


def sold_through(*touches, sku="MUG"):
    """A paid order of two mugs at 24.00, put into the cart after the last of `touches`."""
    variant = sell(sku)
    cart = carts.open_cart(currency="USD")
    carts.add(cart=cart, sku=variant.sku, quantity=2, origin=touches[0], now=NOW)
    for one in touches[1:]:
        carts.remember(cart=cart, origin=one)
    cart.refresh_from_db()
    return pay(place(cart))


@pytest.fixture
def stories():
    first, block_1 = write("Clay", block("paragraph", "One"))
    second, block_2 = write("Glaze", block("paragraph", "Two"), author="Bayu")
    return touch(first, block_1), touch(second, block_2, at=NOW + timedelta(minutes=1), author="Bayu")


def rows(by="page", touched="last"):
    found = REPORTS["content"].rows(Question(PERIOD, "USD", {"by": by, "touch": touched}))
    return [(row["label"], row["orders"], row["units"], str(row["net"])) for row in found]


def test_the_first_and_the_last_story_and_where_it_was_bought(stories):
    sold_through(*stories)
    assert rows() == [("Glaze", 1, 2, "48.00")]
    assert rows(touched="first") == [("Clay", 1, 2, "48.00")]
    assert rows(touched="line") == [("Clay", 1, 2, "48.00")]


def test_by_author_and_by_block(stories):
    sold_through(*stories)
    block_id = stories[0].facts["block"]
    assert rows("author") == [("Bayu", 1, 2, "48.00")]
    assert rows("block", "first") == [(f"Clay, paragraph ({block_id[-4:]})", 1, 2, "48.00")]


def test_what_was_paid_back_sold_nothing(stories):
    refund(sold_through(*stories), "57.80", now=LATER)
    assert rows()[0][3] == "0.00"


def test_a_page_that_is_gone_keeps_what_it_sold(stories):
    sold_through(*stories)
    from home.models import StoryPage

    StoryPage.objects.all().delete()
    assert rows() == [("Glaze", 1, 2, "48.00")]
    assert "a block that is gone" in rows("block")[0][0]


@pytest.mark.parametrize(("role", "sees_money"), [("Owner", True), ("Editor", False)])
def test_the_editor_stands_beside_what_the_story_and_the_product_sold(client, monkeypatch, stories, role, sees_money):
    order = sold_through(*stories)
    monkeypatch.setattr("shop.web.timezone.now", lambda: LATER)
    client.force_login(somebody(role))
    product = order.lines.get().variant.product.pages.get()
    for page in (stories[1].facts["page"], product.pk):
        text = client.get(reverse("wagtailadmin_pages:edit", args=[page])).content.decode()
        assert "1 order, 2 units" in text
        assert ("$48.00" in text) is sees_money


# --- how often it was read -----------------------------------------------------------------------


def read(page_id, times, *, day=PERIOD.first):
    PageViews.objects.create(page_id=page_id, day=day, views=times)


def read_rows(slug="content", **choices):
    choices = {"by": "page", "touch": "last"} | choices
    found = REPORTS[slug].rows(Question(PERIOD, "USD", choices))
    return [(row["label"], row["views"], row["orders"], row["conversion"]) for row in found]


def test_orders_for_views_also_of_what_was_read_and_sold_nothing(stories):
    clay, glaze = (story.facts["page"] for story in stories)
    sold_through(*stories)
    read(clay, 3)
    read(glaze, 4)
    read(glaze, 100, day=PERIOD.first - timedelta(days=1))
    assert read_rows() == [("Glaze", 4, 1, Decimal("0.25")), ("Clay", 3, 0, 0)]
    assert read_rows(by="author") == [("Bayu", 4, 1, Decimal("0.25")), ("Laras", 3, 0, 0)]
    assert [row[1:] for row in read_rows(by="block")] == [(4, 1, Decimal("0.25"))]


def test_what_was_sold_and_never_read_has_no_share(stories):
    sold_through(*stories)
    assert read_rows() == [("Glaze", 0, 1, None)]


def test_orders_in_every_currency_count_for_the_views(stories):
    sold_through(*stories)
    cart = fill_cart(sell("CUP"), currency="IDR")
    carts.remember(cart=cart, origin=stories[1])
    cart.refresh_from_db()
    pay(place(cart))
    read(stories[1].facts["page"], 4)
    assert read_rows()[0] == ("Glaze", 4, 1, Decimal("0.5"))


def test_a_products_pages_in_all_languages_are_read_for_it(stories):
    order = sold_through(*stories)
    page = order.lines.get().variant.product.pages.get()
    unsold = sell("CUP").product.pages.get()
    read(page.pk, 2)
    read(unsold.pk, 5)
    read(stories[0].facts["page"], 9)
    assert read_rows("sales-by-product") == [("Mug", 2, 1, Decimal("0.5")), ("Cup", 5, 0, 0)]


def test_the_editor_sees_how_often_it_was_read(client, monkeypatch, stories):
    sold_through(*stories)
    page_id = stories[1].facts["page"]
    read(page_id, 8)
    monkeypatch.setattr("shop.web.timezone.now", lambda: LATER)
    client.force_login(somebody("Editor"))
    text = client.get(reverse("wagtailadmin_pages:edit", args=[page_id])).content.decode()
    assert "Read 8 times" in text
    assert "orders for 12.5 % of views" in text
