"""Many people at once: real threads, each with its own connection, let go at the same moment.

A control without a lock says `meet` where the lock was: nobody goes on before so many have read what it guarded.
"""

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run `tasks` together; their results or exceptions, in order."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=30)
            return task()
        except Exception as error:  # noqa: BLE001 - a refusal is a result of a race
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def meeting(people: int, seconds: float = 8) -> Callable[[], None]:
    """What holds everybody of a crowd up until so many have come, or for so many seconds; whoever is later passes, and
    whoever only prepares the race.
    """
    come, all_here = itertools.count(1), threading.Event()

    def meet() -> None:
        if threading.current_thread() is threading.main_thread():
            return
        if next(come) >= people:
            all_here.set()
        all_here.wait(seconds)

    return meet
