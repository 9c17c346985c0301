"""Somebody on a phone makes an account of their order, sets up a passkey and signs in with it alone."""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from shop.catalogue.models import Variant
from shop.checkout.operations import place_order
from shop.orders.models import Order
from tests.checkout.world import details, fill_cart, total_of
from tests.journeys.conftest import OpenShop, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "four words of mine"


def give_device(page: Page) -> None:
    """A telephone that keeps passkeys and knows its owner's finger."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": {**device, "isUserVerified": True}})


def open_account(shop: OpenShop, page: Page, order: Order) -> None:
    page.goto(reverse("checkout:order", args=[order.number, order.token]))
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("link", name="Choose a password.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    text = shop.wait_for_letter("Confirm your e-mail address").get_body(("plain",)).get_content()
    page.goto(re.search(r"(/account/confirm-email/\S+)", text)[1])
    page.get_by_role("button", name="Confirm").click()


def set_up_passkey(page: Page) -> None:
    page.get_by_role("link", name="Second factor").click()
    assert violations(page) == []
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Sign in with it alone, without a password")).to_be_checked()
    assert violations(page) == []
    page.get_by_role("button", name="Set it up").press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert violations(page) == []


def bought(email: str) -> Order:
    """A mug, ordered by somebody without an account."""
    now = timezone.now()
    cart = fill_cart(Variant.objects.get(sku="TIDE-MUG-INDIGO-350"), now=now)
    return place_order(
        cart=cart, details=details(email=email), expected_total=total_of(cart, now), key=uuid.uuid4(), now=now
    )


def test_from_an_order_to_an_account_that_opens_with_a_passkey(shop: OpenShop):
    order = bought("siti@example.com")
    page = shop.visitor().new_page()
    give_device(page)
    open_account(shop, page, order)

    page.get_by_label("E-mail", exact=True).fill(order.email)
    page.get_by_label("Password").fill(PASSWORD)
    assert violations(page) == []
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name=order.number, exact=True)).to_be_visible()
    set_up_passkey(page)
    page.get_by_role("link", name="Devices").click()
    expect(page.get_by_text("This one")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(reverse("account_login"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name=order.number, exact=True)).to_be_visible()
