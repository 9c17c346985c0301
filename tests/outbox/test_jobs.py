"""The outbox: written with its cause, run after the commit, tried again, given up in the end."""

from datetime import timedelta

import pytest
from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.transaction import TransactionManagementError

from config import celery
from shop import clock
from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry, Job
from tests.checkout.world import NOW
from tests.payments.helpers import at_once

SECOND = timedelta(seconds=1)
done: list[str] = []


class Crash(BaseException):
    """The worker is gone: nothing it would have done after this happens."""


@shared_task(name="tests.work")
def work(what: str) -> None:
    if what == "fail":
        raise RuntimeError("cannot")
    if what == "crash":
        raise Crash
    done.append(what)


@pytest.fixture(autouse=True)
def nothing_done():
    done.clear()


def later(what: str, **how) -> None:
    with transaction.atomic():
        outbox.later("tests.work", what=what, **({"now": NOW} | how))


@pytest.mark.django_db
def test_it_runs_once_with_its_payload():
    later("tea")
    assert outbox.relay(now=NOW) == 1
    assert outbox.relay(now=NOW) == 0
    assert done == ["tea"]
    assert Job.objects.get().done_at == NOW


@pytest.mark.django_db(transaction=True)
def test_it_needs_the_transaction_of_its_cause_and_goes_with_it():
    with pytest.raises(TransactionManagementError):
        outbox.later("tests.work", now=NOW, what="tea")
    with transaction.atomic():
        outbox.later("tests.work", now=NOW, what="tea")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_worker_is_woken_after_the_commit_only_for_what_is_due(monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(outbox.current_app, "send_task", lambda name, **how: woken.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        later("tea")
        assert woken == []
    assert woken == ["outbox.relay"]
    with django_capture_on_commit_callbacks(execute=True):
        later("cake", due_at=NOW + SECOND)
    assert woken == ["outbox.relay"]


def test_a_hundred_wakes_at_once_are_two(monkeypatch):
    """The first at once, one more at the end of a while for all that came meanwhile; then the same anew."""
    ticks, woken = [100.0], []
    monkeypatch.setattr(outbox, "monotonic", lambda: ticks[0])
    monkeypatch.setattr(outbox, "_broker_away_until", 0.0)
    monkeypatch.setattr(outbox.current_app, "send_task", lambda name, **how: woken.append((name, how["countdown"])))
    for _ in range(100):
        outbox.wake("tests.work")
        outbox.wake("tests.play")
    assert woken == [(name, wait) for wait in (None, outbox.WAKE_EVERY) for name in ("tests.work", "tests.play")]
    ticks[0] += 2 * outbox.WAKE_EVERY
    outbox.wake("tests.work")
    assert woken[4:] == [("tests.work", None)]


@pytest.mark.django_db
def test_a_broker_that_is_away_costs_nothing(monkeypatch, django_capture_on_commit_callbacks):
    def away(*_args, **_how):
        raise OSError("no broker")

    monkeypatch.setattr(outbox.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        later("tea")
    outbox.relay(now=NOW)
    assert done == ["tea"]


@pytest.mark.django_db
def test_not_before_it_is_due_and_the_oldest_first():
    later("second", due_at=NOW + 2 * SECOND)
    later("first", due_at=NOW + SECOND)
    assert outbox.relay(now=NOW) == 0
    outbox.relay(now=NOW + 2 * SECOND)
    assert done == ["first", "second"]


@pytest.mark.django_db
def test_letters_come_after_all_others_however_long_they_have_been_due():
    later("letter", key="mail/x/1", now=NOW - 9 * SECOND)
    later("refund", key="refund/1")
    later("nameless")
    outbox.relay(now=NOW)
    assert done == ["refund", "nameless", "letter"]


@pytest.mark.django_db
def test_a_key_is_done_once_ever():
    for _time in range(2):
        later("tea", key="tea/1")
        outbox.relay(now=NOW)
    later("tea", key="tea/2")
    outbox.relay(now=NOW)
    assert done == ["tea", "tea"]


@pytest.mark.django_db
def test_failures_back_off_and_are_given_up(caplog):
    later("fail")
    now = NOW
    for pause in outbox.BACK_OFF:
        assert outbox.relay(now=now) == 1
        job = Job.objects.get()
        assert (job.due_at, job.failed_at, job.lease_until) == (now + pause, None, None)
        assert outbox.relay(now=now + pause - SECOND) == 0
        now += pause
    assert outbox.relay(now=now) == 1
    job = Job.objects.get()
    assert (job.failed_at, job.attempts, job.error) == (now, len(outbox.BACK_OFF) + 1, "RuntimeError: cannot")
    assert outbox.relay(now=now + timedelta(days=30)) == 0
    assert "gave up on job" in caplog.text


@pytest.mark.django_db
def test_one_that_fails_does_not_stop_the_others():
    for what in ("fail", "tea"):
        later(what)
    with transaction.atomic():
        outbox.later("tests.no_such_task", now=NOW)
    assert outbox.relay(now=NOW) == 3
    assert done == ["tea"]
    assert Job.objects.get(task="tests.no_such_task").due_at == NOW + outbox.BACK_OFF[0]


@pytest.mark.django_db
def test_after_a_crash_it_is_run_again_when_the_lease_is_over():
    later("crash")
    with pytest.raises(Crash):
        outbox.relay(now=NOW)
    Job.objects.update(payload={"what": "tea"})
    assert outbox.relay(now=NOW + outbox.LEASE) == 0
    assert outbox.relay(now=NOW + outbox.LEASE + SECOND) == 1
    assert done == ["tea"]
    assert Job.objects.get().attempts == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_workers_do_each_job_once():
    for number in range(12):
        later(f"job {number}")
    ran = at_once(*[lambda: outbox.relay(now=NOW)] * 6)
    assert sum(ran) == 12
    assert sorted(done) == sorted(f"job {number}" for number in range(12))


@pytest.mark.django_db
def test_no_more_than_the_limit_at_a_time():
    for number in range(3):
        later(f"job {number}")
    assert outbox.relay(now=NOW, limit=2) == 2
    assert outbox.relay(now=NOW, limit=2) == 1


@pytest.mark.django_db
def test_record_writes_who_changed_what():
    outbox.record(
        actor="a@example.com", action="price.set", subject="variant:MUG", before={"a": 1}, after={"a": 2}, now=NOW
    )
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.subject) == ("a@example.com", "price.set", "variant:MUG")
    assert (entry.before, entry.after, entry.at) == ({"a": 1}, {"a": 2}, NOW)


@pytest.mark.django_db
def test_a_job_that_kills_every_worker_is_given_up():
    later("crash")
    now = NOW
    for _ in range(len(outbox.BACK_OFF) + 1):
        with pytest.raises(Crash):
            outbox.relay(now=now)
        now += outbox.LEASE + SECOND
    outbox.relay(now=now)
    job = Job.objects.get()
    assert job.failed_at == now
    assert "died" in job.error


def test_a_worker_knows_the_tasks_of_every_room():
    rooms = {path.parent.name for path in (settings.ROOT / "shop").glob("*/tasks.py")}
    assert rooms <= set(celery.ROOMS)


def test_money_has_a_queue_of_its_own_and_a_worker_takes_all():
    """Whatever the clock has ask a provider: no letter and no listing stands before it."""
    asking = {name for name in clock.SCHEDULE if name.startswith("checkout.")} - {"checkout.report_ledger"}
    asking = {name for name in asking if "remind" not in name}
    assert set(clock.MONEY) == asking == set(celery.app.conf.task_routes)
    assert {route["queue"] for route in celery.app.conf.task_routes.values()} == {"money"}
    assert set(celery.app.amqp.queues) == {"celery", "money"}
