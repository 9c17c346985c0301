"""Work that follows a transaction: written with it, done after it, tried again until it is done.

The table is the queue that counts. Celery only wakes the relay; a lost or repeated wake changes nothing, because the
clock wakes it too and every job is leased before it runs.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models import Q

from shop.outbox.models import AuditEntry, Heartbeat, Job, Mail, Stale
from shop.sql import insert

log = logging.getLogger("shop.outbox")

LEASE = timedelta(minutes=2)
MAIL = "mail/"  # the key of a job that sends a mail is this and the mail's own
LETTERS = Q(key__startswith=MAIL)
WAKE_EVERY = 0.25  # seconds
WAKE_PAUSE = 5.0  # seconds in which nobody is woken after a broker did not answer; the clock comes as often
BACK_OFF = [timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)]


def later(task: str, *, now: datetime, key: str | None = None, due_at: datetime | None = None, **payload: Any) -> None:
    """Have the Celery task named `task` run with `payload` once the current transaction has committed.

    With a `key`, asking twice gives one job, ever: `later("orders.send_mail", key="paid/ET-10001", ...)`.
    Raises TransactionManagementError outside a transaction: such a job could come without its cause.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("outbox.later needs the transaction of what it follows")
    job = Job(task=task, key=key, payload=payload, due_at=due_at or now)
    insert([job], ignore_conflicts=key is not None)
    if job.due_at <= now:
        transaction.on_commit(wake)


def stale(kind: str, *refs: int, now: datetime, due_at: datetime | None = None) -> None:
    """Note that what is computed from these rows is out of date once the current transaction has committed.

    `kind` is one of product, stock, value, attribute, brand, category, collection, page, picture, everything (without
    refs); `refs` are ids. With `due_at` it becomes so at that instant: a price that starts, a novelty that ends. Who
    computes is not known here; a note that is not needed costs one wasted computation and nothing else.
    Raises TransactionManagementError outside a transaction: the note could be taken before its cause is there.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("outbox.stale needs the transaction of what it follows")
    when = due_at or now
    insert(Stale(kind=kind, ref=ref, due_at=when) for ref in (refs or (0,)))
    if when <= now and not any(call[1] is _wake_indexer for call in connection.run_on_commit):
        transaction.on_commit(_wake_indexer)


class _NoAnswer:
    """In place of Celery's own, which looks up where answers are kept, for each thread anew: 20 ms of somebody's order."""

    def __init__(self, task_id: str) -> None:
        self.id, self.ignored = task_id, True


_broker_away_until = float("-inf")
_comes_at: dict[str, float] = {}  # when the latest wake of a task that this process has sent reaches its worker


def wake(task: str = "outbox.relay") -> None:
    """Tell a worker that there is work, after the commit. Best effort: when the broker is away the clock does it in seconds.

    A hundred of them in a second are not more than one: what comes within WAKE_EVERY of the last is told of together, by
    one wake at the end of that time. A request waits for this, so a broker that swallows what it is sent costs one of
    them its patience, not each.
    """
    global _broker_away_until
    now, last = monotonic(), _comes_at.get(task, float("-inf"))
    if now < _broker_away_until or now < last:
        return
    wait = WAKE_EVERY if now < last + WAKE_EVERY else 0.0
    try:
        current_app.send_task(
            task, result_cls=_NoAnswer, ignore_result=True, retry=False, expires=60, countdown=wait or None
        )
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe in its table
        _broker_away_until = monotonic() + WAKE_PAUSE
        log.warning("could not wake %s: %s", task, error)
    else:
        _comes_at[task] = now + wait


def _wake_indexer() -> None:
    wake("storefront.refresh_listings")


def relay(*, now: datetime, limit: int = 100) -> int:
    """Run up to `limit` due jobs, one after the other, letters last; returns how many ran. Many workers may do so at once.

    Stops before its leases could end, since they count from `now`; the clock calls again.
    """
    done, stop = 0, monotonic() + LEASE.total_seconds() / 2
    while done < limit and monotonic() < stop and (job := _claim(now, ~LETTERS) or _claim(now, LETTERS)):
        _run(job, now)
        done += 1
    return done


def _claim(now: datetime, which: Q) -> Job | None:
    """The next job of those. Letters come after all others: money must not wait for a mail server that is slow to answer."""
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(which, done_at__isnull=True, failed_at__isnull=True, due_at__lte=now)
            .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
            .order_by("due_at", "pk")
            .first()
        )
        if job:
            job.lease_until, job.attempts = now + LEASE, job.attempts + 1
            job.save(update_fields=["lease_until", "attempts"])
    return job


def _run(job: Job, now: datetime) -> None:
    if job.attempts > len(BACK_OFF) + 1:  # each earlier one died with its worker, or it would have been given up
        _give_up(job, RuntimeError("every worker that tried it died"), now)
        return
    try:
        current_app.tasks[job.task](**job.payload)
    except Exception as error:  # noqa: BLE001 - one job that fails must not stop the others
        _put_back(job, error, now)
    else:
        job.done_at, job.lease_until, job.error = now, None, ""
        job.save(update_fields=["done_at", "lease_until", "error"])


def _put_back(job: Job, error: Exception, now: datetime) -> None:
    if job.attempts > len(BACK_OFF):
        _give_up(job, error, now)
        return
    job.error, job.lease_until = _words(error), None
    job.due_at = now + BACK_OFF[job.attempts - 1]
    job.save(update_fields=["error", "lease_until", "due_at"])
    log.warning("job %s %s failed, next try at %s: %s", job.pk, job.task, job.due_at, job.error)


def _give_up(job: Job, error: Exception, now: datetime) -> None:
    job.error, job.lease_until, job.failed_at = _words(error), None, now
    job.save(update_fields=["error", "lease_until", "failed_at"])
    if job.key and job.key.startswith(MAIL):
        Mail.objects.filter(key=job.key.removeprefix(MAIL), sent_at=None).update(given_up_at=now)
    log.error("gave up on job %s %s", job.pk, job.task, exc_info=error)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


def record(*, actor: str, action: str, subject: str, before: dict, after: dict, now: datetime) -> None:
    """Write down who changed a fact of commerce, in the transaction that changes it."""
    AuditEntry.objects.create(at=now, actor=actor, action=action, subject=subject, before=before, after=after)


def heartbeat(*, queue: str, now: datetime) -> None:
    """The clock has rung and a worker of that queue has heard it. An earlier one that comes late changes nothing."""
    Heartbeat.objects.get_or_create(queue=queue, defaults={"at": now})
    Heartbeat.objects.filter(queue=queue, at__lt=now).update(at=now)


def last_heartbeats() -> dict[str, datetime]:
    """By queue; one that nobody has ever worked on is missing."""
    return dict(Heartbeat.objects.values_list("queue", "at"))
