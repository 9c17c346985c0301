"""Two new products: taken in from a file, priced in bulk, counted by a packer from another file, seen by a shopper."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from shop.audit import audit
from shop.catalogue.models import Category, Product
from shop.outbox import operations as outbox
from shop.storefront import indexing
from shop.storefront.pages import ProductPage
from tests.checkout.world import sell, shelf
from tests.journeys.conftest import DESK, PHONE, violations
from tests.journeys.test_returns import visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GOODS = """code,name,category,tax_class,sku,price_USD,stock,low_at
bowl,Bowl,ceramics,standard,BOWL,20.00,0,5
tray,Tray,ceramics,standard,TRAY,40.00,0,5
"""
COUNT = "sku,counted,on_hand,note\nBOWL,3,0,on the top shelf\nTRAY,9,0,\n"


def choose(page: Page, name: str, text: str) -> None:
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})


def the_worker_works() -> None:
    while outbox.relay(now=timezone.now()):
        pass


def give_each_a_page() -> None:
    """An editor's work, which has its own journeys."""
    for product in Product.objects.filter(code__in=("bowl", "tray")):
        page = ProductPage(title=product.name, slug=product.code, product=product)
        shelf(Category.objects.get(slug="ceramics")).add_child(instance=page)
    indexing.refresh(now=timezone.now())


def test_new_goods_come_to_the_shelf(browser, live_server):
    sell("MUG")
    marketer = visitor(browser, live_server, DESK, "Merchandiser")
    marketer.goto(reverse("product:files"))
    choose(marketer, "new.csv", GOODS)
    marketer.get_by_role("button", name="Send the file").click()
    marketer.get_by_role("button", name="See what would happen").click()
    the_worker_works()
    marketer.reload()
    assert violations(marketer) == []
    marketer.get_by_role("button", name="Apply 2 lines").click()
    the_worker_works()
    assert Product.objects.filter(code__in=("bowl", "tray")).count() == 2

    marketer.goto(reverse("product:index"))
    for name in ("Bowl", "Tray"):
        marketer.get_by_role("row", name=name).get_by_role("checkbox").check()
    marketer.get_by_role("link", name="Change the prices of the chosen products").click()
    marketer.locator("[name=currency]").select_option("USD")
    marketer.locator("[name=how]").select_option("lower_percent")
    marketer.locator("[name=by]").fill("10")
    marketer.get_by_role("button", name="See before and after").click()
    expect(marketer.get_by_role("row", name="BOWL")).to_contain_text("$18.00")
    assert violations(marketer) == []
    marketer.get_by_role("button", name="Set 2 prices").click()
    expect(marketer.get_by_text("2 prices are set.")).to_be_visible()

    packer = visitor(browser, live_server, PHONE, "Fulfilment")
    packer.goto(reverse("stock:count_file"))
    choose(packer, "count.csv", COUNT)
    packer.get_by_role("button", name="Look at it").click()
    assert violations(packer) == []
    packer.get_by_role("button", name="Book 2 shelves").click()
    expect(packer.get_by_text("2 shelves were set to what was counted.")).to_be_visible()

    give_each_a_page()
    phone = visitor(browser, live_server, PHONE)
    phone.goto("/shop/ceramics/bowl/")
    expect(phone.get_by_text("Only 3 left")).to_be_visible()
    expect(phone.get_by_text("$18", exact=True).first).to_be_visible()
    assert [finding for finding in audit(now=timezone.now()) if finding.breaches] == []
