"""A count from a file: what is read, what is shown before, what is booked, and that nothing sold meanwhile is lost."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from shop.inventory import count_file
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem, StockMovement
from tests.factories import make_product, make_staff, make_variant
from tests.inventory.test_operations import WHO

pytestmark = pytest.mark.django_db

HEAD = "sku,counted,on_hand,note\n"


@pytest.fixture
def packer(client: Client) -> Client:
    client.force_login(make_staff("Fulfilment"))
    return client


@pytest.fixture
def mug() -> StockItem:
    return make_product("mug", stock=10).variants.get().stock_item


def upload(client: Client, content: str | bytes, name: str = "count.csv"):
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(reverse("stock:count_file"), {"file": SimpleUploadedFile(name, content)})


def press(client: Client, response, button: str):
    return client.post(reverse("stock:count_file"), {"text": response.context["text"], button: "1"})


def outcomes(response) -> list[str]:
    return [row.outcome for row in response.context["rows"]]


def workbook(*rows: tuple) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_every_row_says_what_would_happen_and_nothing_does(packer, mug):
    make_product("cup", stock=4)
    rows = ["mug,8,10,two broken", "cup,4,,", "cup,5,,", "jug,1,,", "MUG,-1,,", ",3,,", "mug,,,"]
    response = upload(packer, HEAD + "\n".join(rows))
    assert outcomes(response) == ["ready", "same", "refused", "refused", "refused", "refused", "empty"]
    text = response.content.decode()
    for words in ("Nothing has happened yet.", "stands in the file before", "There is no such sku.", ">-2<"):
        assert words in text, words
    mug.refresh_from_db()
    assert (mug.on_hand, StockMovement.objects.filter(reason="counted").count()) == (10, 0)


@pytest.mark.parametrize(
    ("counted", "books", "note", "why"),
    [
        ("1.5", "", "", "whole number"),
        ("x", "", "", "whole number"),
        ("²", "", "", "whole number"),
        ("1000001", "", "", "whole number"),
        ("99999999999999999999", "", "", "whole number"),
        ("8", "12", "", "said 12 when this was counted, and say 10 now"),
        ("8", "", "x" * 201, "too long"),
    ],
)
def test_rows_that_cannot_be_used_say_why(packer, mug, counted, books, note, why):
    response = upload(packer, HEAD + f"MUG,{counted},{books},{note}\n")
    assert outcomes(response) == ["refused"]
    assert why in response.content.decode()
    press(packer, response, "agreed")
    assert StockItem.objects.get().on_hand == 10


def test_what_differs_is_booked_as_a_count_with_its_note(packer, mug):
    response = press(packer, upload(packer, HEAD + "mug,8,,two broken\n"), "agreed")
    assert outcomes(response) == ["booked"]
    movement = StockMovement.objects.latest("pk")
    assert (movement.delta, movement.balance, movement.reason) == (-2, 8, "counted")
    assert (movement.note, movement.actor) == ("two broken", "fulfilment@example.com")
    again = press(packer, upload(packer, HEAD + "mug,8,,two broken\n"), "agreed")
    assert outcomes(again) == ["same"]
    assert StockMovement.objects.filter(reason="counted").count() == 1


def test_after_booking_only_what_was_refused_comes_back(packer, mug):
    booked = press(packer, upload(packer, HEAD + "mug,8,10,\njug,1,3,\n"), "agreed")
    assert outcomes(booked) == ["booked", "refused"]
    (row,) = csv.DictReader(io.StringIO(press(packer, booked, "export").content.decode()))
    assert (row["sku"], row["counted"], row["on_hand"]) == ("jug", "1", "")
    assert outcomes(press(packer, booked, "agreed")) == ["same", "refused"]


def test_what_left_between_looking_and_booking_is_not_lost(packer, mug):
    looked = upload(packer, HEAD + "MUG,11,,\n")
    inventory.adjust(stock_item=mug, delta=-3, reason_note="sold over the counter", **WHO)
    response = press(packer, looked, "agreed")
    assert outcomes(response) == ["refused"]
    assert "said 10 when this was counted, and say 7 now" in response.content.decode()
    assert StockItem.objects.get().on_hand == 7


def test_the_operation_refuses_books_that_have_moved(mug):
    with pytest.raises(inventory.ShelfMoved):
        inventory.count(stock_item=mug, counted=4, expected=9, **WHO)
    assert StockItem.objects.get().on_hand == 10


def test_a_workbook_is_read_as_what_its_cells_show(packer, mug):
    content = workbook(("SKU", "Counted", "Remark"), ("MUG", 8.0, "=2+2"), (None, None, None), ("mug", None, None))
    response = upload(packer, content, "count.xlsx")
    assert outcomes(response) == ["ready", "empty"]
    assert [row.line for row in response.context["rows"]] == [2, 4]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "file is empty"),
        (b"\n\n", "no row"),
        (b"sku,counted\n", "no row"),
        (b"sku,units\nMUG,1\n" + b"MUG,1\n" * count_file.MOST_ROWS, "too many rows"),
        (b"\xff\xfe", "no text"),
        (b"PK\x03\x04 no workbook", "cannot be read"),
        (b"x" * (count_file.MOST_BYTES + 1), "too large"),
        (b"carrier,tracking\nJNE,1\n", "missing: sku, counted"),
    ],
)
def test_files_that_are_refused_say_why(packer, content, why):
    response = upload(packer, content)
    assert why in str(response.context["form"].errors["file"])


def test_no_file_at_all(packer):
    response = packer.post(reverse("stock:count_file"), {})
    assert "Choose a file." in str(response.context["form"].errors["file"])


def test_a_workbook_that_unpacks_without_end_is_not_unpacked(packer):
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    assert "too large" in str(upload(packer, file.getvalue()).context["form"].errors["file"])


def test_many_rows_cost_what_one_does(django_assert_num_queries):
    product = make_product("mug", variants=[{"colour": "indigo"}])
    for colour in ("moss", "sand"):
        make_variant(product, {"colour": colour})
    rows = count_file.read((HEAD + "MUG-INDIGO,1,,\nMUG-MOSS,1,,\nMUG-SAND,1,,\n").encode())
    with django_assert_num_queries(1):
        assert [row.outcome for row in count_file.look(rows)] == ["ready"] * 3


def test_a_shelf_that_two_variants_share_is_counted_once(packer, mug):
    other = make_product("cup", stock=0).variants.get()
    other.stock_item = mug
    other.save()
    assert outcomes(upload(packer, HEAD + "MUG,8,,\nCUP,7,,\n")) == ["ready", "refused"]


def test_what_was_refused_comes_back_without_formulas(packer):
    response = press(packer, upload(packer, HEAD + "=cmd|' /C calc'!A0,@SUM(A1),,+1\n"), "export")
    (row,) = csv.DictReader(io.StringIO(response.content.decode()))
    assert (row["sku"], row["counted"], row["note"]) == ("'=cmd|' /C calc'!A0", "'@SUM(A1)", "'+1")
    assert row["why"] == "There is no such sku."


def test_the_list_to_count_by_comes_back_as_it_went(packer, mug):
    StockItem.objects.filter(pk=mug.pk).update(name="=1+1")
    csv_list = b"".join(packer.get(reverse("stock:count_sheet")).streaming_content)
    assert csv_list.decode().splitlines() == ["sku,name,on_hand,counted,note", "MUG,'=1+1,10,,"]
    assert outcomes(upload(packer, csv_list.replace(b"10,,", b"10,9,"))) == ["ready"]
    address = reverse("stock:count_sheet")
    sheet = load_workbook(io.BytesIO(b"".join(packer.get(address, {"export": "xlsx"}).streaming_content))).active
    assert (sheet["B2"].value, sheet["B2"].data_type, sheet["C2"].value) == ("=1+1", "s", 10)


@pytest.mark.parametrize("role", ["Owner", "Finance", "Merchandiser", "Editor"])
def test_roles(client, mug, role):
    client.force_login(make_staff(role))
    may = role == "Owner"
    for name in ("count_file", "count_sheet"):
        assert (client.get(reverse(f"stock:{name}")).status_code == 200) is may
    client.post(reverse("stock:count_file"), {"text": HEAD + "MUG,8,10,\n", "agreed": "1"})
    assert (StockItem.objects.get().on_hand == 8) is may
