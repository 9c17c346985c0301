"""Midtrans: one Snap page per attempt, on which the shopper chooses card, wallet, bank transfer or counter. Rupiah only.

What is true of a page is the transaction of its order_id; there is none before a method was chosen, and a declined or
expired one may be followed by another as long as the page is open. So only `cancel` ends an attempt without money: it
makes the transaction expire *and* closes the page.
"""

import hashlib
import hmac
import json
import logging
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings
from midtransclient.error_midtrans import MidtransAPIError

from shop.payments.models import Payment, Refund
from shop.payments.providers.base import (
    BadWebhook,
    Capabilities,
    Incoming,
    Limits,
    Refunding,
    RefundSnapshot,
    Rejected,
    Snapshot,
    Started,
    StartRequest,
    Unknown,
    never_handed_out,
    origin,
)
from shop.payments.providers.midtrans_client import call, certain_or_unknown, client, said, server_keys
from shop.payments.status import ENDED

log = logging.getLogger("shop.payments")

State = Payment.State

SHORTEST_PAGE = 5  # minutes, by Midtrans' rule
CANCEL_ROUNDS = 3
WIB = timezone(timedelta(hours=7))  # their times say no zone

# https://docs.midtrans.com: each method has limits of its own, which the page keeps to; these hold for all together.
# Money that came by bank transfer or over a counter has no way back: a person sends it.
REFUNDABLE = ("credit_card", "gopay", "shopeepay", "qris", "dana", "ovo", "kredivo", "akulaku")
CAPABILITIES = Capabilities(
    {"IDR": Limits(Decimal(10_000), Decimal(999_999_999))},
    refunds=dict.fromkeys(REFUNDABLE, Refunding.PARTIAL),
    refunds_otherwise=Refunding.NONE,
)

# Paid by hand, later, with a number: then stock waits for a day.
NUMBERED = {"bank_transfer", "echannel", "cstore"}
CARD = "credit_card"
SETTLED = {State.REVIEW, State.CAPTURED, State.REVERSED}
DISPUTED = {"chargeback", "partial_chargeback"}
CAME = {"settlement", "capture", "refund", "partial_refund"} | DISPUTED
LOST = {"deny", "cancel", "expire", "failure"}

ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,50}")
WORD = re.compile(r"[a-z_]{1,40}")
NUMBER = re.compile(r"[A-Za-z0-9]{1,40}")
TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")
SIGNATURE = re.compile(r'("signature_key"\s*:\s*)"[^"]*"')
CLOSED = re.compile(r"already cancel|not found|expired", re.IGNORECASE)


# --- what it means -----------------------------------------------------------------------------


def to_gross(amount: Decimal, currency: str) -> int:
    """`amount` as Midtrans' whole rupiah. Raises Rejected for another currency and for fractions."""
    if currency != "IDR":
        raise Rejected("currency_not_supported")
    if amount != amount.to_integral_value():
        raise Rejected("amount_too_fine")
    return int(amount)


def order_id(reference: str, key: str) -> str:
    """Our name for the attempt at Midtrans: the reference, and a mark of this shop, if others share the account."""
    return f"{reference}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _snapshot(answer: Mapping[str, Any], payment: Payment) -> Snapshot:
    """Raises KeyError, TypeError, ValueError, InvalidOperation on what is no transaction."""
    status = answer["transaction_status"]
    gross = Decimal(answer["gross_amount"])
    refunds = _refunds(answer, payment)
    state = State.CAPTURED if refunds else _state(status, answer.get("fraud_status", "accept"), payment)
    return Snapshot(
        provider_ref=answer["order_id"],
        reference=answer["order_id"].rpartition("-")[0],
        state=state,
        amount=gross,
        currency=answer.get("currency", "IDR"),
        captured=gross if state == State.CAPTURED else Decimal(0),
        raw_status=status,
        method=_word(answer.get("payment_type")),
        disputed=status in DISPUTED,
        # Named also when it is over, which is when we knew of it before asking and it is not said any more.
        objects=(("dispute", f"{answer['order_id']}/chargeback"),) if status in DISPUTED or payment.disputed else (),
        refunds=refunds,
        instructions=_instructions(answer),
    )


