"""`shop_status`: what waits too long is named, with an exit code that a monitor can read."""

import json
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from shop.checkout.figures import figures
from shop.clock import QUEUES, SCHEDULE
from shop.management import status
from shop.management.commands import shop_status
from shop.outbox import operations as outbox
from shop.outbox.models import Heartbeat, Job, Stale
from shop.outbox.tasks import heartbeat
from shop.payments.models import WebhookEvent
from tests.checkout.world import NOW
from tests.orders.helpers import placed_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """The clock was heard just now by workers of all queues, and half of the disk is free."""
    for queue in QUEUES:
        outbox.heartbeat(queue=queue, now=timezone.now())
    monkeypatch.setattr(status.shutil, "disk_usage", lambda _path: SimpleNamespace(total=100, free=50))


def run(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("shop_status", *options, stdout=out, no_color=True)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def wants_a_look() -> list[str]:
    code, text = run("--json")
    report = json.loads(text)
    assert report["well"] is (code == 0)
    return [check["name"] for check in report["checks"] if not check["is_well"]]


def long_ago(**more: Any) -> Any:
    return timezone.now() - timedelta(**more)


def test_a_shop_that_is_well(capsys):
    code, text = run()
    assert code == 0
    assert "LOOK" not in text
    assert wants_a_look() == []


def silent() -> None:
    Heartbeat.objects.filter(queue="celery").update(at=long_ago(minutes=5))


def nobody_takes_money() -> None:
    Heartbeat.objects.filter(queue="money").update(at=long_ago(minutes=5))


def never_heard() -> None:
    Heartbeat.objects.filter(queue="money").delete()


def late_job() -> None:
    Job.objects.create(task="orders.send_mail", due_at=long_ago(minutes=6))


def given_up() -> None:
    Job.objects.create(task="orders.send_mail", due_at=timezone.now(), failed_at=timezone.now())


def message_waits() -> None:
    then = long_ago(minutes=6)
    WebhookEvent.objects.create(
        provider="stripe", dedupe_key="evt_1", kind="x", body="{}", received_at=then, next_try_at=then
    )


def unpaid_for_days() -> None:
    placed_order(now=long_ago(days=2))
    Job.objects.all().delete()
    Stale.objects.all().delete()


def old_listing() -> None:
    Stale.objects.create(kind="product", ref=1, due_at=long_ago(minutes=11))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (silent, "clock: celery"),
        (nobody_takes_money, "clock: money"),
        (never_heard, "clock: money"),
        (late_job, "outbox"),
        (given_up, "outbox given up"),
        (message_waits, "webhook inbox"),
        (unpaid_for_days, "unpaid orders"),
        (old_listing, "listings"),
    ],
)
def test_what_waits_too_long_is_named(make, name):
    make()
    assert wants_a_look() == [name]
    code, text = run()
    assert code == 1
    assert f"LOOK {name}" in text


def test_a_full_disk_is_named(monkeypatch):
    monkeypatch.setattr(status.shutil, "disk_usage", lambda _path: SimpleNamespace(total=100, free=9))
    assert wants_a_look() == ["disk"]


def test_with_migrations_to_do_nothing_else_is_asked(monkeypatch):
    plan = [(SimpleNamespace(app_label="shop", name="0099_more"), False)]
    monkeypatch.setattr(status.MigrationExecutor, "migration_plan", lambda *_: plan)
    monkeypatch.setattr(status, "figures", None)
    code, text = run()
    assert code == 1
    assert "1 to apply: shop.0099_more" in text


def test_without_a_database_it_says_so(monkeypatch):
    def away(**_: Any) -> Any:
        raise OperationalError("connection refused\nat a secret place")

    monkeypatch.setattr(shop_status, "status", away)
    with pytest.raises(CommandError, match="does not answer: connection refused$") as refusal:
        call_command("shop_status")
    assert refusal.value.returncode == 2


def test_a_heartbeat_that_comes_late_does_not_turn_the_clock_back():
    last = outbox.last_heartbeats()
    outbox.heartbeat(queue="money", now=NOW - timedelta(days=1000))
    assert outbox.last_heartbeats() == last
    heartbeat("money")
    now = outbox.last_heartbeats()
    assert now["money"] > last["money"]
    assert now["celery"] == last["celery"]


def test_each_queue_is_sent_its_own_heartbeat_and_monitors_read_both():
    sent = {(job["args"], job["options"]["queue"]) for job in SCHEDULE.values() if job["task"] == "outbox.heartbeat"}
    assert sent == {(("celery",), "celery"), (("money",), "money")}
    nobody_takes_money()
    told = {figure.name: figure.samples for figure in figures(now=timezone.now())}["clock_heartbeat_seconds"]
    assert told[("celery",)] < 60 < 290 < told[("money",)]
