"""The ledger report, with the real SDK against the stand-in: it finds what differs, books what it can, and says so once."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shop.checkout import settlement
from shop.checkout.reconciliation import compare, ledger_report, report_daily
from shop.payments import operations
from shop.payments.models import Payment, Refund
from tests.payments.helpers import RETURN_URL, make_attempt, make_order, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def opened(shopper, now) -> Payment:
    order = make_order(placed_at=now, expires_at=now + timedelta(minutes=30))
    return operations.start(payment_id=make_attempt(order, now=now).pk, return_url=RETURN_URL, now=now)


def settle(payment: Payment, now) -> None:
    settlement.settle(payment_id=payment.pk, source="webhook", now=now)


def run(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("reconcile_payments", *options, stdout=out, no_color=True)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_books_that_agree_end_with_0(opened, shopper, now):
    assert run() == (0, run()[1])
    assert "1 payments, 0 differences" in run()[1]


def test_money_that_nobody_told_us_of_is_booked_and_the_second_run_is_clean(opened, shopper, now, monkeypatch):
    monkeypatch.setattr("shop.checkout.settlement._paid", lambda payment, now: None)  # an order without goods
    shopper.pay(opened)
    code, text = run()
    assert code == 1
    assert f"{opened.reference}: captured: we say 0.00, the provider says 24.00 (booked now)" in text
    assert "stripe USD: captured 24.00 here, 24.00 there; refunded 0.00 here, 0.00 there" in text
    code, text = run()
    assert (code, "0 differences" in text) == (0, True)


def test_a_dry_run_books_nothing(opened, shopper, now):
    shopper.pay(opened)
    code, text = run("--dry-run")
    assert (code, "booked" in text) == (1, False)
    opened.refresh_from_db()
    assert opened.state == "pending"


@pytest.fixture
def paid(opened, shopper, now, monkeypatch) -> Payment:
    monkeypatch.setattr("shop.checkout.settlement._paid", lambda payment, now: None)
    shopper.pay(opened)
    settle(opened, now)
    return Payment.objects.get()


def test_a_refund_made_over_there_is_found(paid, shopper, now):
    shopper.client.v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 900})
    code, text = run()
    assert code == 1
    assert "we say nothing, the provider says 9.00 succeeded (booked now)" in text
    assert Refund.objects.get().amount == Decimal("9.00")
    assert run()[0] == 0


def test_what_cannot_be_booked_stays_a_difference(paid, now):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_payment SET captured = 30")
    for _ in range(2):
        code, text = run()
        assert code == 1
        assert f"{paid.reference}: captured: we say 30.00, the provider says 24.00\n" in text


def test_who_does_not_answer_is_named(paid, sandbox, now):
    sandbox.control.fault("status", match="GET /v1/payment_intents", status=500, times=9)
    code, text = run()
    assert code == 1
    assert f"silent  {paid.reference}" in text


def test_old_payments_are_left_alone(paid, now):
    assert ledger_report(now=now + timedelta(days=4)).looked_at == 0
    assert ledger_report(now=now + timedelta(days=4), recent=timedelta(days=5)).looked_at == 1


def test_the_clock_writes_differences_into_the_log(paid, shopper, now, caplog):
    shopper.client.v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 900})
    report_daily(now=now)
    assert [record.levelname for record in caplog.records if "9.00 succeeded" in record.message] == ["ERROR"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"state": "captured", "currency": "IDR"}, ["currency"]),
        ({"state": "captured", "captured": Decimal(20)}, ["captured"]),
        ({"state": "reversed", "captured": Decimal(24)}, ["state"]),
        ({"state": "captured", "disputed": True}, ["disputed"]),
        ({"state": "captured", "reference": "ET-1-1"}, ["reference"]),
        ({"state": "captured"}, []),
    ],
    ids=str,
)
def test_every_fact_is_compared(paid, said, what):
    assert [difference.what for difference in compare(paid, says(paid, **said))] == what
