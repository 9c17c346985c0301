"""The contract of a provider: the same cases for each, with its real SDK over real HTTP against its stand-in."""

import itertools
import logging
import threading
import time
import uuid
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from shop.checkout import settlement
from shop.payments import inbox, operations, refunds
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, Refund, WebhookEvent
from shop.payments.providers import PROVIDERS, csp_for, offered
from shop.payments.providers.base import Rejected, StartRequest, Unknown
from tests.payments.banks import Bank
from tests.payments.helpers import NOW, RETURN_URL, begin, book, look

pytestmark = pytest.mark.django_db

State = Payment.State
STRIPE_JS = ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"]


@pytest.fixture
def quick(bank: Bank, monkeypatch):
    with bank.impatient(monkeypatch):
        yield


def requests(bank: Bank) -> list[str]:
    return bank.control.state()["requests"]


def still_open(payment: Payment) -> bool:
    """What the provider says leaves the attempt open: it knows nothing yet, or waits."""
    snapshot = operations.fetch(payment)
    return snapshot is None or snapshot.state == State.PENDING


# --- starting ----------------------------------------------------------------------------------


def test_starting_hands_over_what_the_browser_needs(bank):
    payment = begin(bank.attempt())
    assert payment.state == State.PENDING
    assert payment.provider_ref
    assert payment.client["kind"] in ("stripe_elements", "redirect")
    assert payment.client[bank.hint]
    assert payment.client[bank.hint] not in str(payment.transitions.get().snapshot)
    assert still_open(payment)
    assert bank.opened() == 1


def test_starting_twice_is_starting_once(bank):
    payment = bank.attempt()
    assert begin(payment).client == begin(payment).client
    assert len(requests(bank)) == 1


def test_a_lost_answer_is_asked_for_again_and_leaves_one_payment(bank, quick):
    payment = bank.attempt()
    bank.control.fault("lose_response", match=bank.create)
    with pytest.raises(Unknown):
        begin(payment)
    payment.refresh_from_db()
    assert payment.state == State.CREATED
    assert begin(payment).provider_ref
    assert bank.opened() == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse"},
        {"kind": "garbage"},
        {"kind": "delay", "seconds": 2},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 409},
    ],
    ids=str,
)
def test_whatever_may_have_happened_is_unknown_and_changes_nothing(bank, quick, fault):
    payment = bank.attempt()
    bank.control.fault(match=bank.create, **fault)
    with pytest.raises(Unknown) as raised:
        begin(payment)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    payment.refresh_from_db()
    assert (payment.state, payment.provider_ref, payment.client) == (State.CREATED, "", {})
    time.sleep(fault.get("seconds", 0))  # until then the key is in use
    assert begin(payment).state == State.PENDING
    assert bank.opened() == 1


def test_a_refusal_fails_the_attempt_and_leaves_room_for_another(bank):
    payment, word = bank.refusable()
    with pytest.raises(Rejected, match=word):
        begin(payment)
    payment.refresh_from_db()
    assert payment.state == State.FAILED
    assert payment.transitions.get().snapshot == {"code": word}
    assert payment.order.payment_status == "failed"
    assert bank.attempt(payment.order).reference.endswith("-2")
    payment.order.refresh_from_db()
    assert payment.order.payment_status == "pending"


def test_two_shops_on_one_account_do_not_share_a_payment(bank):
    payment = begin(bank.attempt(number="ET-1"))
    request = StartRequest(
        "ET-1-1", "ET-1", payment.amount, payment.currency, RETURN_URL, NOW, *[payment.expires_at] * 2
    )
    other = PROVIDERS[bank.name].start(request, "pay-ET-1-1-of-another-shop")
    assert payment.provider_ref != other.provider_ref
    assert bank.opened() == 2


def test_a_currency_that_is_not_taken_is_refused_without_a_call(bank):
    request = StartRequest("ET-1-1", "ET-1", Decimal(10), "KWD", RETURN_URL, NOW, NOW, NOW)
    with pytest.raises(Rejected, match="currency_not_supported"):
        PROVIDERS[bank.name].start(request, "key")
    assert requests(bank) == []


# --- asking ------------------------------------------------------------------------------------


def test_nothing_is_known_before_the_start(bank):
    assert operations.fetch(bank.attempt()) is None
    assert requests(bank) == []


