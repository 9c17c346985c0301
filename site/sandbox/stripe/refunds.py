"""Refunds: at once, pending, failing days later; never more than was captured."""

import stripe

from sandbox.stripe.account import PRIVATE, Account, Object, new_id
from sandbox.stripe.charges import refundable
from sandbox.stripe.errors import invalid, refused
from sandbox.stripe.events import emit
from sandbox.stripe.listing import by_fields, listing
from sandbox.stripe.params import Params, merge_metadata


def create(account: Account, params: Params) -> Object:
    for name in ("origin", "customer", "currency", "instructions_email"):
        if name in params:
            raise invalid(f"The sandbox does not implement `{name}`.", param=name)
    metadata = merge_metadata({}, params.get("metadata"))
    charge = _charge(account, params)
    _check_refundable(charge)
    amount = _amount(charge, params)
    refund = _add(account, charge, amount, metadata, params.get("reason"))
    charge["amount_refunded"] += amount
    charge["refunded"] = refundable(charge) == 0
    emit(account, "refund.created", refund)
    emit(account, "charge.refunded", charge)
    return refund


def _charge(account: Account, params: Params) -> Object:
    if "charge" in params:
        charge = account.find("charge", params["charge"], "charge")
        if params.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
            raise invalid("The charge does not belong to the PaymentIntent.", param="payment_intent")
        return charge
    if "payment_intent" not in params:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    intent = account.find("payment_intent", params["payment_intent"], "payment_intent")
    if not intent["latest_charge"]:
        raise refused("This PaymentIntent does not have a successful charge to refund.")
    return account.find("charge", intent["latest_charge"])


def _check_refundable(charge: Object) -> None:
    if not charge["paid"]:
        raise refused("This PaymentIntent does not have a successful charge to refund.")
    if not charge["captured"]:
        raise refused(f"Charge {charge['id']} has not been captured; cancel the PaymentIntent instead.")
    if charge["disputed"]:
        raise refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if not refundable(charge):
        raise refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")


def _amount(charge: Object, params: Params) -> int:
    amount = int(params.get("amount", refundable(charge)))
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > refundable(charge):
        raise refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({refundable(charge)})",
            param="amount",
        )
    return amount


def _add(account: Account, charge: Object, amount: int, metadata: dict[str, str], reason: str | None) -> Object:
    behaviour = charge[PRIVATE]["behaviour"]
    refund = account.add(
        stripe.Refund,
        private={"ends_well": behaviour != "refund_fail"},
        id=new_id("re_3"),
        amount=amount,
        balance_transaction=new_id("txn_3"),
        charge=charge["id"],
        currency=charge["currency"],
        metadata=metadata,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="pending" if behaviour == "refund_pending" else "succeeded",
    )
    if behaviour in ("refund_pending", "refund_fail"):
        account.schedule_settlement(refund)
    return refund


def settle(account: Account, refund: Object, ok: bool) -> None:
    """The bank's last word, perhaps days later; a failed refund puts the money back on the account."""
    account.unschedule(refund)
    if refund["status"] in ("failed", "canceled"):
        return
    refund["status"] = "succeeded" if ok else "failed"
    if not ok:
        refund["failure_reason"] = "unknown"
        refund["failure_balance_transaction"] = new_id("txn_3")
        charge = account.find("charge", refund["charge"])
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        emit(account, "refund.failed", refund)
    emit(account, "refund.updated", refund)


def retrieve(account: Account, params: Params, id: str) -> Object:
    return account.find("refund", id)


def update(account: Account, params: Params, id: str) -> Object:
    refund = account.find("refund", id)
    refund["metadata"] = merge_metadata(refund["metadata"], params.get("metadata"))
    emit(account, "refund.updated", refund)
    return refund


def cancel(account: Account, params: Params, id: str) -> Object:
    """Only a refund that waits for the customer could be canceled, and cards have none."""
    refund = account.find("refund", id)
    raise refused(
        f"Refund {id} cannot be canceled: its status is {refund['status']}, and only refunds with a status "
        "of requires_action can be."
    )


def list_refunds(account: Account, params: Params) -> Object:
    return listing(account, "refund", params, "/v1/refunds", by_fields(params, "payment_intent", "charge"))
