"""What can be sent back, and what becomes of stock and money; on each refusal nothing has changed."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from shop.audit import audit
from shop.checkout import refunding
from shop.checkout.refunding import Wish, refund_order
from shop.customers.models import User
from shop.delivery.models import ReturnPolicy
from shop.inventory.models import StockItem, StockMovement
from shop.money import Money
from shop.orders.models import Order
from shop.outbox.models import AuditEntry, Job
from shop.payments.models import Refund
from shop.returns import operations as returns
from shop.returns.listing import last_day, returnable
from shop.returns.models import Return, ReturnLine
from shop.returns.operations import Wanted
from shop.reviews.photos import develop
from tests.orders.helpers import paid_order, refund, send
from tests.returns.world import (
    ASKED,
    LATER,
    STAFF,
    approved,
    ask,
    delivered_order,
    pay_back,
    receive,
    received,
    willing_bank,
)
from tests.reviews.test_reviews import picture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def order() -> Order:
    return delivered_order()


def units(order: Order) -> int:
    return sum(returnable(order).units.values())


def sound() -> bool:
    return [finding for finding in audit(now=LATER) if finding.breaches] == []


# --- what can be sent back -----------------------------------------------------------------------


def test_nothing_before_it_has_left():
    assert units(paid_order()) == 0


def test_days_count_from_the_day_it_arrived(order):
    assert last_day(order) == date(2026, 11, 25) + timedelta(days=30)
    ReturnPolicy.objects.create(days=14)
    assert last_day(order) == date(2026, 12, 9)


def test_while_it_is_not_known_to_have_arrived_they_count_from_when_it_should():
    order = send(paid_order())
    assert last_day(order) == order.deliver_until + timedelta(days=30)


def test_where_nothing_is_taken_back_nothing_can_be_asked_for(order):
    ReturnPolicy.objects.create(days=0)
    with pytest.raises(returns.TooLate):
        ask(order)
    assert not Return.objects.exists()


def test_the_last_day_counts_and_the_next_is_too_late(order):
    day = timedelta(days=1)
    last = ASKED + day * (last_day(order) - ASKED.date()).days
    with pytest.raises(returns.TooLate):
        ask(order, now=last + day)
    assert not Return.objects.exists()
    assert ask(order, now=last).state == "requested"


def test_what_is_asked_for_is_not_asked_for_again(order):
    ask(order, 1)
    assert units(order) == 1
    with pytest.raises(returns.NotReturnable) as refusal:
        ask(order, 2)
    assert refusal.value.left == 1
    assert Return.objects.count() == 1


@pytest.mark.parametrize("end", [returns.decline, returns.withdraw])
def test_declined_or_withdrawn_it_can_be_asked_for_again(order, end):
    back = ask(order, 2)
    words = {"answer": "It is worn.", "actor": STAFF} if end is returns.decline else {}
    end(return_id=back.pk, now=ASKED, **words)
    assert units(order) == 2


def test_what_was_paid_back_in_another_way_is_not_taken_back(order):
    line = order.lines.get()
    wish = Wish(key=uuid.uuid4(), reason="good will", units={line.pk: 1})
    refund_order(payment_id=order.payments.get().pk, wish=wish, actor="finance", now=ASKED)
    assert units(order) == 1


def test_what_never_came_can_be_asked_for_again(order):
    receive(approved(order, 2), 1)
    assert units(order) == 1


def test_a_form_sent_twice_is_one_return(order):
    key = uuid.uuid4()
    assert ask(order, key=key) == ask(order, key=key)
    assert ReturnLine.objects.count() == 1


def test_a_line_of_another_order_is_refused(order):
    other = delivered_order("CUP")
    with pytest.raises(returns.NotReturnable):
        returns.request_return(
            order_id=order.pk, key=uuid.uuid4(), wanted=[Wanted(other.lines.get().pk, 1, "other")], now=ASKED
        )
    assert not Return.objects.exists()


def test_the_table_refuses_more_than_was_shipped(order):
    back = ask(order, 1)
    for change in ({"quantity": 3}, {"line_id": delivered_order("CUP").lines.get().pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            back.lines.update(**change)


# --- what is kept --------------------------------------------------------------------------------


def test_it_keeps_what_was_said_and_what_it_was_worth(order):
    file = picture()
    back = ask(order, 2, words=" Cracked. ", photos=[develop(file, size=file.size)])
    row = back.lines.get()
    assert (back.words, back.photos.count(), row.value, row.reason) == ("Cracked.", 1, Decimal("52.80"), "damaged")
    assert back.number.startswith("RT-")
    assert order.events.last().kind == "return_requested"
    assert Job.objects.filter(key=f"mail/return_requested/{order.number}/{back.number}").exists()


def test_a_person_is_forgotten_and_the_facts_stay(order, django_capture_on_commit_callbacks):
    user = User.objects.create_user("alice@example.com", "a long enough word")
    Order.objects.update(user=user)
    file = picture()
    back = ask(order, words="My address is ...", photos=[develop(file, size=file.size)])
    photo = back.photos.get().file
    returns.decline(return_id=back.pk, answer="Dear Alice", actor=STAFF, now=ASKED)
    with django_capture_on_commit_callbacks(execute=True):
        assert returns.forget_customer(user=user) == 1
        assert returns.forget_customer(order_ids=[]) == 0
    back.refresh_from_db()
    assert (back.words, back.answer, back.photos.count(), back.lines.count()) == ("", "", 0, 1)
    assert not photo.storage.exists(photo.name)


# --- decided, received, paid back ----------------------------------------------------------------


def test_approved_it_says_until_when_it_is_to_be_sent(order):
    back = approved(order)
    assert (back.state, back.send_by) == ("approved", date(2026, 12, 11))
    assert AuditEntry.objects.get(subject=f"return:{back.number}").action == "return.approved"


def test_what_arrives_is_on_the_shelf_again(order):
    back = received(order, 2)
    move = StockMovement.objects.last()
    assert (move.delta, move.reason, move.order_number, move.note) == (2, "returned", order.number, back.number)
    assert StockItem.objects.get().on_hand == 5
    assert order.lines.get().returned == 2
    assert sound()


def test_what_is_written_off_came_and_went(order):
    received(order, 1, outcome="write_off")
    moves = StockMovement.objects.order_by("-pk")[:2]
    assert [(move.delta, move.reason) for move in moves] == [(-1, "adjusted"), (1, "returned")]
    assert StockItem.objects.get().on_hand == 3
    assert sound()


def test_an_empty_parcel_is_no_parcel(order):
    back = approved(order)
    with pytest.raises(returns.NothingChosen):
        receive(back, 0)
    back.refresh_from_db()
    assert (back.state, StockItem.objects.get().on_hand) == ("approved", 3)


def test_more_than_was_asked_for_does_not_arrive(order):
    back = approved(order)
    with pytest.raises(returns.NotInReturn):
        receive(back, 2)
    back.refresh_from_db()
    assert (back.state, StockItem.objects.get().on_hand) == ("approved", 3)


def test_what_a_refund_put_back_does_not_come_back_again(order):
    back, line = approved(order, 2), order.lines.get()
    wish = Wish(key=uuid.uuid4(), reason="back", units={line.pk: 1}, restock=[line.pk])
    refund_order(payment_id=order.payments.get().pk, wish=wish, actor="finance", now=ASKED)
    with pytest.raises(refunding.NotRestockable):
        receive(back)
    assert StockItem.objects.get().on_hand == 4
    receive(back, 1)
    assert StockItem.objects.get().on_hand == 5
    assert sound()


def test_what_came_back_cannot_be_put_back_by_a_refund(order):
    received(order, 2)
    line = order.lines.get()
    wish = Wish(key=uuid.uuid4(), reason="back", units={line.pk: 1}, restock=[line.pk])
    with pytest.raises(refunding.NotRestockable):
        refund_order(payment_id=order.payments.get().pk, wish=wish, actor="finance", now=ASKED)
    assert not Refund.objects.exists()
    assert StockItem.objects.get().on_hand == 5


@pytest.mark.parametrize(
    ("quantity", "delivery", "amount"), [(1, False, "26.40"), (2, False, "52.80"), (2, True, "57.80")]
)
def test_what_arrived_is_paid_back(order, quantity, delivery, amount):
    back = received(order, quantity)
    paid = pay_back(back, delivery=delivery)
    back.refresh_from_db()
    assert (paid.amount, paid.lines.get().quantity, paid.lines.get().restock) == (Decimal(amount), quantity, False)
    assert (back.state, back.refund, StockItem.objects.get().on_hand) == ("refunded", paid, 3 + quantity)
    assert sound()


def test_only_what_arrived_is_paid_back(order):
    back = receive(approved(order, 2), 1)
    assert pay_back(back).amount == Decimal("26.40")


def test_asked_six_times_it_is_one_refund(order):
    back = received(order)
    assert len({pay_back(back, agreed=Money("26.40", "USD")).pk for _ in range(6)}) == 1
    assert Refund.objects.count() == 1


def test_what_was_paid_back_elsewhere_is_not_paid_back_twice(order):
    back, line = received(order, 2), order.lines.get()
    payment = order.payments.get().pk
    wish = Wish(key=uuid.uuid4(), reason="by the desk", units={line.pk: 1})
    refund_order(payment_id=payment, wish=wish, actor="finance", now=ASKED)
    with pytest.raises(returns.AmountChanged):
        pay_back(back, agreed=Money("52.80", "USD"))
    back.refresh_from_db()
    assert (back.state, Refund.objects.count()) == ("received", 1)
    assert pay_back(back).amount == Decimal("26.40")
    assert sound()


def test_all_paid_back_elsewhere_it_can_only_be_closed(order):
    back, line = received(order, 2), order.lines.get()
    wish = Wish(key=uuid.uuid4(), reason="by the desk", units={line.pk: 2})
    refund_order(payment_id=order.payments.get().pk, wish=wish, actor="finance", now=ASKED)
    with pytest.raises(returns.PaidBackAlready):
        pay_back(back, agreed=Money("52.80", "USD"))
    assert returns.close(return_id=back.pk, answer="Paid back.", actor=STAFF, now=ASKED).state == "closed"
    assert sound()


def test_after_good_will_only_what_is_left_goes_back(order):
    back = received(order, 2)
    refund(order, "10.00")
    assert pay_back(back).amount == Decimal("47.80")
    assert sound()


def test_after_a_refund_that_failed_another_is_made(order):
    back = received(order)
    first = pay_back(back)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_refund SET state = 'failed', settled_at = created_at, next_try_at = NULL")
    second = pay_back(back)
    back.refresh_from_db()
    assert first.pk != second.pk
    assert back.refund == second


def test_closed_before_it_came_its_units_can_be_asked_for_again(order):
    back = returns.close(return_id=approved(order).pk, answer="It never came.", actor=STAFF, now=ASKED)
    assert (back.lines.get().received, units(order)) == (0, 2)
    assert sound()


MOVES = {
    "approve": ("requested", lambda pk: returns.approve(return_id=pk, actor=STAFF, now=ASKED)),
    "decline": ("requested", lambda pk: returns.decline(return_id=pk, answer="No.", actor=STAFF, now=ASKED)),
    "withdraw": ("requested approved", lambda pk: returns.withdraw(return_id=pk, now=ASKED)),
    "receive": ("approved", lambda pk: receive(Return.objects.get(pk=pk))),
    "refund": (
        "received",
        lambda pk: returns.refund(return_id=pk, delivery=False, agreed=Money("26.40", "USD"), actor=STAFF, now=ASKED),
    ),
    "close": ("approved received", lambda pk: returns.close(return_id=pk, answer="No.", actor=STAFF, now=ASKED)),
}


@pytest.mark.parametrize("state", ["requested", "approved", "declined", "received", "refunded", "closed", "withdrawn"])
def test_only_the_moves_of_the_table_are_made(order, state):
    ways = {
        "requested": [],
        "approved": ["approve"],
        "declined": ["decline"],
        "received": ["approve", "receive"],
        "refunded": ["approve", "receive", "refund"],
        "closed": ["approve", "close"],
        "withdrawn": ["withdraw"],
    }
    back = ask(order)
    for step in ways[state]:
        MOVES[step][1](back.pk)
    for name, (legal, move) in MOVES.items():
        if state in legal.split() or (name, state) == ("refund", "refunded"):
            continue
        with pytest.raises(returns.IllegalMove), transaction.atomic():
            move(back.pk)
        back.refresh_from_db()
        assert back.state == state, name


def test_the_bank_is_asked_and_the_customer_told(order):
    from shop.checkout import settlement

    paid = pay_back(received(order))
    with willing_bank():
        settlement.submit_refund(refund_id=paid.pk, now=ASKED)
    paid.refresh_from_db()
    assert paid.state == "succeeded"
    assert Job.objects.filter(key=f"mail/refunded/{order.number}/{paid.pk}").exists()
