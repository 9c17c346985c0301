"""The search box as a combobox, by keyboard alone; and the page of results, as assistive technology sees it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from search.spelling import refresh_vocabulary
from tests.journeys.conftest import DESK, PHONE, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(demo_database, live_server, browser: Browser, settings) -> Iterator[Page]:
    from django.db import connection, connections

    from config import testing

    kept, settings.MEDIA_ROOT = demo_database
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    testing.renew_database(name, kept)
    refresh_vocabulary()
    context = browser.new_context(base_url=live_server.url, **DESK)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def type_words(page: Page, words: str) -> Locator:
    page.goto("/")
    box = page.get_by_role("combobox", name="Search the shop")
    box.press_sequentially(words)
    return box


def test_arrows_choose_enter_follows_and_esc_closes(page):
    box = type_words(page, "mug")
    expect(box).to_have_attribute("aria-expanded", "true")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_contain_text("Search for “mug”")
    expect(page.locator("#live")).to_contain_text("suggestions. Use the arrow keys.")
    assert violations(page) == []
    box.press("ArrowDown")
    box.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Tide Mug")
    expect(chosen).to_have_attribute("id", box.get_attribute("aria-activedescendant"))
    expect(box).to_be_focused()
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("mug")
    expect(options).to_have_count(0)
    box.press("Space")
    box.press("Backspace")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowUp")  # from the box to the last
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")  # and back to the box
    expect(page.get_by_role("option", selected=True)).to_have_count(0)
    box.press("ArrowDown")
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/shop/ceramics/tide-mug/")


def test_enter_alone_searches_and_leaving_closes(page):
    box = type_words(page, "indigo")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Tab")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Enter")
    page.wait_for_url("**/search/?q=indigo")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “indigo”")
    assert violations(page) == []


def test_a_press_of_the_mouse_follows_a_line(page):
    type_words(page, "glaze")
    page.get_by_role("option", name="The line where the glaze stops").click()
    page.wait_for_url("**/stories/the-line-where-the-glaze-stops/")


def test_slips_and_nothing_on_a_phone(page):
    page.set_viewport_size(PHONE["viewport"])
    page.goto("/search/?q=indgo")
    expect(page.get_by_text("We looked for")).to_be_visible()
    assert violations(page) == []
    page.goto("/search/?q=grandfather+clock")
    expect(page.get_by_role("heading", name="New on the shelves")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    assert violations(page) == []
