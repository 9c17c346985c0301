"""The pool gives the connection that is warmest, and asks it how it is when it has rested, and only then."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from config.postgres import base
from config.postgres.base import DatabaseWrapper, WarmPool

pytestmark = pytest.mark.django_db


@pytest.fixture
def pooled() -> Iterator[DatabaseWrapper]:
    settings = deepcopy(connection.settings_dict) | {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}
    wrapper = DatabaseWrapper(settings, alias="default")  # which itself has none here
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def backend(pooled: DatabaseWrapper) -> int:
    """The process that answers; the connection goes back to the pool."""
    with pooled.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found = cursor.fetchone()[0]
    pooled.close()
    return found


def test_one_that_died_while_it_rested_is_replaced(pooled, monkeypatch):
    monkeypatch.setattr(base, "RESTED", 0)
    first = backend(pooled)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert backend(pooled) != first


def test_one_that_has_answered_just_now_is_not_asked(pooled, monkeypatch):
    monkeypatch.setattr(base, "RESTED", 60)
    first, asked = backend(pooled), []
    monkeypatch.setattr(ConnectionPool, "check_connection", asked.append)
    assert backend(pooled) == first
    assert not asked


def test_the_one_that_came_back_last_is_given_first(pooled):
    with WarmPool(kwargs=pooled.get_connection_params(), min_size=3, open=True) as pool:
        pool.wait(5)
        cold, warm, warmest = [pool.getconn(5) for _ in range(3)]
        for one in (cold, warm, warmest):
            pool.putconn(one)
        given = [pool.getconn(5) for _ in range(3)]
        assert given == [warmest, warm, cold]
        for one in given:
            pool.putconn(one)
