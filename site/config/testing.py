"""The pytest plugin (`-p config.testing`): servers for a session, databases in a tenth of a second.

Unless DATABASE_URL is set, a throwaway PostgreSQL and Redis run for the session; pytest-xdist's workers
share them, each with a test database and a Redis database of its own. The migrated schema is made once,
kept under `var/` until a migration changes, and copied by `CREATE DATABASE ... TEMPLATE`: at the start of a
session, and after each transactional or browser test, in place of Django's flush, which would also take
Wagtail's root page, site and locale away.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from config.embedded import EmbeddedError, servers
from config.homes import permanent_folder
from config.prepare import schema_key
from config.programs import find_programs

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104
# The first has no windows, which nobody looks at here and which cost as much as the pages.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAKING = 6_170_301  # any number, the same in all workers

# --- servers -------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Iterator[None]:
    """Start the servers before pytest-django reads the settings, which read the environment."""
    # pytest-playwright keeps an event loop in the main thread, where Django would refuse to talk to the database.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if "DATABASE_URL" not in os.environ and not {"-h", "--help", "--version", "-V"} & set(args):
        session = contextlib.ExitStack()
        early_config.add_cleanup(session.close)
        try:
            here = session.enter_context(servers(ROOT, throwaway=True))
        except EmbeddedError as error:
            raise pytest.UsageError(str(error)) from None
        os.environ.update(here.environment())
    if worker and os.environ.get("REDIS_URL", "").startswith("unix:"):
        number = int(worker.removeprefix("gw")) + 2
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("?db=0", f"?db={number}")
        # Celery reads this before its settings: what one worker's shop is woken for, no other's may take.
        broker = os.environ.get("CELERY_BROKER_URL", "")
        os.environ["CELERY_BROKER_URL"] = broker.replace("?virtual_host=1", f"?virtual_host={number + 6}")
    return (yield)


# --- databases -----------------------------------------------------------------------------------


def server_url(database: str) -> str:
    """The session's DATABASE_URL, for another database of the same server."""
    url = os.environ["DATABASE_URL"]
    head, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    _, question, query = path.partition("?")
    return f"{head}://{place}/{database}{question}{query}"


def run_sql(statement: str, *names: str) -> None:
    """Run one statement about whole databases; `names` fill its {} as quoted identifiers."""
    with psycopg.connect(server_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def alone() -> Iterator[psycopg.Connection]:
    """Of all workers one at a time, for what they make once and share."""
    with psycopg.connect(server_url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MAKING])
        yield connection


def template() -> str:
    """The name of the migrated database that the test databases are copied from; made if it is missing."""
    name = f"etalase_template_{schema_key()}"
    with alone() as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            building = f"{name}_building"
            run_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", building)
            run_sql("CREATE DATABASE {}", building)
            _fill(building)
            run_sql("ALTER DATABASE {} RENAME TO {}", building, name)
    return name


def _fill(database: str) -> None:
    """Restore the schema kept from an earlier session, or migrate and keep it."""
    programs = find_programs(permanent_folder(ROOT), None).postgres
    folder = ROOT / "var"
    folder.mkdir(exist_ok=True)
    kept = folder / f"test-schema-{schema_key()}.sql"
    if not kept.exists():
        _call([Path(sys.executable), ROOT / "manage.py", "migrate", "--verbosity", "0"], database)
        for old in folder.glob("test-schema-*.sql"):
            old.unlink(missing_ok=True)
        building = kept.with_suffix(f".{os.getpid()}")
        _call([programs / "pg_dump", "--no-owner", "-f", building, "-d", server_url(database)], database)
        building.replace(kept)
        return
    restore: list[str | Path] = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", kept, "-d", server_url(database)]
    _call([programs / "psql", *restore], database)


def _call(command: Sequence[str | Path], database: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": server_url(database),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def renew_database(name: str, source: str) -> None:
    """Put a fresh copy of database `source` in the place of `name`, whoever is still connected to that."""
    run_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    run_sql("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, source)


@contextlib.contextmanager
def test_database() -> Iterator[str]:
    """Point Django at a database of this worker's own, and renew it after each transactional test."""
    from django.db import connections
    from django.test import TransactionTestCase

    name = f"test_etalase_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    source = template()
    renew_database(name, source)
    connections.close_all()
    connections["default"].settings_dict["NAME"] = name
    connections.settings["default"]["NAME"] = name

    def renew_after(self: Any) -> None:
        connections.close_all()
        renew_database(name, source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew_after)
        yield name
    connections.close_all()
    run_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


# --- nothing leaves this machine -----------------------------------------------------------------


class NetworkBlocked(AssertionError):
    """A test reached for another machine."""


@contextlib.contextmanager
def loopback_only() -> Iterator[None]:
    """Refuse connections and look-ups, made by Python, that are not for this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise NetworkBlocked(f"Tests may not connect to {address[0]}.")
        return connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and not str(host).startswith(LOOPBACK):
            raise NetworkBlocked(f"Tests may not look up {host}.")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


# --- the browser ---------------------------------------------------------------------------------

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
INSTALL_CHROMIUM = "sudo apt-get update && sudo apt-get install -y chromium"


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def main() -> None:
    """Make the schema that test databases are copied from, so that no test need wait for it."""
    with servers(ROOT, throwaway=True) as here:
        os.environ.update(here.environment())
        template()


if __name__ == "__main__":
    main()
