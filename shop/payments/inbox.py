"""The inbox: what providers tell us is verified, stored once and answered; what it means is found out later.

A message is only a hint. Whoever works on some fetches the payments they are about, applies what is true, and puts the
messages away:

    for payment, events in claim(now=now):                    # one look answers all about a payment
        ...
        finish(events, payment=payment, now=now)              # or put_back(events, error=error, now=now)

The table is the queue: a message that is stored needs no job, only that somebody is woken.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from shop.outbox import operations as outbox
from shop.payments.models import Payment, ProviderObject, WebhookEvent
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import BadWebhook, Incoming

__all__ = [
    "BadWebhook",
    "UnderWork",
    "claim",
    "finish",
    "missed_events",
    "payment_of",
    "put_back",
    "receive_webhook",
    "replay_event",
]

log = logging.getLogger("shop.payments")

LEASE = timedelta(minutes=5)  # longer than the provider's slowest answer for all payments of one claim
A_CLAIM, OTHERS = 5, 100  # messages; and of what else waits about the same payments
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
MISSED_SINCE = timedelta(days=3)  # as long as providers try themselves

State = WebhookEvent.State
Claimed = list[tuple[Payment | None, list[WebhookEvent]]]


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
        transaction.on_commit(_wake)
    return is_new


def _wake() -> None:
    outbox.wake("checkout.sweep_inbox")


def claim(*, now: datetime, limit: int = A_CLAIM) -> Claimed:
    """Lease the next messages to work on, by their payment, with whatever else waits about it, also what was put back:
    whoever is about to look, looks for all. Nobody else gets them for five minutes. Those about nothing of ours: None.
    """
    waiting = WebhookEvent.objects.filter(state=State.RECEIVED)
    events = [event for event in _lease(waiting.filter(next_try_at__lte=now), now, limit) if not _kills(event, now)]
    found = _payments_of(events)
    payments = {payment.pk: payment for payment in found.values()}
    others = _lease(waiting.filter(_about(payments.values())), now, OTHERS) if payments else []
    found |= _payments_of(others)
    payments |= {payment.pk: payment for payment in found.values()}
    about: dict[int | None, list[WebhookEvent]] = defaultdict(list)
    for event in (*events, *others):
        about[found[event.pk].pk if event.pk in found else None].append(event)
    return [(payments[pk] if pk else None, of_one) for pk, of_one in about.items()]


def _kills(event: WebhookEvent, now: datetime) -> bool:
    """Give up what every worker so far has died of: else it would have been put back, or given up, by one of them."""
    if event.attempts <= len(BACK_OFF) + 1:
        return False
    log.error("gave up on webhook %s %s: every worker that tried it died", event.kind, event.dedupe_key)
    _release([event], state=State.FAILED, processed_at=now, error="every worker that tried it died")
    return True


def _about(payments: Iterable[Payment]) -> Q:
    refs = [payment.provider_ref for payment in payments if payment.provider_ref]
    nameless = [payment.reference for payment in payments if not payment.provider_ref]
    return Q(provider_ref__in=refs) | Q(provider_ref="", reference__in=nameless)


@transaction.atomic
def _lease(waiting: QuerySet[WebhookEvent], now: datetime, limit: int) -> list[WebhookEvent]:
    events = list(
        waiting.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("next_try_at", "pk")[:limit]
    )
    taken = WebhookEvent.objects.filter(pk__in=[event.pk for event in events])
    taken.update(lease_until=now + LEASE, attempts=F("attempts") + 1)
    for event in events:
        event.lease_until, event.attempts = now + LEASE, event.attempts + 1
    return events


def _payments_of(events: Sequence[WebhookEvent]) -> dict[int, Payment]:
    """{message: its payment}: most are named by what is stored of a payment, which is asked once for all of them."""
    refs = {event.provider_ref for event in events} - {""}
    named = {(one.provider, one.provider_ref): one for one in Payment.objects.filter(provider_ref__in=refs)}
    found = {event.pk: named.get((event.provider, event.provider_ref)) or payment_of(event) for event in events}
    return {pk: payment for pk, payment in found.items() if payment}


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


def finish(events: Sequence[WebhookEvent], *, payment: Payment | None, now: datetime) -> int:
    """Put messages away: processed, or ignored when they are about no payment of ours. How many were still ours to put."""
    state = State.PROCESSED if payment else State.IGNORED
    return _release(events, state=state, payment=payment, processed_at=now, error="")


def put_back(events: Sequence[WebhookEvent], *, error: Exception, now: datetime) -> int:
    """Try each again in 1, 5, 15, 60 minutes, then give up and say so. How many were still ours to put back."""
    words = f"{type(error).__name__}: {error}"[:500]
    return sum(_put_back(event, words, now) for event in events)


def _put_back(event: WebhookEvent, words: str, now: datetime) -> int:
    if event.attempts > len(BACK_OFF):
        log.error("gave up on webhook %s %s: %s", event.kind, event.dedupe_key, words)
        return _release([event], state=State.FAILED, processed_at=now, error=words)
    return _release([event], next_try_at=now + BACK_OFF[event.attempts - 1], error=words)


def replay_event(*, event_id: int, now: datetime) -> None:
    """Have a message worked on again from the start, whatever became of it. Raises UnderWork, and changes nothing then."""
    free = WebhookEvent.objects.filter(pk=event_id).exclude(lease_until__gt=now)
    fresh = {"state": State.RECEIVED, "attempts": 0, "error": "", "processed_at": None, "next_try_at": now}
    with transaction.atomic():
        if not free.update(lease_until=None, **fresh):
            raise UnderWork(_("Somebody is working on it at this moment. Look again in a few minutes."))
        transaction.on_commit(_wake)


def _release(events: Sequence[WebhookEvent], **changes: object) -> int:
    """Those whose lease somebody else has by now stay as they are."""
    leased = {event.pk: event.lease_until for event in events}
    mine = WebhookEvent.objects.filter(pk__in=leased, state=State.RECEIVED, lease_until__in=set(leased.values()))
    return mine.update(lease_until=None, **changes)
