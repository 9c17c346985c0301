"""What is measured: a request for each kind of page, and how to tell that the answer was the right one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.client import Answer, Ask, Visitor

RANKED = 1_000  # finds of a search that are ranked at most, see search.operations.rank
CARD = b'<article class="card'
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
Check = Callable[[Answer], None]


class Missing(Exception):
    """The shop has no such address yet."""


@dataclass
class Probe:
    """`most` requests are sent with the same cookies, then a new visitor comes; 0: cookies make no difference."""

    name: str
    ask: Ask
    check: Check
    most: int = 0

    def visit(self, visitor: Visitor) -> Answer:
        """Ask once and look at the answer. Raises AssertionError when it is not what it should be."""
        if self.most and visitor.asked % self.most == 0:
            visitor.cookies.clear()
        answer = visitor.ask(self.ask)
        visitor.cookies.pop("messages", None)  # seen: a browser is led to the page that shows it
        self.check(answer)
        return answer


def page(words: str = "", cards: int | None = None) -> Check:
    """A whole page: 200, with `words` and, if it is known how many, exactly so many cards."""

    def check(answer: Answer) -> None:
        assert answer.status == 200, f"status {answer.status}"
        assert answer.body.rstrip().endswith(b"</html>"), "not a whole page"
        assert words.encode() in answer.body, f"{words!r} is not on it"
        found = answer.body.count(CARD)
        assert cards is None or found == cards, f"{found} cards instead of {cards}"

    return check


def _suggestions(word: str) -> Check:
    def check(answer: Answer) -> None:
        if answer.status == 404:
            raise Missing
        assert answer.status == 200, f"status {answer.status}"
        assert word.encode() in answer.body, f"{word!r} is not among the suggestions"

    return check


def _added(answer: Answer) -> None:
    assert answer.status in (302, 303), f"status {answer.status}"
    assert answer.headers["location"].endswith("/cart/"), f"led to {answer.headers['location']}"


def probes(facts: Mapping[str, Any]) -> list[Probe]:
    size = facts["page_size"]
    last = min(size, facts["in_listing"] - (facts["deep_page"] - 1) * size)
    body = f"sku={facts['sku']}&quantity=1"
    return [
        Probe("home", Ask("/"), page("<h1")),
        Probe("category, page 1", Ask(facts["listing"]), page("Kitchen", size)),
        Probe("filtered and sorted", Ask(facts["filtered"]), page("Kitchen", size)),
        Probe(f"page {facts['deep_page']}", Ask(facts["deep"]), page("Kitchen", last)),
        Probe("search", Ask(facts["search"]), page(str(min(RANKED, facts["found"])), min(size, facts["found"]))),
        Probe("suggestion", Ask(facts["suggest"]), _suggestions("Merapi")),
        Probe("product", Ask(facts["product"]), page(facts["title"])),
        Probe("add to cart", Ask("/cart/add/", "POST", body, OWN_PAGE), _added, most=90),
    ]


def in_cart(visitor: Visitor) -> int:
    """How many things are in the visitor's cart."""
    answer = visitor.ask(Ask("/cart/", headers={"Accept": "application/json"}))
    assert answer.status == 200, f"status {answer.status}"
    return json.loads(answer.body)["cart"]["count"]
