"""Tables that people send: CSV or a workbook, read into rows of text whatever program wrote it.

    table = read(content, most_bytes=200_000, most_rows=300)
    places(table.headings, {"sku": ("sku", "article")}, needed=("sku",))        {"sku": 0}
    records(table, {"sku": ("sku", "article")}, needed=("sku",))                [(2, {"sku": "MUG"})]

What our own files mark as text by an apostrophe (desk.harmless) loses it again, so that a file that went out comes back as
it was.
"""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

MOST_COLUMNS = 100
UNPACKED = 20  # a workbook may unpack to so many times the allowed size, not more
LONGEST_CELL = 2000
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FileRefused(Exception):
    """The file as a whole cannot be used; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Table:
    """`rows`: (line, cells) of each that is not empty; line 1 is the row of headings."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def read(content: bytes, *, most_bytes: int, most_rows: int) -> Table:
    """Raises FileRefused for what is too large, no table, or has no row below its headings."""
    if len(content) > most_bytes:
        raise FileRefused(_("The file is too large: at most %(size)s kB.") % {"size": most_bytes // 1000})
    is_workbook = content.startswith(b"PK\x03\x04")
    lines = _of_workbook(content, most_bytes, most_rows) if is_workbook else _of_text(content)
    headings = [cell.strip() for cell in lines[0]] if lines else []
    rows = [
        (n, [_unmarked(cell) for cell in cells]) for n, cells in enumerate(lines[1:], 2) if any(map(str.strip, cells))
    ]
    if not rows:
        raise FileRefused(_("There is no row below the headings."))
    if len(rows) > most_rows:
        raise _too_many(most_rows)
    return Table(headings, rows)


def _too_many(most_rows: int) -> FileRefused:
    return FileRefused(_("These are too many rows at once: at most %(most)s.") % {"most": most_rows})


def text_of(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise FileRefused(_("This is no text in UTF-8. Save the table as CSV (UTF-8) or as a workbook (XLSX)."))
    return text


def _of_text(content: bytes) -> list[list[str]]:
    text = text_of(content)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise FileRefused(_("This cannot be read as a table. Save it as CSV (UTF-8).")) from None
    return [cells[:MOST_COLUMNS] for cells in table]


def _of_workbook(content: bytes, most_bytes: int, most_rows: int) -> list[list[str]]:
    """The first sheet, as what its cells show: of a formula the value that was last computed."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > UNPACKED * most_bytes:
            raise FileRefused(_("The workbook is too large: at most %(size)s kB.") % {"size": most_bytes // 1000})
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what it says of its size need not be true
            most_lines = 2 * most_rows + 2
            rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
            lines = [_filled([_said(value) for value in cells]) for cells in islice(rows, most_lines)]
            if len(lines) == most_lines:
                raise _too_many(most_rows)
            return lines
        finally:
            book.close()
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - a broken workbook breaks in as many ways as there are programs
        raise FileRefused(_("This workbook cannot be read. Save the table as XLSX or as CSV (UTF-8).")) from None


def _filled(cells: list[str]) -> list[str]:
    """Without the empty ones at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _said(value: Any) -> str:
    """A cell as text: 12.0 is "12", a day is "2026-11-01"."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00")
    return str(value).replace("\0", "")


def _unmarked(text: str) -> str:
    text = text.strip()[:LONGEST_CELL]
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def write(headings: Iterable[str], rows: Iterable[tuple[int, Iterable[str]]]) -> str:
    """The table as CSV, each row on its line again."""
    text = io.StringIO()
    table, line = csv.writer(text), 1
    table.writerow(headings)
    for n, cells in rows:
        for _empty in range(n - line - 1):
            table.writerow([])
        table.writerow(list(cells))
        line = n
    return text.getvalue()


def places(
    headings: list[str], known: Mapping[str, Collection[str]], *, needed: Collection[str] = ()
) -> dict[str, int]:
    """{name: which column}, by what the columns are called. Raises FileRefused when one that is needed is missing."""
    said = [plain(heading) for heading in headings]
    found = {name: said.index(word) for name, words in known.items() for word in reversed(list(words)) if word in said}
    missing = [next(iter(known[name])) for name in needed if name not in found]
    if missing:
        words = _("The first row has to name the columns; missing: %(missing)s.")
        raise FileRefused(words % {"missing": ", ".join(missing)})
    return found


def records(
    table: Table, known: Mapping[str, Collection[str]], *, needed: Collection[str] = ()
) -> list[tuple[int, dict[str, Any]]]:
    """(line, {name: text}) of each row, by what the columns are called. Raises FileRefused, as `places` does."""
    found = places(table.headings, known, needed=needed)
    return [
        (line, {name: cells[at] if at < len(cells) else "" for name, at in found.items()}) for line, cells in table.rows
    ]


def plain(heading: str) -> str:
    """A heading without capitals and lines: "On_Hand " is "on hand"."""
    return " ".join(heading.lower().replace("_", " ").split())


def units(text: str, *, most: int) -> int:
    """A whole number from 0 to `most`. Raises ValueError."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)) or int(text) > most:
        raise ValueError(text)
    return int(text)


def number(text: str) -> Decimal:
    """ "24.50", or "24,50" as half the world's spreadsheets write it. Raises ValueError, also for what has two meanings:
    "351.000" may be a third of a thousand or a third of a million.
    """
    if GROUPED.fullmatch(text):
        raise ValueError(text)
    whole, comma, cents = text.partition(",")
    if comma and "." not in text and len(cents) in (1, 2):
        text = f"{whole}.{cents}"
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise ValueError(text)
    return value
