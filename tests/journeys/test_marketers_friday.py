"""A marketer's Friday: a coupon, a line above every page and a story that sells; then the report of what it sold."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from home.models import HomePage, StoryIndexPage, StoryPage
from shop.cart import operations as carts
from shop.cart.models import Cart
from shop.storefront import indexing, visits
from tests.checkout.world import place, sell
from tests.journeys.conftest import DESK, violations
from tests.journeys.test_returns import visitor
from tests.orders.helpers import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
LINE = "Ten per cent off until Sunday"


def write_coupon(page: Page) -> None:
    page.goto(reverse("promotions_modeladmin_create"))
    page.locator("#id_name").fill("Friday")
    page.locator("#id_kind").select_option("coupon")
    page.locator("#id_code").fill("FRIDAY")
    page.locator("#id_effect").select_option("percentage")
    page.locator("#id_percent").fill("10")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".messages")).to_contain_text("Friday")


def write_banner(page: Page) -> None:
    page.goto(reverse("wagtailsnippets_home_announcement:add"))
    page.locator("#id_text").fill(LINE)
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".messages")).to_contain_text(LINE)


def write_story(page: Page, index: StoryIndexPage) -> None:
    """Of one block: the mug."""
    page.goto(reverse("wagtailadmin_pages:add", args=["home", "storypage", index.pk]))
    page.locator("#id_title").fill("A cup for Friday")
    page.get_by_title("Insert a block").last.click()
    page.get_by_role("option", name="Product", exact=True).first.click()
    page.get_by_role("button", name="Choose a page (Product page)").first.click()
    # The chooser opens where all the pages of products live: on their one shelf.
    page.locator(".modal-body").get_by_role("link", name="Mug", exact=True).click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("published")


def buys(reader: Page) -> None:
    """From the story, with the code; the payment is the provider's matter and not this journey's."""
    reader.goto("/stories/a-cup-for-friday/")
    expect(reader.get_by_text(LINE)).to_be_visible()
    reader.get_by_role("button", name="Add").first.click()
    expect(reader.get_by_role("link", name="Cart, 1 item")).to_be_visible()
    cart, now = Cart.objects.get(), timezone.now()
    carts.apply_coupon(cart=cart, code="FRIDAY", language="en", now=now)
    cart.refresh_from_db()
    pay(place(cart, now=now), now=now)
    visits.gathered.hand_over()


def test_a_coupon_a_banner_and_a_story_and_what_they_sold(browser, live_server):
    sell("MUG", stock=20, now=timezone.now() - timedelta(hours=1))
    index = HomePage.objects.get().add_child(instance=StoryIndexPage(title="Stories", slug="stories"))
    marketer = visitor(browser, live_server, DESK, "Owner")
    write_coupon(marketer)
    write_banner(marketer)
    write_story(marketer, index)
    indexing.refresh(now=timezone.now())  # as a worker does after each commit
    buys(visitor(browser, live_server, {**DESK, "user_agent": BROWSER}))

    marketer.goto(reverse("shop_report", args=["content"]))
    story = marketer.get_by_role("row").filter(has_text=StoryPage.objects.get().title)
    expect(story).to_contain_text("$21.60")  # 24.00 less ten per cent
    expect(story).to_contain_text("100.0 %")  # one reader, one order
    assert violations(marketer) == []
    marketer.goto(reverse("shop_report", args=["promotions"]))
    expect(marketer.get_by_role("row").filter(has_text="FRIDAY")).to_contain_text("$2.40")
    assert violations(marketer) == []
    marketer.goto("/admin/")
    expect(marketer.get_by_role("heading", name="What waits")).to_be_visible()
    assert violations(marketer) == []
