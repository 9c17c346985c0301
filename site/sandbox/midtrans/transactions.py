"""Transactions: begun by a shopper who confirms a method, ended by banks, by time, by fraud detection or by the shop."""

import uuid
from typing import Any

from sandbox.midtrans import notifications
from sandbox.midtrans.channels import CHANNELS, card_fields
from sandbox.midtrans.errors import NOT_FOUND, UNCHANGEABLE, core_error
from sandbox.midtrans.merchant import DEFAULT_LIFE, Merchant, Object

DEAD = ("deny", "expire", "failure", "cancel")
CODES = {"pending": "201", "deny": "202", "expire": "202", "failure": "202"}  # of a notification; 200 for the rest
THREE_D_SECURE = 15 * 60


# ------------------------------------------------------------------ what a client sees


def view(merchant: Merchant, transaction: Object, message: str, code: str = "") -> Object:
    """A transaction as Midtrans shows it; what has no value is left out, as there."""
    shown = {
        "transaction_time": merchant.written(transaction["created"]),
        "transaction_status": transaction["status"],
        "transaction_id": transaction["id"],
        "status_message": message,
        "status_code": code or _code(transaction),
        "payment_type": transaction["payment_type"],
        "order_id": transaction["order_id"],
        "merchant_id": "G000000001",
        "gross_amount": f"{transaction['gross']}.00",
        "currency": "IDR",
        "fraud_status": transaction["fraud"],
        "expiry_time": merchant.written(transaction["expires"]),
        "settlement_time": merchant.written(transaction["settled"]) if transaction["settled"] else None,
        **transaction["fields"],
        **_refunds(transaction),
    }
    shown["signature_key"] = notifications.signature(
        shown["order_id"], shown["status_code"], shown["gross_amount"], merchant.server_key
    )
    return {name: value for name, value in shown.items() if value is not None}


def _code(transaction: Object) -> str:
    if transaction["status"] == "capture" and transaction["fraud"] == "challenge":
        return "201"
    return CODES.get(transaction["status"], "200")


def _refunds(transaction: Object) -> Object:
    if not transaction["refunds"]:
        return {}
    total = sum(int(float(refund["refund_amount"])) for refund in transaction["refunds"])
    return {"refund_amount": f"{total}.00", "refunds": transaction["refunds"]}


def changed(merchant: Merchant, transaction: Object, status: str, **values: Any) -> Object:
    """Put a transaction into another state and tell the shop."""
    merchant.touch(transaction).update(status=status, **values)
    notifications.emit(merchant, transaction, view(merchant, transaction, "midtrans payment notification"))
    return transaction


# ------------------------------------------------------------------ the shopper


def begin(merchant: Merchant, page: Object, channel_name: str, card: str = "") -> Object:
    """The shopper confirms a method. A method chosen before and not paid is given up, as one order has one number."""
    for other in merchant.transactions_of(page["order_id"]):
        if other["status"] == "pending":
            changed(merchant, other, "expire")
    channel = CHANNELS[channel_name]
    until = page["pay_until"] or merchant.now() + DEFAULT_LIFE
    return merchant.add(
        "transaction",
        str(uuid.uuid4()),
        page=page["id"],
        order_id=page["order_id"],
        gross=page["gross"],
        channel=channel_name,
        payment_type=channel.payment_type,
        status="pending",
        fraud="accept" if channel.says_fraud else None,
        expires=min(until, merchant.now() + THREE_D_SECURE) if channel.asks == "card" else until,
        settled=None,
        card=card,
        fields={**(card_fields(card) if card else channel.fields()), **page["custom"]},
        refunds=[],
    )


def tell(merchant: Merchant, transaction: Object) -> None:
    """Tell the shop about a transaction as it is: cards wait for their bank in silence, other methods do not."""
    changed(merchant, transaction, transaction["status"])


def succeed(merchant: Merchant, transaction: Object, *, challenge: bool = False) -> Object:
    """The money is there; a card's only reserved, until it settles."""
    if transaction["channel"] != "credit_card":
        return settle(merchant, transaction)
    fraud = "challenge" if challenge else "accept"
    return changed(merchant, transaction, "capture", fraud=fraud)


def settle(merchant: Merchant, transaction: Object) -> Object:
    fields = transaction["fields"]
    if "payment_amounts" in fields:
        paid = {"paid_at": merchant.written(merchant.now()), "amount": f"{transaction['gross']}.00"}
        fields["payment_amounts"] = [paid]
    return changed(merchant, transaction, "settlement", settled=merchant.now())


