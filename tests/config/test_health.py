import time

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import override_settings

from config import health

NOBODY = "redis://127.0.0.1:1/0"
away = {"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": NOBODY}}


@pytest.fixture(autouse=True)
def _ask_anew(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def test_livez_answers_without_asking_anybody(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/livez")
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
@pytest.mark.django_db
def test_a_probe_needs_no_known_host_and_meets_no_redirect(client, address):
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert client.get(address, headers={"host": "10.0.0.7"}).status_code == 200


@pytest.mark.django_db
def test_ready_when_all_is_there(client):
    answer = client.get("/readyz").json()
    assert answer == {
        "status": "ready",
        "checks": {"database": "ok", "migrations": "ok", "cache": "ok", "broker": "ok"},
    }


@pytest.mark.django_db
@override_settings(CACHES=away, CELERY_BROKER_URL=NOBODY)
def test_without_redis_it_is_degraded_and_still_serves(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "cache": "failed", "broker": "failed"}


def test_without_database_it_is_unavailable(client, settings, monkeypatch):
    def broken() -> bool:
        raise ConnectionError

    monkeypatch.setitem(health.CHECKS, "database", broken)
    monkeypatch.setitem(health.CHECKS, "migrations", lambda: True)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert response.json()["checks"]["database"] == "failed"


def test_a_database_that_hangs_is_not_waited_for(client, monkeypatch):
    monkeypatch.setattr(health, "SECONDS", 0.2)
    monkeypatch.setitem(health.CHECKS, "database", lambda: time.sleep(1.5) or True)
    monkeypatch.setitem(health.CHECKS, "migrations", lambda: True)
    started = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - started < 1
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "slow"


@pytest.mark.django_db(transaction=True)
def test_a_migration_to_do_is_unavailable(client):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = "
            "(SELECT id FROM django_migrations WHERE app = 'shop' ORDER BY name DESC LIMIT 1)"
        )
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "failed"


@pytest.mark.django_db
def test_probes_leave_no_line_in_the_log(client, caplog):
    caplog.set_level("INFO")
    client.get("/livez")
    client.get("/readyz")
    assert [record for record in caplog.records if record.name == "config.requests"] == []


@pytest.fixture(autouse=True)
def _close_what_was_asked():
    yield
    caches.close_all()
