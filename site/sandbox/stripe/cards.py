"""Stripe's test cards and test payment methods, and what they do.

A behaviour is the short name that a payment method keeps instead of its number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """How a bank says no: Stripe's error code, the bank's reason, and the sentence shown to the customer."""

    code: str
    reason: str | None
    message: str
    param: str = ""


DECLINED = "Your card was declined."

DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", DECLINED),
    "insufficient_funds": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": Decline("card_declined", "lost_card", DECLINED),
    "stolen_card": Decline("card_declined", "stolen_card", DECLINED),
    "fraudulent": Decline("card_declined", "fraudulent", DECLINED),
    "expired_card": Decline("expired_card", None, "Your card has expired.", "exp_month"),
    "incorrect_cvc": Decline("incorrect_cvc", None, "Your card's security code is incorrect.", "cvc"),
    "processing_error": Decline(
        "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
    ),
}

NUMBERS = {
    "4242424242424242": "ok",
    "4000056655665556": "ok",
    "5555555555554444": "ok",
    "2223003122003222": "ok",
    "378282246310005": "ok",
    "4000000000000077": "ok",
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000009987": "lost_card",
    "4000000000009979": "stolen_card",
    "4100000000000019": "fraudulent",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
    "4000000000000119": "processing_error",
    "4000000000000341": "generic_decline",
    "4000002500003155": "3ds",
    "4000002760003184": "3ds",
    "4000000000003220": "3ds",
    "4000008400001629": "3ds_declined",
    "4000000000000259": "dispute",
    "4000000000007726": "refund_pending",
    "4000000000005126": "refund_fail",
}

TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_radarBlock": "4100000000000019",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}

# Bank debits: the money is on its way for days. Value: (type, behaviour).
BANK_TOKENS = {
    "pm_usBankAccount_success": ("us_bank_account", "async"),
    "pm_usBankAccount_processing": ("us_bank_account", "async"),
    "pm_sepa_debit": ("sepa_debit", "async"),
}


def brand(number: str) -> str:
    """visa, mastercard or amex, by the first digit."""
    return {"4": "visa", "3": "amex"}.get(number[0], "mastercard")
