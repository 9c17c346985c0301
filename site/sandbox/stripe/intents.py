"""PaymentIntents: create, update, cancel, capture, list, search. Confirming is in `confirmation`."""

from typing import Any

import stripe

from sandbox.stripe import confirmation, payment_methods
from sandbox.stripe.account import PRIVATE, Account, Object, new_id
from sandbox.stripe.errors import StripeError, invalid, refused
from sandbox.stripe.events import emit
from sandbox.stripe.listing import by_fields, listing, search
from sandbox.stripe.money import check_amount, check_currency
from sandbox.stripe.params import Params, check_url, merge_metadata

KIND = "payment_intent"
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (*OPEN, "requires_capture")
METHOD_TYPES = ("card", "us_bank_account", "sepa_debit")

# Stored as they come; the rest has rules below.
PLAIN = (
    "description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_group", "payment_details",
)  # fmt: skip

# What a publishable key may see of an intent.
_PUBLIC = (
    "id object amount automatic_payment_methods canceled_at cancellation_reason capture_method client_secret "
    "confirmation_method created currency description last_payment_error livemode next_action payment_method "
    "payment_method_types processing receipt_email setup_future_usage shipping status"
)
PUBLIC = frozenset(_PUBLIC.split())

ONLY_WITH_CONFIRM = (
    "error_on_requires_action",
    "mandate_data",
    "off_session",
    "return_url",
    "use_stripe_sdk",
)


def create(account: Account, params: Params) -> Object:
    check_currency(params["currency"])
    check_amount(params["amount"], params["currency"])
    _check_create(account, params)
    metadata = merge_metadata({}, params.get("metadata"))
    if params.get("confirm"):
        confirmation.check_params(params, _methods(params)["automatic_payment_methods"])
    method = payment_methods.chosen(account, params)
    if method:
        confirmation.check_type(method, _methods(params)["payment_method_types"])
    intent = _new(account, params, metadata)
    if method:
        confirmation.use_method(intent, method)
    emit(account, "payment_intent.created", intent)
    if params.get("confirm"):
        confirmation.confirm(account, intent, params)
    return intent


def _check_create(account: Account, params: Params) -> None:
    check_url(params.get("return_url"), "return_url")
    if params.get("customer"):
        account.find("customer", params["customer"], "customer")
    if "automatic_payment_methods" in params and "allowed_payment_method_types" in params:
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.",
            param="allowed_payment_method_types",
        )
    for name in ONLY_WITH_CONFIRM:
        if name in params and not params.get("confirm"):
            raise invalid(f"`{name}` can only be used with `confirm` set to true.", param=name)


def _new(account: Account, params: Params, metadata: dict[str, str]) -> Object:
    id = new_id("pi_3")
    return account.add(
        stripe.PaymentIntent,
        private={"return_url": None, "challenge": None},
        id=id,
        amount=params["amount"],
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        capture_method=params.get("capture_method", "automatic_async"),
        client_secret=f"{id}_secret_{new_id('', 25)}",
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=params["currency"],
        customer=params.get("customer"),
        metadata=metadata,
        payment_method_options=params.get("payment_method_options", {}),
        status="requires_payment_method",
        **_methods(params),
        **{name: params[name] or None for name in PLAIN if name in params},
    )


def _methods(params: Params) -> Object:
    """The attributes that say how this intent may be paid; automatic methods are the default."""
    allowed = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types") or []
    automatic = params.get("automatic_payment_methods", {"enabled": True})
    is_automatic = not allowed and automatic["enabled"]
    return {
        "allowed_payment_method_types": allowed,
        "excluded_payment_method_types": excluded or None,
        "automatic_payment_methods": {"allow_redirects": "always", **automatic} if is_automatic else None,
        "payment_method_types": [name for name in allowed or METHOD_TYPES if name not in excluded],
    }


def retrieve(account: Account, params: Params, id: str) -> Object:
    return account.find(KIND, id, "intent")


