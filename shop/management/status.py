"""How the shop is, for whoever runs it: what waits, for how long, and whether that is too long. `manage.py shop_status`."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timesince import timesince

from shop.checkout.figures import figures
from shop.clock import QUEUES
from shop.outbox import operations as outbox

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Line:
    """One thing that was looked at. `value` in `unit` (seconds, pieces, percent); `limit`: above it (below, of `free`
    percent) somebody should look.
    """

    name: str
    value: float
    limit: float
    unit: str
    is_well: bool
    said: str


def status(*, now: datetime) -> list[Line]:
    """Everything, in the order in which it is worth reading: without its tables the rest cannot be told."""
    left = _migrations()
    if not left.is_well:
        return [left, _disk()]
    told = {figure.name: sum(figure.samples.values()) for figure in figures(now=now)}
    failing = [_of(told, now, *watched) for watched in WATCHED]
    return [left, *_clocks(now), *failing, _disk()]


# Name, figure of shop.checkout.figures, limit, unit, and what it means when it is above.
WATCHED: list[tuple[str, str, float, str, str]] = [
    ("outbox", "outbox_oldest_seconds", 5 * MINUTE, "seconds", "the oldest job or letter that is due"),
    ("outbox given up", "outbox_failed", 0, "pieces", "jobs and letters that were tried in vain for a day and a half"),
    ("webhook inbox", "inbox_oldest_seconds", 5 * MINUTE, "seconds", "the oldest message of a provider that waits"),
    ("unpaid orders", "orders_pending_oldest_seconds", DAY + HOUR, "seconds", "the oldest order that is not paid"),
    ("listings", "listings_oldest_seconds", 10 * MINUTE, "seconds", "the oldest note that a listing is out of date"),
    ("flagged orders", "orders_flagged", 0, "pieces", "orders that want a person"),
]


def _of(told: dict[str, float], now: datetime, name: str, figure: str, limit: float, unit: str, about: str) -> Line:
    value = told[figure]
    return Line(name, value, limit, unit, value <= limit, f"{_shown(value, unit, now)}: {about}")


def _shown(value: float, unit: str, now: datetime) -> str:
    if unit == "pieces":
        return f"{value:.0f}"
    return (
        f"{value:.0f} s"
        if value < 2 * MINUTE
        else timesince(now - timedelta(seconds=value), now, depth=1).replace("\xa0", " ")
    )


def _clocks(now: datetime) -> list[Line]:
    """Beat and a worker of each queue: the one sends the heartbeat every minute, the other writes it down."""
    heard = outbox.last_heartbeats()
    return [_clock(queue, heard.get(queue), now) for queue in QUEUES]


def _clock(queue: str, last: datetime | None, now: datetime) -> Line:
    age = (now - last).total_seconds() if last else float(DAY * 365)
    said = f"{_shown(age, 'seconds', now)} since its last heartbeat" if last else "no worker has ever heard the clock"
    return Line(f"clock: {queue}", age, 3 * MINUTE, "seconds", age <= 3 * MINUTE, said)


def _migrations() -> Line:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _back in plan[:3])
    return Line("migrations", len(plan), 0, "pieces", not plan, f"{len(plan)} to apply{': ' + names if names else ''}")


def _disk() -> Line:
    """Where pictures lie, when they lie here."""
    folder = next(path for path in [Path(settings.MEDIA_ROOT), *Path(settings.MEDIA_ROOT).parents] if path.exists())
    usage = shutil.disk_usage(folder)
    free = 100 * usage.free / usage.total
    return Line(
        "disk", round(free, 1), 10, "percent", free >= 10, f"{free:.0f} % of {usage.total / 1e9:.0f} GB are free"
    )
