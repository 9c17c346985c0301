"""The long way, on a phone, in both languages: bought as a guest, kept in an account, found again, one thing sent back, one
praised, and a wish shared.
"""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.utils import timezone, translation
from playwright.sync_api import Page, expect

from shop.orders import operations as orders
from shop.orders.models import Order
from shop.returns.models import Return
from shop.reviews.models import Review
from tests.journeys.conftest import OpenShop
from tests.journeys.test_first_sale import GOOD, books_add_up, pay
from tests.orders.helpers import send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "four words of mine"
Say = Callable[..., str]


def words_in(language: str, words: str, **facts: object) -> str:
    """What the shop says for `words` in this language."""
    with translation.override(language):
        return translation.gettext(words) % facts


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def fill(page: Page, say: Say, typed: dict[str, str]) -> None:
    for label, text in typed.items():
        page.get_by_label(say(label), exact=True).fill(text)


def buy(page: Page, say: Say, home: str) -> Order:
    """A mug and a bowl, paid by card."""
    for sku, path in {
        "TIDE-MUG-INDIGO-350": "ceramics/tide-mug",
        "PASAR-BOWL-INDIGO-16": "ceramics/pasar-bowl",
    }.items():
        page.goto(f"{home}shop/{path}/?variant={sku}")
        page.locator(".buy-box__form .button").click()
        expect(page.locator("#toast")).to_be_visible()
    page.goto(f"{home}checkout/")
    fill(page, say, {"E-mail address": "siti@example.com"})
    press(page, say("Go on to the address"))
    fill(page, say, {"Full name": "Siti Rahma", "Street and number": "418 Alder Street", "Town or city": "Portland"})
    page.locator("[name=region]").select_option("OR")
    page.locator("[name=postcode]").fill("97205")
    press(page, say("Go on to delivery"))
    press(page, say("Go on to payment"))
    pay(page, GOOD, words=say("Pay %(amount)s", amount=""))
    heading(page, say("Thank you. It is yours."))
    return Order.objects.get()


def keep_in_account(shop: OpenShop, page: Page, say: Say, order: Order) -> None:
    """One field on the order's page, one press behind the letter; then the order is in the account."""
    fill(page, say, {"Choose a password": PASSWORD})
    press(page, say("Make an account"))
    letter = (
        shop.wait_for_letter(say("Confirm your e-mail address to open your account")).get_body(("plain",)).get_content()
    )
    page.goto(re.search(r"(/\S*confirm-email/\S+)", letter)[1])
    press(page, say("Confirm"))
    fill(page, say, {"E-mail": order.email, "Password": PASSWORD})
    press(page, say("Sign in"))
    page.get_by_role("link", name=order.number, exact=True).click()
    expect(page).to_have_url(re.compile(order.token))


def send_one_back(page: Page, say: Say) -> None:
    page.get_by_role("link", name=say("Return something")).click()
    page.locator("select[name^=units]").first.select_option("1")
    page.locator("select[name^=reason]").first.select_option("damaged")
    press(page, say("Ask to send it back"))
    heading(page, say("We have your request."))


def praise_the_other(page: Page, say: Say) -> None:
    page.locator(".to-review").get_by_role("link").last.click()
    page.locator("[name=stars][value='5']").check()
    fill(page, say, {"In one line (optional)": "Holds a whole supper"})
    press(page, say("Send my review"))
    expect(page.get_by_text(say("Thank you. Your review is shown."))).to_be_visible()


def share_a_wish(page: Page, say: Say, home: str) -> str:
    page.goto(f"{home}shop/ceramics/tide-mug/?variant=TIDE-MUG-INDIGO-350")
    heart = page.locator(".buy-box .wish__button")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    page.goto(f"{home}wishlist/")
    press(page, say("Make a link"))
    return page.get_by_label(say("The link"), exact=True).input_value()


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_long_way(shop, language):
    say, home = partial(words_in, language), "/" if language == settings.LANGUAGE_CODE else f"/{language}/"
    page = shop.visitor(locale=language).new_page()
    order = buy(page, say, home)
    assert order.language == language
    keep_in_account(shop, page, say, order)
    order = send(order, now=timezone.now())
    orders.mark_delivered(order_id=order.pk, actor="test", now=timezone.now())
    page.reload()
    send_one_back(page, say)
    page.goto(f"{home}orders/{order.number}/{order.token}/")
    praise_the_other(page, say)
    back, said = Return.objects.get(), Review.objects.get(title="Holds a whole supper")
    assert (back.order, back.lines.get().line.sku) == (order, "TIDE-MUG-INDIGO-350")
    assert (said.user, said.product) == (order.user, order.lines.last().variant.product)
    stranger = shop.visitor().new_page()
    stranger.goto(share_a_wish(page, say, home))
    expect(stranger.locator("article.saved")).to_have_count(1)
    books_add_up()
