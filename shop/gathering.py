"""Numbers that a process gathers and writes down now and then, so that to count something costs a visit a microsecond.

    gathered = Gathered("page views", write)      write({key: how often}) adds to the rows
    gathered.add(key)

Once a minute one visit hands over what has gathered, and a process that is told to end does so too. What may be lost: what
a process gathered since its last minute when it is killed or its host falls over. What a quiet process has gathered waits
for its next visit.
"""

import atexit
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from django.db import Error as DatabaseError
from django.db import connection

log = logging.getLogger("shop.gathering")

EVERY = 60.0  # seconds
ROOM = 5_000  # keys; who brings ever new ones does not fill the memory

K = TypeVar("K", bound=Hashable)


class Gathered(Generic[K]):
    """Numbers of this process that are not yet in the database, which `write` adds to. Safe in threads."""

    def __init__(self, what: str, write: Callable[[Mapping[K, int]], None], *, every: float = EVERY) -> None:
        self._what, self._write, self._every, self._lock = what, write, every, Lock()
        self.clear()
        atexit.register(self.hand_over)

    def clear(self) -> None:
        """As in a process that has just begun."""
        with self._lock:
            self._numbers: Counter[K] = Counter()
            self._due = monotonic() + self._every

    def add(self, key: K) -> None:
        """Count one more. Of all who come when it is time to hand over, one does so."""
        with self._lock:
            self._numbers[key] += 1
            if (now := monotonic()) < self._due and len(self._numbers) < ROOM:
                return
            self._due = now + self._every
        self.hand_over()

    def hand_over(self) -> None:
        """Write down what has gathered. Without a database it waits for the next minute: no visitor suffers from it."""
        with self._lock:
            numbers, self._numbers = self._numbers, Counter()
        if not numbers:
            return
        try:
            self._write(numbers)
        except DatabaseError as error:
            log.warning("%s wait: %s", self._what, type(error).__name__)
            connection.close_if_unusable_or_obsolete()
            with self._lock:
                self._numbers.update(numbers)
