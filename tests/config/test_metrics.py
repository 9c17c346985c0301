"""/metrics: for whoever brings the token, from the tables; and nothing at all when it is off."""

from datetime import timedelta
from importlib import util

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import metrics
from config.metrics import Metrics
from shop.checkout.figures import figures
from shop.outbox.models import Job
from shop.payments.models import Payment, WebhookEvent
from tests.payments.helpers import book, make_open, says

pytestmark = pytest.mark.django_db

TOKEN = "a token of twenty letters"


@pytest.fixture
def door(settings) -> Metrics:
    settings.METRICS_TOKEN = TOKEN
    metrics.requests.cache_clear()
    return Metrics(lambda request: HttpResponse("a page", status=404))


def scrape(door: Metrics, token: str = TOKEN) -> HttpResponse:
    return door(RequestFactory().get("/metrics", headers={"Authorization": f"Bearer {token}"}))


def read(door: Metrics) -> dict[tuple, float]:
    """{(name, label values ...): value}."""
    families = text_string_to_metric_families(scrape(door).content.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def message(number: int, state: str = "processed", seconds: int = 2, **fields) -> None:
    now = timezone.now() - timedelta(minutes=10)
    done = now + timedelta(seconds=seconds) if state == "processed" else None
    values = {"kind": "payment_intent.succeeded", "body": "{}", "received_at": now, "next_try_at": now, **fields}
    WebhookEvent.objects.create(provider="stripe", dedupe_key=f"evt_{number}", state=state, processed_at=done, **values)


def test_it_is_off_without_a_token(client, settings):
    assert client.get("/metrics", follow=True).status_code == 404
    with pytest.raises(MiddlewareNotUsed):
        Metrics(lambda request: HttpResponse())


def test_it_is_off_without_the_package(settings, monkeypatch, caplog):
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(
        metrics, "find_spec", lambda name: None if name == "prometheus_client" else util.find_spec(name)
    )
    with pytest.raises(MiddlewareNotUsed):
        Metrics(lambda request: HttpResponse())
    assert "requirements/observe.txt" in caplog.text


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN}x"])
def test_nobody_else_reads_it(door, token):
    answer = scrape(door, token)
    assert answer.status_code == 401
    assert b"etalase_" not in answer.content


def test_without_a_database_it_says_so(door, monkeypatch):
    def gone(**facts):
        raise OperationalError("password=hush")

    monkeypatch.setattr(metrics, "figures", gone)
    answer = scrape(door)
    assert (answer.status_code, answer.content) == (503, b"no database")


def test_payments_and_messages_are_told_as_the_tables_have_them(door):
    now = timezone.now()
    for n in range(3):
        payment = make_open(f"pi_{n}", now=now, placed_at=now - timedelta(minutes=5))
    book(payment, says(payment, Payment.State.CAPTURED), source="webhook", now=now)
    for n in range(9):
        message(n)
    message(9, seconds=42)
    message(10, kind="payment_intent.payment_failed")
    message(11, state="received", received_at=now - timedelta(hours=1))
    message(12, state="failed", received_at=now - timedelta(days=2))
    told = read(door)
    assert told["etalase_payment_attempts", "stripe", "pending"] == 2
    assert told["etalase_payment_attempts", "stripe", "captured"] == 1
    assert told["etalase_payments_moved", "stripe", "webhook", "captured"] == 1
    assert told["etalase_payment_declines", "stripe"] == 1
    assert told["etalase_webhooks", "stripe", "processed"] == 11
    assert ("etalase_webhooks", "stripe", "failed") not in told  # of another day
    assert (told["etalase_webhook_lag_seconds", "stripe", "0.5"], told["etalase_inbox_waiting",]) == (2, 1)
    assert told["etalase_webhook_lag_seconds", "stripe", "1"] == 42
    assert 3600 <= told["etalase_inbox_oldest_seconds",] < 3700
    assert told["etalase_orders_pending",] == 3
    assert 300 <= told["etalase_orders_pending_oldest_seconds",] < 400


def test_work_that_waits_is_told(door):
    now = timezone.now()
    Job.objects.create(task="a", due_at=now - timedelta(minutes=2))
    Job.objects.create(task="b", due_at=now + timedelta(hours=1))
    Job.objects.create(task="c", due_at=now - timedelta(hours=9), done_at=now)
    Job.objects.create(task="d", due_at=now - timedelta(hours=9), failed_at=now)
    told = read(door)
    assert (told["etalase_outbox_waiting",], told["etalase_outbox_failed",]) == (1, 1)
    assert 120 <= told["etalase_outbox_oldest_seconds",] < 180


def test_an_empty_shop_has_figures_too():
    told = {figure.name: figure.samples for figure in figures(now=timezone.now())}
    assert told["inbox_oldest_seconds"] == told["outbox_oldest_seconds"] == {(): 0.0}
    assert told["payment_attempts"] == {}


def test_requests_are_counted_without_what_strangers_make_up(door):
    for method in ("GET", "GET", "BREW"):
        assert door(RequestFactory().generic(method, "/no/such/page/")).status_code == 404
    told = read(door)
    assert told["etalase_http_requests_total", "GET", "none", "404"] == 2
    assert told["etalase_http_requests_total", "other", "none", "404"] == 1
    assert told["etalase_http_request_seconds_count", "GET"] == 2
