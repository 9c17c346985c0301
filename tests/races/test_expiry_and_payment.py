"""The deadline and the money at the same moment; and one payment heard of by all ways at once."""

import threading
import time
from functools import partial

import pytest

from shop.audit import audit
from shop.checkout import settlement
from shop.inventory.models import Reservation, StockItem
from shop.orders.models import Order, OrderEvent
from shop.outbox.models import Job
from shop.payments import operations as payments
from shop.payments.models import Payment
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Snapshot
from tests.checkout.test_settlement import LATER, OneAnswer
from tests.checkout.world import fill_cart, place, sell
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

ORDERS = 6
State = Payment.State


class Bank(OneAnswer):
    """Each payment is pending until it is paid or cancelled, whichever comes first; nothing undoes that."""

    def __init__(self) -> None:
        super().__init__()
        self.truth: dict[int, str] = {}
        self.door = threading.Lock()
        self.word_takes = 0.1

    def become(self, payment: Payment, state: str) -> None:
        with self.door:
            self.truth.setdefault(payment.pk, state)

    def say(self, payment: Payment) -> Snapshot:
        state = self.truth.get(payment.pk, State.PENDING)
        captured = payment.amount if state == State.CAPTURED else 0 * payment.amount
        return Snapshot("", payment.reference, state, payment.amount, payment.currency, captured, state)

    fetch = say

    def cancel(self, payment: Payment) -> Snapshot:
        self.become(payment, State.CANCELLED)
        return self.say(payment)


@pytest.fixture
def bank(monkeypatch) -> Bank:
    bank = Bank()
    monkeypatch.setitem(PROVIDERS, "stripe", bank)
    return bank


def pay(bank: Bank, payment: Payment) -> None:
    """The money comes; we hear of it a moment later."""
    bank.become(payment, State.CAPTURED)
    time.sleep(bank.word_takes)
    settlement.settle(payment_id=payment.pk, source="webhook", now=LATER)


def expire(order: Order) -> None:
    settlement.cancel_unpaid(order_id=order.pk, reason="expired", actor="clock", now=LATER)


def rush(bank: Bank) -> list[Order]:
    """Orders whose deadline and whose money come at once; those that were paid in truth."""
    mug = sell(stock=ORDERS)
    orders = [place(fill_cart(mug)) for _ in range(ORDERS)]
    bought = [partial(pay, bank, order.payments.get()) for order in orders]
    errors = [found for found in at_once([*bought, *(partial(expire, order) for order in orders)]) if found]
    assert errors == []
    return [order for order in orders if bank.truth[order.payments.get().pk] == State.CAPTURED]


def cancelled(orders: list[Order]) -> int:
    return OrderEvent.objects.filter(order__in=orders, kind="cancelled").count()


def test_whoever_has_paid_gets_it_and_nobody_else(bank):
    paid = rush(bank)
    for order in Order.objects.all():
        state, held = ("processing", "firm") if order in paid else ("cancelled", "released")
        assert (order.state, order.lines.get().reservation.state) == (state, held)
    assert cancelled(paid) == 0
    assert StockItem.objects.get().reserved == len(paid) == Order.objects.filter(payment_status="paid").count()
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


def test_control_without_asking_the_bank_first_paid_orders_are_cancelled(bank, monkeypatch):
    def assume(payment: Payment) -> Snapshot:
        said = bank.say(payment)
        return Snapshot("", said.reference, State.CANCELLED, said.amount, said.currency, 0 * said.amount, "assumed")

    monkeypatch.setattr(payments, "cancel_at_provider", assume)
    bank.word_takes = 2
    paid = rush(bank)
    assert len(paid) == ORDERS
    assert cancelled(paid) > 0


# --- webhook, return and sweep at once -------------------------------------------------------------


def hear(bank: Bank) -> Order:
    """One payment that is captured, and six who hear of it at the same moment."""
    order = place(fill_cart(sell(stock=2)))
    payment = order.payments.get()
    bank.become(payment, State.CAPTURED)
    ways = ("webhook", "return", "sweep") * 2
    at_once([partial(settlement.settle, payment_id=payment.pk, source=way, now=LATER) for way in ways])
    return order


def test_heard_of_six_times_it_is_paid_once(bank):
    order = hear(bank)
    assert order.events.filter(kind="processing").count() == 1
    assert Job.objects.filter(task="orders.send_mail").count() == 1
    assert Reservation.objects.get().state == "firm"
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


def test_control_without_locks_it_is_paid_more_than_once(bank, monkeypatch):
    meet = meeting(2)

    def read(pk: int, **_known) -> Payment:
        payment = Payment.objects.select_related("order").get(pk=pk)
        meet()
        return payment

    monkeypatch.setattr(payments, "lock_payment", read)
    order = hear(bank)
    assert order.events.filter(kind="processing").count() > 1
