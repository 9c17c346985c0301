"""Which addresses of a listing search engines may keep, and under which address. One rule for every page that lists."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

NOT_KEPT = "noindex,follow"  # its links are worth following


@dataclass(frozen=True)
class Indexing:
    """`canonical`: path and query string. `robots`: content of the meta element; empty where there is nothing to say."""

    canonical: str
    robots: str = ""


def indexing(
    path: str,
    *,
    chosen: Sequence[tuple[str, str]] = (),
    sort: str = "",
    page: int = 1,
    count: int = 1,
    allowed: Collection[str] | None = None,
) -> Indexing:
    """What to say of a listing at `path`, narrowed to `chosen` pairs of facet and value, in an order, on a page.

    - Each page is itself: page 2 of something worth keeping is kept too.
    - One value of one facet in `allowed` (settings.INDEXED_FACETS) is a page of its own, unless nothing is there;
      any other choice is not kept, and neither is another order of the same things.
    - Whatever else the address holds (junk, a campaign's marks, the order) is not in the canonical one, and the facets
      stand in it in one order.

    indexing("/shop/", chosen=[("colour", "indigo")], page=2)     kept as /shop/?colour=indigo&page=2
    indexing("/shop/", chosen=[("max_price", "30")])              not kept
    """
    allowed = settings.INDEXED_FACETS if allowed is None else allowed
    pairs = sorted(set(chosen))
    query = urlencode([*pairs, *([("page", page)] if page > 1 else [])])
    worth_keeping = not pairs or (len(pairs) == 1 and pairs[0][0] in allowed and count > 0)
    return Indexing(f"{path}?{query}" if query else path, "" if worth_keeping and not sort else NOT_KEPT)
