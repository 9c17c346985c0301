"""Stripe: one PaymentIntent per attempt, paid in the browser through the Payment Element, cards and card wallets."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import stripe
from django.conf import settings

from shop.payments.models import Payment, ProviderObject, Refund
from shop.payments.providers.base import (
    BadWebhook,
    Capabilities,
    Incoming,
    Limits,
    Refunding,
    RefundSnapshot,
    Rejected,
    Snapshot,
    Started,
    StartRequest,
    Unknown,
    never_handed_out,
    origin,
)

log = logging.getLogger("shop.payments")

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # below that it writes whole answers, secrets included

State = Payment.State

CONNECT_AND_READ_SECONDS = (3, 15)
KEYS = 3  # under how many keys in turn one thing is asked for, see _keys
RETRIES = 1  # the SDK's own, at once and under the same key; a shopper waits for them


class Unit(NamedTuple):
    """How Stripe counts a currency: decimal places of its integers, the least and the most of them."""

    places: int
    minimum: int
    maximum: int


# https://docs.stripe.com/currencies. Stripe's own table, not the shop's: rupiah have two decimals there and none here.
# A minimum holds for an account that settles in that currency; Stripe may ask for more, then it refuses the start.
UNITS = {
    "USD": Unit(2, 50, 99_999_999),
    "EUR": Unit(2, 50, 99_999_999),
    "GBP": Unit(2, 30, 99_999_999),
    "SGD": Unit(2, 50, 99_999_999),
    "AUD": Unit(2, 50, 99_999_999),
    "JPY": Unit(0, 50, 99_999_999),
    "IDR": Unit(2, 1_000_000, 999_999_999_999),
}

STATES = {
    "requires_payment_method": State.PENDING,  # also after a decline: the same intent can be paid again
    "requires_confirmation": State.PENDING,
    "requires_action": State.PENDING,
    "processing": State.PROCESSING,
    "requires_capture": State.AUTHORIZED,
    "succeeded": State.CAPTURED,
    "canceled": State.CANCELLED,
}

REFUND_STATES = {
    "pending": Refund.State.PENDING,
    "requires_action": Refund.State.PENDING,
    "succeeded": Refund.State.SUCCEEDED,
    "failed": Refund.State.FAILED,  # also after it had succeeded: the bank has sent the money back
    "canceled": Refund.State.CANCELLED,
}
DISPUTE_OVER = {"won", "warning_closed", "prevented"}

# What the webhook endpoint subscribes to; at most 20, or `missed` cannot ask for them.
EVENTS = [
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
]

EVENT_ID = re.compile(r"evt_\w{1,90}", re.ASCII)
KIND = re.compile(r"[\w.]{1,80}", re.ASCII)
INTENT_ID = re.compile(r"pi_\w{1,90}", re.ASCII)
PART_ID = re.compile(r"(?:ch|py|re|pyr|dp|du)_\w{1,90}", re.ASCII)
REFERENCE = re.compile(r"[A-Za-z0-9-]{1,50}")
CLIENT_SECRET = re.compile(r'("client_secret"\s*:\s*)"[^"]*"')
API_VERSION = re.compile(r"[\w.-]{1,40}", re.ASCII)


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` as Stripe's integer: 24.50 USD is 2450, 13000 IDR is 1300000, 500 JPY is 500.

    Raises Rejected for a currency that is not in the table and for an amount finer than its unit.
    """
    if currency not in UNITS:
        raise Rejected("currency_not_supported")
    minor = amount.scaleb(UNITS[currency].places)
    if minor != minor.to_integral_value():
        raise Rejected("amount_too_fine")
    return int(minor)


def to_major(minor: int, currency: str) -> Decimal:
    """The inverse of to_minor. Raises KeyError for a currency that is not in the table."""
    return Decimal(minor).scaleb(-UNITS[currency].places)


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=CONNECT_AND_READ_SECONDS),
    )


