"""The harness of make bench must not take silence, or the wrong page, for speed."""

import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.benchmarks import costs, hooks, rush
from tests.benchmarks.client import HOST, Answer, Ask, crowd, visiting
from tests.benchmarks.measure import Bench, Figures
from tests.benchmarks.probes import CARD, Probe, page, probes
from tests.benchmarks.report import row, table
from tests.benchmarks.sale import BUYERS, UNITS, Outcome, Sale, breaches

FACTS = {
    "page_size": 24,
    "in_listing": 190,
    "deep_page": 8,
    "listing": "/shop/kitchen/",
    "filtered": "/shop/kitchen/?colour=indigo",
    "deep": "/shop/kitchen/?page=8",
    "search": "/search/?q=merapi",
    "found": 20,
    "suggest": "/search/suggest/?q=mera",
    "product": "/shop/kitchen/mugs/mug/",
    "title": "Mug",
    "sku": "MUG",
}


@pytest.fixture
def dead_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, headers, {}, body, 0.001)


def test_nobody_at_home_is_an_error_for_one_visitor_and_for_many(dead_port: int):
    with visiting(dead_port) as visitor, pytest.raises(ConnectionRefusedError):
        visitor.get("/")
    with pytest.raises(ConnectionRefusedError):
        crowd(dead_port, 3, 0.2, lambda visitor: visitor.get("/"))


def test_a_dead_shop_gets_an_error_in_place_of_figures(dead_port: int):
    class Dead:
        port = dead_port

    bench: Any = Bench(Dead(), Dead(), dict, None)  # type: ignore[arg-type]
    figures = bench.measure(Probe("home", Ask("/"), page()))
    assert "refused" in figures.error
    assert figures.ratio == figures.per_second == 0


@pytest.mark.parametrize(
    "wrong",
    [
        answer(500, CARD * 24 + b"Kitchen</html>"),
        answer(200, b""),
        answer(200, CARD * 24 + b"Kitchen"),
        answer(200, CARD * 23 + b"Kitchen</html>"),
        answer(200, CARD * 24 + b"</html>"),
    ],
    ids=["an error", "nothing", "half a page", "a card too few", "another page"],
)
def test_a_listing_must_be_whole_and_have_its_cards(wrong: Answer):
    listing = probes(FACTS)[1]
    listing.check(answer(200, CARD * 24 + b"Kitchen</html>\n"))
    with pytest.raises(AssertionError):
        listing.check(wrong)


def test_the_last_page_has_what_is_left():
    deep = next(probe for probe in probes(FACTS) if probe.name == "page 8")
    deep.check(answer(200, CARD * 22 + b"Kitchen</html>"))


def test_an_addition_must_lead_to_the_cart():
    add = probes(FACTS)[-1]
    add.check(answer(302, location="/cart/"))
    for wrong in (answer(302, location="/"), answer(200), answer(403)):
        with pytest.raises(AssertionError):
            add.check(wrong)


def test_work_is_counted_on_the_cpu_and_a_process_that_ended_is_noticed():
    busy = subprocess.Popen([sys.executable, "-c", "print(sum(range(3_000_000))); input()"], stdin=-1, stdout=-1)
    assert busy.stdout is not None
    try:
        busy.stdout.readline()
        before = costs.read({"python": [busy.pid]})
        assert costs.on_cpu(busy.pid) > 10_000_000
        assert busy.pid in costs.children(os.getpid())
        assert costs.read({"python": [busy.pid]}).since(before)["python"] < 0.01
    finally:
        busy.communicate(b"\n")
    with pytest.raises(AssertionError, match="ended"):
        costs.read({"python": []}).since(before)


def test_the_table_tells_figures_from_failures():
    good = Figures("home", sql=2, cpu_ms={"python": 3, "postgres": 1}, floor_ms=0.5)
    lines = table([row(good), row(Figures("search", error="status 500"))]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [cell.strip() for cell in lines[2].split("|")[1:5]] == ["home", "2.0", "4.00", "8.0"]
    assert "status 500" in lines[3]


def test_an_order_a_kind_refusal_and_a_failure_are_told_apart():
    kinds = [
        Outcome(302, "/orders/ET-1/abc/", 1).kind,
        Outcome(302, "/cart/", 1).kind,
        Outcome(302, "/checkout/payment/", 1).kind,
        Outcome(500, "", 1).kind,
    ]
    assert kinds == ["order", "refusal", "status 302", "status 500"]


def test_a_sale_must_sell_every_unit_once_and_the_books_must_agree():
    books = {"orders": UNITS, "reserved": UNITS, "on_hand": UNITS, "breaches": []}
    good = {"order": UNITS, "refusal": BUYERS - UNITS}

    def wrong(outcomes: dict[str, int] = good, **more: Any) -> list[str]:
        return breaches(Sale(outcomes, 1, 1, 1, 1), {**books, **more})

    assert wrong() == []
    assert len(wrong({"order": UNITS + 1, "refusal": BUYERS - UNITS - 1})) == 1
    assert len(wrong({"order": UNITS, "refusal": BUYERS - UNITS - 1, "status 500": 1})) == 1
    assert len(wrong(orders=UNITS + 1)) == len(wrong(reserved=UNITS - 1)) == 1
    assert wrong(breaches=["shelf 1: short"]) == ["shelf 1: short"]


def test_a_rush_ends_in_orders_and_without_deadlocks():
    done = [Outcome(302, "/orders/ET-1/abc/", seconds) for seconds in (0.1, 0.2, 0.3, 0.4)]
    held = rush.judge(done, 2.0, 0)
    assert (held.per_second, held.slowest) == (2.0, 0.4)
    books = {"orders": 14, "breaches": []}
    assert rush.breaches(held, books, before=10) == []
    assert len(rush.breaches(rush.judge(done, 2.0, 1), books, before=10)) == 1
    assert len(rush.breaches(held, {**books, "orders": 13}, before=10)) == 1
    refused = [*done, Outcome(302, "/cart/", 1)]
    assert len(rush.breaches(rush.judge(refused, 2.0, 0), books, before=10)) == 1


def test_a_storm_repeats_a_third_of_its_messages_and_loses_none():
    messages = [hooks.Message(f"pi_{number}", b"") for number in range(700)]
    storm = hooks.shuffled(messages)
    assert len(storm) == 1000
    assert set(storm) == set(messages)
    assert storm[:700] != messages


def test_a_storm_that_lost_payments_or_was_answered_otherwise_is_wrong():
    storm = hooks.Storm(payments=3, posted=4, seconds=2, statuses={200: 3, 503: 1}, paid=2)
    assert storm.accepted_per_second == 1.5
    found = hooks.breaches(storm, {"breaches": [], "confirmed": 2})
    assert len(found) == 3
    whole = hooks.Storm(payments=3, posted=3, seconds=2, statuses={200: 3}, paid=3)
    assert hooks.breaches(whole, {"breaches": [], "confirmed": 3}) == []


def test_the_wait_for_money_counts_from_the_first_message():
    postman, watcher = hooks.Postman(1), hooks.Watcher("", 2)
    postman.answers, postman.told_at = [(200, 0.1)] * 4, {"pi_1": 10.0, "pi_2": 11.0}
    watcher.paid_at = {"pi_1": 12.0, "pi_2": 15.0}
    storm = hooks.judge(postman, watcher, 2, 2.0, 13.0)
    assert (storm.paid_p50, storm.paid_p95, storm.after_last) == (3.0, 4.0, 2.0)
