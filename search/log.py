"""What was looked for, by day and without people, so that the shop learns what it lacks."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from search.models import SearchDay
from search.words import MAX_LENGTH, fold
from shop.gathering import Gathered

KEPT_DAYS = 180
MOST_A_DAY = 20_000  # different words; a robot that types at random does not fill the disk
# An address, or digits enough for a telephone, a card or an account.
_PERSONAL = re.compile(r"@|\d(?:[\s().+/-]*\d){5}")


class Search(NamedTuple):
    """What was looked for, folded, and how many things and stories there were."""

    day: date
    language: str
    words: str
    found: int


def record(*, words: str, language: str, found: int, now: datetime) -> None:
    """Count a search for `words` that found so many; written down within a minute (see shop.gathering).

    What may tell who somebody is, is not kept.
    """
    said = " ".join(fold(words).split())[:MAX_LENGTH]
    if said and not _PERSONAL.search(said):
        gathered.add(Search(timezone.localdate(now), language, said, found))


def _write(numbers: Mapping[Search, int]) -> None:
    rows: dict[tuple[date, str, str], tuple[int, int]] = {}
    for search, times in numbers.items():  # what was found the last time comes last
        before, _found = rows.get(search[:3], (0, 0))
        rows[search[:3]] = before + times, search.found
    keys = sorted(rows)  # one order for all processes: they meet in the same rows
    columns: list[Any] = [list(column) for column in zip(*((*key, *rows[key]) for key in keys), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [*columns, MOST_A_DAY])


_COUNT = """
WITH said (day, language, words, searches, found) AS (
    SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::integer[], %s::integer[])
), filled AS (
    SELECT day FROM (SELECT DISTINCT day FROM said) days
    WHERE (SELECT count(*) FROM shop_search_searchday today WHERE today.day = days.day) >= %s
)
INSERT INTO shop_search_searchday AS kept (day, language, words, searches, found)
SELECT * FROM said WHERE day NOT IN (SELECT day FROM filled)
ON CONFLICT (day, language, words) DO UPDATE SET searches = kept.searches + excluded.searches, found = excluded.found
"""

gathered = Gathered("searches", _write)


def delete_old(*, now: datetime) -> int:
    """Forget the days that are past keeping; returns how many rows went."""
    first = timezone.localdate(now) - timedelta(days=KEPT_DAYS)
    return SearchDay.objects.filter(day__lt=first).delete()[0]
