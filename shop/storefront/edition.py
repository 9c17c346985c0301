"""What a process may remember: things that change only when editors change something.

Each such change raises the edition, one number in the database, in its own transaction. A request reads the number
once; what was remembered under another number is forgotten. So every process of every host agrees after one statement,
without messages between them, and nothing is ever remembered past the change that ended it.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from django.db.models import F
from django.http import HttpRequest

from shop.storefront import reads
from shop.storefront.models import Edition

T = TypeVar("T")
ROOM = 2_000  # things remembered at most, the least recently used go first
LETTERS = 6_000_000  # of HTML remembered at most
MISSING = "not-found"  # in the address of a picture that could not be made, and will be tried again


class Memory:
    """Remembers under one edition at a time. Safe in threads; two may make the same thing at once, and agree.

    `room` is for so many things, or for what they come to if each is to be weighed. What is `spoiled` is not kept.
    """

    def __init__(
        self,
        room: int = ROOM,
        weigh: Callable[[Any], int] = lambda _thing: 1,
        spoiled: Callable[[Any], bool] = lambda _thing: False,
    ) -> None:
        self._room, self._weigh, self._spoiled, self._lock = room, weigh, spoiled, Lock()
        self._number, self._weight = -1, 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    @property
    def number(self) -> int:
        """The edition that is remembered; -1 for none yet."""
        return self._number

    def get(self, number: int, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if number != self._number:
                self._begin(number)
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if number == self._number and key not in self._kept and not self._spoiled(made):
                self._keep(key, made)
        return made

    def __len__(self) -> int:
        return len(self._kept)

    def _begin(self, number: int) -> None:
        self._kept.clear()
        self._number, self._weight = number, 0

    def _keep(self, key: Hashable, made: Any) -> None:
        self._kept[key] = made
        self._weight += self._weigh(made)
        while self._weight > self._room:
            self._weight -= self._weigh(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._begin(-1)


memory = Memory()
asked = Memory(room=500)  # what anybody can ask for in ever new ways: it must not push out what everybody needs
fragments = Memory(LETTERS, weigh=len, spoiled=lambda made: MISSING in made)  # HTML


def number() -> int:
    """The edition now. One statement."""
    rows = reads.read("SELECT number FROM shop_edition", [])
    return rows[0][0] if rows else 0


def of(request: HttpRequest | None) -> int:
    """The edition that `request` is answered from, read once."""
    if request is None:
        return number()
    if not hasattr(request, "_edition"):
        request._edition = number()  # type: ignore[attr-defined]
    return request._edition  # type: ignore[attr-defined]


def place(request: HttpRequest) -> tuple[str, str]:
    """What absolute addresses begin with, for keys of what holds some."""
    if not hasattr(request, "_place"):
        request._place = request.scheme or "", request.get_host()  # type: ignore[attr-defined]
    return request._place  # type: ignore[attr-defined]


def remembered(edition: int, key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave under this `edition`, made now if need be. Never to be changed by whoever gets it.

    remembered(edition.of(request), ("choices", get_language()), facets.load_choices)
    """
    return memory.get(edition, key, make)


def answered(edition: int, question: Hashable, make: Callable[[], T]) -> T:
    """As `remembered`, for answers to what shoppers think of: filters, words."""
    return asked.get(edition, question, make)


def html(edition: int, key: Hashable, make: Callable[[], str]) -> str:
    """As `remembered`, for HTML, of which there is much: the same for everybody who gets it by this `key`."""
    return fragments.get(edition, key, make)


def forget() -> None:
    """Everything, as a process that has just begun."""
    for each in (memory, asked, fragments):
        each.clear()


def recalled(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave under the edition that this process last met; for what has no request at hand, such as a picture.

    A process that has met none, such as a worker, makes it each time.
    """
    return memory.get(memory.number, key, make) if memory.number >= 0 else make()


def turn() -> None:
    """Say that something editors keep has changed; takes effect with the current transaction."""
    Edition.objects.update_or_create(pk=1, defaults={"number": F("number") + 1}, create_defaults={"number": 1})