def _refunds(answer: Mapping[str, Any], payment: Payment) -> tuple[RefundSnapshot, ...]:
    """Every refund there is. A card that has not settled cannot be refunded, only voided: if we asked for that, it is one.

    Their numbers for refunds are small, so the order_id stands before.
    """
    listed = [
        (str(each.get("refund_key") or each["refund_chargeback_id"]), each["refund_amount"])
        for each in answer.get("refunds") or []
    ]
    if not listed and answer["transaction_status"] == "cancel" and (voided := _asked_whole(payment)):
        listed = [(str(voided.key), answer["gross_amount"])]
    return tuple(
        RefundSnapshot(f"{answer['order_id']}/{name}"[:100], Decimal(amount), Refund.State.SUCCEEDED, name)
        for name, amount in listed
    )


def _asked_whole(payment: Payment) -> Refund | None:
    """Our own wish to give back all of it at once."""
    live = payment.refunds.filter(state__in=Refund.LIVE, manual=False, external=False)
    return live.filter(amount=payment.captured).first()


def _state(status: str, fraud: str, payment: Payment) -> str:
    """`payment` as it was read before asking: a denial after its money had come takes that money back; after we ended
    it, its page is closed, and nothing follows."""
    if status in LOST and payment.state in (State.CAPTURED, State.REVERSED):
        return State.REVERSED
    if status in LOST:
        return _end(status) if payment.state in ENDED else State.PENDING
    if status == "capture" and fraud == "deny":
        return State.PENDING
    if status in ("capture", "settlement") and fraud != "accept":
        return State.REVIEW
    if status in CAME:
        return State.CAPTURED
    if status == "authorize":
        return State.AUTHORIZED
    if status != "pending":
        log.error("Midtrans says %r of %s, which we do not know", _word(status), payment.reference)
    return State.PENDING


def _instructions(answer: Mapping[str, Any]) -> dict[str, str]:
    """How to pay a number, as base.Snapshot tells; of what cannot be paid (any more) only since when."""
    told = {"since": str(answer.get("transaction_time", ""))}
    if answer["transaction_status"] != "pending" or answer.get("payment_type") not in NUMBERED:
        return told
    if accounts := answer.get("va_numbers"):
        told |= {"kind": "va", "at": accounts[0]["bank"], "number": accounts[0]["va_number"]}
    elif "permata_va_number" in answer:
        told |= {"kind": "va", "at": "permata", "number": answer["permata_va_number"]}
    elif "bill_key" in answer:
        told |= {"kind": "bill", "at": "mandiri", "biller": answer["biller_code"], "number": answer["bill_key"]}
    elif "payment_code" in answer:
        told |= {"kind": "store", "at": answer["store"], "number": answer["payment_code"]}
    else:
        return told
    if not all(NUMBER.fullmatch(told[name]) for name in told.keys() - {"since"}):
        raise ValueError("no number")
    return told | {"until": _moment(answer["expiry_time"]).isoformat()}


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=WIB)


def _word(value: Any) -> str:
    return value if isinstance(value, str) and WORD.fullmatch(value) else ""


def _look(payment: Payment) -> Snapshot | None:
    """The transaction of the page; None when no method has been chosen on it."""
    try:
        answer = call(payment.provider_ref, "status")
    except Rejected as refusal:
        if refusal.code == "midtrans_404":
            return None
        raise
    with certain_or_unknown():
        return _snapshot(answer, payment)


# --- starting and ending -----------------------------------------------------------------------


