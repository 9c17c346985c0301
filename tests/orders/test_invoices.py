"""The bill: for paid orders, with sums that add up, whichever way the tax is reckoned."""

from decimal import Decimal

import pytest
from django.urls import reverse
from wagtail.models import Site

from home.house import SiteSettings
from shop.money import total_of
from shop.orders.invoices import Invoice, has_invoice, invoice_of
from shop.orders.models import Order
from tests.checkout.world import fill_cart, place, sell
from tests.orders.helpers import paid_order, pay, placed_order, refund
from tests.promotions.world import coupon, use

pytestmark = pytest.mark.django_db


def page(client, order: Order):
    return client.get(reverse("checkout:invoice", args=[order.number, order.token]))


def adds_up(bill: Invoice, order: Order) -> bool:
    currency = order.currency
    taxes = total_of([each.tax for each in bill.taxes], currency)
    net = total_of([each.net for each in bill.taxes], currency)
    amounts = total_of([line.amount for line in bill.lines], currency)
    on_top = total_of([], currency) if bill.tax_included else taxes
    return (
        amounts == bill.goods
        and taxes == order.money("tax")
        and (net + taxes if bill.tax_included else net) == bill.goods
        and bill.goods + bill.delivery + on_top == bill.total == order.money("total")
    )


def test_tax_on_top():
    order = paid_order(quantity=2)
    bill = invoice_of(order)
    assert [(line.quantity, line.amount.amount) for line in bill.lines] == [(2, 48)]
    assert [(each.percent, each.net.amount, each.tax.amount) for each in bill.taxes] == [(10, 48, Decimal("4.80"))]
    assert adds_up(bill, order)


def test_tax_in_the_price():
    order = place(fill_cart(sell(), currency="IDR"))
    assert order.tax_included
    bill = invoice_of(order)
    assert bill.taxes[0].tax.amount > 0
    assert adds_up(bill, order)


def test_every_rate_has_its_sum():
    order = place(fill_cart(sell("MUG"), sell("BOWL", price="10.00"), sell("CUP", price="3.33")))
    order.lines.filter(sku="BOWL").update(tax_rate=Decimal("0.05"), tax=Decimal("0.50"))
    order.lines.filter(sku="CUP").update(tax_rate=0, tax=0)
    taxes = invoice_of(order).taxes
    assert [(each.percent, each.net.amount, each.tax.amount) for each in taxes] == [
        (10, 24, Decimal("2.40")),
        (5, 10, Decimal("0.50")),
    ]


def test_what_came_off_is_on_its_lines(client):
    coupon("WELCOME10", percent=10)
    order = pay(place(use(fill_cart(sell(), quantity=2), "WELCOME10")))
    bill = invoice_of(order)
    assert order.discount > 0
    assert bill.lines[0].discount.amount == order.discount
    assert adds_up(bill, order)
    assert "$4.80 less" in page(client, order).content.decode()


def test_the_page_names_seller_buyer_and_sums(client):
    house = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    house.name, house.address, house.tax_number = "Etalase Ltd", "1 Kiln Lane\nYogyakarta", "NPWP 01.234"
    house.save()
    order = paid_order()
    text = page(client, order).content.decode()
    for word in (
        "Etalase Ltd",
        "1 Kiln Lane",
        "NPWP 01.234",
        order.number,
        "418 Alder Street",
        "$57.80",
        "Tax, 10 % of $48.00",
    ):
        assert word in text, word


def test_what_was_given_back_since_is_said(client):
    order = paid_order()
    refund(order, "10.00")
    assert "−$10.00" in page(client, order).content.decode()


def test_an_unpaid_order_has_none(client):
    order = placed_order()
    assert not has_invoice(order)
    assert page(client, order).url == reverse("checkout:order", args=[order.number, order.token])


def test_the_order_leads_to_it_once_it_is_paid(client):
    order = placed_order()
    link, address = (
        reverse("checkout:invoice", args=[order.number, order.token]),
        reverse("checkout:order", args=[order.number, order.token]),
    )
    assert link not in client.get(address).content.decode()
    pay(order)
    assert link in client.get(address).content.decode()


def test_another_link_leads_nowhere(client):
    order = paid_order()
    assert client.get(reverse("checkout:invoice", args=[order.number, "x" * 32])).status_code == 404


def test_it_is_nobodys_cache(client):
    assert "no-store" in page(client, paid_order()).headers["Cache-Control"]
