import threading
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import DatabaseError, transaction

from shop.money import Money
from shop.payments import operations
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, PaymentTransition
from shop.payments.providers.base import Rejected, Started
from tests.payments.helpers import NOW, RETURN_URL, at_once, book, make_attempt, make_open, make_order, says

pytestmark = pytest.mark.django_db

State = Payment.State


def flags(payment: Payment) -> list[str]:
    return [event.detail["reason"] for event in payment.order.events.filter(kind="flagged")]


# --- attempts ----------------------------------------------------------------------------------


def test_an_attempt_knows_what_it_is_about():
    order = make_order(total="24.00")
    payment = make_attempt(order)
    assert (payment.reference, payment.state, payment.money) == (f"{order.number}-1", "created", order.money("total"))
    assert payment.expires_at == order.expires_at - timedelta(minutes=5)
    assert payment.next_check_at == NOW + timedelta(minutes=1)


def test_there_is_one_open_attempt_at_a_time():
    order = make_order()
    first = make_attempt(order)
    with pytest.raises(operations.AttemptOpen):
        make_attempt(order)
    book(first, says(first, State.CANCELLED))
    assert make_attempt(order).attempt == 2


@pytest.mark.parametrize("state", sorted(operations.FINAL))
def test_what_is_over_is_not_started(state):
    payment = make_open()
    Payment.objects.update(state=state, captured=1, client={})
    with pytest.raises(operations.NotPayable):
        operations.start(payment_id=payment.pk, return_url=RETURN_URL, now=NOW)


def test_what_is_out_of_time_is_not_started():
    payment = make_attempt()
    with pytest.raises(operations.NotPayable):
        operations.start(payment_id=payment.pk, return_url=RETURN_URL, now=payment.expires_at)


# --- booking -----------------------------------------------------------------------------------


def test_money_that_came_is_booked_with_its_history():
    payment = make_open(total="24.00")
    change = book(payment, says(payment, State.CAPTURED, method="card"), source="webhook")
    assert change.captured
    assert not change.ended
    assert (change.payment.captured, change.payment.method) == (Decimal("24.00"), "card")
    assert (change.payment.next_check_at, change.payment.client) == (None, {})
    assert change.order.payment_status == "paid"
    row = payment.transitions.get()
    assert (row.old, row.new, row.source, row.snapshot["captured"]) == ("pending", "captured", "webhook", "24.00")


@pytest.mark.parametrize("state", sorted(operations.ENDED))
def test_an_end_without_money_is_told_once(state):
    payment = make_open()
    assert book(payment, says(payment, state)).ended
    assert not book(payment, says(payment, state)).ended


def test_late_money_is_told_although_the_attempt_was_cancelled():
    payment = make_open()
    book(payment, says(payment, State.CANCELLED))
    change = book(payment, says(payment, State.CAPTURED))
    assert change.captured
    assert change.old == State.CANCELLED


def test_history_cannot_be_rewritten():
    payment = make_open()
    book(payment, says(payment, State.CAPTURED))
    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentTransition.objects.update(new="failed")


@pytest.mark.parametrize(
    "strange",
    [
        {"captured": Decimal("23.99")},
        {"captured": Decimal("24.01")},
        {"amount": Decimal("240.00"), "captured": Decimal("240.00")},
        {"amount": Decimal("25.00")},
    ],
    ids=str,
)
def test_another_amount_is_booked_and_flagged_and_stops_the_order(strange):
    payment = make_open(total="24.00")
    snapshot = says(payment, State.CAPTURED, **strange)
    change = book(payment, snapshot)
    assert not change.captured
    assert change.payment.state == State.CAPTURED
    assert change.payment.captured == snapshot.captured
    assert "24.00" in change.order.needs_attention
    book(payment, snapshot)
    assert len(flags(payment)) == 1


