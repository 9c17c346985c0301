"""A new master (USR2, for new code) or new workers (HUP) while people buy: nobody's request is lost, and what they were
told is in the tables. Who kills or just ends them is noticed.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from config import gunicorn as production
from config import testing
from config.check import PRODUCTION
from shop.cart.models import CartLine
from shop.storefront.models import PageViews
from tests.benchmarks import costs
from tests.benchmarks.client import HOST, Ask, visiting
from tests.benchmarks.probes import OWN_PAGE
from tests.benchmarks.stage import ROOT, SHOP, Server, gunicorn
from tests.checkout.world import sell

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PEOPLE, TIMES, VISITS, PATIENCE = 4, 2, 12, 60
ADD = Ask("/cart/add/", "POST", "sku=MUG&quantity=1", OWN_PAGE)
READ = Ask("/shop/ceramics/mug/", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})


def environment(folder: Path) -> dict[str, str]:
    """Production's settings, on the database of this test."""
    return {
        **os.environ,
        **PRODUCTION,
        "DATABASE_URL": testing.server_url(str(connection.settings_dict["NAME"])),
        "REDIS_URL": settings.REDIS_URL,
        "ALLOWED_HOSTS": HOST,
        "BASE_URL": f"https://{HOST}",
        "DJANGO_SETTINGS_MODULE": "tests.faults.served",
        "BENCH_FOLDER": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)]),
    }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sell("MUG", stock=100_000, now=timezone.now() - timedelta(hours=1))
    (tmp_path / "static").mkdir()
    with gunicorn(SHOP, environment(tmp_path), tmp_path / "web.log") as server:
        yield server


def until(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.1)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def heirs(master: int) -> list[int]:
    """Masters that it has started, once they have all their workers."""
    return [pid for pid in costs.children(master) if len(costs.children(pid)) == production.workers]


def begins_another(master: int, workers: list[int]) -> bool:
    """Ask for a new master; whether it is begun. One that has just taken over turns a deaf ear until its own is gone."""
    os.kill(master, signal.SIGUSR2)
    return not set(costs.children(master)) <= set(workers)


def renew(master: int, how: str) -> int:
    """Make the workers of now leave, by a signal to their master or by KILL to each; the pid of the master by then."""
    before, heir = costs.children(master), master
    if how == "KILL":
        for worker in before:
            os.kill(worker, signal.SIGKILL)
    elif how == "USR2":
        until("a new master is begun", lambda: begins_another(master, before))
        until("it has its workers", lambda: bool(heirs(master)))
        heir = heirs(master)[0]
        os.kill(master, signal.SIGTERM)
    else:
        os.kill(master, signal.Signals[f"SIG{how}"])
    until("the old workers have left", lambda: not any(map(lives, before)))
    return heir


class Crowd:
    """People who put a mug into a cart again and again, each time on a connection of its own, as a proxy does."""

    def __init__(self, port: int) -> None:
        self.port, self.over = port, threading.Event()
        self.answers: Counter[int] = Counter()
        self.errors: list[Exception] = []
        self.threads = [threading.Thread(target=self._buy) for _ in range(PEOPLE)]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self.threads), "somebody waits for ever"

    def _buy(self) -> None:
        while not self.over.is_set():
            try:
                with visiting(self.port) as visitor:
                    self.answers[visitor.ask(ADD).status] += 1
            except (OSError, HTTPException) as error:
                self.errors.append(error)
                self.over.wait(0.1)

    def goes_on(self) -> None:
        """Wait until people are answered, all of them and more than once."""
        enough = self.answers.total() + 3 * PEOPLE
        until("people are answered", lambda: self.answers.total() >= enough)


@pytest.mark.parametrize("how", ["USR2", "HUP"])
def test_no_request_is_lost_while_others_take_over(server, how):
    master, first = server.process.pid, server.workers
    with Crowd(server.port) as crowd:
        crowd.goes_on()
        for _ in range(TIMES):
            master = renew(master, how)
            crowd.goes_on()
        assert not set(first) & set(costs.children(master))
    assert (master == server.process.pid) == (how == "HUP")
    assert crowd.errors == []
    assert set(crowd.answers) == {302}
    assert CartLine.objects.count() == crowd.answers.total()


@pytest.mark.parametrize("how", ["KILL", "TERM"])
def test_people_would_notice_any_other_way(server, how):
    with Crowd(server.port) as crowd:
        crowd.goes_on()
        renew(server.process.pid, how)
        until("somebody is refused", lambda: bool(crowd.errors))
    assert set(crowd.answers) == {302}
    assert CartLine.objects.count() >= crowd.answers.total(), "what they were told is so even then"


@pytest.mark.parametrize(("how", "kept"), [("USR2", VISITS), ("HUP", VISITS), ("TERM", VISITS), ("KILL", 0)])
def test_workers_write_down_who_read_what_when_they_leave(server, how, kept):
    for _ in range(VISITS):
        with visiting(server.port) as visitor:
            assert visitor.ask(READ).status == 200
    renew(server.process.pid, how)
    assert (PageViews.objects.aggregate(all=Sum("views"))["all"] or 0) == kept
