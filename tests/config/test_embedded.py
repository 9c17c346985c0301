"""The embedded servers start every time, whatever ended them the last time, and never outlive their owner.

Each test runs `hold_servers.py` as a process of its own and treats it badly.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config import homes

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
HOLDER = Path(__file__).with_name("hold_servers.py")


class Holder:
    """A process that holds the servers of a project folder until it is told to leave."""

    def __init__(self, root: Path, user: str | None = None) -> None:
        place = {"HOME": str(root), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, HOLDER, root, user or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=place,
        )
        assert self.process.stdout
        self.said = json.loads(self.process.stdout.readline() or b"{}")

    def query(self, statement: str) -> list:
        with psycopg.connect(self.said["database_url"], autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def leave(self) -> None:
        self.process.communicate(b"\n", timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project folder; for root also what lies outside it is removed afterwards."""
    yield tmp_path
    folder = homes.permanent_folder(tmp_path)
    for outside in folder.parent.glob(f"{folder.name}*"):
        shutil.rmtree(outside, ignore_errors=True)


@pytest.fixture
def hold(root: Path) -> Iterator[Callable[..., Holder]]:
    holders = []

    def start(user: str | None = None) -> Holder:
        holders.append(Holder(root, user))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()
    for pid in {pid for holder in holders for pid in holder.said.get("pids", [])}:
        assert gone(pid)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int, patience: float = 20) -> bool:
    """Whether process `pid` ends within `patience` seconds."""
    deadline = time.monotonic() + patience
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def test_data_survives_a_restart(hold: Callable[..., Holder]) -> None:
    first = hold()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    first.leave()
    assert not any(map(is_alive, first.said["pids"]))
    assert hold().query("SELECT answer FROM kept") == [(42,)]


def test_the_servers_listen_on_no_network(hold: Callable[..., Holder]) -> None:
    holder = hold()
    assert holder.query("SHOW listen_addresses") == [("",)]
    assert redis.Redis.from_url(holder.said["redis_url"]).config_get("port") == {"port": "0"}


def test_killing_the_owner_leaves_no_process_and_loses_no_commit(hold: Callable[..., Holder]) -> None:
    first = hold()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    first.kill()
    assert all(map(gone, first.said["pids"]))
    assert hold().query("SELECT answer FROM kept") == [(42,)]


def test_it_starts_again_at_once_after_the_owner_was_killed(hold: Callable[..., Holder]) -> None:
    hold().kill()
    assert hold().query("SELECT 1") == [(1,)]


def test_it_starts_after_the_postmaster_was_killed_at_work(hold: Callable[..., Holder]) -> None:
    first = hold()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    busy = psycopg.connect(first.said["database_url"])
    busy.execute("SELECT 1")
    os.kill(first.said["pids"][0], signal.SIGKILL)
    first.kill()
    second = hold()
    assert second.query("SELECT answer FROM kept") == [(42,)]
    with pytest.raises(psycopg.OperationalError):
        busy.execute("SELECT 1")


def test_a_zombie_postmaster_stops_nobody(hold: Callable[..., Holder]) -> None:
    first = hold()
    os.kill(first.process.pid, signal.SIGSTOP)  # now it collects no dead child
    os.kill(first.said["pids"][0], signal.SIGKILL)
    assert gone(first.said["pids"][0])
    assert Path(f"/proc/{first.said['pids'][0]}").exists()
    first.kill()
    assert hold().query("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("12", id="truncated"),
        pytest.param("not a pid\n", id="garbage"),
        pytest.param(f"{os.getpid()}\n/nowhere\n", id="the-pid-is-a-stranger-now"),
    ],
)
def test_a_stale_pid_file_stops_nobody(hold: Callable[..., Holder], text: str) -> None:
    first = hold()
    first.leave()
    home = Path(first.said["home"])
    (home / "postgres" / "postmaster.pid").write_text(text)
    (home / "run" / ".s.PGSQL.5432.lock").write_text(text)
    (home / "run" / ".s.PGSQL.5432").write_text("")
    (home / "run" / "redis.sock").write_text("")
    assert hold().query("SELECT 1") == [(1,)]


def test_a_start_cut_short_while_the_data_folder_was_made_does_no_harm(hold: Callable[..., Holder], root: Path) -> None:
    first = hold()
    first.leave()
    home = Path(first.said["home"])
    (home / "postgres").rename(home / "postgres-building")
    (home / "postgres-building" / "PG_VERSION").unlink()
    assert hold().query("SELECT 1") == [(1,)]


def test_a_second_start_shares_the_running_servers(hold: Callable[..., Holder]) -> None:
    first, second = hold(), hold()
    assert second.said == {**first.said, "pids": [], "owned": False}
    second.leave()
    assert first.query("SELECT 1") == [(1,)]


def test_another_version_of_postgresql_is_refused_in_one_line(hold: Callable[..., Holder]) -> None:
    first = hold()
    first.leave()
    (Path(first.said["home"]) / "postgres" / "PG_VERSION").write_text("12\n")
    assert "was written by PostgreSQL 12" in hold().said["error"]


def test_throwaway_servers_leave_nothing(hold: Callable[..., Holder]) -> None:
    holder = hold("throwaway")
    assert holder.query("SHOW fsync") == [("off",)]
    holder.leave()
    assert not Path(holder.said["home"]).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="already an ordinary user: the other tests cover this")
def test_an_ordinary_user_keeps_the_data_under_var(hold: Callable[..., Holder], root: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    with reachable(root, nobody):
        first = hold("nobody")
        assert first.said["home"] == str(root / "var")
        assert (root / "var" / "postgres" / "PG_VERSION").stat().st_uid == nobody.pw_uid
        first.query("CREATE TABLE kept AS SELECT 42 AS answer")
        first.kill()
        assert all(map(gone, first.said["pids"]))
        second = hold("nobody")
        assert second.query("SELECT answer FROM kept") == [(42,)]
        second.leave()


def test_a_clone_where_another_stood_has_nothing_of_its_shop(hold: Callable[..., Holder], root: Path) -> None:
    first = hold()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    first.leave()
    shutil.rmtree(root)
    root.mkdir()
    assert hold().query("SELECT to_regclass('kept')") == [(None,)]


def test_a_copy_of_a_project_has_servers_of_its_own(hold: Callable[..., Holder], root: Path) -> None:
    first, copy = hold(), root / "copy"
    (copy / "var").mkdir(parents=True)
    if (pointer := root / "var" / "embedded").is_symlink():  # of root's; a copy brings it along
        (copy / "var" / "embedded").symlink_to(pointer.readlink())
    try:
        assert homes.lasting(copy).folder != homes.lasting(root).folder == Path(first.said["home"])
    finally:
        shutil.rmtree(homes.lasting(copy).folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_root_runs_the_servers_as_somebody_without_rights(hold: Callable[..., Holder], root: Path) -> None:
    holder = hold()
    nobody = pwd.getpwnam("nobody").pw_uid
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in holder.said["pids"]} == {nobody}
    assert Path(holder.said["home"]) == (root / "var" / "embedded").resolve()


@contextlib.contextmanager
def reachable(root: Path, user: pwd.struct_passwd) -> Iterator[None]:
    """Give `root` to `user` and open its parents, which pytest closes to others."""
    os.chown(root, user.pw_uid, user.pw_gid)
    closed = [folder for folder in root.parents if not folder.stat().st_mode & 0o001]
    modes = [folder.stat().st_mode for folder in closed]
    for folder in closed:
        folder.chmod(folder.stat().st_mode | 0o011)
    yield
    for folder, mode in zip(closed, modes, strict=True):
        folder.chmod(mode)
