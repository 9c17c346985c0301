"""What happens when an intent is confirmed: a charge, a decline, a 3-D Secure page, or a wait."""

from typing import Any

from sandbox.stripe import charges, payment_methods
from sandbox.stripe.account import DAY, PRIVATE, Account, Object, new_id
from sandbox.stripe.cards import DECLINES, Decline
from sandbox.stripe.errors import StripeError, invalid, refused
from sandbox.stripe.events import emit
from sandbox.stripe.params import Params, check_url

AUTHORISATION_LIFE = 7 * DAY

NOT_AUTHENTICATED = {
    "type": "invalid_request_error",
    "code": "payment_intent_authentication_failure",
    "message": "We are unable to authenticate your payment method. Please choose a different payment method and "
    "try again.",
}


def check_params(params: Params, automatic: Any) -> None:
    """Raise unless the parameters of a confirmation are complete; `automatic` is the intent's attribute."""
    check_url(params.get("return_url"), "return_url")
    redirects = automatic and automatic.get("allow_redirects", "always") == "always"
    if redirects and "return_url" not in params:
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some "
            "of these payment methods might redirect your customer off of your page, you must provide a "
            "`return_url`. If you don't want to accept redirect-based payment methods, set "
            "`automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating PaymentIntents.",
            param="return_url",
        )


def check_type(method: Object, types: list[str]) -> None:
    """Raise unless the payment method is one of the types that an intent may be paid with."""
    if method["type"] not in types:
        raise refused(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Its types "
            f"are: {', '.join(types)}.",
            param="payment_method",
        )


def use_method(intent: Object, method: Object) -> None:
    """Attach a payment method that this intent accepts."""
    check_type(method, intent["payment_method_types"])
    intent["payment_method"] = method["id"]
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"


def confirm(account: Account, intent: Object, params: Params) -> None:
    """Try to pay. A decline raises 402 and leaves the intent ready for another method."""
    _check_amount(intent, params)
    method = payment_methods.chosen(account, params)
    if method:
        use_method(intent, method)
    if not intent["payment_method"]:
        raise StripeError(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update "
            "the PaymentIntent with a payment method and then confirm it again, or confirm it again directly "
            "with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
            payment_intent=account.export(intent),
        )
    for name in ("receipt_email", "shipping", "setup_future_usage"):
        if name in params:
            intent[name] = params[name] or None
    intent.update(last_payment_error=None, next_action=None)
    intent[PRIVATE].update(return_url=params.get("return_url"), challenge=None)
    _attempt(account, intent, bool(params.get("error_on_requires_action") or params.get("off_session")))


def _check_amount(intent: Object, params: Params) -> None:
    if params.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        raise refused("The amount to confirm does not match the PaymentIntent's amount.", param="amount_to_confirm")


def _attempt(account: Account, intent: Object, nobody_there: bool) -> None:
    behaviour = payment_methods.behaviour_of(account, intent["payment_method"])
    if behaviour in DECLINES:
        error = decline(account, intent, DECLINES[behaviour])
        raise StripeError(402, **error, payment_intent=account.export(intent))
    if behaviour == "async":
        _wait(account, intent)
    elif behaviour.startswith("3ds") and nobody_there:
        needed = Decline(
            "authentication_required",
            "authentication_required",
            "Your card was declined. This transaction requires authentication.",
        )
        raise StripeError(402, **decline(account, intent, needed), payment_intent=account.export(intent))
    elif behaviour.startswith("3ds"):
        _challenge(account, intent)
    else:
        approve(account, intent)


def _wait(account: Account, intent: Object) -> None:
    method = account.objects[intent["payment_method"]]
    intent.update(status="processing", processing={"type": method["type"]})
    account.schedule_settlement(intent)
    emit(account, "payment_intent.processing", intent)


def _challenge(account: Account, intent: Object) -> None:
    token = new_id("payatt_3")
    url = f"{account.base_url}/3d_secure/{token}"
    return_url = intent[PRIVATE]["return_url"]
    intent[PRIVATE]["challenge"] = token
    intent["status"] = "requires_action"
    if return_url:
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": return_url},
        }
    else:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        }
    emit(account, "payment_intent.requires_action", intent)


def authenticate(account: Account, intent: Object, success: bool) -> None:
    """The customer's answer to a challenge; the intent must be in `requires_action`."""
    intent[PRIVATE]["challenge"] = None
    behaviour = payment_methods.behaviour_of(account, intent["payment_method"])
    if success and behaviour == "3ds":
        approve(account, intent)
    elif success:
        decline(account, intent, DECLINES["generic_decline"])
    else:
        _give_back(account, intent, dict(NOT_AUTHENTICATED))


def approve(account: Account, intent: Object) -> None:
    """The bank says yes: charge, or only authorise when capture is manual."""
    behaviour = payment_methods.behaviour_of(account, intent["payment_method"])
    manual = intent["capture_method"] == "manual"
    charge = charges.add(account, intent, behaviour=behaviour, captured=not manual)
    intent.update(latest_charge=charge["id"], next_action=None, processing=None)
    emit(account, "charge.succeeded", charge)
    if manual:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        account.schedule(intent, AUTHORISATION_LIFE)
        emit(account, "payment_intent.amount_capturable_updated", intent)
        return
    _succeed(account, intent, intent["amount"])
    if behaviour == "dispute":
        charges.open_dispute(account, charge, "fraudulent")


def capture(account: Account, intent: Object, amount: int) -> None:
    charge = account.find("charge", intent["latest_charge"])
    charges.capture(account, charge, amount)
    _succeed(account, intent, amount)


def _succeed(account: Account, intent: Object, amount: int) -> None:
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    account.unschedule(intent)
    emit(account, "payment_intent.succeeded", intent)


def decline(account: Account, intent: Object, how: Decline) -> Object:
    """The bank says no; returns the fields of the error."""
    charge = charges.add(account, intent, declined=how)
    intent["latest_charge"] = charge["id"]
    emit(account, "charge.failed", charge)
    error = {
        "type": "card_error",
        "code": how.code,
        "decline_code": how.reason,
        "message": how.message,
        "param": how.param,
        "charge": charge["id"],
    }
    return _give_back(account, intent, {name: value for name, value in error.items() if value is not None})


def _give_back(account: Account, intent: Object, error: Object) -> Object:
    error["payment_method"] = account.export(account.objects[intent["payment_method"]])
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        processing=None,
        last_payment_error=error,
    )
    account.unschedule(intent)
    emit(account, "payment_intent.payment_failed", intent)
    return error
