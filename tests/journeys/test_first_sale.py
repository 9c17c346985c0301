"""The first sale: a guest buys a mug, the money arrives, a packer sends it. And the ways it can go differently."""

import io
import json
import re

import pytest
from django.core.management import call_command
from playwright.sync_api import FrameLocator, Page, expect

from shop.inventory.models import StockItem
from shop.orders.models import Order
from tests.journeys.conftest import DESK, LOOKS, OpenShop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MUG = "/shop/ceramics/tide-mug/"
GOOD, DECLINED, CHALLENGED = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"


def choose_mug(page: Page) -> None:
    """From the front page to an indigo mug in the cart."""
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Ceramics").click()
    page.get_by_role("link", name="Tide Mug").first.click()
    page.goto(f"{MUG}?variant=TIDE-MUG-INDIGO-350")
    page.get_by_role("button", name=re.compile("Add to cart")).click()


def answer(page: Page) -> None:
    """From the cart to the payment step."""
    page.get_by_role("link", name=re.compile("Check out")).click()
    page.get_by_label("E-mail address").fill("siti@example.com")
    page.get_by_role("button", name="Go on to the address").click()
    page.get_by_label("Full name").fill("Siti Rahma")
    page.get_by_label("Street and number").fill("418 Alder Street")
    page.get_by_label("Town or city").fill("Portland")
    page.get_by_label("State").select_option(label="Oregon")
    page.get_by_label("ZIP code").fill("97205")
    page.get_by_role("button", name="Go on to delivery").click()
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How would you like to pay?")


def pay(page: Page, number: str, *, by_keyboard: bool = False, words: str = "Pay ") -> None:
    card: FrameLocator = page.frame_locator("card-payment iframe").first
    card.locator("[autocomplete=cc-number]").fill(number)
    card.locator("[autocomplete=cc-exp]").fill("12/30")
    card.locator("[autocomplete=cc-csc]").fill("123")
    button = page.get_by_role("button", name=re.compile(f"^{words}"))
    button.press("Enter") if by_keyboard else button.click()


def to_payment(shop: OpenShop, **options) -> Page:
    page = shop.visitor(**options).new_page()
    choose_mug(page)
    expect(page.get_by_text("Tide Mug is in your cart.").first).to_be_visible()
    page.goto("/cart/")
    answer(page)
    return page


def stock() -> StockItem:
    return StockItem.objects.get(variants__sku="TIDE-MUG-INDIGO-350")


def books_add_up() -> None:
    out = io.StringIO()
    try:
        call_command("audit_shop", "--json", stdout=out)
    except SystemExit:
        pytest.fail("\n".join(b for check in json.loads(out.getvalue())["checks"] for b in check["breaches"]))


def test_a_guest_buys_a_mug_and_a_packer_sends_it(shop):
    before = stock().available
    page = to_payment(shop)
    pay(page, GOOD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is yours.")
    order = Order.objects.get()
    assert (order.state, order.payment_status, order.email) == ("processing", "paid", "siti@example.com")
    assert stock().available == before - 1
    letter = shop.wait_for_letter("confirmed")
    assert order.number in letter["subject"]
    assert page.url in letter.get_body(("plain",)).get_content()
    books_add_up()

    desk = shop.visitor(**DESK).new_page()
    desk.goto(f"/account/login/?next=/admin/orders/inspect/{order.pk}/")
    desk.get_by_label("E-mail", exact=True).fill("packer@example.com")
    desk.get_by_label("Password").fill("etalase-demo")
    desk.get_by_role("button", name="Sign in", exact=True).click()
    desk.get_by_role("link", name="Mark as shipped").click()
    desk.get_by_label("Carrier").fill("JNE")
    desk.get_by_label("Tracking number").fill("JN-0042")
    desk.get_by_role("button", name="Mark as shipped").click()
    desk.get_by_text(f"Order {order.number} is on its way.").wait_for()
    assert "JN-0042" in shop.wait_for_letter("on its way").get_body(("plain",)).get_content()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is on its way.")
    assert (stock().on_hand, stock().reserved) == (before - 1, 0)
    books_add_up()


def test_a_declined_card_can_be_followed_by_a_good_one(shop):
    page = to_payment(shop)
    pay(page, DECLINED)
    expect(page.get_by_text("Your card was declined.")).to_be_visible()
    assert Order.objects.get().state == "pending"
    pay(page, GOOD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is yours.")
    assert Order.objects.count() == 1
    books_add_up()


def test_a_bank_asks_and_is_refused_and_then_convinced(shop):
    page = to_payment(shop)
    pay(page, CHALLENGED)
    page.get_by_role("button", name=re.compile("Fail")).click()
    expect(page.get_by_text("Your bank did not confirm the payment.")).to_be_visible()
    pay(page, CHALLENGED)
    page.get_by_role("button", name=re.compile("Complete")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is yours.")
    books_add_up()


def test_refresh_and_back_after_placing_lead_to_the_one_order(shop):
    page = to_payment(shop)
    pay(page, DECLINED)
    expect(page.get_by_text("Your card was declined.")).to_be_visible()
    page.goto("/checkout/payment/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your things are kept. Only the payment is missing.")
    pay(page, GOOD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is yours.")
    assert Order.objects.count() == 1
    books_add_up()


def test_without_javascript_one_comes_as_far_as_the_payment(shop):
    page = shop.visitor(java_script_enabled=False).new_page()
    choose_mug(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")
    answer(page)
    page.get_by_role("button", name=re.compile(r"^Pay ")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your things are kept. Only the payment is missing.")
    assert Order.objects.get().state == "pending"
    books_add_up()


@LOOKS
def test_no_page_of_the_path_shuts_anybody_out(shop, look):
    page = shop.visitor().new_page()
    page.goto("/")
    assert look(page) == []
    for address in (
        "/shop/",
        "/shop/ceramics/",
        MUG,
        "/stories/",
        "/search/?q=mug",
        "/account/login/",
        "/nothing-here/",
    ):
        page.goto(address)
        assert look(page) == [], address
    page.goto(f"{MUG}?variant=TIDE-MUG-INDIGO-350")
    page.get_by_role("button", name=re.compile("Add to cart")).click()
    expect(page.get_by_text("Tide Mug is in your cart.").first).to_be_visible()
    assert look(page) == [], "added"
    page.goto("/cart/")
    assert look(page) == [], "cart"
    page.get_by_role("link", name=re.compile("Check out")).click()
    page.get_by_role("button", name="Go on to the address").click()
    assert look(page) == [], "contact, with an error"
    page.goto("/cart/")
    answer(page)
    for step in ("contact", "address", "delivery"):
        page.goto(f"/checkout/{step}/")
        assert look(page) == [], step
    page.goto("/checkout/payment/")
    page.frame_locator("card-payment iframe").first.locator("[autocomplete=cc-number]").wait_for()
    assert look(page) == [], "payment"
    pay(page, GOOD, by_keyboard=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is yours.")
    assert look(page) == [], "order"
    books_add_up()
