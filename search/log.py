"""What was looked for, by day and without people, so that the shop learns what it lacks."""

import logging
import re
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from search.models import SearchDay
from search.words import MAX_LENGTH, fold

log = logging.getLogger("search.log")

KEPT_DAYS = 180
MOST_A_DAY = 20_000  # different words; a robot that types at random does not fill the disk
# An address, or digits enough for a telephone, a card or an account.
_PERSONAL = re.compile(r"@|\d(?:[\s().+/-]*\d){5}")


def record(*, words: str, language: str, found: int, now: datetime) -> None:
    """Count a search for `words` that found so many. Never fails: a search is worth more than its count.

    What may tell who somebody is, is not kept.
    """
    said = " ".join(fold(words).split())[:MAX_LENGTH]
    if not said or _PERSONAL.search(said):
        return
    row: dict[str, Any] = {
        "words": said,
        "language": language,
        "day": timezone.localdate(now),
        "found": found,
        "most": MOST_A_DAY,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_COUNT, row)
    except DatabaseError as error:
        log.warning("a search was not counted: %s", type(error).__name__)


_COUNT = """
INSERT INTO shop_search_searchday AS kept (words, language, day, searches, found)
SELECT %(words)s, %(language)s, %(day)s, 1, %(found)s
WHERE (SELECT count(*) FROM (
    SELECT FROM shop_search_searchday WHERE day = %(day)s LIMIT %(most)s
) today) < %(most)s
ON CONFLICT (day, language, words) DO UPDATE SET searches = kept.searches + 1, found = EXCLUDED.found
"""


def delete_old(*, now: datetime) -> int:
    """Forget the days that are past keeping; returns how many rows went."""
    first = timezone.localdate(now) - timedelta(days=KEPT_DAYS)
    return SearchDay.objects.filter(day__lt=first).delete()[0]