def test_too_little_money_is_not_paid():
    payment = make_open(total="24.00")
    change = book(payment, says(payment, State.CAPTURED, captured=Decimal(20)))
    assert change.order.payment_status == "pending"


@pytest.mark.parametrize(
    "strange",
    [{"currency": "KWD"}, {"reference": "ET-1-1"}, {"reference": ""}, {"captured": Decimal(0)}],
    ids=str,
)
def test_what_is_not_ours_is_flagged_and_not_booked(strange):
    payment = make_open()
    change = book(payment, says(payment, State.CAPTURED, **strange))
    assert not change.captured
    assert (change.payment.state, change.payment.captured) == (State.PENDING, 0)
    assert change.order.payment_status == "pending"
    book(payment, says(payment, State.CAPTURED, **strange))
    assert len(flags(payment)) == 1


def test_money_in_another_currency_is_booked_as_it_came_and_is_not_the_orders():
    payment = make_open(total="24.00")
    change = book(payment, says(payment, State.CAPTURED, currency="EUR"))
    assert (change.captured, change.unsound) == (False, True)
    assert (change.payment.captured_money, change.payment.money) == (Money(24, "EUR"), Money(24, "USD"))
    assert change.order.payment_status == "pending"
    assert flags(payment) == [f"{payment.reference} is about €24.00, we asked for $24.00"]
    book(payment, says(change.payment, State.CAPTURED))
    book(payment, says(payment, State.CAPTURED, currency="USD"))
    assert len(flags(payment)) == 2
    payment.refresh_from_db()
    assert (payment.currency, payment.captured) == ("EUR", 24)


def test_an_open_payment_in_another_currency_is_flagged_and_not_booked():
    payment = make_open()
    change = book(payment, says(payment, State.PROCESSING, currency="EUR"))
    assert (change.payment.state, change.payment.currency) == (State.PENDING, "USD")
    assert len(flags(payment)) == 1


def test_news_of_another_intent_changes_nothing():
    payment = make_open()
    change = book(payment, says(payment, State.CAPTURED, provider_ref="pi_other"))
    assert change.payment.state == State.PENDING
    assert not change.order.needs_attention


def test_a_dispute_calls_for_a_person():
    payment = make_open()
    book(payment, says(payment, State.CAPTURED))
    change = book(payment, says(payment, State.CAPTURED, disputed=True))
    assert change.payment.disputed
    assert "disputed" in change.order.needs_attention
    assert not change.captured


def test_money_taken_back_calls_for_a_person():
    payment = make_open()
    book(payment, says(payment, State.CAPTURED))
    change = book(payment, says(payment, State.REVERSED))
    assert (change.payment.captured, change.order.payment_status) == (0, "failed")
    assert "taken back" in change.order.needs_attention


@pytest.mark.django_db(transaction=True)
def test_booking_belongs_into_a_transaction():
    payment = make_open()
    with pytest.raises(transaction.TransactionManagementError):
        operations.apply(payment, says(payment, State.CAPTURED), source="sweep", now=NOW)


# --- looking again -----------------------------------------------------------------------------


def test_an_open_payment_is_looked_at_less_and_less_often():
    payment = make_open()
    now, waits = NOW + timedelta(minutes=1), []
    for _ in range(7):
        assert operations.due_for_check(now=now) == [payment.pk]
        payment.refresh_from_db()
        waits.append((payment.next_check_at - now) / timedelta(minutes=1))
        assert operations.due_for_check(now=payment.next_check_at - timedelta(seconds=1)) == []
        now = payment.next_check_at
    assert waits == [2, 5, 10, 12, 12, 12, 12]


def test_what_is_over_is_not_looked_at():
    payment = make_open()
    book(payment, says(payment, State.CANCELLED))
    assert operations.due_for_check(now=NOW + timedelta(days=1)) == []


# --- several at once ---------------------------------------------------------------------------