def test_what_is_paid_is_captured(bank):
    payment = begin(bank.attempt())
    bank.pay(payment)
    snapshot = look(payment)
    assert (snapshot.state, snapshot.captured, snapshot.amount) == (State.CAPTURED, payment.amount, payment.amount)
    assert (snapshot.method, snapshot.currency, snapshot.reference) == (bank.method, bank.currency, payment.reference)
    assert book(payment, snapshot).captured
    payment.refresh_from_db()
    assert (payment.client, payment.order.payment_status) == ({}, "paid")


def test_a_decline_is_not_the_end(bank):
    payment = begin(bank.attempt())
    bank.decline(payment)
    assert look(payment).state == State.PENDING
    bank.pay(payment)
    assert look(payment).state == State.CAPTURED


def test_a_bank_that_asks_first_is_waited_for(bank):
    payment = begin(bank.attempt())
    bank.hesitate(payment)
    assert not book(payment, look(payment)).captured
    payment.refresh_from_db()
    assert payment.state == State.PENDING
    assert payment.client


def test_a_dispute_is_seen(bank):
    payment = begin(bank.attempt())
    bank.pay(payment)
    bank.dispute(payment)
    snapshot = look(payment)
    assert (snapshot.state, snapshot.disputed) == (State.CAPTURED, True)


def test_what_another_account_began_is_never_taken_for_paid(bank):
    payment = begin(bank.attempt())
    bank.control.reset()
    if bank.name == "stripe":
        with pytest.raises(Rejected, match="resource_missing"):
            operations.fetch(payment)
    else:  # it cannot be told from a page on which nothing was chosen yet
        assert operations.fetch(payment) is None


@pytest.mark.parametrize("kind", ["refuse", "garbage", "lose_response", "status"])
def test_an_answer_that_is_none_is_unknown(bank, quick, kind):
    payment = begin(bank.attempt())
    bank.pay(payment)
    bank.control.fault(kind, match=bank.look)
    with pytest.raises(Unknown):
        operations.fetch(payment)
    assert look(payment).state == State.CAPTURED


# --- cancelling --------------------------------------------------------------------------------


def cancelled(payment: Payment) -> str:
    change = book(payment, operations.cancel_at_provider(payment), "cancel")
    assert change.ended
    return change.new


def test_a_cancelled_payment_cannot_be_paid(bank):
    payment = begin(bank.attempt())
    assert cancelled(payment) == State.CANCELLED
    assert bank.opened() == 0
    with pytest.raises(Exception):  # noqa: B017, PT011 - each stand-in refuses in its own way
        bank.pay(payment)
    assert operations.cancel_at_provider(payment).state == State.CANCELLED


def test_neither_can_one_that_was_begun_to_be_paid(bank):
    payment = begin(bank.attempt())
    bank.hesitate(payment)
    assert cancelled(payment) in (State.CANCELLED, State.EXPIRED)
    assert bank.opened() == 0


def test_cancelling_what_was_just_paid_tells_so(bank):
    payment = begin(bank.attempt())
    bank.pay(payment)
    assert operations.cancel_at_provider(payment).state == State.CAPTURED


@pytest.mark.parametrize("kind", ["refuse", "lose_response", "garbage", "status"])
def test_a_cancel_that_nobody_answers_is_unknown(bank, quick, kind):
    payment = begin(bank.attempt())
    bank.hesitate(payment)
    bank.control.fault(kind, match=bank.cancel)
    with pytest.raises(Unknown):
        operations.cancel_at_provider(payment)
    payment.refresh_from_db()
    assert payment.state == State.PENDING
    assert cancelled(payment) in (State.CANCELLED, State.EXPIRED)


def test_an_attempt_that_never_began_is_cancelled_without_a_call(bank):
    payment = bank.attempt()
    assert cancelled(payment) == State.CANCELLED
    assert requests(bank) == []
    with pytest.raises(operations.NotPayable):
        begin(payment)


def test_a_cancel_that_overtakes_the_start_hands_nothing_out(bank, monkeypatch):
    payment = bank.attempt()
    provider = PROVIDERS[bank.name]
    start = provider.start

    def overtaken(*args):
        started = start(*args)
        cancelled(payment)
        return started

    monkeypatch.setattr(provider, "start", overtaken)
    with pytest.raises(operations.NotPayable):
        begin(payment)
    payment.refresh_from_db()
    assert (payment.state, payment.client) == (State.CANCELLED, {})


