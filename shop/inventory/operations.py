"""The only code that moves stock. Every number is read and written under the shelf's lock, every move has its row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.customers import operations as customers
from shop.inventory.locks import hold, keep_reserved, lock_open_reservations, lock_stock
from shop.inventory.models import Reservation, StockItem, StockMovement
from shop.outbox import operations as outbox

Reason = StockMovement.Reason
MOST_UNITS = 1_000_000  # that somebody may say at once
RULES = ("policy", "low_stock_threshold", "lead_days", "restock_on")


class InventoryError(Exception):
    """Base of what the shelves refuse."""


class InvalidQuantity(InventoryError):
    """Less than one, or a count below zero."""

    field, message = "delta", _("That would change nothing, or leave less than nothing on the shelf.")


class ShelfMoved(InventoryError):
    """The books say something else than whoever counted had before them."""

    field = "counted"

    def __init__(self, expected: int | str, on_hand: int) -> None:
        super().__init__(f"{expected} expected, {on_hand} there")
        self.expected, self.on_hand = expected, on_hand

    @property
    def message(self) -> str:
        words = _now("The books said %(books)s when this was counted, and say %(now)s now. Count it again.")
        return words % {"books": self.expected, "now": self.on_hand}


class ReservationGone(InventoryError):
    """The order no longer holds what it would confirm or ship."""


@dataclass(frozen=True)
class Shortage:
    stock_item_id: int
    wanted: int
    available: int


class OutOfStock(InventoryError):
    """Some shelves cannot supply what is asked of them together; `shortages` says which and how much is left."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(", ".join(f"{s.stock_item_id}: {s.wanted} of {s.available}" for s in shortages))
        self.shortages = shortages


def _insist_on_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("stock moves inside the transaction of what moves it")


def reserve(
    *, demands: Sequence[tuple[int, int]], order_number: str, expires_at: datetime, now: datetime
) -> list[Reservation]:
    """Hold (stock_item_id, quantity) pairs for an order until `expires_at`; one reservation per pair, in their order.

    Demand is added up per shelf before it is judged: two lines may share one. Needs the caller's transaction.
    Raises OutOfStock (nothing is held then) and InvalidQuantity.
    """
    _insist_on_transaction()
    if any(quantity < 1 for _pk, quantity in demands):
        raise InvalidQuantity(demands)
    wanted: Counter[int] = Counter()
    for pk, quantity in demands:
        wanted[pk] += quantity
    items = lock_stock(wanted)
    plenty = _not_low(items)
    shortages = [
        Shortage(pk, quantity, items[pk].available)
        for pk, quantity in wanted.items()
        if not items[pk].can_supply(quantity)
    ]
    if shortages:
        raise OutOfStock(shortages)
    for pk, quantity in wanted.items():
        items[pk].reserved += quantity
    outbox.stale("stock", *items, now=now)
    _alert(plenty, now)
    return hold(items.values(), demands, order_number=order_number, expires_at=expires_at, now=now)


def confirm(*, order_number: str) -> list[Reservation]:
    """Make what the order holds firm: it is paid. Doing it again changes nothing.

    Raises ReservationGone when nothing is held any more.
    """
    _insist_on_transaction()
    reservations, _items = lock_open_reservations(order_number)
    if not reservations:
        raise ReservationGone(order_number)
    held = [r for r in reservations if r.state == Reservation.State.HELD]
    for reservation in held:
        reservation.state, reservation.expires_at = Reservation.State.FIRM, None
    Reservation.objects.bulk_update(held, ["state", "expires_at"])
    return reservations


def release(*, order_number: str, now: datetime) -> int:
    """Give back whatever the order still holds; returns the units. Doing it again gives back nothing."""
    _insist_on_transaction()
    reservations, items = lock_open_reservations(order_number)
    for reservation in reservations:
        items[reservation.stock_item_id].reserved -= reservation.quantity
    _close(reservations, Reservation.State.RELEASED, now)
    keep_reserved(items.values())
    if reservations:
        outbox.stale("stock", *items, now=now)
    return sum(r.quantity for r in reservations)


def drop(*, order_number: str, parts: Mapping[int, int], now: datetime) -> None:
    """Give back a part of what the order holds: {reservation: units}. What is left of each stays as it is.

    Raises ReservationGone when one is not held any more, InvalidQuantity for more than it holds.
    """
    _insist_on_transaction()
    reservations, items = lock_open_reservations(order_number)
    held = {reservation.pk: reservation for reservation in reservations}
    for pk, quantity in parts.items():
        if pk not in held:
            raise ReservationGone(order_number)
        if not 1 <= quantity <= held[pk].quantity:
            raise InvalidQuantity(quantity)
        items[held[pk].stock_item_id].reserved -= quantity
        _close_part(held[pk], quantity, Reservation.State.RELEASED, now)
    keep_reserved(items.values())
    outbox.stale("stock", *items, now=now)


