"""Each rule of refunds is broken once behind the application's back, and the audit says so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from shop import audit
from shop.audit import refunds
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem
from shop.orders.models import Order
from shop.payments.models import Refund, RefundAccount, RefundLine
from tests.orders.helpers import LATER, paid_order, refund, send

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def refunded() -> Order:
    """57.80 USD for two mugs, of which 10.00 went back."""
    order = send(paid_order())
    refund(order, "10.00")
    return order


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE shop_refund DISABLE TRIGGER shop_refund_within_captured")
        cursor.execute("ALTER TABLE shop_refundtransition DISABLE TRIGGER shop_refundtransition_append_only")
        cursor.execute(statement)


def breaches(name: str, now=LATER) -> list[str]:
    return next(finding for finding in audit.audit(now=now) if finding.name == name).breaches


def too_much() -> str:
    sql("UPDATE shop_refund SET amount = 60")
    return "57.80 captured, 60.00 refunded or on its way"


def lines_beyond() -> str:
    RefundLine.objects.create(refund=Refund.objects.get(), line=Order.objects.get().lines.get(), quantity=1, amount=11)
    return "11.00 for the lines of a refund of 10.00"


def more_units() -> str:
    RefundLine.objects.create(refund=Refund.objects.get(), line=Order.objects.get().lines.get(), quantity=3, amount=1)
    return "line MUG: 2 bought, 3 paid back"


def back_again() -> str:
    goods = [(StockItem.objects.get().pk, 1)]
    inventory.take_back(goods=goods, order_number=Order.objects.get().number, actor="test", now=LATER)
    return "1 units came back, its refunds and returns say 0"


def a_gap() -> str:
    sql("UPDATE shop_refundtransition SET old = 'pending' WHERE new = 'succeeded'")
    return "succeeded after pending, was submitted before"


def another_end() -> str:
    sql("UPDATE shop_refund SET state = 'failed'")
    return "failed after its history, was succeeded before"


def a_stranger() -> str:
    sql("DELETE FROM shop_providerobject")
    return "noted for none"


def stuck() -> str:
    sql("UPDATE shop_refund SET state = 'submitted', settled_at = NULL")
    return "submitted since"


def untold() -> str:
    sql("DELETE FROM shop_job WHERE key LIKE 'mail/refunded/%'")
    return "no mail was ever asked for"


def account(words: str, **changes: object) -> Callable[[], str]:
    def breaker() -> str:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE shop_refundaccount DISABLE TRIGGER shop_refund_account_told")
        Refund.objects.update(**changes)
        told = {"bank_name": "BCA", "account_number": "12345678", "account_holder": "Alice"}
        RefundAccount.objects.create(refund=Refund.objects.get(), told_at=LATER, **told)
        return words

    return breaker


BREAKERS: list[tuple[str, Callable[[], str]]] = [
    ("refunds_stay_within_captured", too_much),
    ("refunds_stay_within_captured", lines_beyond),
    ("lines_are_refunded_once", more_units),
    ("nothing_comes_back_twice", back_again),
    ("refund_history_is_a_chain", a_gap),
    ("refund_history_is_a_chain", another_end),
    ("provider_objects_have_one_payment", a_stranger),
    ("refunds_get_through", stuck),
    ("refunds_are_told", untold),
    ("accounts_are_for_what_a_person_sends", account("of no refund by hand")),
    (
        "accounts_are_for_what_a_person_sends",
        account("kept too long", manual=True, settled_at=LATER - timedelta(days=60)),
    ),
]


@pytest.mark.usefixtures("refunded")
@pytest.mark.parametrize(("name", "breaker"), BREAKERS)
def test_a_breach_is_reported(name, breaker):
    assert breaches(name) == []
    expected = breaker()
    said = breaches(name, LATER + timedelta(days=2))
    assert any(expected in breach for breach in said), said


def test_every_rule_is_broken():
    assert {name for name, _breaker in BREAKERS} == {check.__name__ for check in refunds.CHECKS}
