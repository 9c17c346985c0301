"""The orders desk as the packer sees it: ships an order by hand, and every page passes axe, by day and by night."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from shop.inventory.models import StockItem
from shop.orders import corrections
from shop.orders.models import Order
from shop.orders.print_desk import address_of
from shop.orders.printing import PAPERS
from shop.payments.models import Refund
from tests.checkout.world import NOW
from tests.orders.helpers import paid_order, refund, send, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


@pytest.fixture
def desk(page: Page, live_server) -> Page:
    """A browser in which the packer is signed in."""
    client = Client()
    client.force_login(somebody("Owner"))
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return page


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    report = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [f"{found['id']}: {node['html']}" for found in report["violations"] for node in found["nodes"]]


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.sweep)])
def test_every_page_passes_axe(desk, live_server, scheme):
    waiting, sent = paid_order("MUG"), send(paid_order("CUP"))
    corrections.ask_for_a_look(order_id=waiting.pk, reason="paid twice: refund one payment", actor="me", now=NOW)
    desk.emulate_media(color_scheme=scheme)
    pages = [
        reverse("orders:index"),
        reverse("orders:inspect", args=[waiting.pk]),
        reverse("orders:inspect", args=[sent.pk]),
        reverse("orders:ship", args=[waiting.pk]),
        reverse("orders:clear_flag", args=[waiting.pk]),
        reverse("orders:ship_file"),
        *(reverse(f"orders:{name}", args=[waiting.pk]) for name in ("change_address", "note")),
        *(address_of(name, [waiting.pk, sent.pk]) for name in PAPERS),
        reverse("orders:refund", args=[sent.pk]),
        reverse("orders:cancel", args=[waiting.pk]),
    ]
    refund(sent, "10.00")
    for address in pages:
        desk.goto(live_server.url + address)
        assert violations(desk) == [], address


def test_the_packer_ships_an_order(desk, live_server):
    order = paid_order()
    desk.goto(live_server.url + reverse("orders:index"))
    desk.get_by_role("link", name=order.number).click()
    desk.get_by_role("link", name="Mark as shipped").click()
    desk.get_by_label("Carrier").fill("Pak Budi's van")
    desk.get_by_label("Tracking number").fill("B-7")
    desk.get_by_role("button", name="Mark as shipped").click()
    desk.get_by_text(f"Order {order.number} is on its way.").wait_for()
    assert desk.get_by_text("Pak Budi's van B-7").count() >= 1
    assert desk.get_by_role("link", name="Mark as delivered").is_visible()
    assert Order.objects.get().state == "shipped"


def test_finance_refunds_a_mug_by_keys_alone_and_it_is_on_the_shelf_again(desk, live_server):
    order = send(paid_order())
    desk.goto(live_server.url + reverse("orders:inspect", args=[order.pk]))
    desk.get_by_role("link", name="Refund").press("Enter")
    desk.get_by_label("These goods").press("Space")
    desk.get_by_label("How many of Mug").fill("1")
    desk.get_by_label("Mug back on the shelf").press("Space")
    desk.get_by_label("Reason").fill("Damaged")
    desk.get_by_role("button", name="Check it").press("Enter")
    desk.get_by_text("1 × Mug: $26.40, back on the shelf").wait_for()
    assert violations(desk) == []
    assert not Refund.objects.exists()
    desk.get_by_role("button", name="Refund $26.40").press("Enter")
    desk.get_by_text("We keep asking; nothing is refunded twice.").wait_for()  # nobody is at the provider's address
    assert Refund.objects.get().state == "submitted"
    assert StockItem.objects.get().on_hand == 4