def _page(request: StartRequest, ref: str) -> dict[str, Any]:
    """What is asked of Snap. One deadline for choosing a method, another, later one for paying a number.

    Without a start_time Midtrans would count from the moment that a method was chosen. Lines are left out: they would
    have to add up, and the shop shows them itself. Nothing about the shopper is sent.
    """
    begins = request.starts_at.astimezone(WIB)
    return {
        "transaction_details": {"order_id": ref, "gross_amount": to_gross(request.amount, request.currency)},
        "credit_card": {"secure": True},
        "callbacks": {"finish": request.return_url},
        "page_expiry": {
            "duration": max(SHORTEST_PAGE, _minutes(request.expires_at - request.starts_at)),
            "unit": "minutes",
        },
        "expiry": {
            "start_time": begins.strftime("%Y-%m-%d %H:%M:%S %z"),
            "duration": max(SHORTEST_PAGE, _minutes(request.transfer_until - request.starts_at)),
            "unit": "minutes",
        },
    }


def _minutes(span: timedelta) -> int:
    return math.floor(span / timedelta(minutes=1))


def _close_page(payment: Payment) -> bool:
    """Have nobody choose (another) method any more; False when somebody is just doing so. Raises Rejected, Unknown."""
    token = payment.client.get("token", "")
    if not token:
        return True
    url = f"{settings.MIDTRANS_SNAP_BASE}/transactions/{quote(token, safe='')}/cancel"
    snap = client()
    with certain_or_unknown():
        try:
            snap.http_client.request("post", snap.api_config.server_key, url, {}, {}, {})
        except MidtransAPIError as error:
            if "in progress" in said(error):
                return False
            if not CLOSED.search(said(error)):
                raise
    return True


def _end_transaction(payment: Payment, snapshot: Snapshot) -> None:
    """Refused when it has been paid or has ended meanwhile: the next look tells."""
    try:
        call(payment.provider_ref, "cancel" if snapshot.state == State.AUTHORIZED else "expire")
    except Rejected as refusal:
        if refusal.code not in ("midtrans_404", "midtrans_412"):
            raise


def _give_back(payment: Payment, refund: Refund, raw_status: str) -> None:
    """Ask for it: of a settled payment any part, of a card that has not settled the whole. Raises Rejected and Unknown."""
    amount, key = to_gross(refund.amount, payment.currency), str(refund.key)
    if raw_status == "capture" and refund.amount != payment.captured:
        raise Unknown("a part can be refunded once the card has settled, which takes a day")
    if raw_status == "capture":
        call(payment.provider_ref, "cancel")
        return
    if raw_status not in ("settlement", "partial_refund"):
        raise Rejected(f"midtrans_{raw_status}")
    asked = {"refund_key": key, "amount": amount, "reason": "refund"}
    with certain_or_unknown():
        client(hashlib.sha256(f"refund-{key}".encode()).hexdigest()[:32]).transactions.refund(
            quote(payment.provider_ref, safe=""), asked
        )


