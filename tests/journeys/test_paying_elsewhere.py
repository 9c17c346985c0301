"""Paid, and gone: the tab was closed, another one is still open, and the link of the mail is opened on another device."""

import re

import pytest
from playwright.sync_api import expect

from shop.orders.models import Order
from tests.journeys.conftest import DESK, OpenShop
from tests.journeys.test_first_sale import GOOD, books_add_up, pay, stock, to_payment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

THANKS = "Thank you. It is yours."
MARK = "Test payments: no real money moves here."


def test_a_tab_closed_after_paying_and_another_and_another_device(shop: OpenShop):
    before = stock().available
    page = to_payment(shop)
    expect(page.get_by_text(MARK).first).to_be_visible()
    other = page.context.new_page()
    other.goto("/checkout/payment/")
    page.route("**/payments/stripe/return/**", lambda route: route.abort())  # whoever is gone does not come back
    pay(page, GOOD)
    letter = shop.wait_for_letter("confirmed").get_body(("plain",)).get_content()
    page.close()
    order = Order.objects.get()
    assert (order.state, order.payment_status) == ("processing", "paid")
    assert order.payments.get().transitions.last().source == "webhook"

    pay(other, GOOD)  # the other tab knows nothing of it
    expect(other.get_by_role("heading", level=1)).to_have_text(THANKS)
    other.go_back()
    expect(other.get_by_role("heading", level=1)).to_have_text(THANKS)

    elsewhere = shop.visitor(**DESK).new_page()
    elsewhere.goto(re.search(r"http\S+/orders/\S+", letter).group())
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text(THANKS)
    assert Order.objects.count() == order.payments.count() == 1
    assert stock().available == before - 1
    books_add_up()
