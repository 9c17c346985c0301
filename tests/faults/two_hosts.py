"""The shop on two machines, tried on one, by root on Linux: `PYTHONPATH=site:. .venv/bin/python -m tests.faults.two_hosts`.

Two network namespaces stand for two hosts, each with its own address, web server and a worker for each queue, started as
production does; the clock runs on one of them. Database and Redis stand on a third address, which they reach only through
their cables. Then the cable of one is pulled and put back, and the workers of the other end. It prints what was seen, and
fails at the first thing that is not so.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from config import processes
from config.check import PRODUCTION
from config.embedded import Servers, servers

ROOT = Path(__file__).resolve().parents[2]
NET, MIDDLE, BRIDGE = "10.77.0", "10.77.0.1", "etalase-br"
HOSTS = {"one": f"{NET}.11", "two": f"{NET}.12"}
PORTS = {"postgres": 5432, "redis": 6379}
HEADERS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7", "Host": "shop.example"}
FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "same-origin",
    "Origin": "https://shop.example",
}


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


# --- cables --------------------------------------------------------------------------------------


@contextlib.contextmanager
def network() -> Iterator[None]:
    """A bridge with MIDDLE as our own address, and a namespace at the end of a cable for each host."""
    try:
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", f"{MIDDLE}/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for name, address in HOSTS.items():
            run("ip", "netns", "add", f"etalase-{name}")
            run("ip", "link", "add", f"et-{name}", "type", "veth", "peer", "name", "eth0", "netns", f"etalase-{name}")
            run("ip", "link", "set", f"et-{name}", "master", BRIDGE, "up")
            for end in (
                ["addr", "add", f"{address}/24", "dev", "eth0"],
                ["link", "set", "eth0", "up"],
                ["link", "set", "lo", "up"],
            ):
                run("ip", "-n", f"etalase-{name}", *end)
        yield
    finally:
        for name in HOSTS:
            subprocess.run(["ip", "netns", "del", f"etalase-{name}"], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True, check=False)


def cable(name: str, state: str) -> None:
    run("ip", "link", "set", f"et-{name}", state)


def forward(port: int, path: Path) -> None:
    """Let hosts reach a server that listens on a socket of this machine only."""
    listener = socket.create_server((MIDDLE, port))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(path))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


# --- hosts ---------------------------------------------------------------------------------------


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        **PRODUCTION,
        "DATABASE_URL": f"postgresql://etalase@{MIDDLE}:{PORTS['postgres']}/etalase",
        "REDIS_URL": f"redis://{MIDDLE}:{PORTS['redis']}/0",
        "CELERY_BROKER_URL": f"redis://{MIDDLE}:{PORTS['redis']}/1",
        "EMAIL_URL": f"filemail:///{folder}/mail",
        "DJANGO_SETTINGS_MODULE": "tests.faults.served",
        "BENCH_FOLDER": str(folder),
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)]),
    }


QUEUES = {
    "celery": ["--concurrency", "2"],
    "money": ["--pool", "threads", "--concurrency", "4"],
}


def start(name: str, folder: Path, *what: str) -> subprocess.Popen[bytes]:
    inside = ["ip", "netns", "exec", f"etalase-{name}", sys.executable, "-W", "ignore:You're running the worker", "-m"]
    with (folder / f"{name}.log").open("ab") as log:
        return processes.start([*inside, *what], environment=environment(folder), folder=ROOT, output=log)


def start_web(name: str, folder: Path) -> subprocess.Popen[bytes]:
    return start(name, folder, "gunicorn", "--config", "python:config.gunicorn", "--bind", f"{HOSTS[name]}:8000")


def start_workers(name: str, folder: Path) -> list[subprocess.Popen[bytes]]:
    worker = ["celery", "--quiet", "--app", "config", "worker", "--loglevel", "WARNING"]
    return [
        start(name, folder, *worker, "--hostname", f"{queue}-{name}@%h", "--queues", queue, *how)
        for queue, how in QUEUES.items()
    ]


def start_clock(name: str, folder: Path) -> subprocess.Popen[bytes]:
    beat = ["celery", "--quiet", "--app", "config", "beat", "--loglevel", "WARNING"]
    return start(name, folder, *beat, "--schedule", str(folder / "beat"))


def ask(
    name: str, path: str, *, data: str = "", cookies: str = "", timeout: float = 15
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(HOSTS[name], 8000, timeout=timeout)
    try:
        more = FORM if data else {"Accept": "application/json"}
        connection.request("POST" if data else "GET", path, data or None, {**HEADERS, **more, "Cookie": cookies})
        response = connection.getresponse()
        given = "; ".join(line.split(";")[0] for line in response.headers.get_all("Set-Cookie") or [])
        return response.status, {**dict(response.getheaders()), "given": given}, response.read()
    finally:
        connection.close()


def until(what: str, is_so: Callable[[], Any], seconds: float = 60) -> None:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        with contextlib.suppress(OSError, HTTPException):
            if is_so():
                print(f"ok    {what} ({time.monotonic() - started:.1f} s)", flush=True)
                return
        time.sleep(0.25)
    raise SystemExit(f"NOT   {what}, within {seconds:.0f} s")


def must(what: str, is_so: bool) -> None:
    if not is_so:
        raise SystemExit(f"NOT   {what}")
    print(f"ok    {what}", flush=True)


# --- what is tried -------------------------------------------------------------------------------


GOODS = """
from datetime import timedelta
from django.utils import timezone
from shop.storefront import indexing
from tests.checkout.world import sell
sell("MUG", stock=50, now=timezone.now() - timedelta(hours=1))
indexing.refresh(now=timezone.now())
"""


def fill(here: Servers, folder: Path) -> None:
    """A shop of one mug, from this side."""
    own = {**environment(folder), **here.environment()}
    steps = (["migrate", "-v0"], ["shell", "-v0", "-c", GOODS])
    for step in steps:
        subprocess.run([sys.executable, "manage.py", *step], env=own, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def count(here: Servers, statement: str) -> int:
    import psycopg

    with psycopg.connect(here.database_url) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return int(row[0])


def later(here: Servers, number: int) -> None:
    """Jobs for whichever worker is quicker."""
    import psycopg

    with psycopg.connect(here.database_url) as connection:
        connection.execute(
            "INSERT INTO shop_job (task, payload, key, due_at, attempts, error, created_at) SELECT 'orders.flag_short',"
            " jsonb_build_object('stock_item_id', (SELECT min(id) FROM shop_stockitem)), 'try/' || n, now(), 0, '', now()"
            " FROM generate_series(%s::int, %s::int) AS n",
            [number, number + 49],
        )


def cart(name: str, cookies: str) -> int:
    return int(json.loads(ask(name, "/cart/", cookies=cookies)[2])["cart"]["count"])


def seen_from_inside(name: str, path: str) -> int:
    """The status that a host gives to itself: by a cable that is pulled nobody else can ask."""
    code = f"import http.client as h; c = h.HTTPConnection('{HOSTS[name]}', 8000, timeout=15); "
    code += f"c.request('GET', '{path}', headers={HEADERS!r}); print(c.getresponse().status)"
    command = ["ip", "netns", "exec", f"etalase-{name}", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout or 0)


BEATING = "SELECT count(*) FROM shop_heartbeat WHERE at > now() - interval '%s seconds'"
DONE = "SELECT count(*) FROM shop_job WHERE key LIKE 'try/%' AND done_at IS NOT NULL"


def trial(here: Servers, workers: dict[str, list[subprocess.Popen[bytes]]]) -> None:
    for name in HOSTS:
        until(f"host {name} is ready", lambda name=name: ask(name, "/readyz")[0] == 200, 120)
    cookies = they_share(here)
    one_goes_on_alone(here, cookies)
    the_other_comes_back(here, cookies, workers)


def they_share(here: Servers) -> str:
    """Carts, goods and work; gives the cookies of a cart of three."""
    status, headers, _ = ask("one", "/cart/add/", data="sku=MUG&quantity=2")
    cookies = headers["given"]
    must("a cart begun at one host is there at the other", status == 302 and cart("two", cookies) == 2)
    ask("two", "/cart/add/", data="sku=MUG&quantity=1", cookies=cookies)
    must("and what is added there is here", cart("one", cookies) == 3)
    page = "/shop/ceramics/mug/"
    must("both show the product", all(b"24.00" in ask(name, page)[2] or b"$24" in ask(name, page)[2] for name in HOSTS))
    until("the clock and both queues are heard", lambda: count(here, BEATING % 90) == len(QUEUES), 120)
    later(here, 1)
    until("fifty jobs are done", lambda: count(here, DONE) == 50)
    must("each of them once", count(here, "SELECT max(attempts) FROM shop_job WHERE key LIKE 'try/%'") == 1)
    return cookies


def one_goes_on_alone(here: Servers, cookies: str) -> None:
    cable("two", "down")
    print("      -- the cable of host two is pulled", flush=True)
    must("host two lives", seen_from_inside("two", "/livez") == 200)
    must("and says that it is not ready", seen_from_inside("two", "/readyz") == 503)
    must("host one sells on", ask("one", "/cart/add/", data="sku=MUG&quantity=1", cookies=cookies)[0] == 302)
    later(here, 101)
    until("and its workers work on", lambda: count(here, DONE) == 100)


def the_other_comes_back(here: Servers, cookies: str, workers: dict[str, list[subprocess.Popen[bytes]]]) -> None:
    cable("two", "up")
    print("      -- and put back", flush=True)
    until("host two is ready again by itself", lambda: ask("two", "/readyz", timeout=5)[0] == 200, 120)
    must("with the cart as it is now", cart("two", cookies) == 4)
    processes.stop(*workers["one"], patience=60)
    print("      -- the workers of host one end", flush=True)
    stopped = count(here, "SELECT extract(epoch FROM clock_timestamp())::int")
    later(here, 201)
    until("those of host two do the work", lambda: count(here, DONE) == 150, 120)
    since = f"SELECT count(*) FROM shop_heartbeat WHERE at > to_timestamp({stopped + 1})"  # noqa: S608 - a number
    until("of both queues", lambda: count(here, since) == len(QUEUES), 150)


def main() -> int:
    if os.geteuid() != 0:
        print("Network namespaces want root.", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory(prefix="etalase-hosts-")))
        here = leaving.enter_context(servers(ROOT, throwaway=True))
        leaving.enter_context(network())
        forward(PORTS["postgres"], here.home.sockets / ".s.PGSQL.5432")
        forward(PORTS["redis"], here.home.redis_socket)
        fill(here, folder)
        webs = [start_web(name, folder) for name in HOSTS]
        workers = {name: start_workers(name, folder) for name in HOSTS}
        clock = start_clock("one", folder)
        leaving.callback(processes.stop, clock, *webs, *workers["one"], *workers["two"])
        try:
            trial(here, workers)
        except BaseException:
            for name in HOSTS:
                print(f"--- {name}\n{(folder / f'{name}.log').read_text()[-3000:]}", file=sys.stderr)
            raise
    print("Two hosts are one shop.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