def _can_be_paid(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and (snapshot.raw_status == "pending" or snapshot.state == State.AUTHORIZED)


def _ended(payment: Payment, snapshot: Snapshot | None) -> Snapshot:
    """After the page was closed: whatever did not bring money never will."""
    if snapshot is None:
        return replace(never_handed_out(payment), provider_ref=payment.provider_ref, raw_status="nothing chosen")
    if snapshot.state != State.PENDING:
        return snapshot
    return replace(snapshot, state=_end(snapshot.raw_status))


def _end(status: str) -> str:
    return State.EXPIRED if status == "expire" else State.CANCELLED


# --- notifications -----------------------------------------------------------------------------


def _signed(told: Mapping[str, Any]) -> bool:
    """`signature_key` covers these strings as they came; neither the status nor the time."""
    parts = [told[name] for name in ("order_id", "status_code", "gross_amount")]
    given = told["signature_key"]
    if not all(isinstance(part, str) for part in (*parts, given)):
        return False
    expected = (hashlib.sha512("".join([*parts, key]).encode()).hexdigest() for key in server_keys())
    return any(hmac.compare_digest(given.encode(), each.encode()) for each in expected)


def _made(snapshot: Snapshot, refund: Refund) -> RefundSnapshot | None:
    return next((each for each in snapshot.refunds if each.key == str(refund.key)), None)


class Midtrans:
    """See base.PaymentProvider."""

    name = "midtrans"
    kind = "redirect"
    capabilities = CAPABILITIES
    # Some banks take a transfer back minutes after it settled; a card settles overnight.
    looks_after_capture: Sequence[timedelta] = (timedelta(minutes=10), timedelta(hours=24))

    def is_configured(self) -> bool:
        return bool(settings.MIDTRANS_SERVER_KEY and settings.MIDTRANS_CLIENT_KEY)

    def is_test(self) -> bool:
        return settings.MIDTRANS_SERVER_KEY.startswith("SB-")

    def form(self, amount: Decimal, currency: str) -> dict[str, str]:
        """Nothing: the page is Midtrans'."""
        return {}

    def start(self, request: StartRequest, key: str) -> Started:
        """Asked again within five minutes Midtrans gives the same page; later a new one, and revokes the old."""
        ref = order_id(request.reference, key)
        page = _page(request, ref)
        with certain_or_unknown():
            answer = client(hashlib.sha256(key.encode()).hexdigest()[:32]).create_transaction(page)
            token, url = answer["token"], answer["redirect_url"]
            if not TOKEN.fullmatch(token) or origin(url) != origin(settings.MIDTRANS_SNAP_BASE):
                raise Unknown("no page")
        return Started(ref, {"kind": "redirect", "url": url, "token": token})

    def fetch(self, payment: Payment) -> Snapshot | None:
        return _look(payment) if payment.provider_ref else None

    def cancel(self, payment: Payment) -> Snapshot:
        """First the transaction, because a page in use cannot be closed; then the page, or another could be begun on it.

        A payment under review is left to the people who review it.
        """
        if not payment.provider_ref:
            return never_handed_out(payment)
        for _round in range(CANCEL_ROUNDS):
            snapshot = _look(payment)
            if snapshot is not None and snapshot.state in SETTLED:
                return snapshot
            if snapshot is not None and _can_be_paid(snapshot):
                _end_transaction(payment, snapshot)
            if _close_page(payment) and not _can_be_paid(snapshot := _look(payment)):
                return _ended(payment, snapshot)
        raise Unknown("the page is still in use")

    def refund(self, refund: Refund) -> RefundSnapshot:
        """Look, ask, look: Midtrans' papers disagree whether a repeated refund_key is answered or refused."""
        payment = refund.payment
        refusal: Exception = Unknown("not there yet")
        snapshot = _look(payment)
        if snapshot and not _made(snapshot, refund):
            try:
                _give_back(payment, refund, snapshot.raw_status)
            except Rejected as error:
                refusal = error
            snapshot = _look(payment)
        if made := snapshot and _made(snapshot, refund):
            return made
        raise refusal

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Incoming:
        try:
            told = json.loads(body)
            if not server_keys() or not _signed(told):
                raise BadWebhook("wrong signature")
            kind, ref = _word(told["transaction_status"]), told["order_id"]
            text = SIGNATURE.sub(r'\1""', body.decode())
        except BadWebhook:
            raise
        except Exception as error:  # noqa: BLE001 - anybody may send anything
            raise BadWebhook(type(error).__name__) from None
        return Incoming(
            dedupe_key=hashlib.sha256(body).hexdigest(),
            kind=kind or "unknown",
            reference="",
            provider_ref=ref if ORDER_ID.fullmatch(ref) else "",
            api_version="",
            body=text,
        )

    def missed(self, since: datetime) -> Iterable[Incoming]:
        """Midtrans keeps no list of what it could not deliver; the clock asks about every open payment instead."""
        return ()

    def csp(self) -> dict[str, list[str]]:
        """A form of ours is answered by a redirect to the page, and browsers hold that against form-action."""
        return {"form-action": [origin(settings.MIDTRANS_SNAP_BASE)]}
