"""What is Midtrans' own, beyond test_contract.py: its SDK over real HTTP against the stand-in."""

import hashlib
import json
import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from shop.checkout.reconciliation import ledger_report
from shop.orders.models import Order
from shop.payments import operations, refunds
from shop.payments.locks import lock_payment
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS, csp_for
from shop.payments.providers import midtrans as adapter
from shop.payments.providers import midtrans_client as network
from shop.payments.providers.base import BadWebhook, Rejected, Unknown
from shop.payments.providers.midtrans import to_gross
from tests.payments.helpers import NOW, begin, book, look, make_attempt, make_order

pytestmark = pytest.mark.django_db

State = Payment.State
DAY = timedelta(hours=24)


def rupiah(order=None, total: str = "175000", **fields) -> Payment:
    order = order or make_order(total, "IDR", expires_at=NOW + timedelta(minutes=60), **fields)
    return make_attempt(order, provider="midtrans", kind="redirect")


@pytest.fixture
def opened(midtrans) -> Payment:
    return begin(rupiah())


def known(payment: Payment) -> Payment:
    """The payment after what Midtrans says was booked."""
    book(payment, look(payment))
    return Payment.objects.get(pk=payment.pk)


# --- amounts and names -------------------------------------------------------------------------


def test_rupiah_travel_whole():
    assert to_gross(Decimal("13000.00"), "IDR") == 13000
    with pytest.raises(Rejected, match="amount_too_fine"):
        to_gross(Decimal("13000.50"), "IDR")
    with pytest.raises(Rejected, match="currency_not_supported"):
        to_gross(Decimal(13000), "USD")


def test_an_attempt_has_a_short_name_of_its_own(opened):
    assert re.fullmatch(rf"{opened.reference}-[0-9a-f]{{8}}", opened.provider_ref)
    assert len("X" * 30 + "-65535-12345678") <= 50


def test_the_page_says_how_much_and_how_long_and_nothing_about_the_shopper(midtrans, monkeypatch):
    asked = []
    request = network.Network.request

    def listen(self, method, url, **options):
        asked.append((options["data"], options["headers"]))
        return request(self, method, url, **options)

    monkeypatch.setattr(network.Network, "request", listen)
    payment = begin(rupiah(email="ayu.lestari@example.com"))
    body, headers = json.loads(asked[0][0]), asked[0][1]
    assert body["transaction_details"] == {"order_id": payment.provider_ref, "gross_amount": 175000}
    assert body["page_expiry"] == {"duration": 55, "unit": "minutes"}
    assert body["expiry"] == {"start_time": "2026-11-22 17:00:00 +0700", "duration": 1435, "unit": "minutes"}
    assert body["callbacks"]["finish"].startswith("https://shop.example/")
    assert "ayu.lestari" not in asked[0][0]
    assert len(headers["Idempotency-Key"]) <= 36


def test_a_page_elsewhere_is_none(midtrans, settings):
    payment = rupiah()
    settings.MIDTRANS_SNAP_BASE = settings.MIDTRANS_SNAP_BASE.replace("127.0.0.1", "localhost")
    with pytest.raises(Unknown, match="no page"):
        begin(payment)
    payment.refresh_from_db()
    assert payment.client == {}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_means_nothing(midtrans, status):
    midtrans.control.fault("status", status=status, match="POST", headers={"Location": "/v2/elsewhere/status"})
    with pytest.raises(Unknown, match=f"redirect {status}"):
        begin(rupiah())
    assert calls(midtrans) == ["transactions"]


def test_calls_share_nothing(midtrans):
    one, two = adapter.client("key"), adapter.client()
    assert one.api_config.custom_headers == {"Idempotency-Key": "key"}
    assert two.api_config.custom_headers == {}
    assert one.http_client is not two.http_client