def test_a_start_that_overtakes_the_cancel_keeps_the_payment_open(bank):
    stale = bank.attempt()
    snapshot = operations.cancel_at_provider(stale)
    begin(stale)
    change = book(stale, snapshot, "cancel")
    assert not change.ended
    assert change.payment.state == State.PENDING


# --- giving back -------------------------------------------------------------------------------


@pytest.fixture
def paid(bank) -> Payment:
    payment = begin(bank.attempt())
    bank.pay(payment)
    return book(payment, look(payment)).payment


def ask(payment: Payment, amount: str) -> Refund:
    with transaction.atomic():
        return refunds.request(
            payment=lock_payment(payment.pk),
            amount=Decimal(amount),
            key=uuid.uuid4(),
            reason="broken",
            requested_by="finance@example.com",
            now=NOW,
        )


def test_a_refund_is_made_once_however_often_it_is_sent(bank, paid):
    refund = ask(paid, "10")
    assert not refund.manual
    said = [PROVIDERS[bank.name].refund(refund) for _ in range(3)]
    assert {(each.amount, each.state, each.key) for each in said} == {(Decimal(10), "succeeded", str(refund.key))}
    assert len({each.provider_ref for each in said}) == 1
    assert bank.given_back(paid) == [10]
    assert look(paid).refunds == (said[0],)


def test_the_whole_can_go_back_in_parts(bank, paid):
    for amount in ("10", str(paid.amount - 10)):
        refunds.submit(refund_id=ask(paid, amount).pk, now=NOW)
    assert sum(bank.given_back(paid)) == paid.amount
    paid.order.refresh_from_db()
    assert paid.order.payment_status == "refunded"
    assert look(paid).state == State.CAPTURED


@pytest.mark.parametrize("kind", ["refuse", "lose_response", "garbage", "status"])
def test_a_refund_that_nobody_answers_is_sent_again_and_made_once(bank, paid, quick, kind):
    refund = ask(paid, "10")
    bank.control.fault(kind, match=bank.refunding)
    with pytest.raises(Unknown):
        refunds.submit(refund_id=refund.pk, now=NOW)
    assert refunds.submit(refund_id=refund.pk, now=NOW).state == "succeeded"
    assert bank.given_back(paid) == [10]


def test_a_refund_made_over_there_is_booked_once(bank, paid):
    bank.refund_there(paid, 4)
    for _ in range(3):
        book(paid, look(paid))
    booked = Refund.objects.get()
    assert (booked.amount, booked.state, booked.external) == (Decimal(4), "succeeded", True)


# --- hearing of it -----------------------------------------------------------------------------


def send(bank: Bank, body: bytes, headers: dict[str, str], address: str = "") -> int:
    answer = Client().post(address or bank.address, body, content_type="application/json", headers=headers)
    assert not answer.cookies
    return answer.status_code


def test_a_message_is_stored_once_and_leads_to_its_payment(bank):
    payment = begin(bank.attempt())
    body, headers = bank.message(payment.provider_ref)
    assert [send(bank, body, headers) for _ in range(3)] == [200] * 3
    event = WebhookEvent.objects.get()
    assert inbox.payment_of(event) == payment
    assert event.provider == bank.name


def test_both_spellings_of_the_address_answer(bank):
    body, headers = bank.message("pi_1")
    assert send(bank, body, headers, bank.address.rstrip("/")) == 200


def test_a_forged_message_is_refused_and_not_stored(bank):
    body, headers = bank.message("pi_1", secret="of-somebody-else")
    assert send(bank, body, headers) == 400
    assert send(bank, b"", {}) == 400
    assert send(bank, b"\xff\xfe", headers) == 400
    assert send(bank, b"[" * 50_000, {}) == 400
    assert not WebhookEvent.objects.exists()


def test_while_a_secret_is_changed_both_verify_and_then_only_the_new_one(bank):
    old, headers = bank.message("pi_1", secret="old", kind="processing")
    bank.use_secrets("new", "old")
    assert send(bank, old, headers) == 200
    assert send(bank, *bank.message("pi_1", secret="new")) == 200
    bank.use_secrets("new")
    assert send(bank, old, headers) == 400
    assert WebhookEvent.objects.count() == 2


def test_news_of_a_strangers_payment_costs_no_call(bank):
    assert send(bank, *bank.message("pi_of_another_shop")) == 200
    settlement.sweep_inbox(now=WebhookEvent.objects.get().next_try_at)
    assert WebhookEvent.objects.get().state == "ignored"
    assert requests(bank) == []


