"""Tracking numbers from a file: what is read, what is shown before, what is shipped, and that twice is once."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook
from wagtail.log_actions import registry as log_registry

from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.orders.models import Fulfilment, Order
from shop.orders.shipping_file import MOST_BYTES, MOST_ROWS, look, read
from shop.outbox.models import Job
from shop.sheets import FileRefused
from tests.checkout.world import NOW, fill_cart, place
from tests.orders.helpers import paid_order, pay, placed_order, send, somebody

pytestmark = pytest.mark.django_db

HEAD = "order,carrier,tracking,link\n"


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(somebody("Fulfilment"))
    return client


def upload(client: Client, text: str | bytes):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(reverse("orders:ship_file"), {"file": SimpleUploadedFile("parcels.csv", content)})


def press(client: Client, text: str, button: str):
    return client.post(reverse("orders:ship_file"), {"text": text, button: "1"})


def outcomes(response) -> list[str]:
    return [row.outcome for row in response.context["rows"]]


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "order,carrier,tracking\nET-1,JNE,A1\n",
        "Order number;Carrier;Tracking number\r\net-1;JNE;A1\r\n\r\n",
        "tracking\tcarrier\torder_number\n A1 \tJNE\tET-1",
    ],
)
def test_tables_as_spreadsheets_save_them(text):
    (row,) = read(text.encode())
    assert (row.line, row.number, row.carrier, row.tracking_number, row.tracking_url) == (2, "ET-1", "JNE", "A1", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no row"),
        ("order,carrier\nET-1,JNE\n", "missing: tracking"),
        (HEAD, "no row"),
        (HEAD + " , ,\n", "no row"),
        (HEAD + "ET-1,JNE,A1\n" * (MOST_ROWS + 1), "too many rows"),
    ],
)
def test_files_that_are_refused(text, why):
    with pytest.raises(FileRefused, match=why):
        read(text.encode())


BINARY = [(b"\xff\xfe", "no text"), (b"a\x00b", "no text"), (b"x" * (MOST_BYTES + 1), "too large")]


@pytest.mark.parametrize(("content", "why"), BINARY)
def test_bytes_that_are_no_table(packer, content, why):
    response = upload(packer, content)
    assert why in str(response.context["form"].errors["file"])


def test_a_workbook_and_a_file_that_came_back_marked_are_read_alike():
    book, file = Workbook(), io.BytesIO()
    for cells in (("Order", "Carrier", "Tracking", "Parcel"), ("ET-1", "JNE", 42, 2)):
        book.active.append(cells)
    book.save(file)
    (of_workbook,) = read(file.getvalue())
    (marked,) = read(b"order,carrier,tracking,parcel,why\nET-1,JNE,'-42,2,It is shipped.\n")
    assert (of_workbook.tracking_number, of_workbook.position) == ("42", "2")
    assert marked.tracking_number == "-42"


def test_no_file_at_all(packer):
    response = packer.post(reverse("orders:ship_file"), {})
    assert "Choose a file." in str(response.context["form"].errors["file"])


# --- what would happen ---------------------------------------------------------------------------


def test_every_row_says_what_would_happen_and_nothing_does(packer):
    ready, unpaid, gone = paid_order("MUG"), placed_order("CUP"), send(paid_order("JUG"))
    rows = [
        f"{ready.number},JNE,A1,https://track.example/A1",
        f"{ready.number},JNE,A2,",
        "ET-404,JNE,A3,",
        f"{unpaid.number},JNE,A4,",
        f"{gone.number},JNE,A5,",
        f"{gone.number},JNE,CGK0042,",
        f"{gone.number},,,javascript:alert(1)",
    ]
    response = upload(packer, HEAD + "\n".join(rows))
    assert outcomes(response) == ["ready", "refused", "refused", "refused", "refused", "refused", "refused"]
    text = response.content.decode()
    for why in (
        "stands in the file before",
        "no order with this number",
        "It is waiting for payment.",
        "It is shipped.",
    ):
        assert why in text, why
    ready.refresh_from_db()
    assert ready.state == "processing"
    assert Fulfilment.objects.count() == 1


def test_a_parcel_that_left_with_this_number_is_done(packer):
    gone = send(paid_order())
    assert outcomes(upload(packer, HEAD + f"{gone.number},JNE,CGK0042,")) == ["done"]


def test_a_row_needs_a_carrier_a_number_and_an_honest_link(packer):
    order = paid_order()
    for cells, why in ((",A1,", "Carrier:"), ("JNE,,", "Tracking number:"), ("JNE,A1,javascript:x", "Tracking link:")):
        response = upload(packer, HEAD + f"{order.number},{cells}")
        assert outcomes(response) == ["refused"]
        assert why in response.content.decode()


def test_short_shelves_serve_whom_the_file_names_first(packer):
    first = paid_order("MUG", quantity=2, stock=4)
    second = _another(first)
    inventory.count(stock_item=StockItem.objects.get(), counted=3, actor="test", now=NOW)
    response = upload(packer, HEAD + f"{second.number},JNE,A1,\n{first.number},JNE,A2,\n")
    assert outcomes(response) == ["ready", "refused"]
    assert "(1 / 2)" in response.content.decode()


def _another(order: Order) -> Order:
    return pay(place(fill_cart(order.lines.get().variant, quantity=2)))


def test_many_rows_cost_what_one_does():
    orders = [paid_order(sku) for sku in "ABC"]
    rows = read((HEAD + "\n".join(f"{order.number},JNE,{order.pk}," for order in orders)).encode())
    with CaptureQueriesContext(connection) as few:
        look(rows[:1])
    with CaptureQueriesContext(connection) as many:
        look(rows)
    assert len(many) == len(few) <= 4


# --- what does -----------------------------------------------------------------------------------


def test_what_can_be_shipped_is_shipped_and_the_rest_stays(packer):
    ready, unpaid = paid_order("MUG", quantity=2, stock=5), placed_order("CUP")
    text = HEAD + f"{ready.number},JNE,A1,https://track.example/A1\n{unpaid.number},JNE,A2,\n"
    response = press(packer, text, "agreed")
    assert outcomes(response) == ["shipped", "refused"]
    assert "1 order was shipped." in response.content.decode()
    ready.refresh_from_db()
    unpaid.refresh_from_db()
    parcel = ready.fulfilments.get()
    assert (ready.state, unpaid.state) == ("shipped", "pending")
    assert (parcel.carrier, parcel.tracking_number, parcel.tracking_url) == ("JNE", "A1", "https://track.example/A1")
    assert parcel.actor == ready.events.last().actor == "fulfilment@etalase.example"
    assert ready.lines.get().variant.stock_item.on_hand == 3
    assert log_registry.get_logs_for_instance(ready).get().action == "shop.ship_order"


def test_twice_is_once(packer):
    order = paid_order()
    text = HEAD + f"{order.number},JNE,A1,\n"
    assert outcomes(press(packer, text, "agreed")) == ["shipped"]
    assert outcomes(press(packer, text, "agreed")) == ["done"]
    assert Fulfilment.objects.count() == 1
    assert log_registry.get_logs_for_instance(order).count() == 1
    assert Job.objects.filter(key=f"mail/shipped/{order.number}").count() == 1


def test_what_was_refused_comes_back_without_formulas(packer):
    text = HEAD + "=cmd|' /C calc'!A0,@SUM(A1),+1,-2\n"
    response = press(packer, text, "export")
    (row,) = csv.DictReader(io.StringIO(response.content.decode()))
    assert row["order"] == "'=CMD|' /C CALC'!A0"
    assert (row["carrier"], row["tracking"], row["link"]) == ("'@SUM(A1)", "'+1", "'-2")
    assert row["why"] == "There is no order with this number."


@pytest.mark.parametrize(
    ("role", "may"),
    [("Fulfilment", True), ("Owner", True), ("Finance", False), ("Editor", False), ("Merchandiser", False)],
)
def test_roles(client, role, may):
    order = paid_order()
    client.force_login(somebody(role))
    assert (client.get(reverse("orders:ship_file")).status_code == 200) is may
    press(client, HEAD + f"{order.number},JNE,A1,\n", "agreed")
    order.refresh_from_db()
    assert (order.state == "shipped") is may
    assert (reverse("orders:ship_file") in client.get(reverse("orders:index")).content.decode()) is may
