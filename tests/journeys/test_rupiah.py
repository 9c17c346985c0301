"""Paying in rupiah, at Midtrans: a number that is paid later or never, a code, the Back button; and no script at all."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from shop.checkout import settlement
from shop.inventory.models import StockItem
from shop.orders.models import Order
from tests.journeys.conftest import OpenShop, violations
from tests.journeys.test_first_sale import MUG, books_add_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

THANKS = "Thank you. It is yours."


def to_payment(shop: OpenShop, **options) -> Page:
    """A guest from Yogyakarta with a mug, at the payment step."""
    page = shop.visitor(**options).new_page()
    page.goto(f"{MUG}?variant=TIDE-MUG-INDIGO-350")
    page.get_by_role("button", name="IDR").click()
    expect(page.get_by_role("button", name="IDR")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name=re.compile("Add to cart")).click()
    if options.get("java_script_enabled", True):
        expect(page.get_by_text("Tide Mug is in your cart.").first).to_be_visible()
    page.goto("/cart/")
    page.get_by_role("link", name=re.compile("Check out")).click()
    page.get_by_label("E-mail address").fill("ayu@example.com")
    page.get_by_role("button", name="Go on to the address").click()
    page.get_by_label("Full name").fill("Ayu Lestari")
    page.get_by_label("Street and number").fill("Jalan Malioboro 1")
    page.get_by_label("Town or city").fill("Yogyakarta")
    page.locator("[name=region]").select_option("Daerah Istimewa Yogyakarta")
    page.locator("[name=postcode]").fill("55281")
    page.get_by_role("button", name="Go on to delivery").click()
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How would you like to pay?")
    return page


def to_midtrans(page: Page, channel: str) -> None:
    page.get_by_role("button", name=re.compile(r"^Pay ")).click()
    page.get_by_role("link", name=channel).click()


def take_number(page: Page) -> str:
    """Choose a BCA account at Midtrans and come back; the number that the order's page shows."""
    to_midtrans(page, "BCA virtual account")
    page.get_by_role("button", name="Get the number").click()
    page.get_by_role("button", name="Back to the shop").click()
    expect(page.get_by_role("heading", name="Pay by BCA virtual account")).to_be_visible()
    return page.locator(".numbers__value").first.inner_text().replace(" ", "")


def stock() -> StockItem:
    return StockItem.objects.get(variants__sku="TIDE-MUG-INDIGO-350")


def test_a_number_is_paid_later_and_the_page_says_so_by_itself(shop):
    page = to_payment(shop)
    assert violations(page) == [], "payment"
    number = take_number(page)
    assert violations(page) == [], "number"
    letter = shop.wait_for_letter("How to pay").get_body(("plain",)).get_content()
    assert number in letter.replace(" ", "")
    assert page.url in letter
    shop.midtrans.control.pay(Order.objects.get().payments.get().provider_ref)
    expect(page.get_by_role("heading", level=1)).to_have_text(THANKS)
    shop.wait_for_letter("confirmed")
    books_add_up()


def test_a_number_that_nobody_pays_gives_the_goods_back(shop):
    before = stock().available
    page = to_payment(shop)
    take_number(page)
    assert stock().available == before - 1
    shop.midtrans.control.clock(24 * 3600)
    expect(page.get_by_role("heading", name="Pay by BCA virtual account")).to_be_hidden()
    assert settlement.expire_orders(now=timezone.now() + timedelta(hours=25)) == 1
    expect(page.get_by_role("heading", level=1)).to_have_text("This order was cancelled.")
    assert stock().available == before
    books_add_up()


def test_a_code_is_paid_at_once_and_back_leads_nowhere_wrong(shop):
    page = to_payment(shop)
    to_midtrans(page, "QRIS")
    page.get_by_role("button", name="Show the code").click()
    page.get_by_role("button", name="Pay with the phone").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(THANKS)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(THANKS)
    page.goto("/checkout/payment/")
    expect(page.get_by_role("heading", level=1)).to_have_text(THANKS)
    assert Order.objects.get().payments.count() == 1
    books_add_up()


def test_without_a_script_one_pays_all_the_same_and_may_change_ones_mind(shop):
    page = to_payment(shop, java_script_enabled=False)
    take_number(page)
    page.get_by_text("Pay another way").click()
    to_midtrans(page, "Indomaret")
    page.get_by_role("button", name="Get the number").click()
    page.get_by_role("button", name="Back to the shop").click()
    expect(page.get_by_role("heading", name="Pay at Indomaret")).to_be_visible()
    payments = Order.objects.get().payments.all()
    assert [payment.state for payment in payments] == ["expired", "pending"]
    shop.midtrans.control.pay(payments[1].provider_ref)
    shop.wait_for_letter("confirmed")
    page.get_by_role("link", name="Look whether it has come").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(THANKS)
    books_add_up()
