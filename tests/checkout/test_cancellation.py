"""Cancelling an order that has not left: by the shopper or by staff, unpaid or paid, once."""

from unittest.mock import patch

import pytest

from shop.audit import audit
from shop.checkout import cancellation, settlement
from shop.checkout.cancellation import cancel
from shop.inventory.models import Reservation, StockItem
from shop.orders.models import Order
from shop.outbox.models import Job
from shop.payments import operations as payments
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import RefundSnapshot, Unknown
from shop.promotions.models import Redemption
from tests.checkout.world import fill_cart, place, sell
from tests.orders.helpers import LATER, expire, paid_order, pay, placed_order, refund, send
from tests.payments.helpers import book, says
from tests.promotions.world import coupon, use

pytestmark = pytest.mark.django_db

BY_CUSTOMER = {"reason": "customer", "actor": "customer", "now": LATER}
BY_STAFF = {"reason": "staff", "actor": "finance@etalase.example", "now": LATER, "why": "broken in the kiln"}


def stopped(order: Order, state: str = "cancelled"):
    """The provider, asked to stop the order's open payment, says `state`."""
    return patch.object(payments, "cancel_at_provider", side_effect=lambda payment: says(payment, state))


def mails() -> list[str]:
    return list(Job.objects.filter(task="orders.send_mail").order_by("pk").values_list("payload__kind", flat=True))


def green() -> None:
    assert [finding for finding in audit(now=LATER) if finding.breaches] == []


def submit(asked: Refund) -> None:
    said = RefundSnapshot(f"re_{asked.pk}", asked.amount, "succeeded", str(asked.key))
    with patch.object(PROVIDERS["stripe"], "refund", return_value=said):
        settlement.submit_refund(refund_id=asked.pk, now=LATER)


@pytest.mark.parametrize("by", [BY_CUSTOMER, BY_STAFF], ids=["customer", "staff"])
def test_an_unpaid_order_gives_everything_back(by):
    coupon("LAST", limit_total=1)
    order = place(use(fill_cart(sell(stock=2), quantity=2), "LAST"))
    with stopped(order) as provider:
        assert cancel(order_id=order.pk, **by)
    provider.assert_called_once()
    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.payment_status) == ("cancelled", by["reason"], "expired")
    assert StockItem.objects.get().available == 2
    assert Redemption.objects.get().state == "released"
    assert mails() == ["order_cancelled"]
    assert not Refund.objects.exists()
    green()


@pytest.mark.parametrize("by", [BY_CUSTOMER, BY_STAFF], ids=["customer", "staff"])
def test_a_paid_order_is_refunded_in_whole(by):
    coupon("LAST", limit_total=1)
    order = pay(place(use(fill_cart(sell(stock=2), quantity=2), "LAST")))
    assert cancel(order_id=order.pk, **by)
    asked = Refund.objects.get()
    assert (asked.amount, asked.state) == (order.total, "created")
    submit(asked)
    order.refresh_from_db()
    assert (order.state, order.payment_status, order.needs_attention) == ("cancelled", "refunded", "")
    assert StockItem.objects.get().available == 2
    assert Redemption.objects.get().state == "released"
    assert mails() == ["order_confirmed", "order_cancelled"]
    assert Job.objects.filter(task="checkout.send_refund_mail").count() == 1
    green()


def test_again_it_changes_nothing():
    order = paid_order()
    assert cancel(order_id=order.pk, **BY_CUSTOMER)
    assert not cancel(order_id=order.pk, **BY_STAFF)
    assert Refund.objects.count() == 1
    assert order.events.filter(kind="cancelled").count() == 1
    assert StockItem.objects.get().available == 5


def test_what_was_refunded_before_is_not_refunded_again():
    order = paid_order()
    refund(order, "10.00")
    assert cancel(order_id=order.pk, **BY_STAFF)
    submit(Refund.objects.last())
    assert [row.amount for row in Refund.objects.all()] == [10, order.total - 10]
    order.refresh_from_db()
    assert order.payment_status == "refunded"
    green()


def test_what_has_left_is_not_cancelled():
    order = send(paid_order())
    with pytest.raises(cancellation.TooLate):
        cancel(order_id=order.pk, **BY_CUSTOMER)
    order.refresh_from_db()
    assert (order.state, order.payment_status) == ("shipped", "paid")
    assert not Refund.objects.exists()


def test_a_payment_that_the_bank_is_working_on_must_end_first():
    order = placed_order()
    with stopped(order, "processing"), pytest.raises(cancellation.PaymentUnderWay):
        cancel(order_id=order.pk, **BY_CUSTOMER)
    order.refresh_from_db()
    assert order.state == "pending"
    assert Reservation.objects.get().state == "held"


def test_paid_at_the_last_moment_it_is_cancelled_and_refunded():
    order = placed_order()
    with stopped(order, "captured"):
        assert cancel(order_id=order.pk, **BY_CUSTOMER)
    assert Refund.objects.get().amount == order.total
    order.refresh_from_db()
    assert order.state == "cancelled"
    assert StockItem.objects.get().reserved == 0


def test_nothing_changes_while_the_provider_cannot_be_reached():
    order = placed_order()
    with patch.object(payments, "cancel_at_provider", side_effect=Unknown("no answer")), pytest.raises(Unknown):
        cancel(order_id=order.pk, **BY_CUSTOMER)
    order.refresh_from_db()
    assert (order.state, StockItem.objects.get().reserved) == ("pending", 2)


def test_disputed_money_is_its_banks_to_decide_about():
    order = paid_order()
    payment = order.payments.get()
    book(payment, says(payment, "captured", disputed=True))
    assert cancel(order_id=order.pk, **BY_STAFF)
    order.refresh_from_db()
    assert order.state == "cancelled"
    assert order.events.filter(kind="flagged", detail__reason__endswith="not refunded").exists()
    assert not Refund.objects.exists()
    green()


def test_money_that_cannot_go_back_by_itself_becomes_a_task(monkeypatch):
    order = paid_order()
    monkeypatch.setattr("shop.payments.refunds.goes_by_hand", lambda payment, amount: True)
    assert cancel(order_id=order.pk, **BY_CUSTOMER)
    order.refresh_from_db()
    assert Refund.objects.get().manual
    assert "by hand" in order.needs_attention
    green()


def test_cancelled_once_more_after_it_had_come_back_to_life_the_customer_is_told_again():
    order = expire(placed_order())
    with patch.object(payments, "fetch", return_value=says(order.payments.get(), "captured")):
        settlement.settle(payment_id=order.payments.get().pk, source="webhook", now=LATER)
    assert cancel(order_id=order.pk, **BY_CUSTOMER)
    assert mails() == ["order_cancelled", "order_confirmed", "order_cancelled"]
    assert Payment.objects.get().refunds.count() == 1
    green()
