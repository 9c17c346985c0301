"""Placing orders over HTTP: what one costs, and what happens when 500 people want the last 50 units at once."""

import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks import costs
from tests.benchmarks.client import HOST, Ask, visiting
from tests.benchmarks.measure import FLOOR, Bench, Figures
from tests.benchmarks.probes import OWN_PAGE

PAYMENT = "/checkout/payment/"
ORDERS, BUYERS, UNITS = 30, 500, 50
AT_THE_TILL = 16  # who look at the payment page at once; as many as the server has threads
FIELDS = {"key", "total", "currency", "csrfmiddlewaretoken"}
FIELD = re.compile(rf'name="({"|".join(sorted(FIELDS))})" value="([^"]+)"')

Cookies = dict[str, str]


@dataclass(frozen=True)
class Shopper:
    """Somebody at the payment page, and what their Pay button sends."""

    cookies: Cookies
    ask: Ask

    @classmethod
    def at_the_till(cls, port: int, cookies: Cookies) -> "Shopper":
        with visiting(port) as visitor:
            visitor.cookies = dict(cookies)
            answer = visitor.get(PAYMENT)
            assert answer.status == 200, f"the payment page answers {answer.status}"
            fields = dict(FIELD.findall(answer.body.decode()))
            assert fields.keys() == FIELDS, f"the payment page asks for {sorted(fields)}"
            headers = {**OWN_PAGE, "Origin": f"https://{HOST}:{port}"}
            return cls(visitor.cookies, Ask(PAYMENT, "POST", urlencode(fields), headers))

    def press_pay(self, port: int) -> "Outcome":
        with visiting(port) as visitor:
            visitor.cookies = dict(self.cookies)
            answer = visitor.ask(self.ask)
        return Outcome(answer.status, answer.headers.get("location", ""), answer.seconds)


@dataclass(frozen=True)
class Outcome:
    status: int
    led_to: str
    seconds: float

    @property
    def kind(self) -> str:
        if self.status in (302, 303) and self.led_to.startswith("/orders/"):
            return "order"
        return "refusal" if self.status in (302, 303) and self.led_to == "/cart/" else f"status {self.status}"


def place_orders(bench: Bench, cookies: list[Cookies]) -> Figures:
    """What placing an order costs: only the last request of the checkout, one after the other."""
    port, figures = bench.shop.port, Figures("place order")
    try:
        queue = [Shopper.at_the_till(port, one) for one in cookies]
        bench.statements.begin()
        before = costs.read(bench.parts())
        outcomes = [shopper.press_pay(port) for shopper in queue]
        spent = costs.read(bench.parts()).since(before)
        seen = bench.statements.seen()
        assert {outcome.kind for outcome in outcomes} == {"order"}, Counter(one.kind for one in outcomes)
    except (AssertionError, OSError) as error:
        figures.error = str(error) or type(error).__name__
        return figures
    count, times = len(outcomes), [outcome.seconds for outcome in outcomes]
    figures.requests, figures.sql = count, sum(calls for _query, calls, _ms in seen) / count
    figures.statements = [{"query": query, "calls": calls / count, "ms": ms / count} for query, calls, ms in seen]
    figures.cpu_ms = {part: seconds / count * 1000 for part, seconds in spent.items()}
    figures.floor_ms = _floor_ms(bench)
    figures.p50_ms = statistics.median(times) * 1000
    figures.p95_ms = statistics.quantiles(times, n=20)[-1] * 1000
    return figures


def _floor_ms(bench: Bench, requests: int = 100) -> float:
    parts = {"floor": bench.floor.pids}
    with visiting(bench.floor.port) as visitor:
        FLOOR.visit(visitor)
        before = costs.read(parts)
        for _ in range(requests):
            FLOOR.visit(visitor)
        return costs.read(parts).since(before)["floor"] / requests * 1000


@dataclass(frozen=True)
class Sale:
    outcomes: dict[str, int]
    seconds: float
    p50: float
    slowest: float
    browsing_p95: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def flash_sale(port: int, cookies: list[Cookies], browse: str) -> Sale:
    """Everybody presses Pay at the same moment, while somebody else looks around at `browse`."""
    with ThreadPoolExecutor(AT_THE_TILL) as till:
        shoppers = list(till.map(lambda one: Shopper.at_the_till(port, one), cookies))
    start, over = threading.Barrier(len(shoppers) + 1), threading.Event()
    looks: list[float] = []

    def buy(shopper: Shopper) -> Outcome:
        start.wait(timeout=60)
        return shopper.press_pay(port)

    def look_around() -> None:
        with visiting(port) as visitor:
            while not over.is_set():
                answer = visitor.get(browse)
                assert answer.status == 200, f"{browse} answers {answer.status}"
                looks.append(answer.seconds)

    with ThreadPoolExecutor(len(shoppers) + 1) as crowd:
        buying = [crowd.submit(buy, shopper) for shopper in shoppers]
        looking = crowd.submit(look_around)
        start.wait(timeout=60)
        began = time.monotonic()
        outcomes = [one.result() for one in buying]
        seconds = time.monotonic() - began
        over.set()
        looking.result()
    times = sorted(outcome.seconds for outcome in outcomes)
    kinds = Counter(outcome.kind for outcome in outcomes)
    return Sale(dict(kinds), seconds, statistics.median(times), times[-1], _p95(looks))


def _p95(times: Iterable[float]) -> float:
    ordered = sorted(times)
    return ordered[int(len(ordered) * 0.95)] if ordered else 0


def breaches(sale: Sale, books: dict[str, Any]) -> list[str]:
    """What went wrong in a sale of UNITS to BUYERS: nothing, one hopes. Its speed is told, not judged."""
    found = list(books["breaches"])
    if sale.outcomes != {"order": UNITS, "refusal": BUYERS - UNITS}:
        found.append(f"{sale.outcomes} instead of {UNITS} orders and {BUYERS - UNITS} refusals")
    if (books["orders"], books["reserved"]) != (UNITS, UNITS):
        found.append(f"the books tell of {books['orders']} orders and {books['reserved']} units promised")
    return found


def words(sale: Sale, found: list[str]) -> str:
    return (
        f"### Flash sale\n\n{BUYERS} buyers for {UNITS} units: {sale.outcomes}, all answered within {sale.seconds:.1f} s "
        f"(half within {sale.p50:.1f} s, the last after {sale.slowest:.1f} s); browsing meanwhile p95 "
        f"{sale.browsing_p95:.2f} s. {'The audit finds nothing.' if not found else 'WRONG: ' + '; '.join(found)}\n"
    )
