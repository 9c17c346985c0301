"""Somebody narrows a category to one indigo mug, reads its story and buys it there: by phone, by keys, without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from shop.orders.models import Order
from tests.journeys.conftest import DESK, OpenShop, violations
from tests.journeys.test_first_sale import GOOD, answer, books_add_up, pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STORY = "/stories/the-line-where-the-glaze-stops/"


def found(page: Page) -> None:
    """One of six, and it is the indigo one."""
    expect(page.locator("#results .toolbar p")).to_have_text("1 of 6 things")
    card = page.locator("#results .card")
    expect(card).to_have_count(1)
    expect(card.get_by_role("link", name="Tide Mug")).to_have_attribute("href", re.compile("variant=TIDE-MUG-INDIGO"))


def from_the_story(page: Page, *, by_keyboard: bool = False) -> None:
    page.goto(STORY)
    link = page.locator("main").get_by_role("link", name=re.compile("Tide Mug")).first
    link.press("Enter") if by_keyboard else link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tide Mug")
    expect(page.locator("input[value='TIDE-MUG-INDIGO-350']").first).to_be_attached()
    button = page.get_by_role("button", name=re.compile("^Add to cart")).first
    button.press("Enter") if by_keyboard else button.click()


def sold_by_the_story(order: Order) -> None:
    line = order.lines.get()
    assert line.sku == "TIDE-MUG-INDIGO-350"
    assert order.attribution["last"]["title"] == "The line where the glaze stops"


def to_the_end(shop: OpenShop, page: Page, *, by_keyboard: bool = False) -> None:
    expect(page.get_by_text("Tide Mug is in your cart.").first).to_be_visible()
    page.goto("/cart/")
    answer(page)
    pay(page, GOOD, by_keyboard=by_keyboard)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is yours.")
    sold_by_the_story(Order.objects.get())
    books_add_up()


def test_by_phone(shop):
    page = shop.visitor().new_page()
    page.goto("/shop/ceramics/")
    page.get_by_role("button", name=re.compile("^Filter")).click()
    page.get_by_label("Indigo").check()
    expect(page.get_by_role("button", name="Show 3 things")).to_be_visible()
    page.get_by_label("To, USD").fill("30")
    page.get_by_label("Mug, 350 ml").check()
    page.get_by_role("button", name="Show 1 thing").click()
    found(page)
    assert violations(page) == []
    from_the_story(page)
    to_the_end(shop, page)


def test_by_keyboard(shop):
    page = shop.visitor(**DESK).new_page()
    page.goto("/shop/ceramics/")
    page.get_by_label("Indigo").press("Space")
    expect(page.locator("#results .toolbar p")).to_have_text("3 of 6 things")
    expect(page.get_by_label("Indigo")).to_be_focused()  # new numbers take nobody's place away
    expect(page.locator("#live")).to_have_text("3 of 6 things")
    page.get_by_label("To, USD").fill("30")
    page.get_by_label("To, USD").press("Tab")
    page.get_by_label("Mug, 350 ml").press("Space")
    found(page)
    assert "colour=indigo" in page.url
    assert "sort=" not in page.url
    from_the_story(page, by_keyboard=True)
    to_the_end(shop, page, by_keyboard=True)


def test_without_a_script_as_far_as_the_card(shop):
    page = shop.visitor(java_script_enabled=False).new_page()
    page.goto("/shop/ceramics/")
    page.get_by_role("button", name=re.compile("^Filter")).click()
    page.get_by_label("Indigo").check()
    page.get_by_label("To, USD").fill("30")
    page.get_by_label("Mug, 350 ml").check()
    page.get_by_role("button", name=re.compile("^Show")).click()
    found(page)
    from_the_story(page)
    expect(page.get_by_text("Tide Mug is in your cart.").first).to_be_visible()
    answer(page)


@pytest.mark.parametrize("by_keyboard", [False, True])
def test_a_choice_on_a_card_is_fetched_when_it_is_wanted(shop, by_keyboard):
    page = shop.visitor(**(DESK if by_keyboard else {})).new_page()
    page.goto("/shop/ceramics/")
    card = page.locator("#results .card", has=page.get_by_role("link", name="Tide Mug"))
    expect(card.get_by_role("button", name="Indigo, Mug, 350 ml")).to_have_count(0)
    opener = card.locator("summary")
    opener.press("Enter") if by_keyboard else opener.click()
    choice = card.get_by_role("button", name="Indigo, Mug, 350 ml")
    expect(choice).to_be_visible()
    assert violations(page) == []
    choice.press("Enter") if by_keyboard else choice.click()
    expect(page.get_by_text("Tide Mug is in your cart.").first).to_be_visible()


def test_without_scripts_a_card_leads_to_where_one_chooses(shop):
    page = shop.visitor(java_script_enabled=False).new_page()
    page.goto("/shop/ceramics/")
    card = page.locator("#results .card", has=page.get_by_role("link", name="Tide Mug"))
    card.locator("summary").click()
    card.get_by_role("link", name="Choose on its page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tide Mug")
