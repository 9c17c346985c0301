"""Picking lists, packing slips and invoices: what they say, of which orders, to whom; and PDF only where it can be made."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shop.catalogue.models import Variant
from shop.orders import pdf
from shop.orders.models import Order, OrderLine
from shop.orders.print_desk import address_of
from tests.checkout.world import fill_cart, place
from tests.orders.helpers import paid_order, pay, placed_order, refund, send, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


def paper(client: Client, name: str, *orders: Order):
    return client.get(address_of(name, [order.pk for order in orders]))


def test_a_picking_list_sums_the_goods_and_then_tells_them_order_by_order(packer):
    one = paid_order("MUG", quantity=2, stock=9)
    two = pay(place(fill_cart(Variant.objects.get(sku="MUG"), quantity=3)))
    OrderLine.objects.filter(order=two).update(dropped=1)
    Order.objects.filter(pk=two.pk).update(customer_note="Mind the step")
    response = paper(packer, "picking", two, one)
    assert [(pick.sku, pick.quantity, pick.orders) for pick in response.context["picks"]] == [("MUG", 4, 2)]
    text = response.content.decode()
    assert text.index(one.number) < text.index(two.number)
    assert "Mind the step" in text
    assert "$" not in text


def test_what_is_not_to_be_packed_is_left_out_and_named(packer):
    gone, unpaid, waiting = send(paid_order("CUP")), placed_order("JUG"), paid_order("MUG")
    response = paper(packer, "picking", gone, unpaid, waiting)
    assert response.context["pile"].orders == [waiting]
    text = response.content.decode()
    assert f"{gone.number} (shipped)" in text
    assert f"{unpaid.number} (waiting for payment)" in text
    assert "CUP" not in text


def test_a_slip_has_the_address_and_no_price(packer):
    order = paid_order("MUG", quantity=2)
    text = paper(packer, "slips", order).content.decode()
    for word in ("Packing slip", order.number, "Alice Hartono", "418 Alder Street", "Mug", "MUG"):
        assert word in text, word
    assert "$" not in text
    assert "24.00" not in text


def test_an_invoice_says_what_was_paid_and_what_went_back(packer):
    order, unpaid = paid_order("MUG"), placed_order("CUP")
    refund(order, "10.00")
    response = paper(packer, "invoices", order, unpaid)
    text = response.content.decode()
    assert "$57.80" in text
    assert "−$10.00" in text
    assert [sheet["order"] for sheet in response.context["sheets"]] == [order]
    assert f"Not paid, so without an invoice: {unpaid.number}" in text


def test_papers_for_the_customer_are_in_their_language(packer):
    order = paid_order()
    Order.objects.filter(pk=order.pk).update(language="id")
    assert '<article class="sheet slip" lang="id">' in paper(packer, "slips", order).content.decode()


@pytest.mark.parametrize("name", ["picking", "slips", "invoices"])
def test_many_orders_cost_what_one_does(packer, name):
    orders = [paid_order(sku) for sku in "ABCD"]
    paper(packer, name, orders[0])
    with CaptureQueriesContext(connection) as few:
        paper(packer, name, orders[0])
    with CaptureQueriesContext(connection) as many:
        assert len(paper(packer, name, *orders).context["sheets"]) == 4
    assert len(many) == len(few) <= 12


def test_what_was_ticked_goes_to_its_paper(packer):
    order = paid_order()
    for name in ("picking", "slips", "invoices"):
        bulk = reverse("wagtail_bulk_action", args=["shop", "order", f"print_{name}"])
        response = packer.get(bulk, {"id": [order.pk, "all", "x"], "next": "/admin/orders/"})
        assert response.url == address_of(name, [order.pk])
        assert bulk in packer.get(reverse("orders:index")).content.decode()


def test_the_page_of_an_order_offers_its_papers(packer):
    unpaid, paid = placed_order("CUP"), paid_order("MUG")
    for order, offered in ((unpaid, False), (paid, True)):
        text = packer.get(reverse("orders:inspect", args=[order.pk])).content.decode()
        for name in ("picking", "slips", "invoices"):
            assert (address_of(name, [order.pk]) in text) is offered


@pytest.mark.parametrize("query", ["", "?id=x", "?id=999999", "?id=" + "9" * 30, "?id=%00"])
def test_nothing_chosen_is_said_so(packer, query):
    response = packer.get(reverse("orders:print", args=["slips"]) + query)
    assert response.status_code in (200, 400)


def test_there_are_three_papers(packer):
    assert packer.get(reverse("orders:print", args=["money"])).status_code == 404


@pytest.mark.parametrize(
    ("role", "may"),
    [("Fulfilment", True), ("Finance", True), ("Owner", True), ("Editor", False), ("Merchandiser", False), ("", False)],
)
def test_roles(client, role, may):
    order = paid_order()
    client.force_login(somebody(role))
    bulk = reverse("wagtail_bulk_action", args=["shop", "order", "print_slips"])
    for address in (address_of("slips", [order.pk]), f"{bulk}?id={order.pk}"):
        response = client.get(address, follow=True)
        assert ("Alice Hartono" in response.content.decode()) is may


# --- PDF -----------------------------------------------------------------------------------------


@pytest.fixture
def press(monkeypatch) -> list[dict]:
    """A stand-in for WeasyPrint that notes what it was given."""
    printed: list[dict] = []

    class HTML:
        def __init__(self, *, string, url_fetcher):
            self.facts = {"html": string, "fetch": url_fetcher}

        def write_pdf(self, *, stylesheets):
            printed.append(self.facts | {"styles": [sheet.string for sheet in stylesheets]})
            return b"%PDF-1.7 stand-in"

    module = ModuleType("weasyprint")
    module.HTML = HTML
    module.CSS = lambda *, string, url_fetcher: SimpleNamespace(string=string)
    module.URLFetcher = lambda *, allowed_protocols: allowed_protocols
    monkeypatch.setitem(sys.modules, "weasyprint", module)
    return printed


def test_a_pdf_where_it_can_be_made(packer, press):
    order = paid_order()
    assert "pdf=1" in paper(packer, "invoices", order).content.decode()
    response = packer.get(address_of("invoices", [order.pk]) + "&pdf=1")
    assert response["Content-Type"] == "application/pdf"
    assert response.content == b"%PDF-1.7 stand-in"
    sheet = press.pop()
    assert "$57.80" in sheet["html"]
    assert "<link" not in sheet["html"]
    assert ".sheet" in sheet["styles"][0]
    assert sheet["fetch"] == ()  # no protocol: whatever a name or a note contains, nothing is fetched for it


def test_without_it_there_is_no_button_and_the_page_comes_instead(packer, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if it could not be imported
    order = paid_order()
    assert pdf.engine() is None
    response = packer.get(address_of("invoices", [order.pk]) + "&pdf=1")
    assert response["Content-Type"].startswith("text/html")
    assert "pdf=1" not in response.content.decode()
