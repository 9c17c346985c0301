"""A small client for 127.0.0.1: one kept connection, and several of them at once for a while."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

HOST = "127.0.0.1"
PATIENCE = 60  # seconds for one answer
# What the proxy in front of a production server says.
PROXIED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Ask:
    """A request. What `headers` say is added to what the proxy says."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Visitor:
    """Somebody with one connection and cookies."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection(HOST, port, timeout=PATIENCE)
        self.cookies: dict[str, str] = {}
        self.asked = 0

    def ask(self, ask: Ask) -> Answer:
        """Raises OSError when nobody answers."""
        self.asked += 1
        headers = {**PROXIED, **ask.headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if ask.body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self.connection.request(ask.method, ask.path, body=ask.body or None, headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - started
        given = dict(_cookies(response.headers.get_all("Set-Cookie") or []))
        self.cookies |= given
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, given, body, seconds)

    def get(self, path: str) -> Answer:
        return self.ask(Ask(path))

    def close(self) -> None:
        self.connection.close()


def _cookies(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, rest = line.partition("=")
        yield name, rest.partition(";")[0]


@contextmanager
def visiting(port: int) -> Iterator[Visitor]:
    visitor = Visitor(port)
    try:
        yield visitor
    finally:
        visitor.close()


def crowd(port: int, people: int, seconds: float, visit: Callable[[Visitor], None]) -> tuple[int, float]:
    """`people` at once, each visiting again and again for `seconds`; (visits, seconds that they really took).

    The first error of any of them is raised.
    """
    deadline = time.monotonic() + seconds
    visits, errors = [0] * people, []
    start = threading.Barrier(people)

    def go(place: int) -> None:
        try:
            with visiting(port) as visitor:
                start.wait(timeout=PATIENCE)
                while time.monotonic() < deadline:
                    visit(visitor)
                    visits[place] += 1
        except (OSError, AssertionError, threading.BrokenBarrierError) as error:
            errors.append(error)

    threads = [threading.Thread(target=go, args=(place,)) for place in range(people)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + PATIENCE)
    if errors:
        raise errors[0]
    return sum(visits), time.monotonic() - began
