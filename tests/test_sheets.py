"""Tables that people send: what an amount is, and that a workbook is no wider than what is in it."""

import io
from decimal import Decimal

import pytest
from openpyxl import Workbook

from shop import sheets


@pytest.mark.parametrize(
    ("text", "value"), [("24.50", "24.5"), ("24,5", "24.5"), ("-3", "-3"), ("0.125", "0.125"), ("351000", "351000")]
)
def test_amounts(text, value):
    assert sheets.number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "x", "351.000", "-1.250", "1,234", "1.234,50", "1e12", "NaN", "Infinity"])
def test_what_has_two_meanings_or_none_is_no_amount(text):
    with pytest.raises(ValueError):
        sheets.number(text)


@pytest.mark.parametrize("text", ["", "-1", "1.0", "²", "11", "0000000001"])
def test_what_is_no_count_of_at_most_ten(text):
    assert sheets.units("10", most=10) == 10
    with pytest.raises(ValueError):
        sheets.units(text, most=10)


def test_a_workbook_is_as_wide_as_what_it_says():
    book, file = Workbook(), io.BytesIO()
    book.active.append(["sku", "counted"])
    book.active.append(["MUG", 8])
    book.active.cell(row=2, column=16_384, value="far away")
    book.save(file)
    table = sheets.read(file.getvalue(), most_bytes=200_000, most_rows=10)
    assert (table.headings, table.rows) == (["sku", "counted"], [(2, ["MUG", "8"])])