def client() -> stripe.StripeClient:
    """This process's connection to the account of the settings; its HTTP sessions are per thread."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


class _FailedForGood(Unknown):
    """The idempotency key is bound to a failure: asked again, Stripe will only ever repeat it."""


def _keys(key: str) -> Iterator[str]:
    """`key`, and those whose turn comes when the ones before are bound to failures: the same each time, so that whoever
    asks again does not ask for something else. With an outage that binds them all a person has to decide."""
    yield key
    yield from (f"{key}-{turn}" for turn in range(2, KEYS + 1))


@contextmanager
def certain_or_unknown() -> Iterator[None]:
    """Turn whatever the SDK raises into Rejected, when it is certain that nothing was done, or Unknown.

    The SDK's errors carry whole answers, so they are not chained: a traceback must not print a client secret.
    """
    try:
        yield
    except (Rejected, Unknown):
        raise
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise Rejected(error.code or type(error).__name__) from None
    except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as error:
        log.error("Stripe does not accept how we ask: %s", _describe(error))
        raise Unknown(_describe(error)) from None
    except stripe.StripeError as error:
        replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
        raise (_FailedForGood if replayed else Unknown)(_describe(error)) from None
    except Exception as error:  # noqa: BLE001 - an answer that is not what the SDK expects raises anything
        raise Unknown(type(error).__name__) from None


def _describe(error: stripe.StripeError) -> str:
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''} {error.request_id or ''}".strip()


def _retrieve(payment: Payment) -> Snapshot:
    """In one call, unless there is a dispute or an eleventh refund: each call to Stripe takes a fifth of a second."""
    with certain_or_unknown():
        intent = client().v1.payment_intents.retrieve(payment.provider_ref, {"expand": ["latest_charge.refunds"]})
        return _with_what_followed(payment, _snapshot(intent), intent)


def _with_what_followed(payment: Payment, snapshot: Snapshot, intent: stripe.PaymentIntent) -> Snapshot:
    """With the refunds and disputes of a captured intent, which Stripe keeps apart.

    A dispute that is lost for the whole takes the payment back; one for a part is money that went back by itself. A
    charge does not have to say any more that it was disputed once that is over: what we know of counts as well.
    """
    if snapshot.state != State.CAPTURED:
        return snapshot
    refunds = [_refund_snapshot(refund) for refund in _refunds_of(intent)]
    disputes = _disputes_of(intent) if snapshot.disputed or _was_disputed(payment) else []
    back = sum((refund.amount for refund in refunds if refund.state == Refund.State.SUCCEEDED), Decimal(0))
    lost = [dispute for dispute in disputes if dispute.status == "lost"]
    reversed_ = any(_amount(dispute) >= snapshot.captured - back for dispute in lost)
    parts = [RefundSnapshot(d.id, _amount(d), Refund.State.SUCCEEDED) for d in lost if not reversed_]
    return replace(
        snapshot,
        state=State.REVERSED if reversed_ else State.CAPTURED,
        disputed=any(dispute.status not in DISPUTE_OVER for dispute in disputes),
        refunds=(*refunds, *parts),
        objects=(*snapshot.objects, *((ProviderObject.Kind.DISPUTE.value, dispute.id) for dispute in disputes)),
    )


def _refunds_of(intent: stripe.PaymentIntent) -> Iterable[stripe.Refund]:
    """Those that came with its charge, if that was all of them."""
    charge: Any = intent.latest_charge
    listed = getattr(charge, "refunds", None)
    if listed is not None and not listed.has_more:
        return listed.data
    return client().v1.refunds.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()


def _was_disputed(payment: Payment) -> bool:
    return payment.provider_objects.filter(kind=ProviderObject.Kind.DISPUTE).exists()


def _disputes_of(intent: stripe.PaymentIntent) -> list[stripe.Dispute]:
    return list(client().v1.disputes.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter())


def _refund_snapshot(refund: stripe.Refund) -> RefundSnapshot:
    return RefundSnapshot(
        provider_ref=refund.id,
        amount=_amount(refund),
        state=REFUND_STATES[refund.status or ""],
        key=_text(refund.metadata, "refund"),
    )


def _amount(thing: stripe.Refund | stripe.Dispute) -> Decimal:
    return to_major(thing.amount, thing.currency.upper())


def _snapshot(intent: stripe.PaymentIntent) -> Snapshot:
    """Raises KeyError, AttributeError, TypeError on what is no intent of ours."""
    currency = intent.currency.upper()
    charge: Any = intent.latest_charge
    return Snapshot(
        provider_ref=intent.id,
        reference=_text(intent.metadata, "payment"),
        state=STATES[intent.status],
        amount=to_major(intent.amount, currency),
        currency=currency,
        captured=to_major(intent.amount_received, currency),
        raw_status=intent.status,
        method=charge.payment_method_details.type if charge else "",
        disputed=bool(charge and charge.disputed),
        objects=((ProviderObject.Kind.CHARGE.value, charge.id),) if charge else (),
    )


def _create(request: StartRequest, amount: int, key: str) -> stripe.PaymentIntent:
    return client().v1.payment_intents.create(
        {
            "amount": amount,
            "currency": request.currency.lower(),
            "allowed_payment_method_types": ["card"],
            "description": request.order_number,
            "metadata": {"payment": request.reference, "order": request.order_number},
        },
        {"idempotency_key": key},
    )


def _cancel(ref: str) -> Snapshot:
    return _snapshot(
        client().v1.payment_intents.cancel(ref, {"cancellation_reason": "abandoned", "expand": ["latest_charge"]})
    )


def _text(item: Any, name: str, pattern: re.Pattern[str] = REFERENCE) -> str:
    """A field of one of the SDK's objects, which are no dicts; "" when it is absent or not in the form expected."""
    value = getattr(item, name, None)
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def _verified(signature: str | None, body: bytes) -> stripe.Event:
    """The event, if one of the endpoint's secrets signed it: while a secret is changed there are two, comma-separated."""
    secrets = [secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRET.split(",") if secret.strip()]
    for secret in secrets[:-1]:
        with suppress(stripe.SignatureVerificationError):
            return client().construct_event(body, signature, secret)
    return client().construct_event(body, signature, secrets[-1])


