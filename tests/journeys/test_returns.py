"""A mug with a chip: asked for on a phone, approved, received, put away and paid back at the desk, seen on the phone."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from shop.delivery.models import ReturnPolicy
from shop.inventory.models import StockItem
from shop.orders import operations as orders
from shop.payments.providers import PROVIDERS
from shop.returns.models import Return
from tests.checkout.world import fill_cart, place, sell
from tests.journeys.conftest import DESK, PHONE, violations
from tests.orders.helpers import pay, send, somebody
from tests.returns.world import gives_back

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def visitor(browser, live_server, options: dict, role: str = "") -> Page:
    context = browser.new_context(base_url=live_server.url, **options)
    if role:
        client = Client()
        client.force_login(somebody(role))
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
    return context.new_page()


def test_a_mug_goes_back_and_the_money_comes(browser, live_server, monkeypatch):
    ago = timezone.now() - timedelta(days=4)
    order = send(pay(place(fill_cart(sell("MUG", stock=5, now=ago), quantity=2, now=ago), now=ago), now=ago), now=ago)
    orders.mark_delivered(order_id=order.pk, actor="test", now=ago)
    monkeypatch.setattr(PROVIDERS["stripe"], "refund", gives_back)

    ReturnPolicy.objects.create(address="Jl. Kaliurang 12, Yogyakarta")

    phone = visitor(browser, live_server, PHONE)
    phone.goto(reverse("checkout:order", args=[order.number, order.token]))
    phone.get_by_role("link", name="Return something").click()
    phone.get_by_role("button", name="Ask to send it back").click()
    expect(phone.get_by_role("link", name="Say how many of what you want to send back.")).to_be_visible()
    assert violations(phone) == []
    phone.get_by_label("How many of Mug").select_option("1")
    phone.get_by_label("Why you send Mug back").select_option("It is damaged")
    phone.get_by_label("What should we know?").fill("It has a chip.")
    phone.get_by_role("button", name="Ask to send it back").click()
    expect(phone.get_by_role("heading", name="We have your request.")).to_be_visible()
    assert violations(phone) == []
    back = Return.objects.get()

    packer = visitor(browser, live_server, DESK, "Fulfilment")
    packer.goto(reverse("returns_desk:index"))
    assert violations(packer) == []
    packer.get_by_role("link", name=back.number).click()
    expect(packer.get_by_text("It has a chip.")).to_be_visible()
    assert violations(packer) == []
    for step in ("Approve", "Receive"):
        packer.get_by_role("link", name=step, exact=True).click()
        expect(packer.get_by_role("button", name=step, exact=True)).to_be_visible()
        assert violations(packer) == [], step
        packer.get_by_role("button", name=step, exact=True).click()
    expect(packer.get_by_text(re.compile("has arrived"))).to_be_visible()
    assert StockItem.objects.get().on_hand == 3  # damaged, so it was written off

    finance = visitor(browser, live_server, DESK, "Finance")
    finance.goto(reverse("returns_desk:inspect", args=[back.pk]))
    finance.get_by_role("link", name="Refund", exact=True).click()
    expect(finance.get_by_role("button", name="Refund", exact=True)).to_be_visible()
    assert violations(finance) == []
    finance.get_by_role("button", name="Refund", exact=True).click()
    expect(finance.get_by_text("$26.40 is refunded.")).to_be_visible()

    phone.reload()
    expect(phone.get_by_role("heading", name="Your money is back with you.")).to_be_visible()
    expect(phone.get_by_text("$26.40 refunded")).to_be_visible()
    assert violations(phone) == []
