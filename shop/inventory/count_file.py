"""A count from a file: read it, say row by row what would happen, then book what can be booked.

Columns by name in the first row, in any order: sku, counted, and if there are such on_hand (what the books said when the
list was made) and note. Rows without a count are left alone, so that a list may be filled in bit by bit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop import sheets
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem

MOST_BYTES = 500_000
MOST_ROWS = 500  # each is a transaction of its own, and a page waits for all of them
LONGEST_NOTE = 200
HEADINGS = {
    "sku": ("sku",),
    "counted": ("counted", "count", "units"),
    "books": ("on hand", "books"),
    "note": ("note", "remark"),
}
NEEDED = ("sku", "counted")
COLUMNS = ("sku", "counted", "on_hand", "note")
READY, SAME, EMPTY, REFUSED, BOOKED = "ready", "same", "empty", "refused", "booked"
OUTCOMES: dict[str, str | Promise] = {
    READY: gettext_lazy("will be booked"),
    SAME: gettext_lazy("as the books say"),
    EMPTY: gettext_lazy("not counted"),
    REFUSED: gettext_lazy("not booked"),
    BOOKED: gettext_lazy("booked"),
}


@dataclass(frozen=True)
class Row:
    """One shelf of the file, and what becomes of it. `counted` as it was typed; `item` once it is found.

    `books` as it was typed, or what the books said when it was looked at: what moves meanwhile is then noticed.
    """

    line: int
    sku: str
    counted: str
    books: str = ""
    note: str = ""
    outcome: str = READY
    why: str = ""
    item: StockItem | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        return self.sku, self.counted, self.books, self.note

    @property
    def told(self) -> str | Promise:
        return OUTCOMES[self.outcome]

    @property
    def change(self) -> int | None:
        """Units more, or fewer below zero; None where nothing is said."""
        return int(self.counted) - self.item.on_hand if self.item and self.outcome in (READY, SAME) else None

    def refused(self, why: str) -> "Row":
        return replace(self, outcome=REFUSED, why=why)


def read(content: bytes) -> list[Row]:
    """Raises sheets.FileRefused."""
    table = sheets.read(content, most_bytes=MOST_BYTES, most_rows=MOST_ROWS)
    return [Row(line, **said) for line, said in sheets.records(table, HEADINGS, needed=NEEDED)]


def look(rows: Iterable[Row]) -> list[Row]:
    """What would become of each row if all were booked now. Changes nothing; one statement."""
    rows, seen = list(rows), set()
    shelves = _shelves({row.sku.lower() for row in rows})
    looked = []
    for row in rows:
        item = shelves.get(row.sku.lower())
        after = _look(replace(row, item=item), is_second=item is not None and item.pk in seen)
        if item and after.outcome != EMPTY:
            seen.add(item.pk)
        looked.append(after)
    return looked


def _shelves(skus: set[str]) -> dict[str, StockItem]:
    found = StockItem.objects.annotate(sku=Lower("variants__sku")).filter(sku__in=skus)
    return {item.sku: item for item in found}  # type: ignore[attr-defined]


def _look(row: Row, *, is_second: bool) -> Row:
    if not row.counted:
        return replace(row, outcome=EMPTY)
    if row.item is None:
        return row.refused(_("There is no such sku."))
    if is_second:
        return row.refused(_("This shelf stands in the file before."))
    try:
        counted = sheets.units(row.counted, most=inventory.MOST_UNITS)
    except ValueError:
        return row.refused(_("The count must be a whole number, 0 or more."))
    if len(row.note) > LONGEST_NOTE:
        return row.refused(_("The note is too long: at most %(most)s letters.") % {"most": LONGEST_NOTE})
    on_hand = row.item.on_hand
    if row.books and row.books != str(on_hand):
        return row.refused(inventory.ShelfMoved(row.books, on_hand).message)
    return replace(row, outcome=SAME) if counted == on_hand else replace(row, books=str(on_hand))


def book(row: Row, *, actor: str, now: datetime) -> Row:
    """Book what `look` found ready, in a transaction of its own; says what became of it. Other rows stay as they are."""
    if row.outcome != READY or row.item is None:
        return row
    counted, seen = int(row.counted), row.item.on_hand
    try:
        item = inventory.count(stock_item=row.item, counted=counted, expected=seen, note=row.note, actor=actor, now=now)
    except inventory.ShelfMoved as moved:
        return row.refused(moved.message)
    return replace(row, outcome=BOOKED, item=item, books=str(item.on_hand))
