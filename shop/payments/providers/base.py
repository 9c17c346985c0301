"""What a payment provider does for the shop, and the words both sides use. Amounts are Decimal, in major units."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from shop.payments.models import Payment


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


@dataclass(frozen=True)
class Capabilities:
    """What a provider takes: {"USD": Limits(...)}."""

    currencies: Mapping[str, Limits]

    def takes(self, currency: str, amount: Decimal) -> bool:
        limits = self.currencies.get(currency)
        return limits is not None and limits.minimum <= amount <= limits.maximum


@dataclass(frozen=True)
class StartRequest:
    """What to ask the provider for. `reference` is ours and comes back in everything the provider says."""

    reference: str
    order_number: str
    amount: Decimal
    currency: str
    return_url: str


@dataclass(frozen=True)
class Started:
    """The provider's name for the payment, and what the browser needs to pay: {"kind": "stripe_elements", ...}."""

    provider_ref: str
    client: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """What the provider says now. `raw_status` is in its words, `state` in ours; `captured` is what has come in."""

    provider_ref: str
    reference: str
    state: str
    amount: Decimal
    currency: str
    captured: Decimal
    raw_status: str
    method: str = ""
    disputed: bool = False

    def stored(self) -> dict[str, Any]:
        """For the history: every field is fit to keep, none is a secret or about a person."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Incoming:
    """A verified message. It only says where to look; what is true is fetched."""

    dedupe_key: str
    kind: str
    reference: str
    provider_ref: str
    api_version: str
    body: str = field(repr=False)


class PaymentProvider(Protocol):
    """Every call but `parse_webhook` and `csp` goes over the network and may raise Unknown."""

    name: str
    kind: str
    capabilities: Capabilities

    def is_configured(self) -> bool:
        """Whether there are keys to work with."""

    def form(self, amount: Decimal, currency: str) -> dict[str, str]:
        """What the payment page needs to show the provider's form, before there is a payment. Nothing secret."""

    def start(self, request: StartRequest, key: str) -> Started:
        """Open a payment. The same `key` (<= 255 characters) gives the same payment. Raises Rejected."""

    def fetch(self, payment: Payment) -> Snapshot | None:
        """What is true; None when the provider knows nothing of the payment yet. Raises Rejected."""

    def cancel(self, payment: Payment) -> Snapshot:
        """Make paying impossible, and tell what is true after that: perhaps it had been paid. Raises Rejected."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Incoming:
        """Verify and read a message. Raises BadWebhook, and nothing else whatever the input."""

    def missed(self, since: datetime) -> Iterable[Incoming]:
        """Messages since then that did not reach us."""

    def csp(self) -> dict[str, list[str]]:
        """Sources that the payment page must allow, by directive."""