def fail(merchant: Merchant, transaction: Object, status: str, *, by_fraud_detection: bool = False) -> Object:
    """deny, expire or failure. Denied by the bank or by Midtrans' own fraud detection."""
    if status == "deny":
        fraud = "deny" if by_fraud_detection else transaction["fraud"]
        transaction["fields"].update(channel_response_code="05", channel_response_message="Do not honour")
        return changed(merchant, transaction, "deny", fraud=fraud)
    return changed(merchant, transaction, status)


# ------------------------------------------------------------------ the shop, by the Core API


def find(merchant: Merchant, reference: str) -> Object:
    """The transaction of an order_id or transaction_id; of several the one that lives, else the latest."""
    found = [each for each in merchant.of_kind("transaction") if reference in (each["order_id"], each["id"])]
    if not found:
        raise core_error(404, NOT_FOUND)
    return ([each for each in found if each["status"] not in DEAD] or found)[-1]


def status(merchant: Merchant, reference: str, asked: Object) -> Object:
    return view(merchant, find(merchant, reference), "Success, transaction is found")


def cancel(merchant: Merchant, reference: str, asked: Object) -> Object:
    transaction = find(merchant, reference)
    if transaction["status"] not in ("pending", "authorize", "capture"):
        raise core_error(412, UNCHANGEABLE)
    return view(merchant, changed(merchant, transaction, "cancel"), "Success, transaction is canceled")


def expire(merchant: Merchant, reference: str, asked: Object) -> Object:
    """The answer says 407, which is no error."""
    transaction = find(merchant, reference)
    if transaction["status"] != "pending":
        raise core_error(412, UNCHANGEABLE)
    return view(merchant, changed(merchant, transaction, "expire"), "Success, transaction is expired", code="407")


def approve(merchant: Merchant, reference: str, asked: Object) -> Object:
    transaction = _challenged(merchant, reference)
    return view(merchant, changed(merchant, transaction, "capture", fraud="accept"), "Success, transaction is approved")


def deny(merchant: Merchant, reference: str, asked: Object) -> Object:
    transaction = _challenged(merchant, reference)
    return view(merchant, changed(merchant, transaction, "deny", fraud="deny"), "Success, transaction is denied")


def _challenged(merchant: Merchant, reference: str) -> Object:
    transaction = find(merchant, reference)
    if (transaction["status"], transaction["fraud"]) != ("capture", "challenge"):
        raise core_error(412, UNCHANGEABLE)
    return transaction


def refund(merchant: Merchant, reference: str, asked: Object) -> Object:
    """Only settled money of methods that can give back; the same refund_key gives the same refund."""
    transaction = find(merchant, reference)
    if not CHANNELS[transaction["channel"]].refundable:
        raise core_error(412, "Refund is not supported for this payment method.")
    key = str(asked.get("refund_key") or uuid.uuid4())
    made = next((each for each in transaction["refunds"] if each["refund_key"] == key), None)
    if made is None:
        made = _new_refund(merchant, transaction, key, asked)
    shown = view(merchant, transaction, "Success, refund request is approved", code="200")
    return {**shown, "refund_amount": made["refund_amount"], "refund_key": key}


def _new_refund(merchant: Merchant, transaction: Object, key: str, asked: Object) -> Object:
    if transaction["status"] not in ("settlement", "partial_refund"):
        raise core_error(412, UNCHANGEABLE)
    left = transaction["gross"] - sum(int(float(each["refund_amount"])) for each in transaction["refunds"])
    amount = asked.get("amount", left)
    if isinstance(amount, bool) or not isinstance(amount, int | float) or amount != int(amount):
        raise core_error(400, "amount is not a whole number", http_status=400)
    if not 1 <= amount <= left:
        raise core_error(414, "Refund request is rejected due to invalid amount")
    made = {
        "refund_chargeback_id": len(transaction["refunds"]) + 1,
        "refund_amount": f"{int(amount)}.00",
        "created_at": merchant.written(merchant.now()),
        "reason": asked.get("reason"),
        "refund_key": key,
        "refund_method": "api",
    }
    transaction["refunds"].append(made)
    changed(merchant, transaction, "refund" if amount == left else "partial_refund")
    return made
