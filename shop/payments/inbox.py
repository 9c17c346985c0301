"""The inbox: what providers tell us is verified, stored once and answered; what it means is found out later.

A message is only a hint. Whoever works on one fetches the payment, applies what is true, and puts the message away:

    for event in claim_events(now=now):
        payment = payment_of(event)
        events = [event, *claim_others(payment, now=now)]    # one look answers them all
        ...
        finish_event(event, payment=payment, now=now)       # or put_back_event(event, error=error, now=now)
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from shop.outbox import operations as outbox
from shop.payments.models import Payment, ProviderObject, WebhookEvent
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import BadWebhook, Incoming

__all__ = [
    "BadWebhook",
    "UnderWork",
    "claim_events",
    "claim_others",
    "finish_event",
    "missed_events",
    "payment_of",
    "put_back_event",
    "receive_webhook",
    "replay_event",
]

log = logging.getLogger("shop.payments")

LEASE = timedelta(minutes=5)  # longer than the provider's slowest answer for all events of one claim
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
MISSED_SINCE = timedelta(days=3)  # as long as providers try themselves

State = WebhookEvent.State


class UnderWork(Exception):
    """A worker holds the message."""


def receive_webhook(provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Verify a message and store it, once; True when it was new. It is safe when this returns.

    Raises BadWebhook.
    """
    return _store(provider, PROVIDERS[provider].parse_webhook(headers, body), now)


def missed_events(*, now: datetime) -> int:
    """Store the messages that never reached us; returns how many. Raises Unknown when a provider cannot be asked."""
    with transaction.atomic(durable=True):
        pass  # see operations: no network inside a transaction
    return sum(
        _store(name, incoming, now)
        for name, provider in PROVIDERS.items()
        if provider.is_configured()
        for incoming in provider.missed(now - MISSED_SINCE)
    )


@transaction.atomic
def _store(provider: str, incoming: Incoming, now: datetime) -> bool:
    event, is_new = WebhookEvent.objects.get_or_create(
        provider=provider,
        dedupe_key=incoming.dedupe_key,
        defaults={
            "kind": incoming.kind,
            "reference": incoming.reference,
            "provider_ref": incoming.provider_ref,
            "about": list(incoming.about),
            "api_version": incoming.api_version,
            "body": incoming.body,
            "received_at": now,
            "next_try_at": now,
        },
    )
    if is_new:
        outbox.later("checkout.settle_event", key=f"settle-event/{event.pk}", now=now, event_id=event.pk)
    return is_new


def claim_events(*, now: datetime, limit: int = 5, event_id: int | None = None) -> list[WebhookEvent]:
    """Lease the next messages to work on, or the one named; nobody else gets them for five minutes."""
    waiting = WebhookEvent.objects.filter(state=State.RECEIVED, next_try_at__lte=now)
    if event_id is not None:
        waiting = waiting.filter(pk=event_id)
    return _lease(waiting, now, limit)


def claim_others(payment: Payment, *, now: datetime, limit: int = 50) -> list[WebhookEvent]:
    """Lease what else is waiting about the payment, also what was put back: whoever is about to look, looks for all."""
    named = Q(provider_ref=payment.provider_ref) if payment.provider_ref else Q(reference=payment.reference)
    return _lease(WebhookEvent.objects.filter(named, provider=payment.provider, state=State.RECEIVED), now, limit)


@transaction.atomic
def _lease(waiting: QuerySet[WebhookEvent], now: datetime, limit: int) -> list[WebhookEvent]:
    events = list(
        waiting.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("next_try_at", "pk")[:limit]
    )
    for event in events:
        event.lease_until = now + LEASE
        event.attempts += 1
    WebhookEvent.objects.bulk_update(events, ["lease_until", "attempts"])
    return events


def payment_of(event: WebhookEvent) -> Payment | None:
    """The payment a message is about; None for those of other shops on the same account, which cost no call.

    Known by the provider's names, of the payment or of a part of it. Our reference counts for what has none of those only:
    another shop on the account may count its orders as we do.
    """
    ours = Payment.objects.filter(provider=event.provider)
    if event.provider_ref and (payment := ours.filter(provider_ref=event.provider_ref).first()):
        return payment
    if event.about and (part := _part(event)):
        return part.payment
    named = event.provider_ref or event.about
    return ours.filter(reference=event.reference).first() if event.reference and not named else None


def _part(event: WebhookEvent) -> ProviderObject | None:
    parts = ProviderObject.objects.filter(provider=event.provider, ref__in=event.about)
    return parts.select_related("payment").first()


def finish_event(event: WebhookEvent, *, payment: Payment | None, now: datetime) -> bool:
    """Put a message away: processed, or ignored when it is about no payment of ours. False if the lease was lost."""
    state = State.PROCESSED if payment else State.IGNORED
    return _release(event, state=state, payment=payment, processed_at=now, error="")


def put_back_event(event: WebhookEvent, *, error: Exception, now: datetime) -> bool:
    """Try again in 1, 5, 15, 60 minutes, then give up and say so. False if the lease was lost."""
    words = f"{type(error).__name__}: {error}"[:500]
    if event.attempts > len(BACK_OFF):
        log.error("gave up on webhook %s %s: %s", event.kind, event.dedupe_key, words)
        return _release(event, state=State.FAILED, processed_at=now, error=words)
    return _release(event, next_try_at=now + BACK_OFF[event.attempts - 1], error=words)


def replay_event(*, event_id: int, now: datetime) -> None:
    """Have a message worked on again from the start, whatever became of it. Raises UnderWork, and changes nothing then."""
    free = WebhookEvent.objects.filter(pk=event_id).exclude(lease_until__gt=now)
    fresh = {"state": State.RECEIVED, "attempts": 0, "error": "", "processed_at": None, "next_try_at": now}
    with transaction.atomic():
        if not free.update(lease_until=None, **fresh):
            raise UnderWork(_("Somebody is working on it at this moment. Look again in a few minutes."))
        outbox.later("checkout.settle_event", now=now, event_id=event_id)


def _release(event: WebhookEvent, **changes: object) -> bool:
    mine = WebhookEvent.objects.filter(pk=event.pk, state=State.RECEIVED, lease_until=event.lease_until)
    return bool(mine.update(lease_until=None, **changes))
