"""A storm of webhooks: a hundred a second, shuffled, a third of them twice, against a running shop with its worker.

How many are taken a second, how long it takes from the first message about a payment until its order is paid, and whether
all is booked half a minute after the last. Stripe is its stand-in, which answers every look.
"""

import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import stripe

from config import processes
from sandbox.stripe import StripeSandbox, stripe_sandbox, webhooks
from tests.benchmarks import stage
from tests.benchmarks.client import HOST, PATIENCE, PROXIED
from tests.benchmarks.costs import on_cpu

A_SECOND, SECONDS = 100, 60
TWICE = 0.3  # of all that is posted
OF_EACH = 2  # messages about a payment: declined, then paid
AFTERWARDS = 30  # seconds after the last in which everything must be booked
PATIENT = 90
HANDS = 24  # who post at once
SECRET = "whsec_bench"
ADDRESS = "/payments/stripe/webhook/"


@dataclass(frozen=True)
class Message:
    """`ref`: the payment it is about."""

    ref: str
    body: bytes


@dataclass
class Storm:
    payments: int
    posted: int = 0
    seconds: float = 0
    statuses: dict[int, int] = field(default_factory=dict)
    answer_p50: float = 0
    answer_p95: float = 0
    paid_p50: float = 0
    paid_p95: float = 0
    paid: int = 0
    after_last: float = 0  # until the last order was paid
    taking: float = 0  # milliseconds of CPU in the web's processes for each message
    settling: float = 0  # and in the payments' worker for each payment

    @property
    def accepted_per_second(self) -> float:
        return self.statuses.get(200, 0) / self.seconds

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "accepted_per_second": round(self.accepted_per_second, 1)}


def environment(env: Mapping[str, str], bank: StripeSandbox) -> dict[str, str]:
    """The shop's, led to the stand-in."""
    return {
        **env,
        "ALLOW_TEST_PAYMENTS": "1",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_bench",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": bank.base_url,
        "LOG_LEVEL": "WARNING",
    }


def payments_for(seconds: int) -> int:
    return int(seconds * A_SECOND * (1 - TWICE) / OF_EACH)


@contextmanager
def bank() -> Iterator[StripeSandbox]:
    """An account that tells nobody by itself."""
    with stripe_sandbox(webhook_url="http://127.0.0.1:9/", webhook_secret=SECRET) as running:
        running.control.hold()
        yield running


def pay(bank: StripeSandbox, refs: list[str]) -> list[Message]:
    """Each is declined once, then paid; what Stripe would say of it, in its order."""
    client = stripe.StripeClient("sk_test_shopper", base_addresses={"api": bank.base_url}, max_network_retries=0)
    for ref in refs:
        for card in ("pm_card_chargeDeclined", "pm_card_visa"):
            try:
                client.v1.payment_intents.confirm(ref, {"payment_method": card, "return_url": "https://shop.example/"})
            except stripe.CardError:
                continue
    account = bank.control.account
    with account.lock:
        (endpoint,) = account.of_kind("webhook_endpoint")
        told = [e for e in account.of_kind("event") if e["type"].endswith((".payment_failed", "intent.succeeded"))]
        bodies = [(e["data"]["object"]["id"], webhooks.payload_for(account, e, endpoint)) for e in told]
    return [Message(ref, body) for ref, body in bodies]


def shuffled(messages: list[Message]) -> list[Message]:
    """With TWICE of all posts being repetitions, in any order."""
    dice = random.Random(5)
    again = dice.choices(messages, k=round(len(messages) * TWICE / (1 - TWICE)))
    all_of_them = [*messages, *again]
    dice.shuffle(all_of_them)
    return all_of_them


