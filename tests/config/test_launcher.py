"""The command that runs the shop: what it says before it starts, and that it leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import prepare, processes, run, testing

PROJECT = Path(__file__).resolve().parents[2]
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def launch(var: Path, **environment: str) -> subprocess.Popen[str]:
    """Start the launcher as `make run` does, but with its own files in `var`, not in those of a running shop."""
    place = f"import pathlib, sys; from config import run; run.VAR = pathlib.Path({str(var)!r}); sys.exit(run.main())"
    own = {"PYTHONPATH": str(PROJECT / "site"), "DJANGO_SETTINGS_MODULE": "config.settings.dev", "MAKELEVEL": ""}
    return subprocess.Popen(
        [sys.executable, "-c", place], env={**os.environ, **own, **environment}, stderr=subprocess.PIPE, text=True
    )


def test_a_taken_port_is_said_in_one_line_before_anything_starts(taken_port: int, tmp_path: Path) -> None:
    launcher = launch(tmp_path / "var", PORT=str(taken_port))
    said = launcher.communicate(timeout=60)[1]
    assert said == f"Port {taken_port} is taken. Choose another: make run PORT={taken_port % 65535 + 1}\n"
    assert launcher.returncode == 1
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(run.CannotRun, match="PORT must be a number"):
        run.chosen_port({"PORT": port})


def test_the_stand_in_evades_a_taken_port(taken_port: int) -> None:
    assert run.sandbox_port(taken_port - run.SANDBOX_OFFSET["stripe"], "stripe") not in (taken_port, 0)


def test_the_addresses_are_kept_for_other_terminals_and_from_other_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    run.remember({"DATABASE_URL": "postgresql:///x", "HOME": "/nowhere"})
    assert (tmp_path / "run.env").read_text() == "DATABASE_URL=postgresql:///x\n"
    assert (tmp_path / "run.env").stat().st_mode & 0o077 == 0


def test_a_child_that_does_not_leave_is_killed() -> None:
    child = processes.start([sys.executable, "-c", STUBBORN], output=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"up\n"
    processes.stop(child, patience=0.2)
    assert child.returncode == -signal.SIGKILL
    child.stdout.close()


def test_a_changed_migration_changes_the_key_of_the_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("requirements", "site/config/settings", "shop/migrations"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements/base.txt").write_text("django==5.2")
    (tmp_path / "site/config/settings/base.py").write_text("INSTALLED_APPS = ['shop']\nDEBUG = False\n")
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    before = prepare.schema_key()
    (tmp_path / "site/config/settings/base.py").write_text("INSTALLED_APPS = ['shop']\nDEBUG = True\n")
    assert prepare.schema_key() == before
    (tmp_path / "shop/migrations/0001_first.py").write_text("operations = []")
    assert prepare.schema_key() != before


@pytest.fixture
def shop_database() -> Iterator[str]:
    """The address of a migrated database that says it is prepared, so that no demo is loaded."""
    name = f"launcher_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    testing.renew_database(name, testing.template())
    url = testing.server_url(name)
    prepare.write_note(url, None)
    yield url
    testing.run_sql("DROP DATABASE {} WITH (FORCE)", name)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_shop_opens_and_leaves_no_process_however_it_ends(
    shop_database: str, tmp_path: Path, ending: signal.Signals
) -> None:
    port = run.sandbox_port(65535, "stripe")  # any free one
    launcher = launch(tmp_path, PORT=str(port), DATABASE_URL=shop_database)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/livez") or launcher.poll() is not None)
        assert launcher.poll() is None
        family = descendants(launcher.pid)
        assert len(family) >= 4  # the stand-in, the worker, the web server and its worker
    finally:
        launcher.send_signal(ending)
        said = launcher.communicate(timeout=60)[1]
    assert (launcher.returncode, said) == (-ending if ending == signal.SIGKILL else 0, "")
    until(lambda: not any(map(is_alive, family)))


def until(condition: Callable[[], bool], patience: float = 90) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """The pids of all processes below `pid`."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in descendants(child)]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
