"""Each rule of returns is broken once behind the application's back, and the audit says so."""

from collections.abc import Callable

import pytest
from django.db import connection

from shop import audit
from shop.audit import returns
from tests.orders.helpers import LATER
from tests.returns.world import delivered_order, pay_back, received

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def paid_back() -> None:
    """One of two mugs came back, was written off, and was paid back."""
    pay_back(received(delivered_order(), outcome="write_off"))


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, trigger in (
            ("shop_returnline", "shop_returned_within_shipped"),
            ("shop_stockmovement", "shop_stockmovement_append_only"),
            ("shop_refundline", "shop_refundline_append_only"),
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        cursor.execute(statement)


def breaches(name: str) -> list[str]:
    return next(finding for finding in audit.audit(now=LATER) if finding.name == name).breaches


def more_than_went_out() -> str:
    sql("UPDATE shop_returnline SET quantity = 9, received = 9")
    return "2 shipped, 9 in returns"


def another_count() -> str:
    sql("UPDATE shop_orderline SET returned = 2")
    return "1 of them here, the line says 2"


def not_in_the_ledger() -> str:
    sql("UPDATE shop_stockmovement SET note = '' WHERE reason = 'returned'")
    return "1 arrived, 1 written off, the ledger says 0 and 1"


def not_written_off() -> str:
    sql("UPDATE shop_returnline SET outcome = 'restock'")
    return "1 arrived, 0 written off, the ledger says 1 and 1"


def paid_for_more() -> str:
    sql("UPDATE shop_refundline SET quantity = 2")
    return "1 units paid back that did not arrive"


def it_failed() -> str:
    sql("UPDATE shop_refund SET state = 'failed', settled_at = created_at, next_try_at = NULL")
    return "its refund is failed, and nobody was told"


def untold() -> str:
    sql("DELETE FROM shop_job WHERE key LIKE 'mail/return_requested/%'")
    return "no mail was ever asked for"


BREAKERS: list[tuple[str, Callable[[], str]]] = [
    ("returns_stay_within_shipped", more_than_went_out),
    ("returns_stay_within_shipped", another_count),
    ("returned_goods_are_in_the_ledger", not_in_the_ledger),
    ("returned_goods_are_in_the_ledger", not_written_off),
    ("refunded_returns_have_their_refund", paid_for_more),
    ("refunded_returns_have_their_refund", it_failed),
    ("returns_are_told", untold),
]


@pytest.mark.usefixtures("paid_back")
@pytest.mark.parametrize(("name", "breaker"), BREAKERS)
def test_a_breach_is_reported(name, breaker):
    assert breaches(name) == []
    expected = breaker()
    said = breaches(name)
    assert any(expected in breach for breach in said), said


def test_every_rule_is_broken():
    assert {name for name, _breaker in BREAKERS} == {check.__name__ for check in returns.CHECKS}
