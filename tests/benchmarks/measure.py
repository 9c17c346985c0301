"""Measuring one probe: its cost beside the floor's in the same minute, its statements, its times and its size."""

import gzip
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks import costs
from tests.benchmarks.client import Answer, Ask, Visitor, crowd, visiting
from tests.benchmarks.probes import Missing, Probe, in_cart
from tests.benchmarks.stage import Server

ROUNDS = 5
REQUESTS = 40  # of a round, floor and page alike
ROUND_SECONDS = 3
WARM_UPS = 8  # connections, so that every worker gets some
CROWD, CROWD_SECONDS = 8, 3
NOT_YET = "not there yet"
COUNTED = 10  # requests whose statements are counted


def _is_floor(answer: Answer) -> None:
    assert (answer.status, len(answer.body)) == (200, 40_000), f"{answer.status} with {len(answer.body)} bytes"


FLOOR = Probe("floor", Ask("/"), _is_floor)


@dataclass
class Figures:
    name: str
    error: str = ""
    sql: float = 0
    cpu_ms: dict[str, float] = field(default_factory=dict)
    floor_ms: float = 0
    p50_ms: float = 0
    p95_ms: float = 0
    per_second: float = 0
    bytes: int = 0
    gzipped: int = 0
    requests: int = 0
    statements: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total_ms(self) -> float:
        return sum(self.cpu_ms.values())

    @property
    def ratio(self) -> float:
        return self.total_ms / self.floor_ms if self.floor_ms else 0

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "total_ms": round(self.total_ms, 3), "ratio": round(self.ratio, 2)}


@dataclass
class Bench:
    """The servers that take part. `parts` tells which processes work for the shop now."""

    shop: Server
    floor: Server
    parts: Callable[[], dict[str, Iterable[int]]]
    statements: costs.Statements

    def measure(self, probe: Probe) -> Figures:
        """All figures of `probe`; with `error` when an answer was wrong or there was none."""
        figures = Figures(probe.name)
        try:
            self._warm_up(probe)
            self._count_statements(probe, figures)
            self._alternate(probe, figures)
            visits, seconds = crowd(self.shop.port, CROWD, CROWD_SECONDS, lambda visitor: _visit(probe, visitor))
            figures.per_second = visits / seconds
            assert visits, "nobody was served"
        except Missing:
            figures.error = NOT_YET
        except (AssertionError, OSError) as error:
            figures.error = str(error) or type(error).__name__
        return figures

    def _warm_up(self, probe: Probe) -> None:
        for _ in range(WARM_UPS):
            with visiting(self.shop.port) as visitor, visiting(self.shop.port) as other:
                for _again in range(2):
                    probe.visit(visitor)
                    answer = probe.visit(other)
        assert answer.status < 400

    def _count_statements(self, probe: Probe, figures: Figures) -> None:
        with visiting(self.shop.port) as visitor:
            probe.visit(visitor)
            self.statements.begin()
            for _ in range(COUNTED):
                answer = probe.visit(visitor)
        seen = self.statements.seen()
        figures.sql = sum(calls for _query, calls, _ms in seen) / COUNTED
        figures.bytes, figures.gzipped = len(answer.body), len(gzip.compress(answer.body, 6))
        figures.statements = [
            {"query": query, "calls": calls / COUNTED, "ms": round(ms / COUNTED, 3)} for query, calls, ms in seen
        ]

    def _alternate(self, probe: Probe, figures: Figures) -> None:
        """Floor and page in turns, so that both meet the same machine."""
        floor = {"floor": self.floor.pids}
        floor_spent, spent, times, floor_asked = 0.0, dict[str, float](), list[float](), 0
        for _ in range(ROUNDS):
            taken, cost = _round(FLOOR, self.floor.port, lambda: floor)
            floor_asked, floor_spent = floor_asked + len(taken), floor_spent + cost["floor"]
            taken, cost = _round(probe, self.shop.port, self.parts)
            times += taken
            spent = {part: spent.get(part, 0) + seconds for part, seconds in cost.items()}
        figures.requests = len(times)
        figures.floor_ms = floor_spent / floor_asked * 1000
        figures.cpu_ms = {part: seconds / len(times) * 1000 for part, seconds in spent.items()}
        figures.p50_ms = statistics.median(times) * 1000
        figures.p95_ms = statistics.quantiles(times, n=20)[-1] * 1000


def _round(probe: Probe, port: int, parts: Callable[[], Any]) -> tuple[list[float], dict[str, float]]:
    """(seconds of each request, seconds on a CPU by part). The first request of the connection is not counted."""
    with visiting(port) as visitor:
        probe.visit(visitor)
        before, deadline = costs.read(parts()), time.monotonic() + ROUND_SECONDS
        times = []
        while len(times) < REQUESTS and time.monotonic() < deadline:
            times.append(probe.visit(visitor).seconds)
        spent = costs.read(parts()).since(before)
        if probe.most:
            assert in_cart(visitor) == len(times) + 1, "the cart does not hold what was added"
    assert sum(spent.values()) > 0, "no process worked"
    return times, spent


def _visit(probe: Probe, visitor: Visitor) -> None:
    probe.visit(visitor)
