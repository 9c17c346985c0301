"""How often a page is read, by day, without knowing by whom: no cookie, no network address, nothing but a number.

    visits.count(request, page_id)

A visit adds one to what its process has gathered, which takes a microsecond. Once a minute one visit hands over what has
gathered in one statement, and a process that is told to end does so too. What may be lost: what a process gathered since
its last minute when it is killed or its host falls over. What a quiet process has gathered waits for its next visit.

Left out: programs (see `is_person`), what is only fetched in advance, fragments of a page that somebody is on already, and
editors' previews. A page that a browser or a cache in front of us gives again is not counted, as we do not learn of it.
"""

import atexit
import logging
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from threading import Lock
from time import monotonic
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from shop.storefront.models import PageViews

log = logging.getLogger("shop.storefront")

EVERY = 60.0  # seconds
# Browsers all begin with Mozilla; programs that do so as well name themselves, or say where to read about them.
PROGRAM = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|headless|lighthouse|monitor|scan|fetch|archiv|phantom|python|https?:",
    re.IGNORECASE,
)
ADD = """
    INSERT INTO shop_pageviews AS p (day, page_id, views)
    SELECT * FROM unnest(%s::date[], %s::bigint[], %s::integer[])
    ON CONFLICT (day, page_id) DO UPDATE SET views = p.views + excluded.views
"""

Key = tuple[date, int]


@lru_cache(maxsize=2_000)
def is_person(user_agent: str) -> bool:
    """Whether a browser says so. A simple rule: who wants to be taken for a person is."""
    return user_agent.startswith("Mozilla/") and not PROGRAM.search(user_agent)


class Gathered:
    """Visits of this process that are not yet in the database. Safe in threads."""

    def __init__(self, every: float = EVERY) -> None:
        self._every, self._lock = every, Lock()
        self._numbers: Counter[Key] = Counter()
        self._due = monotonic() + every

    def add(self, key: Key, views: int = 1) -> bool:
        """Whether it is time to hand over: of all who come then, one is told so."""
        with self._lock:
            self._numbers[key] += views
            if (now := monotonic()) < self._due:
                return False
            self._due = now + self._every
            return True

    def take(self) -> Counter[Key]:
        with self._lock:
            taken, self._numbers = self._numbers, Counter()
            return taken

    def put_back(self, numbers: Mapping[Key, int]) -> None:
        with self._lock:
            self._numbers.update(numbers)


gathered = Gathered()


def count(request: Any, page_id: int) -> None:
    """Count that somebody reads this page, if it is somebody and they begin to; on a day of the shop, wherever they are."""
    if not is_read_by_a_person(request):
        return
    day = timezone.localdate(request.commerce_now, timezone.get_default_timezone())
    if gathered.add((day, page_id)):
        hand_over()


def is_read_by_a_person(request: HttpRequest) -> bool:
    told = request.META
    return (
        request.method == "GET"
        and "HTTP_HX_REQUEST" not in told
        and "prefetch" not in told.get("HTTP_SEC_PURPOSE", told.get("HTTP_PURPOSE", ""))
        and not getattr(request, "is_preview", False)
        and is_person(told.get("HTTP_USER_AGENT", ""))
    )


def hand_over() -> None:
    """Write down what has gathered. Without a database it waits for the next minute: no visitor suffers from it."""
    numbers = gathered.take()
    if not numbers:
        return
    keys = sorted(numbers)  # one order for all processes: they meet in the same rows
    columns: list[Any] = [[day for day, _page in keys], [page for _day, page in keys], [numbers[key] for key in keys]]
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADD, columns)
    except DatabaseError as error:
        gathered.put_back(numbers)
        connection.close_if_unusable_or_obsolete()
        log.warning("page views wait: %s", error)


atexit.register(hand_over)


def delete_old(*, before: datetime, limit: int) -> int:
    """The oldest day that is before `before`, all of it: of a large shop more pages are read than `limit`, see
    account.retention. Returns how many numbers.
    """
    last = timezone.localdate(before, timezone.get_default_timezone())
    oldest = PageViews.objects.filter(day__lt=last).order_by("day").values_list("day", flat=True)[:1]
    return PageViews.objects.filter(day__in=list(oldest)).delete()[0]
