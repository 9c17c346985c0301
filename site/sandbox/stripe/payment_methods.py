"""Payment methods: cards from Stripe.js, the `pm_card_*` test tokens, bank debits."""

import hashlib
import re
import time
from typing import Any

import stripe

from sandbox.stripe import cards
from sandbox.stripe.account import PRIVATE, Account, Object, new_id
from sandbox.stripe.errors import StripeError, invalid, refused
from sandbox.stripe.params import Params, merge_metadata

NO_BILLING = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}


def chosen(account: Account, params: Params) -> Object | None:
    """The payment method that a request names or carries, stored; None when it has neither."""
    if "payment_method_data" in params:
        return from_data(account, params["payment_method_data"])
    if "payment_method" not in params:
        return None
    return named(account, params["payment_method"])


def named(account: Account, id: str) -> Object:
    """A stored payment method, or a fresh one for a test token."""
    if id in cards.TOKENS:
        return add_card(account, {"number": cards.TOKENS[id], "cvc": "123"}, {})
    if id in cards.BANK_TOKENS:
        type, behaviour = cards.BANK_TOKENS[id]
        return _add(account, type, behaviour, {}, {type: {"last4": "6789"}})
    return account.find("payment_method", id, "payment_method")


def from_data(account: Account, data: Params) -> Object:
    """What Stripe.js collected: `{"type": "card", "card": {...}, "billing_details": {...}}`."""
    if data.get("type") != "card" or not isinstance(data.get("card"), dict):
        raise invalid("The sandbox takes cards only here.", param="payment_method_data[type]")
    return add_card(account, data["card"], data)


def add_card(account: Account, card: Params, data: Params) -> Object:
    """Store a card of the test numbers; expiry as `exp_month` and `exp_year`, cvc as `cvc`."""
    number = re.sub(r"[ -]", "", str(card.get("number", "")))
    _check_number(number)
    month, year = _expiry(account, card)
    _check_cvc(str(card.get("cvc", "123")))
    details = {
        "brand": cards.brand(number),
        "country": "US",
        "exp_month": month,
        "exp_year": year,
        "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16],
        "funding": "credit",
        "last4": number[-4:],
    }
    return _add(account, "card", cards.NUMBERS[number], data, {"card": details})


def _add(account: Account, type: str, behaviour: str, data: Params, details: Object) -> Object:
    return account.add(
        stripe.PaymentMethod,
        private={"behaviour": behaviour},
        id=new_id("pm_1"),
        type=type,
        billing_details={**NO_BILLING, **data.get("billing_details", {})},
        metadata=merge_metadata({}, data.get("metadata")),
        **details,
    )


def _card_error(message: str, code: str, param: str, **extra: Any) -> StripeError:
    return StripeError(402, message, code=code, param=param, type="card_error", **extra)


def _check_number(number: str) -> None:
    if not re.fullmatch(r"\d{12,19}", number):
        raise _card_error("Your card number is incorrect.", "incorrect_number", "number")
    if number not in cards.NUMBERS:
        raise _card_error(
            "Your card was declined. Your request was in test mode, but used a non test card.",
            "card_declined",
            "",
            decline_code="test_mode_live_card",
        )


def _expiry(account: Account, card: Params) -> tuple[int, int]:
    try:
        month, year = int(card.get("exp_month", 12)), int(card.get("exp_year", 2034))
    except ValueError:
        raise _card_error("Your card's expiration date is invalid.", "invalid_expiry_month", "exp_month")
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise _card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    today = time.gmtime(account.now())
    if not (today.tm_year, today.tm_mon) <= (year, month) <= (today.tm_year + 50, 12):
        raise _card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    return month, year


def _check_cvc(cvc: str) -> None:
    if not re.fullmatch(r"\d{3,4}", cvc):
        raise _card_error("Your card's security code is invalid.", "invalid_cvc", "cvc")


def behaviour_of(account: Account, id: str) -> str:
    return str(account.objects[id][PRIVATE]["behaviour"])


# ------------------------------------------------------------------ calls


def create(account: Account, params: Params) -> Object:
    """Raw card numbers from a server are refused, as for any account without that permission."""
    if "card" in params:
        raise StripeError(
            402,
            "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use "
            "test tokens that map to the test card you are using, see https://docs.stripe.com/testing.",
            pinned=False,
        )
    raise invalid("The sandbox creates payment methods from Stripe.js and pm_card_* tokens only.", param="type")


def retrieve(account: Account, params: Params, id: str) -> Object:
    return named(account, id)


def attach(account: Account, params: Params, id: str) -> Object:
    method = named(account, id)
    customer = account.find("customer", params.get("customer", ""), "customer")
    if method["customer"] not in (None, customer["id"]):
        raise refused("This PaymentMethod has already been attached to another Customer.", param="payment_method")
    method["customer"] = customer["id"]
    return method


def detach(account: Account, params: Params, id: str) -> Object:
    method = account.find("payment_method", id)
    method["customer"] = None
    return method
