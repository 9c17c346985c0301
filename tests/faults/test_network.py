"""Between the shop, its database, its broker and its cache: nothing, silence, a cut in the worst moment; and back again."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from django.conf import settings as now_set
from django.core.cache import cache, caches
from django.db import Error, connection, connections

from config import celery_app, embedded, processes, testing
from shop.orders.models import Order
from shop.outbox import operations as outbox
from tests.faults.cases import commits, sampled
from tests.faults.house import House
from tests.faults.points import Hook, watching
from tests.faults.proxy import Proxy, proxy_before
from tests.faults.steps import STEPS

pytestmark = pytest.mark.django_db(transaction=True)

CUT = [
    "place",
    "come back",
    "be told",
    "settle",
    "expire",
    "cancel",
    "send back",
    "return the money",
    "refund",
]


# --- the database ----------------------------------------------------------------------------------------


@pytest.fixture
def wire(house) -> Iterator[Proxy]:
    """The shop's way to its database, from now on."""
    place = connection.settings_dict
    kept = {name: place[name] for name in ("HOST", "PORT")}
    folder = place["HOST"] or place["OPTIONS"]["host"]
    connections.close_all()
    with proxy_before(f"{folder}/.s.PGSQL.{place['PORT'] or 5432}") as proxy:
        place.update(HOST="127.0.0.1", PORT=proxy.port)
        try:
            yield proxy
        finally:
            connections.close_all()
            place.update(kept)


ALWAYS = [("stripe", "place"), ("midtrans", "settle")]


def cases(steps: list[str]) -> list[Any]:
    return [
        pytest.param(provider, name, marks=() if (provider, name) in ALWAYS else pytest.mark.faults)
        for name in steps
        for provider in STEPS[name].providers
    ]


@pytest.mark.parametrize(("provider", "name"), cases(CUT))
def test_the_wire_breaks_after_commit_was_sent(house, wire, name, provider):
    """The database has done it, and nobody can know: whoever did it does it again."""
    STEPS[name].before(house)
    wire.cut_after = b"COMMIT"
    attempt(house, name)
    assert wire.cuts == 1
    connection.close()
    STEPS[name].ends_well(house)


def attempt(house: House, name: str) -> None:
    """A view answers 500 then, and a task ends with an error; neither stops whoever comes next."""
    with suppress(Error):
        STEPS[name].act(house)


@pytest.mark.parametrize(("provider", "name", "at"), sampled([case for case in commits() if case[1] in CUT], every=60))
def test_the_database_ends_our_connection_before_a_commit(house, name, at, provider):
    """As by its restart, or by somebody at its desk: what was not committed never happened."""
    STEPS[name].before(house)
    with watching(terminated(at)) as watch:
        attempt(house, name)
    assert len(watch.seen) > at
    connection.close()
    if at and watch.seen[at - 1] == "letter":  # it has gone, and nobody will know
        house.copies = 2
    STEPS[name].ends_well(house)


def terminated(at: int) -> Hook:
    def hook(moment: str, number: int, name: str) -> None:
        if (moment, number) == ("before", at):
            mine = connection.connection.info.backend_pid
            with somebody_else() as other:
                other.execute("SELECT pg_terminate_backend(%s, 1000)", [mine])

    return hook


@pytest.mark.faults
def test_a_database_that_is_away_for_a_while(house, wire):
    """Whoever presses Pay sees an error, providers are asked to come again, and the process is still alive."""
    wire.become("refuse")
    connection.close()
    assert house.press_pay().status_code == 500
    assert house.post(*house.bank.message("pi_1")) == 503
    assert house.shopper.get("/livez").status_code == 200
    assert house.shopper.get("/readyz").status_code == 503
    wire.become("pass")
    connection.close()
    STEPS["place"].ends_well(house)


@pytest.mark.faults
def test_a_database_that_swallows_everything_is_not_waited_for(house, wire):
    """Connecting is given up after three seconds, and /readyz does not wait so long."""
    connection.close()
    wire.become("black hole")
    began = time.monotonic()
    assert house.shopper.get("/readyz").status_code == 503
    assert time.monotonic() - began < 2
    assert house.post(*house.bank.message("pi_1")) == 503
    assert time.monotonic() - began < 9
    wire.become("reset")
    wire.become("pass")
    connection.close()
    STEPS["place"].ends_well(house)


@pytest.fixture
def own_database(house) -> Iterator[Callable[[], None]]:
    """The shop moves to a PostgreSQL of its own; called, that is stopped at once, as by a crash, and started again."""
    place = connection.settings_dict
    kept = {name: place[name] for name in ("HOST", "PORT", "NAME")}
    with embedded.servers(now_set.ROOT, throwaway=True) as here:
        move(testing.server_url(place["NAME"]), here)
        connections.close_all()
        place.update(HOST=str(here.home.sockets), PORT="", NAME=embedded.DATABASE)

        def restart() -> None:
            processes.stop(here.children["postgres"], stop_signal=signal.SIGQUIT, patience=20)
            again = embedded._start_postgres(here.home, here.programs, signal.SIGQUIT, throwaway=True)
            here.children["postgres"] = again
            embedded._wait_until_ready(here.home, here.children)

        try:
            yield restart
        finally:
            connections.close_all()
            place.update(kept)