def public(intent: Object) -> Object:
    """What a publishable key gets to see of an exported intent."""
    return {name: value for name, value in intent.items() if name in PUBLIC}


def update(account: Account, params: Params, id: str) -> Object:
    intent = account.find(KIND, id, "intent")
    metadata = merge_metadata(intent["metadata"], params.get("metadata"))
    _check_update(account, intent, params)
    method = payment_methods.chosen(account, params)
    if method:
        confirmation.use_method(intent, method)
    if method or params.get("amount", intent["amount"]) != intent["amount"]:
        _forget_challenge(intent)
    for name in ("amount", "currency", "customer", "capture_method", *PLAIN):
        if name in params:
            intent[name] = params[name] or None
    intent["metadata"] = metadata
    return intent


def _check_update(account: Account, intent: Object, params: Params) -> None:
    for name in ("amount", "currency", "payment_method", "payment_method_data", "capture_method"):
        if name in params and intent["status"] not in OPEN:
            raise wrong_state(intent, f"This PaymentIntent's {name} could not be updated", OPEN, param=name)
    if "amount" in params or "currency" in params:
        changed = {**intent, **params}
        check_currency(changed["currency"])
        check_amount(changed["amount"], changed["currency"])
    if params.get("customer"):
        account.find("customer", params["customer"], "customer")


def _forget_challenge(intent: Object) -> None:
    """A 3-D Secure page that was opened for another amount or card is worth nothing any more."""
    if intent["status"] == "requires_action":
        intent.update(status="requires_confirmation", next_action=None)
        intent[PRIVATE]["challenge"] = None


def confirm(account: Account, params: Params, id: str) -> Object:
    intent = account.find(KIND, id, "intent")
    confirmation.check_params(params, intent["automatic_payment_methods"])
    if intent["status"] not in OPEN:
        raise StripeError(
            400,
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=account.export(intent),
        )
    confirmation.confirm(account, intent, params)
    return intent


def cancel(account: Account, params: Params, id: str) -> Object:
    intent = account.find(KIND, id, "intent")
    if intent["status"] not in CANCELABLE:
        raise wrong_state(intent, "You cannot cancel this PaymentIntent", CANCELABLE, account=account)
    return withdraw(account, intent, params.get("cancellation_reason"))


def withdraw(account: Account, intent: Object, reason: str | None) -> Object:
    """Cancel for good; an authorised amount is released."""
    intent.update(
        status="canceled",
        canceled_at=account.stamp(),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    intent[PRIVATE]["challenge"] = None
    account.unschedule(intent)
    emit(account, "payment_intent.canceled", intent)
    return intent


def capture(account: Account, params: Params, id: str) -> Object:
    intent = account.find(KIND, id, "intent")
    if params.get("final_capture") is False:
        raise invalid("The sandbox does not implement multicapture.", param="final_capture")
    if intent["status"] != "requires_capture":
        raise wrong_state(intent, "This PaymentIntent could not be captured", ("requires_capture",), account=account)
    amount = params["amount_to_capture"] if "amount_to_capture" in params else intent["amount_capturable"]
    if not 0 < amount <= intent["amount_capturable"]:
        raise refused(
            "The amount to capture must be positive and not greater than the amount capturable.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    confirmation.capture(account, intent, amount)
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))
    return intent


def wrong_state(
    intent: Object,
    what: str,
    allowed: tuple[str, ...],
    *,
    param: str | None = None,
    account: Account | None = None,
) -> StripeError:
    extra: dict[str, Any] = {"payment_intent": account.export(intent)} if account else {}
    return refused(
        f"{what} because it has a status of {intent['status']}. Only a PaymentIntent with one of the "
        f"following statuses may be: {', '.join(allowed)}.",
        code="payment_intent_unexpected_state",
        param=param,
        **extra,
    )


def list_intents(account: Account, params: Params) -> Object:
    return listing(account, KIND, params, "/v1/payment_intents", by_fields(params, "customer"))


def search_intents(account: Account, params: Params) -> Object:
    return search(account, KIND, params, "/v1/payment_intents/search")
