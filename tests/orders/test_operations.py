"""The life of an order after it was placed: the table of moves, the parcel, the flag."""

from itertools import product

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from shop.inventory.models import Reservation, StockItem
from shop.orders import operations as orders
from shop.orders.models import Order, OrderEvent
from shop.orders.status import may_move
from shop.orders.timeline import moments
from shop.outbox.models import Job
from tests.checkout.world import NOW
from tests.orders.helpers import LATER, expire, paid_order, placed_order, send

pytestmark = pytest.mark.django_db

State = Order.State
ALLOWED = {
    (State.PENDING, State.PROCESSING),
    (State.PENDING, State.CANCELLED),
    (State.PROCESSING, State.SHIPPED),
    (State.PROCESSING, State.CANCELLED),
    (State.SHIPPED, State.DELIVERED),
    (State.CANCELLED, State.PROCESSING),
}


@pytest.mark.parametrize(("old", "new"), list(product(State, State)))
def test_the_table_of_moves(old, new):
    assert may_move(old, new) is ((old, new) in ALLOWED)


def test_an_illegal_move_raises_and_changes_nothing():
    order = placed_order()
    events = order.events.count()
    with pytest.raises(orders.IllegalMove) as refusal:
        orders.move(order, State.DELIVERED, actor="test", now=NOW)
    assert (refusal.value.old, refusal.value.new) == ("pending", "delivered")
    assert Order.objects.get().state == order.state == "pending"
    assert order.events.count() == events


def test_a_parcel_moves_order_stock_and_mail_together():
    order = send(paid_order(quantity=2, stock=5))
    parcel = order.fulfilments.get()
    assert (order.state, parcel.shipped_at, parcel.actor) == ("shipped", LATER, "packer@etalase.example")
    assert [(line.line.sku, line.quantity) for line in parcel.lines.all()] == [("MUG", 2)]
    assert Reservation.objects.get().state == "shipped"
    assert (StockItem.objects.get().on_hand, StockItem.objects.get().reserved) == (3, 0)
    assert Job.objects.filter(key=f"mail/shipped/{order.number}").count() == 1


def test_a_second_parcel_is_refused():
    order = send(paid_order())
    with pytest.raises(orders.IllegalMove):
        send(order)
    assert order.fulfilments.count() == 1
    assert StockItem.objects.get().on_hand == 3


def test_nothing_leaves_before_its_money_came():
    order = paid_order()
    Order.objects.update(payment_status="failed")
    with pytest.raises(orders.NotPaid):
        send(order)
    assert not order.fulfilments.exists()
    assert StockItem.objects.get().on_hand == 5


def test_the_timeline_reads_like_a_story():
    order = send(paid_order())
    orders.mark_delivered(order_id=order.pk, actor="anna@etalase.example", now=LATER)
    told = [(moment.title, moment.note, moment.actor) for moment in moments(order)]
    assert told == [
        ("Placed", "$57.80", "the customer"),
        ("Payment: paid", "before: unpaid", "Stripe"),
        ("To be packed", "", "payments"),
        ("Shipped", "JNE CGK0042", "packer@etalase.example"),
        ("Delivered", "", "anna@etalase.example"),
    ]


def test_the_timeline_says_why_it_ended_and_takes_kinds_it_does_not_know():
    order = expire(placed_order())
    orders.note(order, "gift_wrapped", actor="elf", now=LATER)
    assert [(m.title, m.note, m.actor) for m in moments(order)][-2:] == [
        ("Cancelled", "no payment came in time", "the clock"),
        ("Gift wrapped", "", "elf"),
    ]


def test_the_first_reason_of_a_flag_stays_until_it_is_cleared():
    order = placed_order()
    orders.flag(order, "first", actor="test", now=NOW)
    orders.flag(order, "second", actor="test", now=NOW)
    assert Order.objects.get().needs_attention == "first"
    for _time in range(2):
        orders.clear_flag(order_id=order.pk, actor="anna@etalase.example", now=LATER)
    assert Order.objects.get().needs_attention == ""
    assert list(order.events.values_list("kind", flat=True)) == ["placed", "flagged", "flagged", "flag_cleared"]


def test_the_timeline_cannot_be_rewritten():
    placed_order()
    for change in ("UPDATE shop_orderevent SET actor = 'x'", "DELETE FROM shop_orderevent"):
        with pytest.raises(IntegrityError, match="history"), transaction.atomic():
            connection.cursor().execute(change)
    assert OrderEvent.objects.get().actor == "customer"