def _incoming(event: stripe.Event, body: str) -> Incoming:
    """Raises BadWebhook on what has not the form of an event, AttributeError on what is none at all."""
    subject: Any = event.data.object
    is_intent = getattr(subject, "object", None) == "payment_intent"
    incoming = Incoming(
        dedupe_key=_text(event, "id", EVENT_ID),
        kind=_text(event, "type", KIND),
        reference=_text(getattr(subject, "metadata", None), "payment"),
        provider_ref=_text(subject, "id" if is_intent else "payment_intent", INTENT_ID),
        api_version=_text(event, "api_version", API_VERSION),
        body=CLIENT_SECRET.sub(r'\1""', body),
        about=tuple(filter(None, (_text(subject, name, PART_ID) for name in ("id", "charge")))),
    )
    if not incoming.dedupe_key or not incoming.kind:
        raise BadWebhook("no event")
    return incoming


class Stripe:
    """See base.PaymentProvider."""

    name = "stripe"
    kind = "card"
    looks_after_capture: Sequence[timedelta] = ()
    capabilities = Capabilities(
        {
            currency: Limits(to_major(unit.minimum, currency), to_major(unit.maximum, currency))
            for currency, unit in UNITS.items()
        },
        refunds_otherwise=Refunding.PARTIAL,
    )

    def is_configured(self) -> bool:
        return bool(settings.STRIPE_SECRET_KEY and settings.STRIPE_PUBLISHABLE_KEY)

    def is_test(self) -> bool:
        return settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_test_")

    def form(self, amount: Decimal, currency: str) -> dict[str, str]:
        return {
            "script": settings.STRIPE_JS_URL,
            "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
            "amount": str(to_minor(amount, currency)),
            "currency": currency.lower(),
        }

    def start(self, request: StartRequest, key: str) -> Started:
        """Cards only, wallets included: a method that takes days would hold stock for days. See docs/payments.md."""
        amount = to_minor(request.amount, request.currency)
        for each in _keys(key):
            with suppress(_FailedForGood), certain_or_unknown():
                intent = _create(request, amount, each)
                secret = intent.client_secret
                if not INTENT_ID.fullmatch(intent.id) or not secret:
                    raise Unknown("no intent")
                handover = {"kind": "stripe_elements", "client_secret": secret, "return_url": request.return_url}
                return Started(intent.id, handover)
            # If there is an intent all the same, nobody has or will get its secret: another one is safe.
        raise Rejected("failed_for_good")

    def fetch(self, payment: Payment) -> Snapshot | None:
        return _retrieve(payment) if payment.provider_ref else None

    def cancel(self, payment: Payment) -> Snapshot:
        """An intent that cannot be cancelled (any more) tells its state; one never handed out cannot be paid."""
        if not payment.provider_ref:
            return never_handed_out(payment)
        try:
            with certain_or_unknown():
                return _cancel(payment.provider_ref)
        except Rejected as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
        return _retrieve(payment)

    def refund(self, refund: Refund) -> RefundSnapshot:
        """Nothing personal goes along: the reason stays with us, and Stripe's own would put cards on its block lists."""
        payment = refund.payment
        request: Any = {
            "payment_intent": payment.provider_ref,
            "amount": to_minor(refund.amount, payment.currency),
            "metadata": {"refund": str(refund.key), "payment": payment.reference},
        }
        for key in _keys(f"refund-{refund.key}"):
            with suppress(_FailedForGood), certain_or_unknown():
                return _refund_snapshot(client().v1.refunds.create(request, {"idempotency_key": key}))
            if done := next((each for each in _retrieve(payment).refunds if each.key == str(refund.key)), None):
                return done
        raise Rejected("failed_for_good")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Incoming:
        try:
            incoming = _incoming(_verified(headers.get("Stripe-Signature"), body), body.decode())
        except BadWebhook:
            raise
        except Exception as error:  # noqa: BLE001 - anybody may send anything, and the SDK raises accordingly
            raise BadWebhook(type(error).__name__) from None
        if incoming.api_version != stripe.api_version:
            log.warning(
                "The webhook endpoint speaks API version %s, this shop %s.", incoming.api_version, stripe.api_version
            )
        return incoming

    def missed(self, since: datetime) -> Iterable[Incoming]:
        """Stripe lists events that no endpoint, or not every endpoint, has taken; of the last 30 days at most."""
        with certain_or_unknown():
            found = client().v1.events.list(
                {
                    "types": EVENTS,
                    "delivery_success": False,
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                }
            )
            return [_incoming(event, str(event)) for event in found.auto_paging_iter()]

    def csp(self) -> dict[str, list[str]]:
        """https://docs.stripe.com/security/guide. A stand-in has one origin for everything."""
        script, api = origin(settings.STRIPE_JS_URL), origin(settings.STRIPE_API_BASE)
        if script != "https://js.stripe.com":
            return {"script-src": [script], "frame-src": [script], "connect-src": [api]}
        scripts = [script, "https://*.js.stripe.com"]
        return {
            "script-src": scripts,
            "frame-src": [*scripts, "https://hooks.stripe.com"],
            "connect-src": [api],
        }