# --- what a status means -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fraud", "channel", "means"),
    [
        ("pending", "accept", "bca_va", "pending"),
        ("pending", "accept", "credit_card", "pending"),
        ("authorize", "accept", "credit_card", "authorized"),
        ("capture", "accept", "credit_card", "captured"),
        ("capture", "challenge", "credit_card", "review"),
        ("capture", "deny", "credit_card", "pending"),
        ("settlement", "accept", "gopay", "captured"),
        ("settlement", None, "indomaret", "captured"),
        ("settlement", "challenge", "credit_card", "review"),
        ("settlement", "deny", "credit_card", "review"),
        ("deny", "accept", "credit_card", "pending"),
        ("expire", "accept", "credit_card", "pending"),
        ("expire", "accept", "bca_va", "pending"),
        ("failure", "accept", "gopay", "pending"),
        ("cancel", "accept", "bca_va", "pending"),
        ("refund", "accept", "gopay", "captured"),
        ("partial_refund", "accept", "gopay", "captured"),
        ("partial_chargeback", "accept", "credit_card", "captured"),
        ("invented", "accept", "gopay", "pending"),
    ],
)
def test_what_midtrans_says_before_any_money(opened, midtrans, status, fraud, channel, means):
    midtrans.control.choose(opened.provider_ref, channel)
    midtrans.control.set(opened.provider_ref, status, fraud=fraud)
    snapshot = look(opened)
    assert (snapshot.state, snapshot.raw_status) == (means, status)
    assert snapshot.captured == (175_000 if means == "captured" else 0)


@pytest.mark.parametrize("status", ["deny", "cancel"])
@pytest.mark.parametrize("channel", ["permata_va", "echannel", "indomaret", "credit_card"])
def test_a_denial_after_the_money_takes_it_back(opened, midtrans, channel, status):
    midtrans.control.pay(opened.provider_ref, channel)
    paid = known(opened)
    assert paid.state == State.CAPTURED
    midtrans.control.set(opened.provider_ref, status)
    reversed_ = known(paid)
    assert (reversed_.state, reversed_.order.payment_status) == (State.REVERSED, "failed")
    assert "taken back" in reversed_.order.needs_attention


def test_an_old_denial_does_not_take_back_what_was_paid_after_it(opened, midtrans):
    midtrans.control.pay(opened.provider_ref, "credit_card", outcome="deny")
    denied = look(opened)
    midtrans.control.pay(opened.provider_ref, "gopay")
    paid = known(opened)
    book(paid, denied)
    assert Payment.objects.get().state == State.CAPTURED


def test_it_asks_again_whether_the_money_has_stayed(opened, midtrans):
    midtrans.control.pay(opened.provider_ref, "permata_va")
    paid = known(opened)
    assert paid.next_check_at == NOW + timedelta(minutes=10)
    assert operations.due_for_check(now=paid.next_check_at) == [paid.pk]
    again = Payment.objects.get().next_check_at
    assert again == paid.next_check_at + DAY
    assert operations.due_for_check(now=again) == [paid.pk]
    assert Payment.objects.get().next_check_at is None


def test_a_challenge_waits_for_staff_of_midtrans(opened, midtrans):
    midtrans.control.pay(opened.provider_ref, "credit_card", outcome="challenge")
    assert known(opened).state == State.REVIEW
    adapter.client().transactions.approve(opened.provider_ref)
    assert known(opened).state == State.CAPTURED


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"null", b'{"order_id": "x"}', b'{"status_code": "many"}', b"1"])
def test_an_answer_in_another_shape_is_unknown(opened, monkeypatch, answer):
    def garbage(self, method, url, **options):
        response = network.requests.Response()
        response.status_code, response._content = 200, answer
        return response

    monkeypatch.setattr(network.Network, "request", garbage)
    for ask in (operations.fetch, operations.cancel_at_provider):
        with pytest.raises(Unknown):
            ask(opened)
    with pytest.raises(Unknown):
        begin(rupiah())


# --- numbers to pay ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "kind", "at"),
    [
        ("bca_va", "va", "bca"),
        ("bni_va", "va", "bni"),
        ("permata_va", "va", "permata"),
        ("echannel", "bill", "mandiri"),
        ("indomaret", "store", "indomaret"),
    ],
)
def test_a_chosen_number_is_kept_with_its_deadline(opened, midtrans, channel, kind, at):
    midtrans.control.choose(opened.provider_ref, channel)
    change = book(opened, look(opened))
    assert change.instructed
    payment = Payment.objects.get()
    told = payment.client["instructions"]
    assert (told["kind"], told["at"], bool(told["number"])) == (kind, at, True)
    assert (payment.kind, payment.expires_at) == ("transfer", NOW + DAY - timedelta(minutes=5))
    assert payment.client["token"]
    assert told["number"] not in str(list(payment.transitions.values("snapshot")))
    assert not book(payment, look(payment)).instructed


@pytest.mark.parametrize("channel", ["gopay", "other_qris", "credit_card"])
def test_what_is_paid_at_once_gives_no_number(opened, midtrans, channel):
    midtrans.control.choose(opened.provider_ref, channel)
    assert not book(opened, look(opened)).instructed
    assert Payment.objects.get().kind == "redirect"


