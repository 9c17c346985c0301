"""How one can pay at Midtrans, and what each way adds to a transaction."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]


def digits(count: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(count))  # noqa: S311 - a number to look at


def _va(bank: str, prefix: str) -> Callable[[], Fields]:
    return lambda: {"va_numbers": [{"bank": bank, "va_number": prefix + digits(9)}], "payment_amounts": []}


def _store(name: str) -> Callable[[], Fields]:
    return lambda: {"store": name, "payment_code": digits(12), "merchant_id": "G000000001"}


def _qris() -> Fields:
    return {"acquirer": "gopay", "issuer": "gopay", "transaction_type": "on-us"}


@dataclass(frozen=True)
class Channel:
    """`asks`: what the page shows: card, code (a QR code or an app) or number (to be paid elsewhere).

    `says_fraud`: whether its answers have a fraud_status at all. `reversible`: whether a settlement can become deny.
    """

    name: str
    payment_type: str
    label: str
    asks: str
    fields: Callable[[], Fields]
    refundable: bool = False
    says_fraud: bool = True
    reversible: bool = False


_CHANNELS = [
    Channel("credit_card", "credit_card", "Credit or debit card", "card", dict, refundable=True),
    Channel("gopay", "gopay", "GoPay", "code", dict, refundable=True),
    Channel("other_qris", "qris", "QRIS", "code", _qris, refundable=True),
    Channel("shopeepay", "shopeepay", "ShopeePay", "code", dict, refundable=True),
    Channel("bca_va", "bank_transfer", "BCA virtual account", "number", _va("bca", "80777")),
    Channel("bni_va", "bank_transfer", "BNI virtual account", "number", _va("bni", "98881")),
    Channel("bri_va", "bank_transfer", "BRI virtual account", "number", _va("bri", "26215")),
    Channel(
        "permata_va",
        "bank_transfer",
        "Permata virtual account",
        "number",
        lambda: {"permata_va_number": "8562" + digits(12)},
        reversible=True,
    ),
    Channel(
        "echannel",
        "echannel",
        "Mandiri bill",
        "number",
        lambda: {"biller_code": "70012", "bill_key": digits(12)},
        reversible=True,
    ),
    Channel("indomaret", "cstore", "Indomaret", "number", _store("indomaret"), says_fraud=False, reversible=True),
    Channel("alfamart", "cstore", "Alfamart", "number", _store("alfamart")),
]
CHANNELS = {channel.name: channel for channel in _CHANNELS}
# Names of groups that `enabled_payments` may say.
GROUPS = {"bank_transfer": {"bca_va", "bni_va", "bri_va", "permata_va"}, "cstore": {"indomaret", "alfamart"}}


def enabled(names: list[str] | None) -> list[Channel]:
    """The channels that a page offers, all of them when none is named."""
    if not names:
        return list(CHANNELS.values())
    wanted = {each for name in names for each in GROUPS.get(name, {name})}
    return [channel for channel in CHANNELS.values() if channel.name in wanted]


def number_of(fields: Fields) -> list[tuple[str, str]]:
    """What somebody must type at a bank or say at a counter: (label, value), empty for cards and codes."""
    if fields.get("va_numbers"):
        return [("Virtual account number", fields["va_numbers"][0]["va_number"])]
    names = {
        "permata_va_number": "Virtual account number",
        "biller_code": "Biller code",
        "bill_key": "Bill key",
        "payment_code": "Payment code",
    }
    return [(label, fields[name]) for name, label in names.items() if name in fields]


@dataclass(frozen=True)
class Card:
    """How a test card ends: success, deny (by the bank), fds_deny or challenge (by Midtrans' fraud detection)."""

    outcome: str
    bank: str = "bni"


# https://docs.midtrans.com/docs/testing-payment-on-sandbox; any other number is refused by the form.
CARDS = {
    "4811111111111114": Card("success"),
    "5211111111111117": Card("success"),
    "4911111111111113": Card("deny"),
    "4511111111111117": Card("challenge"),
    "4611111111111116": Card("fds_deny"),
}
OTP = "112233"


def card_fields(number: str) -> Fields:
    return {
        "masked_card": f"{number[:8]}-{number[-4:]}",
        "bank": CARDS[number].bank,
        "card_type": "credit",
        "eci": "05",
        "approval_code": digits(13),
        "channel_response_code": "00",
        "channel_response_message": "Approved",
    }
