"""Two ask for the same thing, two receive it, two pay for it: once."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection

from shop.audit import audit
from shop.checkout import refunding
from shop.inventory.models import StockItem
from shop.money import Money
from shop.orders.models import Order
from shop.payments import locks as payment_locks
from shop.payments.models import Payment, Refund
from shop.returns import operations as returns
from shop.returns.models import Return, ReturnLine
from tests.orders.helpers import LATER
from tests.races.crowd import at_once, meeting
from tests.races.test_money_back import ask as refund_amount
from tests.returns.world import ASKED, approved, ask, delivered_order, receive, received

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

PEOPLE = 4


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


def outcomes(results: list[Any]) -> Counter:
    return Counter(type(result).__name__ for result in results)


def without_lock(monkeypatch) -> None:
    """The same reading, with nobody waiting for anybody; two at least read an order or a return before one writes."""

    def slowly(read: Any, people: int = 2) -> Any:
        meet = meeting(people)

        def look(pk: int) -> Any:
            found = read(pk)
            meet()
            return found

        return look

    monkeypatch.setattr(returns, "lock_order", slowly(lambda pk: Order.objects.get(pk=pk)))
    monkeypatch.setattr(returns, "lock_return", slowly(lambda pk: Return.objects.select_related("order").get(pk=pk)))
    look = slowly(lambda pk: Payment.objects.select_related("order").get(pk=pk), PEOPLE - 1)
    for module in (refunding, payment_locks):
        monkeypatch.setattr(module, "lock_payment", look)


def without_trigger(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")


# --- asked for twice -----------------------------------------------------------------------------


def asked_at_once() -> Counter:
    order = delivered_order()
    return outcomes(at_once([partial(ask, order, 2) for _ in range(PEOPLE)]))


@pytest.mark.usefixtures("books")
def test_of_several_that_ask_for_the_same_one_gets_it():
    assert asked_at_once() == {"Return": 1, "NotReturnable": PEOPLE - 1}


def test_without_the_lock_the_table_still_refuses(monkeypatch):
    without_lock(monkeypatch)
    asked = asked_at_once()
    assert asked["Return"] == 1
    assert asked["IntegrityError"] >= 1  # whoever looks after the first has written is told kindly
    assert ReturnLine.objects.get().quantity == 2


def test_control_without_both_more_is_asked_for_than_was_sent(monkeypatch):
    without_lock(monkeypatch)
    without_trigger("shop_returnline", "shop_returned_within_shipped")
    assert asked_at_once()["Return"] > 1


# --- received twice ------------------------------------------------------------------------------


def received_at_once() -> Counter:
    back = approved(delivered_order())
    return outcomes(at_once([partial(receive, back) for _ in range(PEOPLE)]))


@pytest.mark.usefixtures("books")
def test_received_by_several_it_is_on_the_shelf_once():
    assert received_at_once() == {"Return": 1, "IllegalMove": PEOPLE - 1}
    assert StockItem.objects.get().on_hand == 4


def test_control_without_the_lock_it_is_there_more_often(monkeypatch):
    without_lock(monkeypatch)
    received_at_once()
    assert StockItem.objects.get().on_hand > 4


# --- paid back twice -----------------------------------------------------------------------------


def paid_at_once(amount: str = "52.80") -> Counter:
    """The return of both mugs is refunded by two, while two others refund as much of the order's money."""
    order = delivered_order()
    back = received(order, 2)
    of_return = partial(
        returns.refund, return_id=back.pk, delivery=False, agreed=Money(amount, "USD"), actor="finance", now=ASKED
    )
    of_amount = partial(refund_amount, order, amount)
    return outcomes(at_once([of_return, of_amount, of_return, of_amount]))


def promised() -> list[str]:
    return [str(amount) for amount in Refund.objects.filter(state__in=Refund.LIVE).values_list("amount", flat=True)]


@pytest.mark.usefixtures("books")
def test_a_return_and_an_amount_are_not_both_paid():
    results = paid_at_once()
    assert promised() == ["52.80"]
    if Return.objects.get().state == "refunded":
        assert results == {"Refund": 2, "TooMuch": 2}  # both clicks show the one refund
    else:
        assert results == {"Refund": 1, "TooMuch": 1, "AmountChanged": 2}


def test_control_without_lock_and_trigger_they_are(monkeypatch):
    without_lock(monkeypatch)
    without_trigger("shop_refund", "shop_refund_within_captured")
    paid_at_once()
    assert len(promised()) > 1