def test_another_choice_replaces_the_number_and_old_news_does_not_bring_it_back(opened, midtrans):
    midtrans.control.choose(opened.provider_ref, "bca_va")
    before = look(opened)
    book(opened, before)
    midtrans.control.clock(60)
    midtrans.control.choose(opened.provider_ref, "bni_va")
    assert book(opened, look(opened)).instructed
    assert not book(opened, before).instructed
    assert Payment.objects.get().client["instructions"]["at"] == "bni"


def test_an_expired_number_is_not_shown(opened, midtrans):
    midtrans.control.choose(opened.provider_ref, "bca_va")
    known(opened)
    midtrans.control.set(opened.provider_ref, "expire")
    payment = known(opened)
    assert payment.state == State.PENDING
    assert "number" not in payment.client["instructions"]


def test_changing_the_way_to_pay_does_not_hold_goods_for_ever(midtrans):
    order = make_order("175000", "IDR", placed_at=NOW - timedelta(hours=20), expires_at=NOW + timedelta(hours=1))
    payment = begin(rupiah(order))
    midtrans.control.choose(payment.provider_ref, "bca_va")
    assert known(payment).expires_at == order.placed_at + DAY - timedelta(minutes=5)


# --- ending ------------------------------------------------------------------------------------


def calls(midtrans) -> list[str]:
    return [call.rpartition("/")[2] for call in midtrans.control.state()["requests"]]


def test_an_end_closes_the_page_and_the_transaction(opened, midtrans):
    midtrans.control.choose(opened.provider_ref, "bca_va")
    assert operations.cancel_at_provider(opened).state == State.EXPIRED
    state = midtrans.control.state()
    assert state["open_pages"] == []
    assert [each["transaction_status"] for each in state["transactions"]] == ["expire"]


def test_a_page_on_which_nothing_was_chosen_is_closed_too(opened, midtrans):
    snapshot = operations.cancel_at_provider(opened)
    assert (snapshot.state, snapshot.raw_status) == (State.CANCELLED, "nothing chosen")
    assert midtrans.control.state()["open_pages"] == []


def test_a_method_chosen_in_between_is_ended_as_well(opened, midtrans, monkeypatch):
    close = adapter._close_page
    chosen = []

    def choose_first(payment):
        if not chosen:
            chosen.append(midtrans.control.choose(payment.provider_ref, "gopay"))
        return close(payment)

    monkeypatch.setattr(adapter, "_close_page", choose_first)
    assert operations.cancel_at_provider(opened).state == State.EXPIRED
    assert midtrans.control.state()["open_pages"] == []


def test_a_page_that_stays_in_use_is_unknown(opened, monkeypatch):
    monkeypatch.setattr(adapter, "_close_page", lambda payment: False)
    with pytest.raises(Unknown, match="in use"):
        operations.cancel_at_provider(opened)


def test_a_page_whose_time_is_over_counts_as_closed(opened, midtrans):
    midtrans.control.clock(3600)
    assert operations.cancel_at_provider(opened).state == State.CANCELLED


def test_a_page_that_cannot_be_closed_keeps_the_payment_open(opened, midtrans):
    midtrans.control.fault("status", match="/snap/v1/.*/cancel", status=400)
    with pytest.raises(Rejected, match="midtrans_400"):
        operations.cancel_at_provider(opened)


def test_what_staff_review_is_left_to_them(opened, midtrans):
    midtrans.control.pay(opened.provider_ref, "credit_card", outcome="challenge")
    assert operations.cancel_at_provider(opened).state == State.REVIEW
    assert calls(midtrans) == ["transactions", "status"]


# --- giving back -------------------------------------------------------------------------------


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


@pytest.fixture
def card(opened, midtrans) -> Payment:
    """Paid by a card that settles tonight."""
    midtrans.control.pay(opened.provider_ref, "credit_card")
    return known(opened)


def test_a_card_that_has_not_settled_is_voided(card, midtrans):
    refund = refunds.submit(refund_id=ask(card, "175000").pk, now=NOW)
    assert refund.state == "succeeded"
    assert midtrans.control.state()["transactions"][0]["transaction_status"] == "cancel"
    paid = known(card)
    assert (paid.state, paid.order.payment_status) == (State.CAPTURED, "refunded")
    assert Refund.objects.count() == 1


