"""Proof that the suite bites: each guard taken away in turn, and what the audit or the providers' books say then.

Races without their locks: tests/races.
"""

import uuid
from dataclasses import replace
from functools import partial

import pytest
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from shop.audit import audit
from shop.checkout import cancellation, settlement
from shop.outbox.models import Job, Mail
from shop.payments import ledger, locks, operations, refunds
from shop.payments.models import Payment
from shop.payments.providers import PROVIDERS
from tests.faults.children import in_child
from tests.faults.house import House
from tests.faults.points import killed, watching
from tests.faults.steps import STEPS, confirmed
from tests.faults.test_messages import bought, with_a_history
from tests.payments.helpers import says
from tests.races.crowd import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


def breaches() -> set[str]:
    """The names of the audit's checks that found something."""
    return {finding.name for finding in audit(now=timezone.now()) if finding.breaches}


def test_control_nothing_is_found_when_nothing_is_taken_away(house):
    confirmed(house)
    assert breaches() == set()
    house.agree("processing")


# --- the order of news -------------------------------------------------------------------------------------


def looks_in_reverse(house: House) -> None:
    looks = []
    for _ in with_a_history(house):
        looks.append(operations.fetch(house.payment))
    for look in filter(None, reversed(looks)):
        settlement.book(house.payment, look, "webhook", timezone.now())


def test_without_the_rank_of_payments_old_news_takes_the_money_back(house, monkeypatch):
    monkeypatch.setattr(operations, "is_news", lambda old, new: old != new)
    looks_in_reverse(house)
    assert house.payment.state == "pending"
    assert "transitions_form_a_chain" in breaches()


def test_without_the_rank_of_refunds_the_table_refuses_to_go_backwards(house, monkeypatch):
    monkeypatch.setattr(ledger, "is_refund_news", lambda old, new: old != new)
    confirmed(house)
    house.ask_back()
    house.run("outbox.relay")
    payment = Payment.objects.get()
    look = operations.fetch(payment)
    refund = payment.refunds.get()
    said = ledger.RefundSnapshot(refund.provider_ref, refund.amount, "pending", str(refund.key))
    with pytest.raises(IntegrityError, match="refund_settled_once"):
        settlement.book(payment, replace(look, refunds=(said,)), "webhook", timezone.now())
    refund.refresh_from_db()
    assert refund.state == "succeeded"


# --- locks -------------------------------------------------------------------------------------------------


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same reading, with nobody waiting for anybody."""

    meet = meeting(2)

    def read(pk: int, **_known) -> Payment:
        payment = Payment.objects.select_related("order").get(pk=pk)
        meet()
        return payment

    for module in (locks, refunds, operations, cancellation):
        if hasattr(module, "lock_payment"):
            monkeypatch.setattr(module, "lock_payment", read)


def test_without_the_lock_news_is_booked_twice(house, monkeypatch):
    bought(house)
    without_lock(monkeypatch)
    settling = partial(settlement.settle, payment_id=house.payment.pk, source="webhook", now=timezone.now())
    at_once([settling] * 4)
    assert "news_is_booked_once" in breaches()


# --- the provider first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["stripe"])  # a page of Midtrans' has a deadline of its own
def test_without_ending_it_at_the_provider_what_expired_can_be_paid(house, monkeypatch, provider):
    monkeypatch.setattr(operations, "cancel_at_provider", lambda payment: says(payment, "cancelled"))
    STEPS["expire"].before(house)
    STEPS["expire"].act(house)
    assert house.order.state == "cancelled"
    with pytest.raises(AssertionError, match="it could be paid again"):
        STEPS["expire"].ends_well(house)


# --- the same key ----------------------------------------------------------------------------------------------


def dies_after_calling(house: House, name: str, call: str) -> None:
    """The step is cut right after the provider has done what was asked."""

    def hook(moment: str, number: int, point: str) -> None:
        if moment == "after" and point.endswith(call):
            killed(moment, number)(moment, number, point)

    def die() -> None:
        with watching(hook):
            STEPS[name].act(house)

    STEPS[name].before(house)
    assert in_child(die).was_killed


@pytest.mark.parametrize("provider", ["stripe"])
def test_without_a_key_fixed_before_the_call_two_payments_are_open(house, monkeypatch, provider):
    monkeypatch.setattr(operations, "_start_key", lambda payment: f"pay-{uuid.uuid4()}")
    dies_after_calling(house, "place", "POST /v1/payment_intents")
    with pytest.raises(AssertionError, match="it could be paid again"):
        STEPS["place"].ends_well(house)


@pytest.mark.parametrize("provider", ["stripe"])
def test_without_the_refunds_key_the_money_goes_back_twice(house, monkeypatch, provider):
    """Neither the key of the call, nor the one in the refund's own words that is looked for before asking again."""
    give = PROVIDERS["stripe"].refund

    def forgetful(refund):
        key, refund.key = refund.key, uuid.uuid4()
        try:
            return give(refund)
        finally:
            refund.key = key

    monkeypatch.setattr(PROVIDERS["stripe"], "refund", forgetful)
    monkeypatch.setattr(refunds, "_look", lambda refund, now: refund)
    dies_after_calling(house, "refund", "POST /v1/refunds")
    with pytest.raises(AssertionError):
        STEPS["refund"].ends_well(house)
    assert house.bank.refunds(house.order) > 1


# --- unknown is not no -------------------------------------------------------------------------------------------


def test_an_answer_lost_that_is_taken_for_a_no_leaves_a_refund_nobody_knows_of(house, monkeypatch):
    monkeypatch.setattr(refunds, "_keep_trying", lambda refund, error, now: refunds._refused(refund, word(), now))
    confirmed(house)
    house.bank.control.fault("lose_response", match=house.bank.refunding, times=2)
    house.ask_back()
    house.run("outbox.relay")
    refund = Payment.objects.get().refunds.get()
    assert refund.state == "failed"
    with pytest.raises(AssertionError):
        house.agree("processing", kept=house.order.total - 10, refunds=1)
    assert house.bank.refunds(house.order) == 1


def word():
    return operations.Rejected("taken_for_a_no")


def test_a_message_that_is_believed_ships_what_nobody_paid(house, monkeypatch):
    """Control of the rule that only the provider's own word counts."""
    house.place()
    payment = house.payment

    monkeypatch.setattr(operations, "fetch", lambda payment: says(payment, "captured"))
    assert house.post(*house.bank.message(payment.provider_ref)) == 200
    house.work()
    with pytest.raises(AssertionError):
        house.agree("processing")
    assert house.bank.took(house.order) == 0


def test_letters_whose_sending_is_not_written_down_go_out_again(house, monkeypatch):
    confirmed(house)
    Mail.objects.update(sent_at=None)
    Job.objects.filter(task="orders.send_mail").update(done_at=None, lease_until=None)
    house.work()
    keys = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(keys) > len(set(keys))
    with pytest.raises(AssertionError):
        house.agree("processing")
