"""What a payment provider does for the shop, and the words both sides use. Amounts are Decimal, in major units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

from shop.payments.models import Payment, Refund


class Rejected(Exception):
    """A certain no: the provider did nothing, and the same request will never be accepted.

    `code` is the provider's word, such as amount_too_small or resource_missing.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unknown(Exception):
    """The outcome is not known (timeout, 5xx, garbage): perhaps it was done. Keep everything and ask again."""


class BadWebhook(Exception):
    """Not a message of the provider: wrong signature, too old, or not to be read."""


@dataclass(frozen=True)
class Limits:
    """The least and the most that can be charged at once."""

    minimum: Decimal
    maximum: Decimal


class Refunding(StrEnum):
    """How money of a method can go back through the provider: not at all, only the whole at once, or in parts."""

    NONE = "none"
    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True)
class Capabilities:
    """What a provider takes, {"USD": Limits(...)}, and how it gives back, {"bank_transfer": Refunding.NONE}.

    Methods (`Payment.method`) that `refunds` does not name are refunded as `refunds_otherwise` says.
    """

    currencies: Mapping[str, Limits]
    refunds: Mapping[str, Refunding] = field(default_factory=dict)
    refunds_otherwise: Refunding = Refunding.PARTIAL

    def takes(self, currency: str, amount: Decimal) -> bool:
        limits = self.currencies.get(currency)
        return limits is not None and limits.minimum <= amount <= limits.maximum

    def refund(self, method: str) -> Refunding:
        """How money paid with `method` can go back. What it says `none` of becomes a task for a person."""
        return self.refunds.get(method, self.refunds_otherwise)


@dataclass(frozen=True)
class StartRequest:
    """What to ask the provider for. `reference` is ours and comes back in everything the provider says.

    From `expires_at` on nobody may begin to pay; a number that was given out before may be paid until `transfer_until`.
    """

    reference: str
    order_number: str
    amount: Decimal
    currency: str
    return_url: str
    starts_at: datetime
    expires_at: datetime
    transfer_until: datetime


@dataclass(frozen=True)
class Started:
    """The provider's name for the payment, and what the browser needs to pay: {"kind": "stripe_elements", ...}."""

    provider_ref: str
    client: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class RefundSnapshot:
    """What the provider says of one refund. `key` is ours, as in Refund.key; empty for one that was made over there.

    `state` is one of Refund.State: pending, succeeded, failed, cancelled.
    """

    provider_ref: str
    amount: Decimal
    state: str
    key: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What the provider says now. `raw_status` is in its words, `state` in ours; `captured` is what has come in.

    `captured` and the state `captured` stay when money is given back: `refunds` lists every refund that there is, also
    failed ones. A payment that was voided after its capture is `captured` with one refund of the whole if the shop asked
    for that (a Refund is live), and `reversed` if it did not. `disputed` holds while the payer's bank may still take the
    money; when it has taken the whole, the state is `reversed`. `objects` are the provider's names for parts of the
    payment, as (kind, ref) with the kinds of ProviderObject.

    `instructions` tell how a number is paid: {"since": when it was chosen, "kind": "va", "bill" or "store", "at": "bca",
    "number": "80777...", "biller": "70012" of a bill, "until": its deadline in ISO form}. Only `since` when there is
    no number to pay (any more), nothing when no method was chosen.
    """

    provider_ref: str
    reference: str
    state: str
    amount: Decimal
    currency: str
    captured: Decimal
    raw_status: str
    method: str = ""
    disputed: bool = False
    refunds: tuple[RefundSnapshot, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    instructions: dict[str, str] = field(default_factory=dict, repr=False)

    def stored(self) -> dict[str, Any]:
        """For the history: every field is fit to keep, none is a secret or about a person. Refunds have their own."""
        words = {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}
        return {name: value for name, value in words.items() if name not in ("refunds", "objects", "instructions")}


@dataclass(frozen=True)
class Incoming:
    """A verified message. It only says where to look; what is true is fetched.

    `about`: the provider's names of parts of a payment (a charge, a refund, a dispute), as ProviderObject keeps them.
    """

    dedupe_key: str
    kind: str
    reference: str
    provider_ref: str
    api_version: str
    body: str = field(repr=False)
    about: tuple[str, ...] = ()


class PaymentProvider(Protocol):
    """Every call but `parse_webhook` and `csp` goes over the network and may raise Unknown."""

    name: str
    kind: str
    capabilities: Capabilities
    looks_after_capture: Sequence[timedelta]  # when to ask again whether the money has stayed

    def is_configured(self) -> bool:
        """Whether there are keys to work with."""

    def is_test(self) -> bool:
        """Whether no real money moves."""

    def form(self, amount: Decimal, currency: str) -> dict[str, str]:
        """What the payment page needs to show the provider's form, before there is a payment. Nothing secret."""

    def start(self, request: StartRequest, key: str) -> Started:
        """Open a payment. The same `key` (<= 255 characters) gives the same payment. Raises Rejected."""

    def fetch(self, payment: Payment) -> Snapshot | None:
        """What is true; None when the provider knows nothing of the payment yet. Raises Rejected."""

    def cancel(self, payment: Payment) -> Snapshot:
        """Make paying impossible, and tell what is true after that: perhaps it had been paid. Raises Rejected."""

    def refund(self, refund: Refund) -> RefundSnapshot:
        """Give `refund.amount` of `refund.payment` back. The same `refund.key` gives the same refund, however often.

        Raises Rejected when it is certain that nothing was given back, and that asking again is of no use; Unknown also
        for "not yet" (the payment must settle first): the clock asks again, with longer and longer breaks.
        """

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Incoming:
        """Verify and read a message. Raises BadWebhook, and nothing else whatever the input."""

    def missed(self, since: datetime) -> Iterable[Incoming]:
        """Messages since then that did not reach us."""

    def csp(self) -> dict[str, list[str]]:
        """Sources that the payment page must allow, by directive."""


def never_handed_out(payment: Payment) -> Snapshot:
    """Of an attempt that the provider may know, and nobody else: it cannot be paid."""
    return Snapshot(
        provider_ref="",
        reference=payment.reference,
        state=Payment.State.CANCELLED,
        amount=payment.amount,
        currency=payment.currency,
        captured=Decimal(0),
        raw_status="never handed out",
    )


def origin(url: str) -> str:
    """What a Content-Security-Policy calls a place: scheme, host and port of `url`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
