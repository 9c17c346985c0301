"""Money, order and stock together: paid, expired, paid too late. The provider is a stand-in object with one answer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shop.checkout import settlement
from shop.checkout.attempts import attempt_with
from shop.checkout.cancellation import cancel
from shop.checkout.operations import pay_again
from shop.inventory import operations as inventory
from shop.inventory.models import Reservation, StockItem
from shop.orders.models import Order
from shop.outbox.models import Job
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Capabilities, RefundSnapshot, Rejected, Snapshot, Unknown
from tests.checkout.world import NOW, fill_cart, place, sell

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=31)
State = Payment.State


class OneAnswer:
    """A provider that says the same to every question, or cannot be reached."""

    name, kind, looks_after_capture = "stripe", "card", ()
    capabilities = Capabilities({})

    def __init__(self) -> None:
        self.state, self.amount, self.reachable, self.disputed = State.PENDING, None, True, False
        self.given_back: list[RefundSnapshot] = []

    def refund(self, refund: Refund) -> RefundSnapshot:
        said = RefundSnapshot(f"re_{refund.pk}", refund.amount, "succeeded", str(refund.key))
        self.given_back.append(said)
        return said

    def say(self, payment: Payment) -> Snapshot:
        if not self.reachable:
            raise Unknown("no answer")
        amount = self.amount or payment.amount
        paid = amount if self.state == State.CAPTURED else Decimal(0)
        return Snapshot(
            payment.provider_ref,
            payment.reference,
            self.state,
            amount,
            payment.currency,
            paid,
            str(self.state),
            disputed=self.disputed,
            refunds=tuple(self.given_back),
        )

    fetch = say

    def cancel(self, payment: Payment) -> Snapshot:
        if self.state == State.PENDING:
            self.state = State.CANCELLED
        return self.say(payment)


@pytest.fixture
def bank(monkeypatch) -> OneAnswer:
    bank = OneAnswer()
    monkeypatch.setitem(PROVIDERS, "stripe", bank)
    return bank


@pytest.fixture
def order() -> Order:
    """An unpaid order of two mugs, the last ones."""
    return place(fill_cart(sell(stock=2), quantity=2))


def settle(order: Order, now=NOW) -> Order:
    return settlement.settle(payment_id=order.payments.get().pk, source="webhook", now=now)


def stock() -> StockItem:
    return StockItem.objects.get()


def run_jobs(now=LATER) -> None:
    """What the outbox does about refunds: sent once, however often it is woken."""
    for job in Job.objects.filter(task="checkout.submit_refund").order_by("pk"):
        for _ in range(2):
            settlement.submit_refund(refund_id=job.payload["refund_id"], now=now)


def mails() -> list[str]:
    return list(Job.objects.filter(task="orders.send_mail").order_by("pk").values_list("payload__kind", flat=True))


def test_money_makes_the_stock_firm_and_the_order_ready_to_pack(bank, order):
    bank.state = State.CAPTURED
    paid = settle(order)
    assert (paid.state, paid.payment_status) == ("processing", "paid")
    assert Reservation.objects.get().state == "firm"
    assert mails() == ["order_confirmed"]


def test_hearing_of_it_again_changes_nothing(bank, order):
    bank.state = State.CAPTURED
    for _ in range(3):
        settle(order)
    assert mails() == ["order_confirmed"]
    assert list(order.events.values_list("kind", flat=True)).count("processing") == 1


def test_a_decline_leaves_everything_as_it_was(bank, order):
    assert settle(order).state == "pending"
    assert stock().available == 0


def test_another_amount_is_flagged_not_shipped_and_sent_back_once(bank, order):
    bank.state, bank.amount = State.CAPTURED, Decimal("1.00")
    settled = [settle(order) for _ in range(3)][-1]
    assert settled.state == "pending"
    assert "asked for" in settled.needs_attention
    run_jobs()
    assert [said.amount for said in bank.given_back] == [Decimal("1.00")]
    assert Order.objects.get().payment_status == "refunded"


def test_an_order_whose_wrong_money_went_back_can_be_paid_again_or_expires(bank, order):
    bank.state, bank.amount = State.CAPTURED, Decimal("1.00")
    settle(order)
    assert attempt_with(order=order, provider="stripe", anew=False, now=NOW).attempt == 2
    Payment.objects.get(attempt=2).delete()
    run_jobs()
    assert settlement.expire_orders(now=LATER) == 1
    assert (Order.objects.get().state, stock().available) == ("cancelled", 2)


def test_an_unpaid_order_expires_and_gives_its_stock_back(bank, order):
    assert settlement.expire_orders(now=LATER) == 1
    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.payment_status) == ("cancelled", "expired", "expired")
    assert stock().available == 2
    assert mails() == ["order_cancelled"]


def test_it_does_not_expire_before_its_time(bank, order):
    assert settlement.expire_orders(now=NOW + timedelta(minutes=29)) == 0


def test_nothing_is_given_back_while_the_provider_cannot_be_reached(bank, order):
    bank.reachable = False
    assert settlement.expire_orders(now=LATER) == 0
    assert stock().available == 0
    assert Order.objects.get().state == "pending"


def test_a_provider_that_will_never_agree_is_put_before_a_person(bank, order, monkeypatch):
    def refuse(payment):
        raise Rejected("resource_missing")

    monkeypatch.setattr(bank, "cancel", refuse)
    assert settlement.expire_orders(now=LATER) == 0
    order.refresh_from_db()
    assert "resource_missing" in order.needs_attention
    assert order.expires_at == LATER + settlement.POSTPONE
    assert stock().available == 0


def test_after_a_failed_attempt_the_order_can_be_paid_again(bank, order):
    bank.state = State.FAILED
    settle(order)
    pay_again(order=order, provider="stripe", kind="card", now=NOW)
    pay_again(order=order, provider="stripe", kind="card", now=NOW)
    assert list(order.payments.values_list("attempt", "state")) == [(1, "failed"), (2, "created")]


def test_when_its_time_is_over_there_is_no_further_attempt(bank, order):
    bank.state = State.FAILED
    settle(order)
    pay_again(order=order, provider="stripe", kind="card", now=NOW + timedelta(minutes=26))
    assert order.payments.count() == 1


def test_money_that_arrives_at_the_last_moment_wins_over_expiry(bank, order):
    bank.state = State.CAPTURED
    assert settlement.expire_orders(now=LATER) == 0
    order.refresh_from_db()
    assert (order.state, order.payment_status) == ("processing", "paid")
    assert Reservation.objects.get().state == "firm"


def test_a_payment_under_way_postpones_the_deadline(bank, order):
    bank.state = State.PROCESSING
    assert settlement.expire_orders(now=LATER) == 0
    order.refresh_from_db()
    assert order.expires_at == LATER + settlement.POSTPONE
    assert order.events.filter(kind="expiry_postponed").exists()


@pytest.fixture
def cancelled(bank, order) -> Order:
    settlement.expire_orders(now=LATER)
    bank.state = State.CAPTURED
    return order


def test_late_money_brings_the_order_back_when_its_goods_are_still_there(cancelled):
    revived = settle(cancelled, LATER)
    assert (revived.state, revived.payment_status, revived.cancel_reason) == ("processing", "paid", "")
    assert stock().reserved == 2
    assert revived.lines.get().reservation.state == "firm"


def test_late_money_for_goods_that_are_gone_goes_back_once(bank, cancelled):
    inventory.count(stock_item=stock(), counted=1, actor="test", now=LATER)
    settled = settle(cancelled, LATER)
    assert settled.state == "cancelled"
    assert "sold out" in settled.needs_attention
    assert stock().reserved == 0
    for _ in range(3):
        settle(cancelled, LATER)
    run_jobs()
    assert len(bank.given_back) == 1
    assert Order.objects.get().payment_status == "refunded"


def test_money_for_an_order_that_the_customer_has_cancelled_goes_back(bank, order):
    assert cancel(order_id=order.pk, reason="customer", actor="customer", now=NOW)
    bank.state = State.CAPTURED
    settled = settle(order)
    assert (settled.state, settled.cancel_reason) == ("cancelled", "customer")
    assert "paid after it was cancelled" in settled.needs_attention
    run_jobs()
    assert [said.amount for said in bank.given_back] == [order.total]


def test_of_two_payments_that_both_came_one_goes_back(bank, order):
    """The first was given up as failed, a second was paid, and then the first came after all."""
    bank.state = State.FAILED
    settle(order)
    pay_again(order=order, provider="stripe", kind="card", now=NOW)
    bank.state = State.CAPTURED
    first, second = order.payments.order_by("attempt")
    for payment in (second, first, second, first):
        settlement.settle(payment_id=payment.pk, source="webhook", now=NOW)
    assert "paid twice" in Order.objects.get().needs_attention
    run_jobs()
    assert [refund.payment for refund in Refund.objects.all()] == [first]
    assert len(bank.given_back) == 1
    assert Order.objects.get().payment_status == "paid"
    assert stock().reserved == 2