def test_what_cannot_be_stored_is_asked_for_again(bank, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("gone")

    monkeypatch.setattr(inbox, "_store", fail)
    assert send(bank, *bank.message("pi_1")) == 503


def test_the_end_is_the_same_in_whatever_order_news_is_booked(bank):
    """Read before, while and after it was paid, and once too often; booked in every order."""
    order = list(itertools.permutations(range(4)))
    first = begin(bank.attempt())
    seen = [look(first) if operations.fetch(first) else None]
    bank.decline(first)
    seen.append(look(first))
    bank.pay(first)
    seen += [look(first), look(first)]
    for places in order:
        with transaction.atomic():
            for place in places:
                if seen[place] is not None:
                    book(first, seen[place])
            first.refresh_from_db()
            assert (first.state, first.captured) == (State.CAPTURED, first.amount)
            assert first.transitions.filter(new=State.CAPTURED).count() == 1
            transaction.set_rollback(True)


# --- manners -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [begin, operations.fetch, operations.cancel_at_provider])
def test_the_provider_is_never_asked_inside_a_transaction(bank, ask):
    payment = bank.attempt()
    with pytest.raises(RuntimeError), transaction.atomic():
        ask(payment)
    assert requests(bank) == []


def test_a_silent_provider_is_given_up(bank, quick):
    payment = bank.attempt()
    bank.control.fault("delay", seconds=5, match=bank.create)
    began = time.monotonic()
    with pytest.raises(Unknown):
        begin(payment)
    assert time.monotonic() - began < 4.5


def test_nothing_secret_or_personal_is_logged(bank, quick, caplog):
    caplog.set_level(logging.DEBUG)
    payment = begin(bank.attempt(email="ayu.lestari@example.com"))
    secrets = [payment.client[bank.hint]]
    body, headers = bank.message(payment.provider_ref)
    send(bank, body, headers)
    send(bank, *bank.message(payment.provider_ref, secret="of-somebody-else"))
    bank.hesitate(payment)
    other = begin(bank.attempt())
    secrets.append(other.client[bank.hint])
    operations.cancel_at_provider(other)
    bank.pay(payment)
    book(payment, look(payment))
    for kind in ("garbage", "status"):
        bank.control.fault(kind, match=bank.look)
        with pytest.raises(Unknown):
            operations.fetch(payment)
    ours = [record for record in caplog.records if record.name.split(".")[0] in ("shop", "stripe", "urllib3")]
    assert ours
    said = "".join(record.getMessage() + str(vars(record)) for record in ours)
    for hush in (*secrets, "sk_test", "whsec", "SB-Mid", "signature_key", "ayu.lestari", "U0ItTWlk"):
        assert hush not in said
    assert secrets[0] not in WebhookEvent.objects.get().body


def test_one_provider_serves_many_threads(bank):
    payments = [begin(bank.attempt(total=f"{number}0000")) for number in range(1, 9)]
    for payment in payments:
        bank.hesitate(payment)
    seen: dict[int, Decimal] = {}

    def look_at(payment: Payment) -> None:
        snapshot = PROVIDERS[bank.name].fetch(payment)
        assert snapshot is not None
        seen[payment.pk] = snapshot.amount

    threads = [threading.Thread(target=look_at, args=[payment]) for payment in payments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {payment.pk: payment.amount for payment in payments}


def test_it_is_offered_where_it_can_charge_and_not_without_keys(bank):
    limits = PROVIDERS[bank.name].capabilities.currencies[bank.currency]
    for amount, takes in ((limits.minimum, True), (limits.minimum - Decimal("0.01"), False), (limits.maximum, True)):
        assert (bank.name in [each.name for each in offered(bank.currency, amount)]) == takes
    assert bank.name not in [each.name for each in offered("CHF", Decimal(100))]
    bank.settings.STRIPE_PUBLISHABLE_KEY = bank.settings.MIDTRANS_CLIENT_KEY = ""
    assert offered(bank.currency, limits.minimum) == []


def test_its_pages_allow_its_hosts_and_nothing_else(bank):
    assert csp_for([]) == {}
    sources = {source for allowed in csp_for([bank.name]).values() for source in allowed}
    assert sources == {bank.sandbox.base_url, *STRIPE_JS} if bank.name == "stripe" else {bank.sandbox.base_url}
    assert PROVIDERS[bank.name].is_test()