def test_a_part_of_it_waits_until_the_card_has_settled(card, midtrans):
    refund = ask(card, "5000")
    with pytest.raises(Unknown, match="settled"):
        refunds.submit(refund_id=refund.pk, now=NOW)
    midtrans.control.settle(card.provider_ref)
    assert refunds.submit(refund_id=refund.pk, now=NOW).state == "succeeded"


def test_a_void_whose_answer_was_lost_is_found(card, midtrans):
    refund = ask(card, "175000")
    midtrans.control.fault("lose_response", match="POST .*/cancel$")
    with pytest.raises(Unknown):
        refunds.submit(refund_id=refund.pk, now=NOW)
    assert refunds.submit(refund_id=refund.pk, now=NOW).state == "succeeded"


def test_a_void_that_we_did_not_ask_for_takes_the_money_back(card, midtrans):
    midtrans.control.set(card.provider_ref, "cancel")
    assert known(card).state == State.REVERSED


@pytest.mark.parametrize("channel", ["bca_va", "permata_va", "echannel", "indomaret"])
def test_what_came_as_a_transfer_is_sent_back_by_hand(opened, midtrans, channel):
    midtrans.control.pay(opened.provider_ref, channel)
    refund = ask(known(opened), "175000")
    assert refund.manual
    assert "by hand" in Order.objects.get().needs_attention


def test_more_than_is_left_there_is_refused(opened, midtrans):
    midtrans.control.pay(opened.provider_ref, "gopay")
    refund = ask(known(opened), "175000")
    midtrans.control.refund(opened.provider_ref, 5000)
    assert refunds.submit(refund_id=refund.pk, now=NOW).error == "midtrans_414"
    assert known(opened).order.payment_status == "partly_refunded"


# --- the report --------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["bca_va", "credit_card", ""])
def test_what_we_ended_is_no_difference_to_the_report(opened, midtrans, channel):
    if channel:
        midtrans.control.choose(opened.provider_ref, channel)
    book(opened, operations.cancel_at_provider(opened), "cancel")
    report = ledger_report(now=NOW)
    assert (report.looked_at, report.differences, report.unanswered) == (1, [], [])


def test_a_dispute_that_is_over_is_over_here(card, midtrans):
    midtrans.control.set(card.provider_ref, "chargeback")
    disputed = known(card)
    assert disputed.disputed
    midtrans.control.set(card.provider_ref, "settlement")
    assert not known(disputed).disputed
    assert ledger_report(now=NOW).is_clean


# --- notifications -----------------------------------------------------------------------------


def told(settings, **fields) -> bytes:
    parts = {"order_id": "ET-1-1-0badcafe", "status_code": "200", "gross_amount": "13000.00"}
    values = {**parts, "transaction_status": "settlement", **fields}
    if "signature_key" not in fields:
        signed = "".join(str(values[name]) for name in parts) + settings.MIDTRANS_SERVER_KEY
        values["signature_key"] = hashlib.sha512(signed.encode()).hexdigest()
    return json.dumps(values).encode()


def test_a_notification_is_known_by_its_bytes_and_kept_without_its_signature(settings):
    body = told(settings, colour="unknown fields come")
    incoming = PROVIDERS["midtrans"].parse_webhook({}, body)
    assert incoming.dedupe_key == hashlib.sha256(body).hexdigest()
    assert (incoming.kind, incoming.provider_ref) == ("settlement", "ET-1-1-0badcafe")
    assert json.loads(incoming.body)["signature_key"] == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"signature_key": "0" * 128},
        {"signature_key": "\u00fc"},
        {"signature_key": None},
        {"gross_amount": 13000},
        {"status_code": 200},
    ],
    ids=str,
)
def test_a_wrong_signature_is_refused(settings, fields):
    with pytest.raises(BadWebhook):
        PROVIDERS["midtrans"].parse_webhook({}, told(settings, **fields))


def test_without_a_key_nothing_verifies(settings):
    body = told(settings)
    settings.MIDTRANS_SERVER_KEY = ""
    with pytest.raises(BadWebhook):
        PROVIDERS["midtrans"].parse_webhook({}, body)


def test_a_name_that_is_none_leads_nowhere(settings):
    incoming = PROVIDERS["midtrans"].parse_webhook({}, told(settings, order_id="x/../C-gopay"))
    assert (incoming.provider_ref, incoming.reference) == ("", "")


def test_the_payment_page_may_lead_to_midtrans(settings):
    settings.MIDTRANS_SNAP_BASE = "https://app.midtrans.com/snap/v1"
    assert csp_for(["midtrans"]) == {"form-action": ["https://app.midtrans.com"]}
