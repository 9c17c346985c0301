"""Work done by a process of its own, which may be killed in the middle of it."""

import contextlib
import os
import signal
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

from shop.payments.providers import stripe as stripe_adapter

PATIENCE = 90  # seconds until a child is taken to hang
# Locks of the stand-ins, held while a copy is made: one that a thread of theirs holds then would never be free in the copy.
AT_REST: list[Any] = []


@dataclass(frozen=True)
class Ended:
    """How a child ended: `code` is negative for a signal, and `said` what it had to say, such as a traceback."""

    code: int
    said: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


def in_child(work: Callable[[], Any]) -> Ended:
    """Do `work` in a copy of this process, which nothing of ours tidies up after; what it returns is said as text."""
    connections.close_all()  # else both would talk on one connection
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # threads of the stand-ins stay behind, and hold nothing of ours
        with contextlib.ExitStack() as held:
            for lock in AT_REST:
                held.enter_context(lock)
            pid = os.fork()
    if pid == 0:
        os.close(reading)
        _live_and_die(work, writing)
    os.close(writing)
    with os.fdopen(reading) as words:
        said = words.read()
    return Ended(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said)


def _live_and_die(work: Callable[[], Any], writing: int) -> None:
    code = 1
    try:
        signal.alarm(PATIENCE)
        # While a browser's event loop runs, Django keeps its connections apart from those of before. No loop outlives a
        # fork, so the copy would go on with a connection of before, whose database has been renewed since.
        connections.close_all()
        stripe_adapter._client.cache_clear()  # its connections are our parent's
        said = str(work() or "")
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it was, this process must not come back into the test's
        said = traceback.format_exc()
    finally:
        os.write(writing, said.encode()[-60_000:])
        os._exit(code)
