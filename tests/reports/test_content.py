"""What stories sold: by page, block and author, first and last touch, after refunds; and beside their words."""

from datetime import timedelta

import pytest
from django.urls import reverse

from shop.cart import operations as carts
from shop.cart.attribution import Origin
from shop.demo.source import block
from shop.reports.admin import REPORTS
from shop.reports.columns import Question
from shop.reports.periods import Period
from tests.cart.test_attribution import write
from tests.checkout.world import NOW, place, sell
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
