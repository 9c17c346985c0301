"""Lists and searches: newest first, cursors, time ranges, expansions."""

import operator
import re
from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.params import Params

COMPARE = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
SEARCH_LAG = 60  # seconds until a search finds something new, as at Stripe


def listing(
    account: Account,
    kind: str,
    params: Params,
    url: str,
    chosen: Callable[[Object], bool] = lambda item: True,
) -> Object:
    """A page of the objects of `kind` that `chosen` keeps; `params` are those of any list call."""
    found = [item for item in account.of_kind(kind) if chosen(item) and _in_time(item, params.get("created"))]
    page, more = _page(found[::-1], kind, params)
    expand = [path.removeprefix("data.") for path in params.get("expand", [])]
    return {
        "object": "list",
        "url": url,
        "has_more": more,
        "data": [account.export(item, expand) for item in page],
    }


def by_fields(params: Params, *names: str) -> Callable[[Object], bool]:
    """Keeps the objects whose named attributes equal the parameters of the same names, where given."""
    wanted = {name: params[name] for name in names if name in params}
    return lambda item: all(item[name] == value for name, value in wanted.items())


def _in_time(item: Object, created: Any) -> bool:
    if created is None:
        return True
    if isinstance(created, dict):
        return all(COMPARE[name](item["created"], value) for name, value in created.items())
    return bool(item["created"] == created)


def _page(found: list[Object], kind: str, params: Params) -> tuple[list[Object], bool]:
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    if "ending_before" in params:
        newer = found[: _position(found, kind, params, "ending_before")]
        return newer[-limit:], len(newer) > limit
    if "starting_after" in params:
        found = found[_position(found, kind, params, "starting_after") + 1 :]
    return found[:limit], len(found) > limit


def _position(found: list[Object], kind: str, params: Params, cursor: str) -> int:
    for index, item in enumerate(found):
        if item["id"] == params[cursor]:
            return index
    raise missing(kind, params[cursor], cursor)


CLAUSE = re.compile(r"""\s*(?:metadata\[["']([^"']+)["']\]|(\w+))\s*:\s*["']([^"']*)["']\s*""")


def search(account: Account, kind: str, params: Params, url: str) -> Object:
    """Search by `field:"value"` and `metadata["key"]:"value"` joined with AND; lags behind like Stripe's."""
    wanted = [_clause(text) for text in re.split(r"\bAND\b", params["query"])]
    newest = account.now() - SEARCH_LAG

    def chosen(item: Object) -> bool:
        return item["created"] <= newest and all(match(item) for match in wanted)

    page = listing(account, kind, {key: params[key] for key in ("limit", "expand") if key in params}, url, chosen)
    return {**page, "object": "search_result", "next_page": None}


def _clause(text: str) -> Callable[[Object], bool]:
    match = CLAUSE.fullmatch(text)
    if not match:
        raise invalid("We were unable to parse your search query.", param="query")
    key, name, value = match.groups()
    if key:
        return lambda item: item["metadata"].get(key) == value
    return lambda item: str(item.get(name)) == value