def move(source: str, here: embedded.Servers) -> None:
    dump = subprocess.run([here.programs.postgres / "pg_dump", source], check=True, capture_output=True).stdout
    with_rules = f"ALTER DATABASE {embedded.DATABASE} SET synchronous_commit = on;\n".encode() + dump
    load = [
        here.programs.postgres / "psql",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        here.database_url,
    ]
    subprocess.run(load, input=with_rules, check=True)


RESTARTS = [case for case in commits() if case[0] == "stripe" and case[1] in ("place", "settle", "refund")]


@pytest.mark.faults
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("provider", "name", "at"), RESTARTS[::3])
def test_the_database_is_restarted_around_a_commit(house, own_database, name, at, moment, provider):
    """It crashes and comes back; what it had said yes to is there, and nothing else."""

    def hook(now: str, number: int, _name: str) -> None:
        if (now, number) == (moment, at):
            own_database()

    STEPS[name].before(house)
    with watching(hook):
        attempt(house, name)
    connection.close()
    STEPS[name].ends_well(house)


@pytest.mark.faults
def test_a_slow_database_is_only_slow(house, wire):
    wire.become("slow", 0.005)
    STEPS["place"].act(house)
    wire.become("pass")
    STEPS["place"].ends_well(house)


def test_a_row_that_somebody_holds_for_too_long(house):
    """Settling gives up after a while, tells nobody no, and is done when the row is free."""
    house.place()
    house.pay()
    house.tell()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '150ms'")
    with held(house.order):
        house.run("outbox.relay", "checkout.sweep_inbox", "checkout.reconcile_payments")
        assert house.order.state == "pending"
    house.heal()
    house.agree("processing")


@contextmanager
def held(order: Order) -> Iterator[None]:
    with somebody_else() as other, other.transaction(force_rollback=True):
        other.execute("SELECT 1 FROM shop_order WHERE id = %s FOR UPDATE", [order.pk])
        yield


def somebody_else() -> psycopg.Connection:
    return psycopg.connect(testing.server_url(str(connection.settings_dict["NAME"])), autocommit=True)


# --- the broker and the cache --------------------------------------------------------------------------------


@pytest.fixture
def broker(monkeypatch, house) -> Iterator[Proxy]:
    """Celery's broker, as in production: the session's Redis, at the end of a wire."""
    with proxy_before(redis_socket()) as proxy:
        forget_pools()
        monkeypatch.setenv("CELERY_BROKER_URL", f"redis://127.0.0.1:{proxy.port}/9")
        monkeypatch.setattr(outbox, "_broker_away_until", float("-inf"))
        yield proxy
    monkeypatch.undo()
    forget_pools()


def redis_socket() -> str:
    return unquote(urlsplit(now_set.REDIS_URL).path)


def forget_pools() -> None:
    celery_app.pool.force_close_all()
    celery_app._pool = celery_app.amqp._producer_pool = None


@pytest.mark.faults
@pytest.mark.parametrize("mode", ["refuse", "reset", "black hole"])
def test_without_a_broker_orders_go_on_and_money_is_booked_by_the_clock(house, broker, mode):
    broker.become(mode)
    began = time.monotonic()
    STEPS["place"].act(house)
    first = time.monotonic() - began
    house.pay()
    began = time.monotonic()
    assert set(house.tell()) == {200}
    assert first < 15
    assert time.monotonic() - began < 5, "each message waited for the broker"
    house.heal()
    house.agree("processing")


@pytest.mark.faults
def test_a_broker_that_works_is_told(house, broker):
    """The control: through the same wire, wakes arrive."""
    house.place()
    assert outbox._broker_away_until == float("-inf")


@pytest.mark.faults
@pytest.mark.parametrize("mode", ["refuse", "reset", "black hole"])
def test_without_a_cache_an_order_is_placed_paid_and_cancelled(house, settings, mode):
    with proxy_before(redis_socket()) as proxy:
        place = {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": f"redis://127.0.0.1:{proxy.port}/8"}
        settings.CACHES = {"default": place}
        caches["default"].clear()
        STEPS["place"].act(house)
        proxy.become(mode)
        began = time.monotonic()
        house.pay()
        house.tell()
        house.heal()
        assert house.cancel().status_code == 302
        house.heal()
        assert time.monotonic() - began < 30
        house.agree("cancelled", refunds=1)
        assert cache.get("anything") is None
