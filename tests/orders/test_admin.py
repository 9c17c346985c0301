"""The orders desk: who sees what, what can be done, and that nothing else can."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.log_actions import registry as log_registry

from shop.desk import RowsAsTheyGo
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.orders import operations as orders
from shop.orders.models import Fulfilment, Order
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import expire, paid_order, pay, placed_order, send, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PARCEL = {"carrier": "JNE", "tracking_number": "CGK0042", "tracking_url": "https://track.example/CGK0042"}


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


def page_of(order: Order) -> str:
    return reverse("orders:inspect", args=[order.pk])


def shown(client: Client, **query: object) -> list[str]:
    response = client.get(reverse("orders:index"), query)
    return [order.number for order in response.context["object_list"]]


def words(response) -> list[str]:
    return [str(message) for message in response.context["messages"]][-1:]


# --- the list ------------------------------------------------------------------------------------


def test_the_list_says_what_matters_newest_first(packer):
    first, second = placed_order("CUP"), paid_order("MUG")
    response = packer.get(reverse("orders:index"))
    assert shown(packer) == [second.number, first.number]
    text = response.content.decode()
    for word in ("$57.80", "alice@example.com", "unpaid", "paid", "to be packed", "waiting for payment"):
        assert word in text, word


def test_the_list_costs_the_same_for_many_orders(packer):
    send(paid_order("MUG"))
    packer.get(reverse("orders:index"))
    with CaptureQueriesContext(connection) as few:
        packer.get(reverse("orders:index"))
    for sku in ("A", "B", "C", "D"):
        send(paid_order(sku))
    with CaptureQueriesContext(connection) as many:
        packer.get(reverse("orders:index"))
    assert len(many) == len(few) <= 10


def test_filters(packer):
    unpaid, paid = placed_order("CUP"), paid_order("MUG")
    orders.flag(unpaid, "odd", actor="test", now=NOW)
    assert shown(packer, state="processing") == [paid.number]
    assert shown(packer, state=["processing", "pending"]) == [paid.number, unpaid.number]
    assert shown(packer, payment_status="paid") == [paid.number]
    assert shown(packer, flagged="yes") == [unpaid.number]
    assert shown(packer, flagged="no") == [paid.number]
    assert shown(packer, placed_at_from="2026-11-23") == []
    assert shown(packer, placed_at_from="2026-11-22", placed_at_to="2026-11-22") == [paid.number, unpaid.number]


def test_search_by_number_mail_sku_and_tracking_number(packer):
    mug, cup = send(paid_order("MUG")), placed_order("CUP")
    Order.objects.filter(pk=cup.pk).update(email="budi@example.com")
    assert shown(packer, q=mug.number) == [mug.number]
    assert shown(packer, q="BUDI@") == [cup.number]
    assert shown(packer, q="cup") == [cup.number]
    assert shown(packer, q=" cgk0042 ") == [mug.number]
    assert shown(packer, q="nothing") == []


def test_export_holds_the_filtered_orders_and_no_formulas(packer):
    order = placed_order("CUP")
    paid_order("MUG")
    Order.objects.filter(pk=order.pk).update(email="=cmd@example.com")
    response = packer.get(reverse("orders:index"), {"export": "csv", "state": "pending"})
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert [(row["Number"], row["Email"], row["Total"]) for row in rows] == [
        (order.number, "'=cmd@example.com", "57.80")
    ]
    assert packer.get(reverse("orders:index"), {"export": "xlsx"}).status_code == 200


def test_an_export_reads_its_orders_as_it_goes(packer, monkeypatch):
    for sku in ("MUG", "CUP", "BOWL"):
        placed_order(sku)
    read, made = [], Order.from_db.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(RowsAsTheyGo, "CHUNK", 1)
    monkeypatch.setattr(Order, "from_db", classmethod(lambda *args: read.append(1) or made(*args)))
    lines = iter(packer.get(reverse("orders:index"), {"export": "csv"}).streaming_content)
    known = [len(read)]
    for _line in lines:
        known.append(len(read))
    assert known == [0, 0, 1, 2, 3]  # before the heading, with it, and with each order


# --- the order -----------------------------------------------------------------------------------


def test_the_page_of_an_order_shows_all_of_it(packer):
    order = send(paid_order())
    text = packer.get(page_of(order)).content.decode()
    for word in ("Mug", "MUG", "$24.00", "$48.00", "$57.80", "418 Alder Street", "Portland", "United States"):
        assert word in text, word
    for word in ("JNE", "CGK0042", "https://track.example/CGK0042", "packer@etalase.example", "Payment: paid"):
        assert word in text, word


def test_payments_are_for_those_who_may_see_them(client):
    order = paid_order()
    for role, sees in (("Fulfilment", False), ("Finance", True), ("Owner", True)):
        client.force_login(somebody(role))
        assert (f"pi_{order.number}-1" in client.get(page_of(order)).content.decode()) is sees, role


def test_a_flag_is_seen_at_once_and_a_cancelled_order_says_why(packer):
    order = placed_order()
    orders.flag(order, "paid twice: refund one payment", actor="payments", now=NOW)
    assert "paid twice: refund one payment" in packer.get(page_of(order)).content.decode()
    assert "no payment came in time" in packer.get(page_of(expire(order))).content.decode()


def test_what_a_shopper_typed_is_text(packer):
    order = placed_order()
    order.addresses.update(name="<script>alert(1)</script>")
    Order.objects.filter(pk=order.pk).update(customer_note="<img src=x onerror=alert(1)>")
    text = packer.get(page_of(order)).content.decode()
    for raw, escaped in (("<script>alert", "&lt;script&gt;alert"), ("<img src=x", "&lt;img src=x")):
        assert raw not in text
        assert escaped in text


def test_the_page_costs_the_same_for_many_lines(packer):
    small, large = paid_order("MUG"), pay(place(fill_cart(*(sell(sku) for sku in "ABCDE"))))
    packer.get(page_of(small))
    with CaptureQueriesContext(connection) as few:
        packer.get(page_of(small))
    with CaptureQueriesContext(connection) as many:
        packer.get(page_of(large))
    assert len(many) == len(few) <= 20


# --- what may be done ----------------------------------------------------------------------------


def test_ship(packer):
    order = paid_order(quantity=2, stock=5)
    assert reverse("orders:ship", args=[order.pk]) in packer.get(page_of(order)).content.decode()
    response = packer.post(reverse("orders:ship", args=[order.pk]), PARCEL, follow=True)
    assert response.redirect_chain == [(page_of(order), 302)]
    assert f"Order {order.number} is on its way." in words(response)[0]
    order.refresh_from_db()
    parcel = order.fulfilments.get()
    assert (order.state, parcel.carrier, parcel.tracking_number) == ("shipped", "JNE", "CGK0042")
    assert parcel.actor == order.events.last().actor == "fulfilment@etalase.example"
    stock = StockItem.objects.get()
    assert (stock.on_hand, stock.reserved) == (3, 0)
    entry = log_registry.get_logs_for_instance(order).get()
    assert (entry.action, entry.user.email) == ("shop.ship_order", "fulfilment@etalase.example")
    assert reverse("orders:ship", args=[order.pk]) not in packer.get(page_of(order)).content.decode()


def test_a_second_click_is_harmless(packer):
    order = paid_order()
    for _click in range(2):
        response = packer.post(reverse("orders:ship", args=[order.pk]), PARCEL, follow=True)
    assert "Nothing to do here" in words(response)[0]
    assert Fulfilment.objects.count() == 1
    assert StockItem.objects.get().on_hand == 3
    assert log_registry.get_logs_for_instance(order).count() == 1


@pytest.mark.parametrize("parcel", [{"carrier": ""}, {"tracking_number": " "}, {"tracking_url": "javascript:alert(1)"}])
def test_a_parcel_needs_a_carrier_a_number_and_an_honest_link(packer, parcel):
    order = paid_order()
    response = packer.post(reverse("orders:ship", args=[order.pk]), PARCEL | parcel)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == list(parcel)
    assert not Fulfilment.objects.exists()


def test_short_shelves_are_said_kindly_and_nothing_moves(packer):
    order = paid_order(quantity=2)
    inventory.count(stock_item=StockItem.objects.get(), counted=1, actor="test", now=NOW)
    response = packer.post(reverse("orders:ship", args=[order.pk]), PARCEL)
    assert f"The shelves hold less than was sold: {StockItem.objects.get()} (1 / 2)" in response.content.decode()
    order.refresh_from_db()
    stock = StockItem.objects.get()
    assert (order.state, stock.on_hand, stock.reserved) == ("processing", 1, 2)
    assert not Fulfilment.objects.exists()


def test_unpaid_orders_cannot_be_shipped(packer):
    order = placed_order()
    assert "is waiting for payment" in words(packer.get(reverse("orders:ship", args=[order.pk]), follow=True))[0]
    packer.post(reverse("orders:ship", args=[order.pk]), PARCEL)
    order.refresh_from_db()
    assert order.state == "pending"


def test_money_taken_back_stops_the_parcel(packer):
    order = paid_order()
    Order.objects.filter(pk=order.pk).update(payment_status="failed")
    response = packer.post(reverse("orders:ship", args=[order.pk]), PARCEL)
    assert "It is not paid in full." in response.content.decode()
    assert not Fulfilment.objects.exists()


def test_deliver(packer):
    order = send(paid_order())
    packer.post(reverse("orders:deliver", args=[order.pk]))
    order.refresh_from_db()
    assert order.state == "delivered"
    assert "Nothing to do here" in words(packer.post(reverse("orders:deliver", args=[order.pk]), follow=True))[0]
    assert order.events.filter(kind="delivered").count() == 1


def test_clear_the_flag(packer):
    order = placed_order()
    orders.flag(order, "odd", actor="test", now=NOW)
    packer.post(reverse("orders:clear_flag", args=[order.pk]))
    order.refresh_from_db()
    assert order.needs_attention == ""
    assert order.events.last().detail == {"reason": "odd"}
    assert "Nothing to do here" in words(packer.post(reverse("orders:clear_flag", args=[order.pk]), follow=True))[0]


# --- who may not ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "sees", "ships"),
    [
        ("Fulfilment", True, True),
        ("Owner", True, True),
        ("superuser", True, True),
        ("Finance", True, False),
        ("Editor", False, False),
        ("Merchandiser", False, False),
        ("", False, False),
    ],
)
def test_roles(client, role, sees, ships):
    order = paid_order()
    client.force_login(somebody(role))
    assert (client.get(reverse("orders:index")).status_code == 200) is sees
    assert (client.get(page_of(order)).status_code == 200) is sees
    client.post(reverse("orders:ship", args=[order.pk]), PARCEL)
    order.refresh_from_db()
    assert (order.state == "shipped") is ships
    if sees and not ships:
        assert reverse("orders:ship", args=[order.pk]) not in client.get(page_of(order)).content.decode()


@pytest.mark.parametrize("role", ["Owner", "superuser"])
@pytest.mark.parametrize("name", ["add", "edit", "delete"])
def test_nobody_adds_edits_or_deletes_an_order(client, role, name):
    order = placed_order()
    client.force_login(somebody(role))
    address = reverse(f"orders:{name}", args=[] if name == "add" else [order.pk])
    for send_it in (client.get, client.post):
        assert send_it(address).status_code in (302, 403)
    assert Order.objects.get().total == order.total
    text = client.get(page_of(order)).content.decode() + client.get(reverse("orders:index")).content.decode()
    assert address not in text


def test_strangers_are_sent_to_the_door(client):
    order = paid_order()
    for name in ("inspect", "ship", "deliver", "clear_flag"):
        response = client.post(reverse(f"orders:{name}", args=[order.pk]))
        assert response.status_code == 302, name
        assert "login" in response.url, name
