"""The shelves: every move under lock with its row, refusals that change nothing, repetition that does nothing."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import IntegrityError

from shop.inventory import operations as inventory
from shop.inventory.models import Reservation, StockItem, StockMovement
from shop.outbox.models import Job
from tests.checkout.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=30)
WHO = {"actor": "anna@example.com", "now": NOW}


@pytest.fixture
def mugs() -> StockItem:
    return shelf("Mugs", 5)


def shelf(name: str, units: int, policy: str = "track") -> StockItem:
    item = StockItem.objects.create(name=name, policy=policy)
    return inventory.receive(stock_item=item, quantity=units, **WHO) if units else item


def reserve(*demands: tuple[StockItem, int], order: str = "ET-1") -> list[Reservation]:
    with transaction.atomic():
        return inventory.reserve(
            demands=[(item.pk, quantity) for item, quantity in demands], order_number=order, expires_at=LATER, now=NOW
        )


def numbers(item: StockItem) -> tuple[int, int]:
    """(on hand, reserved), as the table has them."""
    item = StockItem.objects.get(pk=item.pk)
    return item.on_hand, item.reserved


def states(order: str = "ET-1") -> list[str]:
    return list(Reservation.objects.filter(order_number=order).order_by("pk").values_list("state", flat=True))


def moves(item: StockItem) -> list[tuple[int, int, str]]:
    return list(item.movements.values_list("delta", "balance", "reason"))


# --- coming in, counting, correcting -------------------------------------------------------------


def test_receive_adjust_and_count_move_the_shelf_and_write_it_down(mugs):
    inventory.adjust(stock_item=mugs, delta=-1, reason_note="broken", **WHO)
    inventory.count(stock_item=mugs, counted=7, note="November", **WHO)
    assert numbers(mugs) == (7, 0)
    assert moves(mugs) == [(5, 5, "received"), (-1, 4, "adjusted"), (3, 7, "counted")]
    last = mugs.movements.last()
    assert (last.actor, last.at, last.note) == ("anna@example.com", NOW, "November")


def test_a_count_that_agrees_writes_nothing(mugs):
    inventory.count(stock_item=mugs, counted=5, **WHO)
    assert len(moves(mugs)) == 1


@pytest.mark.parametrize(
    ("operation", "how"),
    [
        (inventory.receive, {"quantity": 0}),
        (inventory.receive, {"quantity": -3}),
        (inventory.adjust, {"delta": 0, "reason_note": "x"}),
        (inventory.adjust, {"delta": -6, "reason_note": "x"}),
        (inventory.count, {"counted": -1}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(mugs, operation, how):
    with pytest.raises(inventory.InvalidQuantity):
        operation(stock_item=mugs, **how, **WHO)
    assert numbers(mugs) == (5, 0)
    assert len(moves(mugs)) == 1


def test_an_honest_count_below_what_is_promised_is_booked_and_told(mugs):
    reserve((mugs, 4))
    inventory.count(stock_item=mugs, counted=4, **WHO)
    assert not Job.objects.exists()
    inventory.count(stock_item=mugs, counted=3, **WHO)
    assert numbers(mugs) == (3, 4)
    assert StockItem.objects.get().available == 0
    assert Job.objects.get().payload == {"stock_item_id": mugs.pk}


def test_the_ledger_cannot_be_rewritten(mugs):
    for change in ("UPDATE shop_stockmovement SET delta = 9", "DELETE FROM shop_stockmovement"):
        with pytest.raises(IntegrityError, match="history"), transaction.atomic():
            connection.cursor().execute(change)


# --- promising -----------------------------------------------------------------------------------


def test_reserve_holds_until_a_deadline(mugs):
    (held,) = reserve((mugs, 3))
    assert numbers(mugs) == (5, 3)
    assert (held.state, held.quantity, held.expires_at, held.order_number) == ("held", 3, LATER, "ET-1")
    assert StockItem.objects.get().available == 2


def test_no_more_than_there_is_and_then_nothing_at_all(mugs):
    plates = shelf("Plates", 5)
    with pytest.raises(inventory.OutOfStock) as refusal:
        reserve((plates, 1), (mugs, 6))
    assert refusal.value.shortages == [inventory.Shortage(mugs.pk, 6, 5)]
    assert numbers(mugs) == numbers(plates) == (5, 0)
    assert not Reservation.objects.exists()


def test_demands_on_one_shelf_add_up(mugs):
    with pytest.raises(inventory.OutOfStock):
        reserve((mugs, 3), (mugs, 3))
    first, second = reserve((mugs, 3), (mugs, 2))
    assert (first.quantity, second.quantity) == (3, 2)
    assert numbers(mugs) == (5, 5)


@pytest.mark.parametrize("policy", ["backorder", "infinite"])
def test_some_shelves_promise_what_is_not_there(policy):
    item = shelf("Candles", 0, policy)
    reserve((item, 9))
    assert numbers(item) == (0, 9)


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_promise_is_of_something(mugs, quantity):
    with pytest.raises(inventory.InvalidQuantity):
        reserve((mugs, quantity))
    assert numbers(mugs) == (5, 0)


# --- firm, shipped, released ---------------------------------------------------------------------


def test_confirm_makes_firm_and_again_is_the_same(mugs):
    reserve((mugs, 2))
    for _time in range(2):
        inventory.confirm(order_number="ET-1")
        assert states() == ["firm"]
    assert Reservation.objects.get().expires_at is None
    assert numbers(mugs) == (5, 2)


def test_ship_takes_both_numbers_down_together(mugs):
    plates = shelf("Plates", 3)
    reserve((mugs, 2), (plates, 3))
    inventory.confirm(order_number="ET-1")
    inventory.ship(order_number="ET-1", **WHO)
    assert numbers(mugs) == (3, 0)
    assert numbers(plates) == (0, 0)
    assert states() == ["shipped", "shipped"]
    assert moves(mugs)[-1] == (-2, 3, "shipped")
    assert mugs.movements.last().order_number == "ET-1"
    assert {r.closed_at for r in Reservation.objects.all()} == {NOW}


def test_shipping_twice_is_refused_and_takes_nothing(mugs):
    reserve((mugs, 2))
    inventory.confirm(order_number="ET-1")
    inventory.ship(order_number="ET-1", **WHO)
    with pytest.raises(inventory.ReservationGone):
        inventory.ship(order_number="ET-1", **WHO)
    assert numbers(mugs) == (3, 0)


def test_what_is_only_held_does_not_leave(mugs):
    reserve((mugs, 2))
    with pytest.raises(inventory.ReservationGone):
        inventory.ship(order_number="ET-1", **WHO)
    assert states() == ["held"]
    assert numbers(mugs) == (5, 2)


def test_a_shelf_that_was_counted_short_keeps_all_of_the_order(mugs):
    plates = shelf("Plates", 3)
    reserve((plates, 1), (mugs, 2), (mugs, 2))
    inventory.confirm(order_number="ET-1")
    inventory.count(stock_item=mugs, counted=3, **WHO)
    with pytest.raises(inventory.OutOfStock) as refusal:
        inventory.ship(order_number="ET-1", **WHO)
    assert refusal.value.shortages == [inventory.Shortage(mugs.pk, 4, 3)]
    assert numbers(mugs) == (3, 4)
    assert numbers(plates) == (3, 1)
    assert states() == ["firm"] * 3


def test_a_shelf_that_never_runs_out_needs_no_ledger():
    item = shelf("Gift cards", 0, "infinite")
    reserve((item, 2))
    inventory.confirm(order_number="ET-1")
    inventory.ship(order_number="ET-1", **WHO)
    assert numbers(item) == (0, 0)
    assert moves(item) == []


@pytest.mark.parametrize("firm", [False, True])
def test_release_gives_back_once(mugs, firm):
    reserve((mugs, 2))
    reserve((mugs, 1), order="ET-2")
    if firm:
        inventory.confirm(order_number="ET-1")
    assert inventory.release(order_number="ET-1", now=NOW) == 2
    assert inventory.release(order_number="ET-1", now=NOW) == 0
    assert numbers(mugs) == (5, 1)
    assert (states("ET-1"), states("ET-2")) == (["released"], ["held"])


def test_what_was_released_cannot_be_confirmed(mugs):
    reserve((mugs, 2))
    inventory.release(order_number="ET-1", now=NOW)
    with pytest.raises(inventory.ReservationGone):
        inventory.confirm(order_number="ET-1")
    assert numbers(mugs) == (5, 0)


@pytest.mark.django_db(transaction=True)
def test_stock_moves_only_inside_the_transaction_of_its_cause():
    item = shelf("Mugs", 5)
    calls = [
        lambda: inventory.reserve(demands=[(item.pk, 1)], order_number="ET-1", expires_at=LATER, now=NOW),
        lambda: inventory.confirm(order_number="ET-1"),
        lambda: inventory.release(order_number="ET-1", now=NOW),
        lambda: inventory.ship(order_number="ET-1", **WHO),
    ]
    for call in calls:
        with pytest.raises(TransactionManagementError):
            call()
    assert StockMovement.objects.count() == 1
    assert numbers(item) == (5, 0)


def test_a_part_of_what_is_held_is_given_back_and_the_rest_stays_firm(mugs):
    with transaction.atomic():
        [held] = inventory.reserve(demands=[(mugs.pk, 3)], order_number="ET-1", expires_at=LATER, now=NOW)
        inventory.confirm(order_number="ET-1")
        inventory.drop(order_number="ET-1", parts={held.pk: 2}, now=NOW)
    mugs.refresh_from_db()
    assert (mugs.on_hand, mugs.reserved) == (5, 1)
    assert sorted(Reservation.objects.values_list("state", "quantity")) == [("firm", 1), ("released", 2)]


@pytest.mark.parametrize("quantity", [0, 4])
def test_not_more_than_is_held_can_be_given_back(mugs, quantity):
    with transaction.atomic():
        [held] = inventory.reserve(demands=[(mugs.pk, 3)], order_number="ET-1", expires_at=LATER, now=NOW)
    with pytest.raises(inventory.InvalidQuantity), transaction.atomic():
        inventory.drop(order_number="ET-1", parts={held.pk: quantity}, now=NOW)
    mugs.refresh_from_db()
    assert mugs.reserved == 3


def test_what_comes_back_is_on_the_shelf_with_its_row(mugs):
    with transaction.atomic():
        inventory.take_back(goods=[(mugs.pk, 1), (mugs.pk, 2)], order_number="ET-1", **WHO)
    mugs.refresh_from_db()
    assert mugs.on_hand == 8
    rows = StockMovement.objects.filter(reason="returned").values_list("delta", "balance", "order_number")
    assert list(rows) == [(1, 6, "ET-1"), (2, 8, "ET-1")]
