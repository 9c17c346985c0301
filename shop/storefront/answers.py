"""Whole answers that a process remembers, each with the questions that tell at every visit whether it is still true.

A public page is the same for everybody who asks for the same address in the same currency. Before it is made, its
questions are asked (see `questions`): which edition it is, which transactions wrote the rows that it tells of. Answer and
questions are kept together; the next visit asks anew, and only if nothing has changed it gets what is kept, before
sessions, logins, forms and templates are set up. Nothing expires, and nobody has to say that something has changed.

    answers.keep(request, lambda now: ...)     in a view, before it reads what it shows

What differs between two visitors does not belong into such a view; what is to happen at every visit is said to `each_visit`.
An answer is not kept when a session was looked at, a cookie set or a picture missing.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse

from shop.catalogue.currency import COOKIE
from shop.storefront.edition import MISSING

Ask = Callable[[datetime], Hashable]  # the same value, the same page; given the instant of the visit
Then = Callable[[Any], None]
FRAGMENT = ("HTTP_HX_REQUEST", "HTTP_HX_HISTORY_RESTORE_REQUEST")  # what decides whether a fragment is meant
ROOM = 8_000_000  # bytes of answers that a process remembers, the least recently given go first


class Condition(NamedTuple):
    """What was asked, and what was true when the answer was made."""

    ask: Ask
    truth: Hashable


class Kept(NamedTuple):
    body: bytes
    headers: list[tuple[str, str]]
    conditions: tuple[Condition, ...]
    then: tuple[Then, ...] = ()


class Shelf:
    """The answers of a process, by what was asked for. Safe in threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._lock, self._weight = room, Lock(), 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def find(self, key: Hashable) -> Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept:
                self._kept.move_to_end(key)
            return kept

    def keep(self, key: Hashable, answer: Kept) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = answer
            self._weight += len(answer.body) - (len(before.body) if before else 0)
            while self._weight > self._room:
                self._weight -= len(self._kept.popitem(last=False)[1].body)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0


shelf = Shelf()


def keep(request: Any, ask: Ask) -> None:
    """For a view: have the answer to `request` kept. It hangs on what `ask` asks, which is read after this only."""
    asked = Condition(ask, ask(request.commerce_now))
    request._conditions = (*getattr(request, "_conditions", ()), asked)


def each_visit(request: Any, then: Then) -> None:
    """For a view: do `then` now, and again with the request of every visit that gets the same answer."""
    request._then = (*getattr(request, "_then", ()), then)
    then(request)


def drop(request: Any) -> None:
    """For a view that finds out that its answer cannot be kept after all."""
    if hasattr(request, "_conditions"):
        del request._conditions


def keep_with(request: Any, ask: Ask) -> None:
    """For what stands on many pages, as a header does: an answer that is kept hangs on this as well."""
    if hasattr(request, "_conditions"):
        keep(request, ask)


class RememberedAnswers:
    """Gives a kept answer where there is a true one. Outside of everything that a public page does not need."""

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = _key(request)
        if key is None:
            return self.get_response(request)
        kept = shelf.find(key)
        now = request.commerce_now  # type: ignore[attr-defined]
        if kept and _holds(kept, now):
            for then in kept.then:
                then(request)
            return _given(kept)
        response = self.get_response(request)
        if _may_be_kept(request, response):
            facts: Any = request
            shelf.keep(
                key, Kept(response.content, list(response.items()), facts._conditions, getattr(facts, "_then", ()))
            )
        return response


def _key(request: HttpRequest) -> Hashable | None:
    """All that a public page knows of who asks; None for what is never kept: previews, and what writes."""
    if request.method != "GET" or getattr(request, "is_dummy", False):
        return None
    address = request.scheme, request.get_host(), request.get_full_path()
    return *address, request.COOKIES.get(COOKIE), *map(request.META.get, FRAGMENT)


def _holds(kept: Kept, now: datetime) -> bool:
    try:
        return all(condition.ask(now) == condition.truth for condition in kept.conditions)
    except DatabaseError:  # whoever makes the page anew will meet it, or not, on another connection
        connection.close_if_unusable_or_obsolete()
        return False


def _given(kept: Kept) -> HttpResponse:
    response = HttpResponse(kept.body)
    for name, value in kept.headers:
        response.headers[name] = value
    return response


def _may_be_kept(request: Any, response: HttpResponse) -> bool:
    if not hasattr(request, "_conditions") or response.status_code != 200 or response.streaming or response.cookies:
        return False
    personal = request.session.accessed or hasattr(request, "_csp_nonce")
    return not personal and MISSING.encode() not in response.content
