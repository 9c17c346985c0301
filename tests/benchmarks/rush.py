"""Two dozen clients press Pay again and again, with baskets of one to eight things off the same shelves: how many orders a
second, how long one takes, and whether two of them ever wait for each other in a circle."""

import queue
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from tests.benchmarks.sale import AT_THE_TILL, Cookies, Outcome, Shopper

CLIENTS, SECONDS = 24, 120
A_SECOND = 200  # baskets that are made ready for each second: more than two cores can place


@dataclass(frozen=True)
class Rush:
    outcomes: dict[str, int]
    seconds: float
    per_second: float
    p50: float
    p95: float
    slowest: float
    deadlocks: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def deadlocks(server_url: str, database: str) -> int:
    """How many the database has found since it was made, as it counts (and logs) them itself."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [database]).fetchone()
    assert row is not None
    return row[0]


def place_for(port: int, cookies: list[Cookies], seconds: float) -> tuple[list[Outcome], float]:
    """Place the baskets, CLIENTS at once, for so long or until none is left; (outcomes, seconds that it took)."""
    with ThreadPoolExecutor(AT_THE_TILL) as till:
        ready = list(till.map(lambda one: Shopper.at_the_till(port, one), cookies))
    waiting: queue.SimpleQueue[Shopper] = queue.SimpleQueue()
    for shopper in ready:
        waiting.put(shopper)
    began = time.monotonic()

    def go(_client: int) -> list[Outcome]:
        done = []
        while time.monotonic() - began < seconds:
            try:
                done.append(waiting.get_nowait().press_pay(port))
            except queue.Empty:
                break
        return done

    with ThreadPoolExecutor(CLIENTS) as clients:
        outcomes = [one for done in clients.map(go, range(CLIENTS)) for one in done]
    return outcomes, time.monotonic() - began


def judge(outcomes: list[Outcome], seconds: float, deadlocks: int) -> Rush:
    times = sorted(outcome.seconds for outcome in outcomes)
    kinds = Counter(outcome.kind for outcome in outcomes)
    p95 = times[int(len(times) * 0.95)]
    return Rush(dict(kinds), seconds, kinds["order"] / seconds, statistics.median(times), p95, times[-1], deadlocks)


def breaches(rush: Rush, books: dict[str, Any], before: int) -> list[str]:
    """What went wrong: nothing, one hopes."""
    found = list(books["breaches"])
    if rush.outcomes.keys() != {"order"}:
        found.append(f"{rush.outcomes}, where each was to be an order")
    if books["orders"] - before != rush.outcomes.get("order", 0):
        found.append(f"the books tell of {books['orders'] - before} orders")
    if rush.deadlocks:
        found.append(f"{rush.deadlocks} deadlocks")
    return found


def words(rush: Rush, found: list[str]) -> str:
    return (
        f"### Baskets of one to eight things\n\n{CLIENTS} clients for {rush.seconds:.0f} s: {rush.outcomes}, "
        f"{rush.per_second:.1f} orders a second, half within {rush.p50 * 1000:.0f} ms, p95 {rush.p95 * 1000:.0f} ms, the "
        f"slowest {rush.slowest:.1f} s; {rush.deadlocks} deadlocks. "
        f"{'The audit finds nothing.' if not found else 'WRONG: ' + '; '.join(found)}\n"
    )
