"""How often a page is read, by day, without knowing by whom: no cookie, no network address, nothing but a number.

    visits.count(request, page_id)

A visit adds one to what its process has gathered (see shop.gathering).

Left out: programs (see `is_person`), what is only fetched in advance, fragments of a page that somebody is on already, and
editors' previews. A page that a browser or a cache in front of us gives again is not counted, as we do not learn of it.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from shop.gathering import Gathered
from shop.storefront.models import PageViews

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


def _write(numbers: Mapping[Key, int]) -> None:
    keys = sorted(numbers)  # one order for all processes: they meet in the same rows
    columns: list[Any] = [[day for day, _page in keys], [page for _day, page in keys], [numbers[key] for key in keys]]
    with connection.cursor() as cursor:
        cursor.execute(ADD, columns)


gathered = Gathered("page views", _write)


def count(request: Any, page_id: int) -> None:
    """Count that somebody reads this page, if it is somebody and they begin to; on a day of the shop, wherever they are."""
    if not is_read_by_a_person(request):
        return
    day = timezone.localdate(request.commerce_now, timezone.get_default_timezone())
    gathered.add((day, page_id))


def is_read_by_a_person(request: HttpRequest) -> bool:
    told = request.META
    return (
        request.method == "GET"
        and "HTTP_HX_REQUEST" not in told
        and "prefetch" not in told.get("HTTP_SEC_PURPOSE", told.get("HTTP_PURPOSE", ""))
        and not getattr(request, "is_preview", False)
        and is_person(told.get("HTTP_USER_AGENT", ""))
    )


def delete_old(*, before: datetime, limit: int) -> int:
    """The oldest day that is before `before`, all of it: of a large shop more pages are read than `limit`, see
    account.retention. Returns how many numbers.
    """
    last = timezone.localdate(before, timezone.get_default_timezone())
    oldest = PageViews.objects.filter(day__lt=last).order_by("day").values_list("day", flat=True)[:1]
    return PageViews.objects.filter(day__in=list(oldest)).delete()[0]
