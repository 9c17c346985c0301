"""A packer's morning: ten orders picked, packed and shipped, one of them in two parcels."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from shop.audit import audit
from shop.catalogue.models import Variant
from shop.inventory.models import StockItem
from shop.orders.models import Fulfilment, Order
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.journeys.conftest import DESK, violations
from tests.journeys.test_returns import visitor
from tests.orders.helpers import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def ten_orders() -> list[Order]:
    mug, cup = sell("MUG", stock=30), sell("CUP", stock=5)
    carts = [fill_cart(mug, cup), *(fill_cart(Variant.objects.get(sku="MUG"), quantity=2) for _ in range(9))]
    return [pay(place(cart)) for cart in carts]


def test_ten_orders_leave(browser, live_server):
    first, *others = ten_orders()
    desk = visitor(browser, live_server, DESK, "Fulfilment")
    desk.goto(reverse("orders:index") + "?state=processing")
    desk.get_by_label("Select all", exact=False).first.check()
    desk.get_by_role("link", name="Print a picking list for the chosen orders").click()
    expect(desk.get_by_role("row", name="19 MUG")).to_be_visible()

    desk.goto(reverse("orders:pack", args=[first.pk]))
    desk.get_by_label("How many of Cup").fill("0")
    assert violations(desk) == []
    desk.get_by_role("button", name="Mark as packed").click()
    desk.get_by_role("link", name="Ship it").click()
    desk.get_by_label("Carrier").fill("JNE")
    desk.get_by_label("Tracking number").fill("A0")
    desk.get_by_role("button", name="Mark the parcel as shipped").click()
    expect(desk.get_by_text("partly shipped").first).to_be_visible()
    assert violations(desk) == []

    desk.goto(reverse("orders:index") + "?parcels=none")
    desk.get_by_label("Select all", exact=False).first.check()
    desk.get_by_role("link", name="Mark the chosen orders as packed").click()
    assert violations(desk) == []
    desk.get_by_role("button", name="Yes, all in one parcel each").click()
    expect(desk.get_by_text("9 orders are packed.")).to_be_visible()

    rows = [f"{order.number},JNE,A{n}" for n, order in enumerate([*others, first], 1)]
    desk.goto(reverse("orders:ship_file"))
    table = "\n".join(["order,carrier,tracking", *rows])
    desk.get_by_label("File").set_input_files({"name": "parcels.csv", "mimeType": "text/csv", "buffer": table.encode()})
    desk.get_by_role("button", name="Look at it").click()
    desk.get_by_role("button", name="Ship 10 orders").click()
    expect(desk.get_by_text("10 orders were shipped.")).to_be_visible()

    assert set(Order.objects.values_list("state", flat=True)) == {"shipped"}
    assert Fulfilment.objects.count() == 11
    assert sorted(StockItem.objects.values_list("on_hand", "reserved")) == [(4, 0), (11, 0)]
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []
