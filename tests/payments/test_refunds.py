"""Giving money back, with the real SDK against the stand-in: once, in whatever order the answers come."""

import uuid
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
import stripe
from django.db import IntegrityError, connection, transaction

from shop.audit import audit
from shop.checkout import settlement
from shop.checkout.operations import pay_again
from shop.money import Money
from shop.outbox.models import Job
from shop.payments import ledger, operations, refunds
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, ProviderObject, Refund, RefundTransition
from shop.payments.providers import PROVIDERS
from shop.payments.providers import stripe as adapter
from shop.payments.providers.base import Capabilities, Refunding, RefundSnapshot, Snapshot, Unknown
from tests.checkout.world import fill_cart, place, sell
from tests.payments.helpers import NOW, RETURN_URL, book, make_attempt, make_open, says
from tests.races.crowd import at_once, meeting

pytestmark = pytest.mark.django_db

State = Refund.State
CREATE = "POST /v1/refunds$"


@pytest.fixture
def paid(shopper) -> Payment:
    """24.00 USD, paid at the stand-in and booked."""
    return pay(shopper)


def pay(shopper, method: str = "pm_card_visa") -> Payment:
    payment = operations.start(payment_id=make_attempt().pk, return_url=RETURN_URL, now=NOW)
    shopper.pay(payment, method)
    return hear(payment)


def hear(payment: Payment) -> Payment:
    """What a webhook or the clock leads to."""
    snapshot = operations.fetch(payment)
    return book(payment, snapshot, source="webhook").payment


def ask(payment: Payment, amount: str = "24.00", **how) -> Refund:
    values = {"key": uuid.uuid4(), "reason": "broken", "requested_by": "finance@etalase.example", "now": NOW, **how}
    with transaction.atomic():
        return refunds.request(payment=lock_payment(payment.pk), amount=Decimal(amount), **values)


def send(refund: Refund, now=NOW) -> Refund:
    return refunds.submit(refund_id=refund.pk, now=now)


def mails() -> list[str]:
    return list(Job.objects.filter(task="checkout.send_refund_mail").values_list("payload__mail_key", flat=True))


def at_stripe(shopper, payment: Payment) -> list[int]:
    listed = shopper.client.v1.refunds.list({"payment_intent": payment.provider_ref})
    return [refund.amount for refund in listed.data]


# --- asking --------------------------------------------------------------------------------------


@pytest.fixture
def captured() -> Payment:
    payment = make_open()
    return book(payment, says(payment, "captured")).payment


def test_it_is_promised_once_per_key(captured):
    key = uuid.uuid4()
    first, *more = [ask(captured, "10.00", key=key) for _ in range(6)]
    assert {refund.pk for refund in more} == {first.pk}
    assert Refund.objects.get().state == "created"
    assert Job.objects.filter(task="checkout.submit_refund").count() == 1


@pytest.mark.parametrize("amount", ["24.01", "0.00", "-1.00"])
def test_it_refuses_more_than_came_and_less_than_something(captured, amount):
    with pytest.raises(refunds.TooMuch) as refusal:
        ask(captured, amount)
    assert refusal.value.left == Money("24.00", "USD")
    assert not Refund.objects.exists()


def test_what_is_promised_counts_against_what_is_left(captured):
    ask(captured, "20.00")
    with pytest.raises(refunds.TooMuch) as refusal:
        ask(captured, "4.01")
    assert refusal.value.left == Money("4.00", "USD")


def test_it_refuses_what_never_came(captured):
    with pytest.raises(refunds.NotCaptured):
        ask(make_open())


def test_it_refuses_what_the_bank_is_deciding_about(captured):
    book(captured, says(captured, "captured", disputed=True))
    with pytest.raises(refunds.Disputed):
        ask(captured)


@pytest.mark.parametrize(
    ("way", "amount", "by_hand"),
    [
        (Refunding.PARTIAL, "10.00", False),
        (Refunding.FULL, "24.00", False),
        (Refunding.FULL, "10.00", True),
        (Refunding.NONE, "24.00", True),
    ],
)
def test_what_the_method_cannot_do_becomes_a_task(captured, monkeypatch, way, amount, by_hand):
    monkeypatch.setattr(PROVIDERS["stripe"], "capabilities", Capabilities({}, refunds={"va": way}))
    Payment.objects.update(method="va")
    refund = ask(captured, amount)
    assert refund.manual == by_hand
    assert Job.objects.filter(task="checkout.submit_refund").exists() != by_hand
    refund.payment.order.refresh_from_db()
    assert ("by hand" in refund.payment.order.needs_attention) == by_hand


def test_paid_out_by_hand_it_is_refunded_once(captured):
    refund = ask(captured, manual=True)
    refunds.finish_by_hand(refund_id=refund.pk, note="BCA 0042", actor="finance@etalase.example", now=NOW)
    with pytest.raises(refunds.NotByHand):
        refunds.finish_by_hand(refund_id=refund.pk, note="again", actor="finance@etalase.example", now=NOW)
    captured.order.refresh_from_db()
    assert (captured.order.payment_status, captured.order.needs_attention) == ("refunded", "")
    assert RefundTransition.objects.get(new="succeeded").note == "BCA 0042"


def test_withdrawn_it_makes_room_again(captured):
    refund = ask(captured, manual=True)
    refunds.withdraw_by_hand(refund_id=refund.pk, note="found the card", actor="finance@etalase.example", now=NOW)
    assert ask(captured).pk != refund.pk


@pytest.mark.parametrize(
    "breach",
    [
        "INSERT INTO shop_refund (payment_id, key, amount, shipping, state, reason, provider_ref, external, manual,"
        " requested_by, error, tries, created_at) SELECT payment_id, gen_random_uuid(), 4.01, 0, 'created', '', '',"
        " false, false, '', '', 0, now() FROM shop_refund",
        "UPDATE shop_refund SET amount = 19.99",
        "UPDATE shop_refund SET amount = 0",
    ],
)
def test_the_table_itself_refuses_more_than_was_captured(captured, breach):
    ask(captured, "20.00")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(breach)
    assert Refund.objects.get().amount == Decimal("20.00")


# --- at the provider -----------------------------------------------------------------------------


def test_the_money_goes_back_and_the_order_says_so(paid, shopper):
    send(ask(paid, "10.00"))
    paid.order.refresh_from_db()
    assert paid.order.payment_status == "partly_refunded"
    send(ask(paid, "14.00"))
    paid.order.refresh_from_db()
    assert (paid.order.payment_status, paid.order.needs_attention) == ("refunded", "")
    assert at_stripe(shopper, paid) == [1400, 1000]
    assert len(mails()) == 2


def test_sent_six_times_it_is_refunded_once(paid, shopper):
    refund = ask(paid, "10.00")
    for _ in range(6):
        assert send(refund).state == "succeeded"
    hear(paid)
    assert at_stripe(shopper, paid) == [1000]
    assert len(mails()) == 1
    assert list(RefundTransition.objects.values_list("new", flat=True)) == ["submitted", "succeeded"]


def test_an_answer_that_is_lost_is_found_by_looking(paid, sandbox, shopper):
    sandbox.control.fault("lose_response", match=CREATE, times=2)
    refund = ask(paid, "10.00")
    with pytest.raises(Unknown):
        send(refund)
    refund.refresh_from_db()
    assert refund.state == "submitted"
    sandbox.control.clock(25 * 3600)  # the idempotency key is forgotten by now
    assert settlement.sweep_refunds(now=NOW + timedelta(minutes=2)) == 1
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert at_stripe(shopper, paid) == [1000]


def test_a_call_that_never_arrived_is_made_again_under_the_same_key(paid, sandbox, shopper):
    sandbox.control.fault("refuse", match=CREATE, times=2)
    with pytest.raises(Unknown):
        send(ask(paid, "10.00"))
    assert at_stripe(shopper, paid) == []
    settlement.sweep_refunds(now=NOW + timedelta(minutes=2))
    assert at_stripe(shopper, paid) == [1000]
    assert Refund.objects.get().state == "succeeded"


def test_a_failure_pinned_to_the_key_is_no_refund_and_it_is_made_under_the_next(paid, sandbox, shopper):
    sandbox.control.fault("status", match=CREATE, status=500, pinned=True)
    refund = send(ask(paid, "10.00"))
    assert (refund.state, refund.error) == ("succeeded", "")
    assert at_stripe(shopper, paid) == [1000]


def test_a_refund_that_was_made_behind_a_pinned_failure_is_found_and_not_made_again(paid, sandbox, shopper):
    refund = ask(paid, "10.00")
    made = {"payment_intent": paid.provider_ref, "amount": 1000, "metadata": {"refund": str(refund.key)}}
    shopper.client.v1.refunds.create(made)
    sandbox.control.fault("status", match=CREATE, status=500, pinned=True)
    assert send(refund).state == "succeeded"
    assert not sandbox.control.state()["faults"], "the failure was met"
    assert at_stripe(shopper, paid) == [1000]


def refund_together(refund: Refund, sandbox, shopper, monkeypatch) -> None:
    """Two workers: the first key is bound to a failure, and both have looked before either asks under the next one."""
    metadata = {"refund": str(refund.key), "payment": refund.payment.reference}
    request = {"payment_intent": refund.payment.provider_ref, "amount": 1000, "metadata": metadata}
    sandbox.control.fault("status", match=CREATE, status=500, pinned=True)
    with pytest.raises(stripe.APIError):
        shopper.client.v1.refunds.create(request, {"idempotency_key": f"refund-{refund.key}"})
    look, meet = adapter._retrieve, meeting(2)

    def look_together(payment: Payment) -> Snapshot:
        found = look(payment)
        meet()
        return found

    monkeypatch.setattr(adapter, "_retrieve", look_together)
    at_once([partial(PROVIDERS["stripe"].refund, refund)] * 2)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_who_go_on_to_the_next_key_make_one_refund(paid, sandbox, shopper, monkeypatch):
    refund_together(ask(paid, "10.00"), sandbox, shopper, monkeypatch)
    assert at_stripe(shopper, paid) == [1000]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_with_keys_of_their_own_they_make_two(paid, sandbox, shopper, monkeypatch):
    monkeypatch.setattr(adapter, "_keys", lambda key: [key, f"{key}-{uuid.uuid4()}"])
    refund_together(ask(paid, "10.00"), sandbox, shopper, monkeypatch)
    assert at_stripe(shopper, paid) == [1000, 1000]


def test_when_every_key_is_bound_to_a_failure_a_person_is_called_and_a_new_refund_may_be_made(paid, sandbox, shopper):
    sandbox.control.fault("status", match=CREATE, status=500, pinned=True, times=6)  # the SDK asks twice under each
    refund = send(ask(paid, "10.00"))
    assert (refund.state, refund.error) == ("failed", "failed_for_good")
    assert "failed_for_good" in refund.payment.order.needs_attention
    send(ask(paid, "10.00"))
    assert at_stripe(shopper, paid) == [1000]


def test_a_certain_no_fails_it_and_calls_a_person(paid, sandbox):
    refund = ask(paid)
    sandbox.control.dispute(paid.provider_ref)
    refund = send(refund)
    assert (refund.state, refund.error) == ("failed", "charge_disputed")
    assert "charge_disputed" in refund.payment.order.needs_attention
    assert refund.payment.order.payment_status == "paid"
    assert mails() == []


def test_a_second_failure_of_the_same_amount_calls_a_person_again(paid, sandbox):
    for _ in range(2):
        refund = ask(paid)
        sandbox.control.fault("status", match=CREATE, status=400)
        assert send(refund).state == "failed"
    assert refund.payment.order.events.filter(kind="flagged").count() == 2


def test_after_some_tries_a_person_is_told(paid, sandbox):
    refund = ask(paid)
    sandbox.control.fault("status", match=CREATE, status=503, times=50)
    for _ in range(refunds.TELL_AFTER):
        settlement.submit_refund(refund_id=refund.pk, now=NOW)
    refund.refresh_from_db()
    assert refund.state == "submitted"
    paid.order.refresh_from_db()
    assert "not through yet" in paid.order.needs_attention


def test_a_refund_on_its_way_arrives_when_the_bank_says_so(shopper, sandbox):
    payment = pay(shopper, "pm_card_pendingRefund")
    refund = send(ask(payment))
    assert (refund.state, refund.payment.order.payment_status, mails()) == ("pending", "paid", [])
    sandbox.control.settle(refund.provider_ref)
    assert settlement.sweep_refunds(now=NOW + ledger.LOOK_AT_PENDING) == 1
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert len(mails()) == 1


def test_a_refund_that_fails_days_later_is_booked_and_calls_a_person(shopper, sandbox):
    payment = pay(shopper, "pm_card_refundFail")
    refund = send(ask(payment))
    assert refund.payment.order.payment_status == "refunded"
    sandbox.control.settle(refund.provider_ref, ok=False)
    order = hear(payment).order
    refund.refresh_from_db()
    assert (refund.state, order.payment_status) == ("failed", "paid")
    assert "failed" in order.needs_attention
    assert ask(payment).pk  # it can be tried again


# --- made over there -----------------------------------------------------------------------------


def test_a_refund_made_at_the_provider_is_booked_once(paid, shopper):
    shopper.client.v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 900})
    for _ in range(3):
        order = hear(paid).order
    refund = Refund.objects.get()
    assert (refund.external, refund.amount, refund.state) == (True, Decimal("9.00"), "succeeded")
    assert order.payment_status == "partly_refunded"
    assert "refunded at stripe, not here" in order.needs_attention
    with pytest.raises(refunds.TooMuch):
        ask(paid, "15.01")


def test_ours_and_theirs_together_never_exceed_what_came(paid, shopper):
    ours = ask(paid, "20.00")
    shopper.client.v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 900})
    hear(paid)
    assert send(ours).state == "failed"
    assert at_stripe(shopper, paid) == [900]
    assert ledger.refunded(paid) == Decimal("9.00")


def test_each_part_of_a_payment_is_known_by_its_name(paid):
    refund = send(ask(paid, "10.00"))
    hear(paid)
    assert set(paid.provider_objects.values_list("kind", flat=True)) == {"charge", "refund"}
    assert ProviderObject.objects.get(kind="refund").ref == refund.provider_ref


def test_a_charge_that_is_another_payments_is_put_before_a_person(captured):
    ProviderObject.objects.create(provider="stripe", ref="ch_1", kind="charge", payment=captured)
    other = make_open()
    order = book(other, says(other, "captured", objects=(("charge", "ch_1"),))).order
    assert "another payment's" in order.needs_attention


def test_news_of_refunds_in_any_order_comes_to_the_same_end(captured):
    key = str(ask(captured, "10.00").key)
    for state in ("succeeded", "pending", "failed", "succeeded", "pending"):
        said = RefundSnapshot("re_1", Decimal("10.00"), state, key)
        book(captured, says(captured, "captured", refunds=(said,)))
    assert Refund.objects.get().state == "failed"
    captured.order.refresh_from_db()
    assert captured.order.payment_status == "paid"


def test_another_amount_than_we_asked_for_is_put_before_a_person(captured):
    key = str(ask(captured, "10.00").key)
    said = RefundSnapshot("re_1", Decimal("11.00"), "succeeded", key)
    assert "asked for" in book(captured, says(captured, "captured", refunds=(said,))).order.needs_attention


# --- disputes ------------------------------------------------------------------------------------


def test_a_dispute_that_is_lost_takes_the_money_back(paid, sandbox):
    dispute = sandbox.control.dispute(paid.provider_ref)
    assert hear(paid).disputed
    sandbox.control.close_dispute(dispute["id"], won=False)
    payment = hear(paid)
    assert (payment.state, payment.order.payment_status) == ("reversed", "failed")
    assert ProviderObject.objects.filter(kind="dispute", payment=payment).exists()


def test_a_dispute_that_is_won_lets_refunds_through_again(paid, sandbox):
    dispute = sandbox.control.dispute(paid.provider_ref)
    hear(paid)
    sandbox.control.close_dispute(dispute["id"], won=True)
    payment = hear(paid)
    assert not payment.disputed
    assert payment.order.events.filter(kind="dispute_over").count() == 1
    assert send(ask(paid)).state == "succeeded"


# --- money in another currency ---------------------------------------------------------------------


@pytest.fixture
def in_euro(sandbox, shopper) -> Payment:
    """Asked for in dollars, changed over there to euro, and paid; the order has its goods."""
    order = place(fill_cart(sell()))
    payment = operations.start(payment_id=order.payments.get().pk, return_url=RETURN_URL, now=NOW)
    shopper.client.v1.payment_intents.update(payment.provider_ref, {"currency": "eur"})
    shopper.pay(payment)
    settlement.settle(payment_id=payment.pk, source="webhook", now=NOW)
    return Payment.objects.get(pk=payment.pk)


def test_money_in_another_currency_goes_back_once_and_the_order_can_still_be_paid(in_euro, shopper):
    for _ in range(2):
        settlement.settle(payment_id=in_euro.pk, source="sweep", now=NOW)
    order = in_euro.order
    assert (in_euro.currency, in_euro.captured, order.payment_status) == ("EUR", order.total, "pending")
    assert "another currency" in " ".join(str(event.detail) for event in order.events.filter(kind="flagged"))
    refund = Refund.objects.get()
    settlement.submit_refund(refund_id=refund.pk, now=NOW)
    refund.refresh_from_db()
    assert (refund.state, refund.money) == ("succeeded", Money(order.total, "EUR"))
    (there,) = shopper.client.v1.refunds.list({"payment_intent": in_euro.provider_ref}).data
    assert (there.currency, there.amount) == ("eur", int(order.total * 100))
    assert audit_is_clean()
    pay_again(order=order, provider="stripe", kind="card", now=NOW)
    second = operations.start(payment_id=order.payments.last().pk, return_url=RETURN_URL, now=NOW)
    shopper.pay(second)
    paid = settlement.settle(payment_id=second.pk, source="webhook", now=NOW)
    assert (paid.state, paid.payment_status) == ("processing", "paid")
    assert audit_is_clean()


def test_an_order_whose_money_came_in_another_currency_expires_like_any(in_euro):
    settlement.submit_refund(refund_id=Refund.objects.get().pk, now=NOW)
    assert settlement.expire_orders(now=NOW + timedelta(hours=2)) == 1
    in_euro.order.refresh_from_db()
    assert in_euro.order.state == "cancelled"
    assert audit_is_clean()


def audit_is_clean() -> bool:
    found = [finding for finding in audit(now=NOW) if finding.breaches]
    assert found == []
    return True
