"""Charges, and the disputes that cardholders open against them."""

import stripe

from sandbox.stripe.account import DAY, Account, Object, new_id
from sandbox.stripe.cards import Decline
from sandbox.stripe.errors import refused
from sandbox.stripe.events import emit
from sandbox.stripe.listing import by_fields, listing
from sandbox.stripe.params import Params, merge_metadata

TIME_TO_ANSWER = 7 * DAY
CLOSED = ("won", "lost", "warning_closed", "prevented")


def add(
    account: Account,
    intent: Object,
    *,
    captured: bool = False,
    behaviour: str | None = None,
    declined: Decline | None = None,
) -> Object:
    """The attempt to charge an intent's payment method; `declined` makes it a failed one."""
    method = account.objects[intent["payment_method"]]
    paid = declined is None
    return account.add(
        stripe.Charge,
        private={"behaviour": behaviour},
        id=new_id("ch_3"),
        amount=intent["amount"],
        amount_captured=intent["amount"] if captured else 0,
        amount_refunded=0,
        balance_transaction=new_id("txn_3") if captured else None,
        billing_details=method["billing_details"],
        captured=captured,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=declined and declined.code,
        failure_message=declined and declined.message,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        outcome=_outcome(declined),
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": method["type"], method["type"]: method[method["type"]]},
        receipt_email=intent["receipt_email"],
        refunded=False,
        shipping=intent["shipping"],
        status="succeeded" if paid else "failed",
    )


def _outcome(declined: Decline | None) -> Object:
    if declined is None:
        return {
            "network_status": "approved_by_network",
            "type": "authorized",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
        }
    return {
        "network_status": "declined_by_network",
        "type": "issuer_declined",
        "reason": declined.reason or declined.code,
        "risk_level": "normal",
        "seller_message": "The bank did not return any further details with this decline.",
    }


def capture(account: Account, charge: Object, amount: int) -> None:
    """Take `amount` of what was authorised; the rest is released, which Stripe books as refunded."""
    charge.update(
        captured=True,
        amount_captured=amount,
        amount_refunded=charge["amount"] - amount,
        balance_transaction=new_id("txn_3"),
    )
    emit(account, "charge.captured", charge)


def refundable(charge: Object) -> int:
    """What can still be given back, minor units."""
    return int(charge["amount"] - charge["amount_refunded"])


def retrieve(account: Account, params: Params, id: str) -> Object:
    return account.find("charge", id)


def list_charges(account: Account, params: Params) -> Object:
    return listing(account, "charge", params, "/v1/charges", by_fields(params, "payment_intent", "customer"))


# ------------------------------------------------------------------ disputes


def open_dispute(account: Account, charge: Object, reason: str) -> Object:
    """The cardholder complains: the money is withdrawn at once."""
    dispute = account.add(
        stripe.Dispute,
        id=new_id("du_1"),
        amount=charge["amount_captured"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        evidence={},
        evidence_details={
            "due_by": account.stamp() + TIME_TO_ANSWER,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
    )
    charge["disputed"] = True
    emit(account, "charge.dispute.created", dispute)
    emit(account, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(account: Account, dispute: Object, won: bool) -> Object:
    """The bank decides; a dispute that is won brings the money back."""
    dispute["status"] = "won" if won else "lost"
    if won:
        account.find("charge", dispute["charge"])["disputed"] = False
        emit(account, "charge.dispute.funds_reinstated", dispute)
    emit(account, "charge.dispute.closed", dispute)
    return dispute


def retrieve_dispute(account: Account, params: Params, id: str) -> Object:
    return account.find("dispute", id)


def list_disputes(account: Account, params: Params) -> Object:
    return listing(account, "dispute", params, "/v1/disputes", by_fields(params, "payment_intent", "charge"))


def update_dispute(account: Account, params: Params, id: str) -> Object:
    """Evidence is submitted at once unless `submit` is false."""
    dispute = account.find("dispute", id)
    _check_open(dispute)
    dispute["metadata"] = merge_metadata(dispute["metadata"], params.get("metadata"))
    if "evidence" in params:
        dispute["evidence"] = {**dispute["evidence"], **(params["evidence"] or {})}
        dispute["evidence_details"]["has_evidence"] = True
    if params.get("submit", "evidence" in params):
        dispute["status"] = "under_review"
        dispute["evidence_details"]["submission_count"] += 1
    emit(account, "charge.dispute.updated", dispute)
    return dispute


def accept_dispute(account: Account, params: Params, id: str) -> Object:
    """`POST /v1/disputes/:id/close`: the merchant gives in."""
    dispute = account.find("dispute", id)
    _check_open(dispute)
    return close_dispute(account, dispute, won=False)


def _check_open(dispute: Object) -> None:
    if dispute["status"] in CLOSED:
        raise refused("This dispute is already closed")