def _close_part(reservation: Reservation, quantity: int, state: Reservation.State, now: datetime) -> None:
    """What is closed of it has a row of its own; what is left stays in the row that its order line knows."""
    if quantity == reservation.quantity:
        _close([reservation], state, now)
        return
    reservation.quantity -= quantity
    reservation.save(update_fields=["quantity"])
    Reservation.objects.create(
        stock_item_id=reservation.stock_item_id,
        quantity=quantity,
        state=state,
        order_number=reservation.order_number,
        created_at=reservation.created_at,
        closed_at=now,
    )


def ship(*, order_number: str, actor: str, now: datetime, parts: Mapping[int, int] | None = None) -> None:
    """Take the order's firm reservations off the shelves, or `parts` of them ({reservation: units}): on_hand and
    reserved fall together. What is left of each stays firm.

    Raises ReservationGone when nothing firm is held, InvalidQuantity for more than is, OutOfStock when a shelf holds less
    than was promised.
    """
    _insist_on_transaction()
    reservations, items = lock_open_reservations(order_number)
    leaving = _leaving(order_number, reservations, parts)
    _refuse_short_shelves(leaving, items)
    movements = []
    for reservation, quantity in leaving:
        item = items[reservation.stock_item_id]
        item.reserved -= quantity
        if item.policy != StockItem.Policy.INFINITE:
            movements.append(_move(item, -quantity, Reason.SHIPPED, actor, now, order_number=order_number))
    _close([each for each, quantity in leaving if quantity == each.quantity], Reservation.State.SHIPPED, now)
    for reservation, quantity in leaving:
        if quantity < reservation.quantity:
            _close_part(reservation, quantity, Reservation.State.SHIPPED, now)
    StockItem.objects.bulk_update(items.values(), ["on_hand", "reserved"])
    StockMovement.objects.bulk_create(movements)


def _leaving(
    order_number: str, reservations: list[Reservation], parts: Mapping[int, int] | None
) -> list[tuple[Reservation, int]]:
    firm = {each.pk: each for each in reservations if each.state == Reservation.State.FIRM}
    if not firm or not firm.keys() >= (parts or {}).keys():
        raise ReservationGone(order_number)
    leaving = (
        [(firm[pk], quantity) for pk, quantity in parts.items()] if parts else [(r, r.quantity) for r in firm.values()]
    )
    for reservation, quantity in leaving:
        if not 1 <= quantity <= reservation.quantity:
            raise InvalidQuantity(quantity)
    return leaving


def _refuse_short_shelves(leaving: list[tuple[Reservation, int]], items: dict[int, StockItem]) -> None:
    wanted: Counter[int] = Counter()
    for reservation, quantity in leaving:
        wanted[reservation.stock_item_id] += quantity
    short = [
        Shortage(pk, quantity, items[pk].on_hand)
        for pk, quantity in wanted.items()
        if items[pk].policy != StockItem.Policy.INFINITE and quantity > items[pk].on_hand
    ]
    if short:
        raise OutOfStock(short)


def _close(reservations: list[Reservation], state: Reservation.State, now: datetime) -> None:
    for reservation in reservations:
        reservation.state, reservation.closed_at, reservation.expires_at = state, now, None
    Reservation.objects.bulk_update(reservations, ["state", "closed_at", "expires_at"])


def receive(*, stock_item: StockItem, quantity: int, actor: str, now: datetime, note: str = "") -> StockItem:
    """Put `quantity` units on the shelf. Raises InvalidQuantity below one."""
    if quantity < 1:
        raise InvalidQuantity(quantity)
    return _change(stock_item, lambda _item: quantity, Reason.RECEIVED, actor, now, note)


def take_back(
    *,
    goods: Sequence[tuple[int, int]],
    scrapped: Sequence[tuple[int, int]] = (),
    order_number: str,
    note: str = "",
    actor: str,
    now: datetime,
) -> None:
    """Put (stock_item_id, quantity) pairs that an order had taken back on their shelves. Raises InvalidQuantity.

    What is `scrapped` came back too and is written off at once: two movements that add up to nothing.
    """
    _insist_on_transaction()
    if any(quantity < 1 for _pk, quantity in [*goods, *scrapped]):
        raise InvalidQuantity(goods)
    items = lock_stock(pk for pk, _quantity in [*goods, *scrapped])
    back = [(pk, quantity, Reason.RETURNED) for pk, quantity in [*goods, *scrapped]]
    gone = [(pk, -quantity, Reason.ADJUSTED) for pk, quantity in scrapped]
    movements = [
        _move(items[pk], delta, reason, actor, now, order_number=order_number, note=note)
        for pk, delta, reason in [*back, *gone]
        if items[pk].policy != StockItem.Policy.INFINITE
    ]
    StockItem.objects.bulk_update(items.values(), ["on_hand"])
    StockMovement.objects.bulk_create(movements)
    outbox.stale("stock", *items, now=now)