def settle_together(payment: Payment, workers: int) -> int:
    """How many of the workers are told that the money has just come."""
    snapshot = says(payment, State.CAPTURED)
    changes = at_once(*[lambda: book(payment, snapshot)] * workers)
    assert all(isinstance(change, operations.Change) for change in changes), changes
    return sum(change.captured for change in changes)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_settles():
    payment = make_open()
    assert settle_together(payment, 8) == 1
    assert payment.transitions.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_workers_settle(monkeypatch):
    """The control: what the test above would miss if nothing were locked."""
    both_have_read = threading.Barrier(2)

    def unlocked(pk: int, **_known) -> Payment:
        payment = Payment.objects.select_related("order").get(pk=pk)
        both_have_read.wait(10)
        return payment

    payment = make_open()
    monkeypatch.setattr(operations, "lock_payment", unlocked)
    assert settle_together(payment, 2) == 2


def test_without_the_rank_guard_money_is_forgotten(monkeypatch):
    """The other control: the lock alone lets old news undo what came after."""
    monkeypatch.setattr(operations, "is_news", lambda old, new: old != new)
    payment = make_open()
    book(payment, says(payment, State.CAPTURED))
    book(payment, says(payment, State.CANCELLED))
    payment.refresh_from_db()
    assert (payment.state, payment.captured) == (State.CANCELLED, 0)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_money_and_cancel_at_once_end_as_money():
    payment = make_open()
    at_once(
        *[lambda: book(payment, says(payment, State.CAPTURED))] * 3,
        *[lambda: book(payment, says(payment, State.CANCELLED))] * 3,
    )
    payment.refresh_from_db()
    assert payment.state == State.CAPTURED
    assert payment.order.payment_status == "paid"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_starts_are_one_intent(sandbox, shopper):
    payment = make_attempt()
    start = partial(operations.start, payment_id=payment.pk, return_url=RETURN_URL, now=NOW)
    started = at_once(*[start] * 6)
    secrets = {each.client["client_secret"] for each in started if isinstance(each, Payment)}
    assert len(secrets) == len(shopper.intents()) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_no_two_workers_look_at_the_same_payment():
    payments = {make_open().pk for _ in range(12)}
    taken = at_once(*[lambda: operations.due_for_check(now=NOW + timedelta(hours=1), limit=3)] * 6)
    looked_at = [pk for pks in taken for pk in pks]
    assert len(looked_at) == len(set(looked_at))
    rest = operations.due_for_check(now=NOW + timedelta(hours=1))
    assert set(looked_at) | set(rest) == payments


def test_a_refusal_after_somebody_else_succeeded_changes_nothing(monkeypatch):
    payment = make_attempt()
    stripe = operations.PROVIDERS["stripe"]

    def refused(request, key):
        operations._keep_started(payment, Started("pi_first", {"client_secret": "s"}), NOW)
        raise Rejected("amount_too_small")

    monkeypatch.setattr(stripe, "start", refused)
    with pytest.raises(Rejected):
        operations.start(payment_id=payment.pk, return_url=RETURN_URL, now=NOW)
    payment.refresh_from_db()
    assert (payment.state, payment.provider_ref) == (State.PENDING, "pi_first")


def test_an_answer_that_comes_after_the_end_hands_nothing_out(monkeypatch):
    payment = make_attempt()
    started = Started("pi_first", {"client_secret": "s"})

    def slow(request, key):
        opened = operations._keep_started(payment, started, NOW)
        book(opened, says(opened, State.CANCELLED))
        return started

    monkeypatch.setattr(operations.PROVIDERS["stripe"], "start", slow)
    with pytest.raises(operations.NotPayable):
        operations.start(payment_id=payment.pk, return_url=RETURN_URL, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_payment_is_locked_after_its_order():
    payment = make_attempt()
    with transaction.atomic():
        locked = lock_payment(payment.pk)
    assert locked.order == payment.order
    with pytest.raises(transaction.TransactionManagementError):
        lock_payment(payment.pk)
