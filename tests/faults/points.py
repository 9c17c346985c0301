"""Where work can be cut: around each commit that writes something, each call of a provider, each letter.

These switches live here, in the tests, and nowhere in the shop: they are put around Django and `requests` from outside
(tests/faults/test_switches.py looks that it stays so).
"""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import requests
from django.core.mail import EmailMessage
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

WRITES = ("INSERT", "UPDATE", "DELETE")
NAMES = re.compile(r"(?<=/)(pi_\w+|[\w-]{20,}|ET-[\w-]+)(?=/|$)")

Hook = Callable[[str, int, str], None]


class Watch:
    """Calls `hook(moment, number, name)` before and after each point; `seen` are the names of those passed so far."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook
        self.seen: list[str] = []
        self.wrote = False

    def around(self, name: str, work: Callable[[], Any]) -> Any:
        number = len(self.seen)
        self.seen.append(name)
        self.hook("before", number, name)
        done = work()
        self.hook("after", number, name)
        return done

    def statement(self, execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Noted for the commit to come or, outside a transaction, a point of its own."""
        words = str(sql).lstrip().split(None, 3)
        if not words or words[0].upper() not in WRITES:
            return execute(sql, params, many, context)
        if context["connection"].in_atomic_block:
            self.wrote = True
            return execute(sql, params, many, context)
        table = words[1] if words[0].upper() == "UPDATE" else words[2]
        return self.around(f"write {table.strip(chr(34))}", lambda: execute(sql, params, many, context))


@contextmanager
def watching(hook: Hook) -> Iterator[Watch]:
    """Have `hook` called at every point of this thread's work."""
    watch = Watch(hook)
    commit, rollback = BaseDatabaseWrapper._commit, BaseDatabaseWrapper._rollback
    call, send = requests.adapters.HTTPAdapter.send, EmailMessage.send

    def committing(self: BaseDatabaseWrapper) -> Any:
        if not watch.wrote:
            return commit(self)
        watch.wrote = False
        return watch.around("commit", lambda: commit(self))

    def rolling_back(self: BaseDatabaseWrapper) -> Any:
        watch.wrote = False
        return rollback(self)

    def calling(self: Any, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        name = f"{request.method} {NAMES.sub('…', request.path_url.partition('?')[0])}"
        return watch.around(name, lambda: call(self, request, *args, **options))

    def posting(self: EmailMessage, *args: Any, **options: Any) -> int:
        return watch.around("letter", lambda: send(self, *args, **options))

    with (
        patch.object(BaseDatabaseWrapper, "_commit", committing),
        patch.object(BaseDatabaseWrapper, "_rollback", rolling_back),
        patch.object(requests.adapters.HTTPAdapter, "send", calling),
        patch.object(EmailMessage, "send", posting),
        connection.execute_wrapper(watch.statement),
    ):
        yield watch


def killed(moment: str, at: int) -> Hook:
    """Ends this process, as by kill -9, before or after the point number `at`."""

    def hook(now: str, number: int, name: str) -> None:
        if (now, number) == (moment, at):
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def answer_lost(at: int) -> Hook:
    """What was committed at the point number `at` is there, but we never hear of it: the connection breaks."""

    def hook(now: str, number: int, name: str) -> None:
        if (now, number) == ("after", at):
            connection.connection.close()
            raise OperationalError("server closed the connection unexpectedly")

    return hook
