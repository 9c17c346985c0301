"""How the shop fares, in figures for a monitor: computed from the tables, so every process tells the same.

Each figure is a gauge. What is counted "lately" is of the last 24 hours, by indices that writing hardly feels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

LATELY = timedelta(hours=24)
DECLINES = ["payment_intent.payment_failed", "deny", "failure"]  # as the providers call a try that brought no money


@dataclass(frozen=True)
class Figure:
    """`samples`: by their labels' values, in the order of `labels`."""

    name: str
    about: str
    labels: tuple[str, ...]
    samples: Mapping[tuple[str, ...], float]


@dataclass(frozen=True)
class Question:
    """`sql` answers rows of labels and one number; %(now)s and %(since)s are handed in."""

    name: str
    about: str
    labels: tuple[str, ...]
    sql: str


QUESTIONS = [
    Question(
        "payment_attempts",
        "Attempts to pay begun in the last day, by what has become of them.",
        ("provider", "state"),
        "SELECT provider, state, count(*) FROM shop_payment WHERE created_at > %(since)s GROUP BY 1, 2",
    ),
    Question(
        "payment_declines",
        "Tries in the last day that a bank or provider declined, as their messages say.",
        ("provider",),
        """SELECT provider, count(*) FROM shop_webhookevent
            WHERE received_at > %(since)s AND kind = ANY(%(declines)s) GROUP BY 1""",
    ),
    Question(
        "payments_moved",
        "Changes of payments in the last day, by what brought the news: webhook, return, sweep (reconciliation), ...",
        ("provider", "source", "state"),
        """SELECT p.provider, t.source, t.new, count(*)
             FROM shop_paymenttransition t JOIN shop_payment p ON p.id = t.payment_id
            WHERE t.at > %(since)s GROUP BY 1, 2, 3""",
    ),
    Question(
        "payments_to_look_at",
        "Payments whose next look at the provider is due.",
        (),
        "SELECT count(*) FROM shop_payment WHERE next_check_at <= %(now)s",
    ),
    Question(
        "refunds_open",
        "Refunds that are not through, by who sends them.",
        ("state", "by_hand"),
        """SELECT state, manual::text, count(*) FROM shop_refund
            WHERE state IN ('created', 'submitted', 'pending') GROUP BY 1, 2""",
    ),
    Question(
        "webhooks",
        "Messages of providers in the last day, by what has become of them.",
        ("provider", "state"),
        "SELECT provider, state, count(*) FROM shop_webhookevent WHERE received_at > %(since)s GROUP BY 1, 2",
    ),
    Question(
        "webhook_lag_seconds",
        "From receiving a message to having settled it, of the last day; quantile 1 is the slowest.",
        ("provider", "quantile"),
        """SELECT provider, q::text,
                  percentile_cont(q) WITHIN GROUP (ORDER BY extract(epoch FROM processed_at - received_at))
             FROM shop_webhookevent, unnest(ARRAY[0.5, 0.95, 1]::float8[]) AS q
            WHERE received_at > %(since)s AND state = 'processed' GROUP BY 1, 2, q""",
    ),
    Question(
        "inbox_waiting", "Messages that wait.", (), "SELECT count(*) FROM shop_webhookevent WHERE state = 'received'"
    ),
    Question(
        "inbox_oldest_seconds",
        "Age of the oldest message that waits.",
        (),
        """SELECT coalesce(extract(epoch FROM %(now)s - min(received_at)), 0)
             FROM shop_webhookevent WHERE state = 'received'""",
    ),
    Question(
        "orders_pending",
        "Orders that wait for their payment.",
        (),
        "SELECT count(*) FROM shop_order WHERE state = 'pending'",
    ),
    Question(
        "orders_pending_oldest_seconds",
        "Age of the oldest order that waits for its payment.",
        (),
        """SELECT coalesce(extract(epoch FROM %(now)s - min(placed_at)), 0)
             FROM shop_order WHERE state = 'pending'""",
    ),
    Question(
        "orders_flagged",
        "Orders that want a person.",
        (),
        "SELECT count(*) FROM shop_order WHERE needs_attention <> ''",
    ),
    Question(
        "outbox_waiting",
        "Jobs and mails that are due.",
        (),
        "SELECT count(*) FROM shop_job WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= %(now)s",
    ),
    Question(
        "outbox_oldest_seconds",
        "How long the oldest of them has been due.",
        (),
        """SELECT coalesce(extract(epoch FROM %(now)s - min(due_at)), 0) FROM shop_job
            WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= %(now)s""",
    ),
    Question(
        "clock_heartbeat_seconds",
        "Since the clock and a worker of the queue were last heard; they are every minute.",
        ("queue",),
        "SELECT queue, extract(epoch FROM %(now)s - at) FROM shop_heartbeat",
    ),
    Question(
        "listings_oldest_seconds",
        "How long the oldest note has been due that something in a listing is out of date.",
        (),
        "SELECT coalesce(extract(epoch FROM %(now)s - min(due_at)), 0) FROM shop_stale WHERE due_at <= %(now)s",
    ),
    Question(
        "outbox_failed", "Jobs that were given up.", (), "SELECT count(*) FROM shop_job WHERE failed_at IS NOT NULL"
    ),
]


def figures(*, now: datetime) -> Iterator[Figure]:
    facts: dict[str, Any] = {"now": now, "since": now - LATELY, "declines": DECLINES}
    with connection.cursor() as cursor:
        for question in QUESTIONS:
            cursor.execute(question.sql, facts)
            samples = {tuple(str(label) for label in row[:-1]): float(row[-1]) for row in cursor.fetchall()}
            yield Figure(question.name, question.about, question.labels, samples)
