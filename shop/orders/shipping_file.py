"""Tracking numbers of many parcels from a file: read it, say row by row what would happen, then ship what can be shipped.

Columns by name in the first row, in any order: order, carrier, tracking, and link if there is one. Without more, a row is
of all of its order that is still here; a column parcel names one of those that are packed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop import sheets
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation, StockItem
from shop.orders import contents, parcels
from shop.orders import operations as orders
from shop.orders.forms import ShipForm
from shop.orders.models import Fulfilment, Order
from shop.orders.status import may_move

MOST_BYTES = 200_000
MOST_ROWS = 300  # each is a transaction of its own, and a page waits for all of them
HEADINGS = {
    "number": ("order", "order number", "number"),
    "carrier": ("carrier",),
    "tracking_number": ("tracking", "tracking number"),
    "tracking_url": ("link", "tracking link", "url"),
    "position": ("parcel", "parcel number"),
}
NEEDED = ("number", "carrier", "tracking_number")
COLUMNS = ("order", "carrier", "tracking", "link", "parcel")
READY, DONE, REFUSED, SHIPPED = "ready", "done", "refused", "shipped"
OUTCOMES: dict[str, str | Promise] = {
    READY: gettext_lazy("will be shipped"),
    DONE: gettext_lazy("shipped with this number before"),
    REFUSED: gettext_lazy("not shipped"),
    SHIPPED: gettext_lazy("shipped"),
}


@dataclass(frozen=True)
class Row:
    """One parcel of the file, and what becomes of it. `line`: its place in the file, where 1 is the row of headings."""

    line: int
    number: str
    carrier: str
    tracking_number: str
    tracking_url: str = ""
    position: str = ""
    outcome: str = READY
    why: str = ""
    order_id: int | None = None
    parcel_id: int | None = None

    @property
    def parcel(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("carrier", "tracking_number", "tracking_url")}

    @property
    def cells(self) -> tuple[str, ...]:
        return self.number, self.carrier, self.tracking_number, self.tracking_url, self.position

    @property
    def told(self) -> str | Promise:
        return OUTCOMES[self.outcome]

    def refused(self, why: str) -> "Row":
        return replace(self, outcome=REFUSED, why=why)


def read(content: bytes) -> list[Row]:
    """Raises sheets.FileRefused."""
    table = sheets.read(content, most_bytes=MOST_BYTES, most_rows=MOST_ROWS)
    records = sheets.records(table, HEADINGS, needed=NEEDED)
    return [Row(line, **{**said, "number": said["number"].upper()}) for line, said in records]


def look(rows: Iterable[Row]) -> list[Row]:
    """What would become of each row if all were shipped now, in their order. Changes nothing; a few statements in all."""
    rows = list(rows)
    numbers = {row.number for row in rows}
    parts = ("lines", "fulfilments__lines__line")
    found = Order.objects.prefetch_related(*parts).in_bulk(numbers, field_name="number")
    shelves = _Shelves(numbers)
    seen: dict[str, set[str]] = defaultdict(set)
    looked = []
    for row in rows:
        before = seen[row.number]
        is_second = bool(before) and (row.position in before or "" in {*before, row.position})
        looked.append(_look(row, found.get(row.number), shelves, is_second=is_second))
        before.add(row.position)
    return looked


def _look(row: Row, order: Order | None, shelves: "_Shelves", *, is_second: bool) -> Row:
    if order is None:
        return row.refused(_("There is no order with this number."))
    row = replace(row, order_id=order.pk)
    if is_second:
        words = (
            _("This parcel stands in the file before.") if row.position else _("This order stands in the file before.")
        )
        return row.refused(words)
    if _has_left_so(order, row):
        return replace(row, outcome=DONE)
    form = ShipForm(row.parcel)
    if not form.is_valid():
        return row.refused(" ".join(f"{form[name].label}: {words[0]}" for name, words in form.errors.items()))
    why = _why_not(order)
    if why:
        return row.refused(why)
    parcel, why = _parcel(order, row)
    why = why or shelves.why_not(order, parcel)
    return row.refused(why) if why else replace(row, parcel_id=parcel.pk if parcel and row.position else None)


def _has_left_so(order: Order, row: Row) -> bool:
    said = (row.carrier, row.tracking_number)
    return any((one.carrier, one.tracking_number) == said for one in order.fulfilments.all() if one.shipped_at)


def _parcel(order: Order, row: Row) -> tuple[Fulfilment | None, str]:
    """The packed parcel that a row is of, if it is of one; or why it cannot be said."""
    waiting = contents.here(order)
    if row.position:
        parcel = next((one for one in waiting if str(one.position) == row.position), None)
        return parcel, "" if parcel else _("It has no such parcel that is packed and still here.")
    if len(waiting) > 1 or waiting and any(each.left for each in contents.standing(order)):
        return None, _("It is in several parcels: name one in a column “parcel”.")
    return (waiting[0] if waiting else None), ""


def _why_not(order: Order) -> str:
    if not may_move(order.state, Order.State.SHIPPED):
        return _("It is %(state)s.") % {"state": order.get_state_display()}
    if order.payment_status not in orders.COVERED:
        return _("It is not paid in full.")
    if order.collected:
        return _("It is fetched from us and has no parcel: say on its page that it is ready.")
    return ""


class _Shelves:
    """What is on the shelves for these orders, row after row. Whoever stands first in the file is served first."""

    def __init__(self, numbers: set[str]) -> None:
        firm = Reservation.objects.filter(order_number__in=numbers, state=Reservation.State.FIRM)
        self.firm: dict[str, dict[int, Reservation]] = {}
        self.left: dict[StockItem, int] = {}
        for one in firm.select_related("stock_item"):
            self.firm.setdefault(one.order_number, {})[one.pk] = one
            self.left[one.stock_item] = one.stock_item.on_hand

    def _wanted(self, order: Order, parcel: Fulfilment | None) -> Counter[StockItem]:
        """What would leave: a parcel, or all that is kept for the order."""
        firm, wanted = self.firm.get(order.number, {}), Counter[StockItem]()
        parts = {row.line.reservation_id: row.quantity for row in parcel.lines.all()} if parcel else None
        for pk, reservation in firm.items():
            wanted[reservation.stock_item] += reservation.quantity if parts is None else parts.get(pk, 0)
        return wanted

    def why_not(self, order: Order, parcel: Fulfilment | None) -> str:
        wanted = self._wanted(order, parcel)
        if not wanted:
            return _("No stock is kept for it any more.")
        counted = {item: n for item, n in wanted.items() if item.policy != StockItem.Policy.INFINITE}
        short = [f"{item} ({self.left[item]} / {n})" for item, n in counted.items() if n > self.left[item]]
        if short:
            return _("The shelves hold less than was sold: %(short)s.") % {"short": ", ".join(short)}
        for item, quantity in counted.items():
            self.left[item] -= quantity
        return ""


def ship(row: Row, *, actor: str, now: datetime) -> Row:
    """Ship what `look` found ready, in a transaction of its own; says what became of it. Other rows stay as they are."""
    if row.outcome != READY or row.order_id is None:
        return row
    try:
        if row.parcel_id:
            parcels.ship_parcel(parcel_id=row.parcel_id, **row.parcel, actor=actor, now=now)
        else:
            parcels.ship(order_id=row.order_id, **row.parcel, actor=actor, now=now)
    except (orders.OrderError, inventory.InventoryError):
        again = look([row])[0]  # somebody was quicker: say what is true now
        return again if again.outcome != READY else row.refused(_("It could not be shipped just now."))
    return replace(row, outcome=SHIPPED)