def adjust(*, stock_item: StockItem, delta: int, reason_note: str, actor: str, now: datetime) -> StockItem:
    """Correct the shelf by `delta` (broken, found, written off), with a reason in words.

    Raises InvalidQuantity for zero or when less than nothing would be left.
    """
    return _change(stock_item, lambda _item: delta, Reason.ADJUSTED, actor, now, reason_note)


def count(
    *, stock_item: StockItem, counted: int, expected: int | None = None, actor: str, now: datetime, note: str = ""
) -> StockItem:
    """Set the shelf to what was counted; also below what is promised, because an honest count must be bookable.

    `expected` is what the books said when it was counted, if that is known: what has left or come since would be lost, so
    another number raises ShelfMoved. Nothing is written when the count is what the books say. Raises InvalidQuantity
    below zero.
    """
    if counted < 0:
        raise InvalidQuantity(counted)

    def delta(item: StockItem) -> int:
        if expected is not None and item.on_hand != expected:
            raise ShelfMoved(expected, item.on_hand)
        return counted - item.on_hand

    return _change(stock_item, delta, Reason.COUNTED, actor, now, note, allow_zero=True)


def _change(stock_item, delta_of, reason, actor, now, note, *, allow_zero=False) -> StockItem:
    with transaction.atomic():
        items = lock_stock([stock_item.pk])
        item, plenty = items[stock_item.pk], _not_low(items)
        delta = delta_of(item)
        if not delta and allow_zero:
            return item
        if not delta or item.on_hand + delta < 0:
            raise InvalidQuantity(delta)
        before = item.on_hand
        _move(item, delta, reason, actor, now, note=note).save()
        item.save(update_fields=["on_hand"])
        _record(item, str(reason.value), {"on_hand": before}, {"on_hand": item.on_hand}, actor, now)
        outbox.stale("stock", item.pk, now=now)
        if item.is_short:
            outbox.later("orders.flag_short", now=now, stock_item_id=item.pk)
        _alert(plenty, now)
    return item


def set_rules(*, stock_item: StockItem, actor: str, now: datetime, **rules: object) -> StockItem:
    """Say how the shelf is kept: policy, low_stock_threshold, lead_days, restock_on. Its numbers stay as they are."""
    with transaction.atomic():
        items = lock_stock([stock_item.pk])
        item, plenty = items[stock_item.pk], _not_low(items)
        before = {name: str(getattr(item, name)) for name in RULES}
        for name in RULES:
            setattr(item, name, rules.get(name, getattr(item, name)))
        item.save(update_fields=RULES)
        _record(item, "rules", before, {name: str(getattr(item, name)) for name in RULES}, actor, now)
        outbox.stale("stock", item.pk, now=now)
        _alert(plenty, now)
    return item


def _record(item: StockItem, what: str, before: dict, after: dict, actor: str, now: datetime) -> None:
    changed = [name for name in after if before[name] != after[name]]
    was, is_now = ({name: facts[name] for name in changed} for facts in (before, after))
    outbox.record(actor=actor, action=f"stock.{what}", subject=f"stock:{item.pk}", before=was, after=is_now, now=now)


def _not_low(items: dict[int, StockItem]) -> list[StockItem]:
    """Locked shelves that are above their threshold, before something is done to them."""
    return [item for item in items.values() if not item.is_low]


def _alert(plenty: list[StockItem], now: datetime) -> None:
    """Tell staff of the shelves that were above their threshold and are not any more: once on each way down."""
    for item in plenty:
        if item.is_low:
            outbox.later("inventory.tell_low", now=now, stock_item_id=item.pk, left=item.available, at=now.isoformat())


def tell_low(*, stock_item_id: int, left: int, at: str, now: datetime) -> int:
    """A letter to everybody who keeps the shelves, each a job of its own. Returns how many. Twice is once."""
    people = customers.staff_with("change_stockitem")
    with transaction.atomic():
        for person in people:
            key = f"low_stock/{stock_item_id}/{datetime.fromisoformat(at).timestamp():.0f}/{person.pk}"
            facts: dict[str, Any] = {"stock_item_id": stock_item_id, "left": left, "to": person.email, "mail_key": key}
            outbox.later("inventory.send_low", key=f"mail/{key}", now=now, **facts)
    return len(people)


def _move(item: StockItem, delta: int, reason: str, actor: str, now: datetime, **more: str) -> StockMovement:
    """Change the locked shelf in memory and return the unsaved row that says so."""
    item.on_hand += delta
    return StockMovement(stock_item=item, delta=delta, balance=item.on_hand, reason=reason, actor=actor, at=now, **more)
