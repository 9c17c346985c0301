"""The servers under test: throwaway PostgreSQL and Redis, the shop and the floor behind the same gunicorn."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import gunicorn as production
from config import processes
from config.check import PRODUCTION
from config.embedded import Servers
from tests.benchmarks import costs
from tests.benchmarks.client import HOST, visiting

ROOT = Path(__file__).resolve().parents[2]
SHOP = ["--config", "python:config.gunicorn"]  # as in production: what it serves, with how many workers and threads
FLOOR = ["tests.benchmarks.floor:application", "--workers", "2", "--worker-class", "gthread", "--threads", "8"]
START_SECONDS = 60


def environment(here: Servers, folder: Path) -> dict[str, str]:
    """Production's, for this machine."""
    return {
        **os.environ,
        **here.environment(),
        **PRODUCTION,
        "ALLOWED_HOSTS": HOST,
        "BASE_URL": f"https://{HOST}",
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "BENCH_FOLDER": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)]),
    }


def run_json(module: str, env: Mapping[str, str], *arguments: str) -> Any:
    """Run one of our modules that print JSON; what it printed."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, env={**env, "STATEMENT_TIMEOUT": "0"}, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def pids(self) -> list[int]:
        return [self.process.pid, *self.workers]

    @property
    def workers(self) -> list[int]:
        return costs.children(self.process.pid)


@contextmanager
def gunicorn(what: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Serve `what`, SHOP or FLOOR, on a free port until it is left."""
    port = _free_port()
    # By its script: started as a module it would not find the shop's `config` when it starts itself anew (USR2).
    command = [str(Path(sys.executable).parent / "gunicorn"), *what, "--bind", f"{HOST}:{port}", "--no-control-socket"]
    # A slow neighbour on this machine must not cut the client's connection.
    command += ["--timeout", "120", "--keep-alive", "60"]
    with log.open("wb") as output:
        process = processes.start(command, environment=env, folder=ROOT, output=output)
    try:
        server = Server(process, port)
        _wait_until_open(server, log)
        yield server
    finally:
        processes.stop(process)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def _wait_until_open(server: Server, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.process.poll() is None, f"the server ended; see {log}"
        try:
            with visiting(server.port) as visitor:
                visitor.get("/livez")
            if len(server.workers) == production.workers:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"the server does not answer; see {log}")
