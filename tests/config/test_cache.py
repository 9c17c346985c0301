import logging
import os
import socket
import threading
import time

import pytest
import redis
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import caches
from django.test import override_settings

from config import cache as cache_module
from config.cache import FailOpenClient, FailOpenRedisCache

REDIS = "redis://127.0.0.1:1/0"  # where nobody listens


@pytest.fixture
def nobody():
    yield FailOpenRedisCache(REDIS, {})
    FailOpenClient.outages.clear()


@pytest.fixture
def black_hole():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield FailOpenRedisCache(f"redis://127.0.0.1:{server.getsockname()[1]}/0", {})
    FailOpenClient.outages.clear()


def test_nothing_raises_when_redis_is_away(nobody):
    assert nobody.get("k") is None
    assert nobody.get("k", "instead") == "instead"
    assert nobody.add("k", 1) is True
    nobody.set("k", 1)
    nobody.set_many({"k": 1})
    assert nobody.get_many(["k"]) == {}
    assert nobody.has_key("k") is False
    assert nobody.touch("k") is False
    assert nobody.delete("k") is False
    nobody.delete_many(["k"])
    assert nobody.clear() is False
    assert nobody.get_or_set("k", "made") == "made"
    with pytest.raises(ValueError, match="not found"):
        nobody.incr("k")


def test_the_ping_does_raise(nobody):
    with pytest.raises(redis.exceptions.ConnectionError):
        nobody.ping()


def test_a_black_hole_costs_about_a_second_once_and_then_nothing(black_hole):
    started = time.monotonic()
    black_hole.get("k")
    assert time.monotonic() - started < 2
    started = time.monotonic()
    for _ in range(100):
        black_hole.get("k")
    assert time.monotonic() - started < 0.3


def test_it_says_so_once_a_minute(nobody, caplog, monkeypatch):
    monkeypatch.setattr(cache_module, "PAUSE_SECONDS", 0)
    for _ in range(5):
        nobody.get("k")
    assert [record.levelno for record in caplog.records if record.name == "config.cache"] == [logging.ERROR]
    nobody._cache._outage.said_at -= 61
    nobody.get("k")
    assert len([record for record in caplog.records if record.name == "config.cache"]) == 2


@pytest.mark.django_db
@override_settings(CACHES={"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": REDIS}})
def test_sessions_live_on_in_the_database():
    session = SessionStore()
    session["cart"] = "kept"
    session.save()
    assert SessionStore(session.session_key)["cart"] == "kept"
    caches.close_all()
    FailOpenClient.outages.clear()


@pytest.fixture
def real():
    """The Redis of the test run, as a cache of its own."""
    cache = FailOpenRedisCache(os.environ["REDIS_URL"], {"KEY_PREFIX": "test-cache"})
    yield cache
    cache.delete_many(["k", "kept", "gone"])
    FailOpenClient.outages.clear()


def test_it_is_a_cache_when_redis_is_there(real):
    real.set("k", {"a": 1}, 60)
    assert real.get("k") == {"a": 1}
    assert real.add("k", 2) is False
    assert real.ping() is True


def test_what_was_deleted_while_redis_was_away_does_not_come_alive_again(real, monkeypatch):
    real.set_many({"gone": "old", "k": "old", "kept": "as it is"}, 60)
    working = redis.Redis.execute_command

    def refuse(self, *args, **options):
        raise redis.exceptions.ConnectionError

    monkeypatch.setattr(redis.Redis, "execute_command", refuse)
    assert real.get("gone") is None
    real.delete("gone")
    real.set("k", "new")
    monkeypatch.setattr(redis.Redis, "execute_command", working)
    assert real.get("gone", "still away") == "still away"
    real._cache._outage.until = 0  # the pause is over
    assert real.get_many(["gone", "k", "kept"]) == {"kept": "as it is"}


def test_many_threads_share_one_outage(black_hole):
    started = time.monotonic()
    black_hole.get("k")
    threads = [threading.Thread(target=black_hole.get, args=["k"]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 2.5
