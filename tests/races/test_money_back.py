"""Money goes back, and orders end, while others are at them: who refunds, the provider, who pays, who packs."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.models import Sum

from shop.audit import audit
from shop.checkout import cancellation, refunding, settlement
from shop.checkout.cancellation import TooLate, cancel
from shop.checkout.refunding import Wish, refund_order
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.money import Money
from shop.orders import parcels
from shop.orders.models import Order
from shop.payments import ledger, locks, operations, refunds
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot, Rejected
from tests.orders.helpers import LATER, paid_order, placed_order, send
from tests.payments.helpers import book, says
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

STAFF = 6


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


class Bank:
    """A provider that counts what it gives back, refuses more than it took, and takes its time."""

    def __init__(self, took: Decimal) -> None:
        self.left = took
        self.given: dict[str, RefundSnapshot] = {}

    def refund(self, refund: Refund) -> RefundSnapshot:
        key = str(refund.key)
        if key not in self.given:
            if refund.amount > self.left:
                raise Rejected("amount_too_large")
            self.left -= refund.amount
            self.given[key] = RefundSnapshot(f"re_{len(self.given)}", refund.amount, "succeeded", key)
        time.sleep(0.05)
        return self.given[key]

    def refund_over_there(self, amount: Decimal) -> RefundSnapshot:
        self.left -= amount
        return self.given.setdefault("", RefundSnapshot("re_over_there", amount, "succeeded"))


def outcomes(results: list[Any]) -> Counter:
    return Counter(type(result).__name__ for result in results)


def promised() -> Decimal:
    return Refund.objects.filter(state__in=Refund.LIVE).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def ask(order: Order, amount: str, key: uuid.UUID | None = None) -> Refund:
    wish = Wish(key=key or uuid.uuid4(), reason="broken", amount=Decimal(amount))
    return refund_order(payment_id=order.payments.get().pk, wish=wish, actor="finance@etalase.example", now=LATER)


def without_lock(monkeypatch, meet: Callable[[], None] | None = None) -> None:
    """The same reading, with nobody waiting for anybody; all of them read before one of them writes, or those that meet."""

    meet = meet or meeting(STAFF)

    def read(pk: int, **_known) -> Payment:
        payment = Payment.objects.select_related("order").get(pk=pk)
        meet()
        return payment

    for module in (locks, refunding, refunds, operations, cancellation):
        if hasattr(module, "lock_payment"):
            monkeypatch.setattr(module, "lock_payment", read)


def without_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_refund DISABLE TRIGGER shop_refund_within_captured")


# --- two people refund -----------------------------------------------------------------------------


def rush_to_refund(order: Order) -> Counter:
    """Six people refund 30.00 of 57.80 at once."""
    return outcomes(at_once([partial(ask, order, "30.00") for _ in range(STAFF)]))


@pytest.mark.usefixtures("books")
def test_of_six_refunds_that_do_not_fit_together_one_is_made():
    order = send(paid_order())
    assert rush_to_refund(order) == {"Refund": 1, "TooMuch": STAFF - 1}
    assert promised() == Decimal("30.00")


def test_control_without_lock_and_trigger_more_is_promised_than_came(monkeypatch):
    order = send(paid_order())
    without_lock(monkeypatch)
    without_trigger()
    rush_to_refund(order)
    assert promised() > order.total


def test_without_the_lock_the_table_still_refuses(monkeypatch):
    order = send(paid_order())
    without_lock(monkeypatch)
    assert rush_to_refund(order)["IntegrityError"] >= 1
    assert promised() == Decimal("30.00")


@pytest.mark.usefixtures("books")
def test_one_form_sent_six_times_at_once_is_one_refund():
    order, key = send(paid_order()), uuid.uuid4()
    results = at_once([partial(ask, order, "10.00", key) for _ in range(STAFF)])
    assert {result.pk for result in results} == {Refund.objects.get().pk}


@pytest.mark.usefixtures("books")
def test_goods_of_a_form_sent_six_times_come_back_once():
    order = send(paid_order())
    line = order.lines.get().pk
    wish = Wish(key=uuid.uuid4(), reason="broken", units={line: 2}, restock=[line])
    how = {"payment_id": order.payments.get().pk, "wish": wish, "actor": "finance@etalase.example", "now": LATER}
    at_once([partial(refund_order, **how) for _ in range(STAFF)])
    assert StockItem.objects.get().on_hand == 5


@pytest.mark.usefixtures("books")
def test_one_refund_sent_by_six_workers_is_made_once():
    order = send(paid_order())
    refund, bank = ask(order, "10.00"), Bank(order.total)
    with patch.object(PROVIDERS["stripe"], "refund", bank.refund), patch.object(refunds, "fetch", return_value=None):
        results = at_once([partial(refunds.submit, refund_id=refund.pk, now=LATER) for _ in range(STAFF)])
    assert {result.state for result in results} <= {"succeeded", "submitted"}
    assert bank.left == order.total - 10
    order.refresh_from_db()
    assert order.payment_status == "partly_refunded"
    assert order.events.filter(kind="refunded").count() == 1


# --- the provider refunds, too ---------------------------------------------------------------------


@pytest.mark.usefixtures("books")
def test_a_refund_over_there_and_one_of_ours_never_exceed_what_came():
    order = send(paid_order())
    payment, bank = order.payments.get(), Bank(order.total)
    over_there = bank.refund_over_there(Decimal("40.00"))
    said = says(payment, "captured", refunds=(over_there,))

    def ours() -> Refund:
        refund = ask(order, "30.00")
        return refunds.submit(refund_id=refund.pk, now=LATER)

    with patch.object(PROVIDERS["stripe"], "refund", bank.refund):
        at_once([ours, *[partial(book, payment, said) for _ in range(3)]])
    assert Refund.objects.filter(external=True).count() == 1
    assert ledger.refunded(payment, "pending", "succeeded") == Decimal("40.00") == order.total - bank.left
    assert not Refund.objects.filter(external=False).exclude(state="failed").exists()


# --- cancelled while it is paid ----------------------------------------------------------------------


def cancel_against_payment(order: Order) -> list[Any]:
    """The shopper cancels; the provider says captured to whoever asks, and a webhook comes in."""
    payment = order.payments.get()
    with (
        patch.object(operations, "cancel_at_provider", side_effect=lambda asked: says(asked, "captured")),
        patch.object(operations, "fetch", side_effect=lambda asked: says(asked, "captured")),
    ):
        by_shopper = partial(cancel, order_id=order.pk, reason="customer", actor="customer", now=LATER)
        webhook = partial(settlement.settle, payment_id=payment.pk, source="webhook", now=LATER)
        return at_once([by_shopper, webhook, webhook, by_shopper])


@pytest.mark.usefixtures("books")
def test_cancelled_while_its_money_comes_it_is_refunded_once():
    order = placed_order()
    results = cancel_against_payment(order)
    assert not [result for result in results if isinstance(result, Exception)]
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("cancelled", "customer")
    assert promised() == order.total
    assert StockItem.objects.get().reserved == 0


def test_control_without_the_lock_the_money_of_a_cancelled_order_stays(monkeypatch):
    """Both read the order, and one looks for money, before the other has written: it is confirmed and cancelled, and nobody
    refunds.
    """
    order = placed_order()
    payment = order.payments.get()
    Payment.objects.filter(pk=payment.pk).update(state="cancelled")  # stopped; the webhook knows better

    both_read, looked, give_back = meeting(2), meeting(2), cancellation._give_back

    def read(pk: int) -> Order:
        found = Order.objects.get(pk=pk)
        both_read()
        return found

    def look_for_money(*args: Any) -> Money:
        found = give_back(*args)
        looked()
        return found

    without_lock(monkeypatch, both_read)
    monkeypatch.setattr(cancellation, "lock_order", read)
    monkeypatch.setattr(cancellation, "_give_back", look_for_money)
    monkeypatch.setattr(inventory, "confirm", lambda **_: looked())
    with patch.object(operations, "fetch", side_effect=lambda asked: says(asked, "captured")):
        at_once(
            [
                partial(cancel, order_id=order.pk, reason="customer", actor="customer", now=LATER),
                partial(settlement.settle, payment_id=payment.pk, source="webhook", now=LATER),
            ]
        )
    assert Payment.objects.get().captured == order.total
    assert not Refund.objects.exists()


# --- cancelled while it is packed --------------------------------------------------------------------


def cancel_against_packing(order: Order) -> Counter:
    by_shopper = partial(cancel, order_id=order.pk, reason="customer", actor="customer", now=LATER)
    return outcomes(at_once([by_shopper, partial(send, order), by_shopper, partial(send, order)]))


@pytest.mark.usefixtures("books")
def test_cancelled_while_it_is_packed_it_either_leaves_or_is_refunded():
    order = paid_order()
    results = cancel_against_packing(order)
    order.refresh_from_db()
    shelf = StockItem.objects.get()
    if order.state == "shipped":
        assert results[TooLate.__name__] == 2
        assert (promised(), shelf.on_hand) == (0, 3)
    else:
        assert order.state == "cancelled"
        assert results["IllegalMove"] == 2
        assert (promised(), shelf.on_hand) == (order.total, 5)
    assert shelf.reserved == 0


def test_control_without_the_lock_it_leaves_and_is_refunded(monkeypatch):
    order, write, is_leaving = paid_order(), parcels.write, threading.Event()

    def write_slowly(about: Order, kind: str, **how: Any) -> None:
        write(about, kind, **how)
        if kind == "shipped":
            is_leaving.set()
            time.sleep(0.5)

    def read(pk: int) -> Order:
        found = Order.objects.get(pk=pk)
        is_leaving.wait(8)
        return found

    without_lock(monkeypatch, meeting(1))
    monkeypatch.setattr(cancellation, "lock_order", read)
    monkeypatch.setattr(parcels, "write", write_slowly)
    cancel_against_packing(order)
    assert promised() == order.total
    assert StockItem.objects.get().on_hand < 5