class Postman:
    """Posts at a steady pace, whatever the answers take, over kept connections."""

    def __init__(self, port: int) -> None:
        self.port, self.mine = port, threading.local()
        self.answers: list[tuple[int, float]] = []
        self.told_at: dict[str, float] = {}

    def post(self, message: Message, due: float) -> None:
        time.sleep(max(0.0, due - time.monotonic()))
        connection = getattr(self.mine, "connection", None)
        if connection is None:
            connection = self.mine.connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        signature = webhooks.sign(message.body, SECRET, int(time.time()))
        headers = {**PROXIED, "Content-Type": "application/json", "Stripe-Signature": signature}
        began = time.monotonic()
        connection.request("POST", ADDRESS, body=message.body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        self.answers.append((answer.status, time.monotonic() - began))
        self.told_at.setdefault(message.ref, began)


class Watcher(threading.Thread):
    """Sees within a tenth of a second which payments are booked."""

    def __init__(self, url: str, wanted: int) -> None:
        super().__init__(daemon=True)
        self.url, self.wanted, self.over = url, wanted, threading.Event()
        self.paid_at: dict[str, float] = {}

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while len(self.paid_at) < self.wanted and not self.over.wait(0.1):
                rows = connection.execute("SELECT provider_ref FROM shop_payment WHERE state = 'captured'").fetchall()
                now = time.monotonic()
                for (ref,) in rows:
                    self.paid_at.setdefault(ref, now)


@contextmanager
def workers(env: Mapping[str, str], folder: Path) -> Iterator[int]:
    """As in compose.yaml: one for payments, one for everything else, and the clock. Gives the first one's process."""
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    of_both = ["worker", "--loglevel", "INFO", "--queues"]
    kinds: dict[str, list[str | Path]] = {
        "money": [*celery, *of_both, "money", "--pool", "threads", "--concurrency", "4"],
        "worker": ["nice", "-n", "10", *celery, *of_both, "celery", "--concurrency", "2"],
        "beat": [*celery, "beat", "--schedule", folder / "beat.schedule", "--loglevel", "WARNING"],
    }
    with ExitStack() as logs:
        running = {
            name: processes.start(
                command,
                environment={**env, "LOG_LEVEL": "INFO"},
                folder=stage.ROOT,
                output=logs.enter_context((folder / f"{name}.log").open("wb")),
            )
            for name, command in kinds.items()
        }
        try:
            yield running["money"].pid
        finally:
            processes.stop(*running.values())


def blow(shop: stage.Server, worker: int, database: str, messages: list[Message], payments: int) -> Storm:
    """Post all of `messages` and wait until everything is booked, or for long enough. `worker`: the payments' process."""
    postman, watcher = Postman(shop.port), Watcher(database, payments)
    watcher.start()
    web, began = [*shop.workers], time.monotonic()
    before = sum(map(on_cpu, web)), on_cpu(worker)
    with ThreadPoolExecutor(HANDS) as hands:
        posts = [hands.submit(postman.post, each, began + n / A_SECOND) for n, each in enumerate(messages)]
        for each in posts:
            each.result()
    last = time.monotonic()
    watcher.join(PATIENT)
    watcher.over.set()
    storm = judge(postman, watcher, payments, last - began, last)
    storm.taking = (sum(map(on_cpu, web)) - before[0]) / 1e6 / storm.posted
    storm.settling = (on_cpu(worker) - before[1]) / 1e6 / max(1, storm.paid)
    return storm


def judge(postman: Postman, watcher: Watcher, payments: int, seconds: float, last: float) -> Storm:
    waits = sorted(watcher.paid_at[ref] - told for ref, told in postman.told_at.items() if ref in watcher.paid_at)
    times = sorted(took for _status, took in postman.answers)
    statuses: dict[int, int] = {}
    for status, _took in postman.answers:
        statuses[status] = statuses.get(status, 0) + 1
    return Storm(
        payments,
        posted=len(postman.answers),
        seconds=seconds,
        statuses=statuses,
        answer_p50=statistics.median(times),
        answer_p95=times[int(len(times) * 0.95)],
        paid_p50=statistics.median(waits) if waits else 0,
        paid_p95=waits[int(len(waits) * 0.95)] if waits else 0,
        paid=len(watcher.paid_at),
        after_last=max([0.0, *(at - last for at in watcher.paid_at.values())]),
    )


def breaches(storm: Storm, books: dict[str, Any]) -> list[str]:
    """What went wrong: nothing, one hopes."""
    found = list(books["breaches"])
    if set(storm.statuses) != {200}:
        found.append(f"answers {storm.statuses}")
    if storm.paid != storm.payments:
        found.append(f"{storm.payments - storm.paid} of {storm.payments} payments are not booked")
    if books["confirmed"] != storm.payments:
        found.append(f"the books tell of {books['confirmed']} paid orders")
    return found


def words(storm: Storm, found: list[str]) -> str:
    kept = "" if storm.after_last <= AFTERWARDS else f" (the bar: {AFTERWARDS} s)"
    return (
        f"### A storm of webhooks\n\n{storm.posted} messages about {storm.payments} payments in {storm.seconds:.0f} s, "
        f"{TWICE:.0%} of them twice, shuffled: {storm.accepted_per_second:.0f} taken a second, answered within "
        f"{storm.answer_p50 * 1000:.0f} ms (p95 {storm.answer_p95 * 1000:.0f} ms); from the first message until paid "
        f"{storm.paid_p50:.1f} s (p95 {storm.paid_p95:.1f} s); all booked {storm.after_last:.1f} s after the last{kept}. "
        f"A message costs the web {storm.taking:.1f} ms of CPU, a payment its worker {storm.settling:.1f} ms. "
        f"{'The audit finds nothing.' if not found else 'WRONG: ' + '; '.join(found)}\n"
    )
