"""Payment pages: made by the shop (`POST /snap/v1/transactions`), opened by the shopper, closed by either."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.midtrans import channels
from sandbox.midtrans.errors import snap_error
from sandbox.midtrans.merchant import DEFAULT_LIFE, Merchant, Object
from sandbox.server import is_loopback

ORDER_ID = re.compile(r"[A-Za-z0-9\-_~.]+")
UNITS = {"minute": 60, "hour": 3600, "day": 86400}
SHORTEST_PAGE, LONGEST_PAGE = 5 * 60, 7 * 86400
_KNOWN = (
    "transaction_details item_details customer_details enabled_payments credit_card expiry page_expiry callbacks "
    "custom_field1 custom_field2 custom_field3 metadata"
)
KNOWN = frozenset(_KNOWN.split())
# While one of these is there, the order_id is taken.
TAKEN = ("pending", "authorize", "capture", "settlement", "refund", "partial_refund", "chargeback")


def create(merchant: Merchant, asked: Any, notify: list[str]) -> Object:
    """A page for an order; a new one revokes the one before. Raises 400 with all that is wrong."""
    wrong = problems(asked)
    if wrong:
        raise snap_error(*wrong)
    order_id = asked["transaction_details"]["order_id"]
    if any(each["status"] in TAKEN for each in merchant.transactions_of(order_id)):
        raise snap_error("transaction_details.order_id sudah digunakan")
    for page in merchant.of_kind("page"):
        if page["order_id"] == order_id and page["state"] == "open":
            merchant.touch(page)["state"] = "revoked"
    page = merchant.add("page", str(uuid.uuid4()), order_id=order_id, state="open", notify=notify)
    page.update(
        gross=int(asked["transaction_details"]["gross_amount"]),
        finish=(asked.get("callbacks") or {}).get("finish", ""),
        channels=[channel.name for channel in channels.enabled(asked.get("enabled_payments"))],
        custom={name: asked[name] for name in ("custom_field1", "custom_field2", "custom_field3") if name in asked},
        closes=merchant.now() + length(asked.get("page_expiry"), DEFAULT_LIFE),
        pay_until=_pay_until(merchant, asked.get("expiry")),
    )
    return page


def _pay_until(merchant: Merchant, expiry: Object | None) -> float | None:
    """When transactions of the page expire; None: a day after a method was chosen, as without a start_time."""
    if not expiry or "start_time" not in expiry:
        return None
    return _moment(expiry["start_time"]).timestamp() + length(expiry, DEFAULT_LIFE)


def length(expiry: Object | None, default: float) -> float:
    """Seconds of a {"duration", "unit"}."""
    if not expiry:
        return default
    return int(expiry.get("duration", 1)) * UNITS[str(expiry.get("unit", "day")).removesuffix("s")]


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")


# ------------------------------------------------------------------ what may be asked


def problems(asked: Any) -> list[str]:
    """What is wrong with a request, in Snap's manner: everything at once."""
    if not isinstance(asked, dict) or not isinstance(asked.get("transaction_details"), dict):
        return ["transaction_details is required"]
    found = [f"{name} is unknown to the sandbox" for name in sorted(asked.keys() - KNOWN)]
    found += _order_id_problems(asked["transaction_details"].get("order_id"))
    found += _amount_problems(asked["transaction_details"].get("gross_amount"))
    found = found or _item_problems(asked.get("item_details"), asked["transaction_details"]["gross_amount"])
    found += _expiry_problems(asked.get("expiry"), "expiry")
    found += _expiry_problems(asked.get("page_expiry"), "page_expiry")
    found += _page_problems(asked)
    return found


def _order_id_problems(order_id: Any) -> list[str]:
    name = "transaction_details.order_id"
    if not order_id or not isinstance(order_id, str):
        return [f"{name} is required"]
    if len(order_id) > 50:
        return [f"{name} too long"]
    return [] if ORDER_ID.fullmatch(order_id) else [f"{name} contains invalid characters"]


def _amount_problems(gross: Any) -> list[str]:
    name = "transaction_details.gross_amount"
    if gross is None:
        return [f"{name} is required"]
    if isinstance(gross, bool) or not isinstance(gross, int | float):
        return [f"{name} is not a number"]
    if gross < 0.01:
        return [f"{name} must be greater than or equal to 0.01"]
    return [] if gross == int(gross) else [f"{name} must not have decimals"]


def _item_problems(items: Any, gross: float) -> list[str]:
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return ["item_details is not a list"]
    found = [
        f"item_details[{place}].{name} too long"
        for place, item in enumerate(items)
        for name in ("id", "name")
        if len(str(item.get(name, ""))) > 50
    ]
    if sum(item.get("price", 0) * item.get("quantity", 0) for item in items) != gross:
        found.append("transaction_details.gross_amount is not equal to the sum of item_details")
    return found


def _expiry_problems(expiry: Any, name: str) -> list[str]:
    if expiry is None:
        return []
    try:
        seconds = length(expiry, DEFAULT_LIFE)
        if "start_time" in expiry:
            _moment(expiry["start_time"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return [f"{name} is not valid"]
    if name == "page_expiry" and not SHORTEST_PAGE <= seconds <= LONGEST_PAGE:
        return ["page_expiry must be between 5 minutes and 7 days"]
    return [] if seconds > 0 else [f"{name} is not valid"]


def _page_problems(asked: Object) -> list[str]:
    known = channels.CHANNELS.keys() | channels.GROUPS.keys()
    found = [
        f"enabled_payments: {name} is unknown" for name in asked.get("enabled_payments") or [] if name not in known
    ]
    finish = (asked.get("callbacks") or {}).get("finish", "")
    if finish and urlsplit(finish).scheme not in ("http", "https"):
        found.append("callbacks.finish is not an URL")
    if finish and not is_loopback(urlsplit(finish).hostname or "") and not _is_example(finish):
        found.append("callbacks.finish: the sandbox leads back to this machine only")
    return found


def _is_example(url: str) -> bool:
    """Names that lead nowhere, for tests without a browser."""
    name = urlsplit(url).hostname or ""
    return name.endswith((".example", ".test")) or "." not in name


# ------------------------------------------------------------------ closing


def cancel(merchant: Merchant, token: str) -> Object:
    """`POST /snap/v1/transactions/<token>/cancel`: nobody can open or use the page any more."""
    page = merchant.get("page", token)
    if page is None:
        raise snap_error("token not found", status=404)
    if page["state"] == "cancelled":
        raise snap_error("token already canceled")
    if any(each["status"] == "pending" for each in merchant.transactions_of(page["order_id"])):
        raise snap_error("Transaction is in progress")
    merchant.touch(page)["state"] = "cancelled"
    stamp = datetime.now(UTC) + timedelta(seconds=merchant.clock_offset)
    return {"canceled_at": stamp.strftime("%Y-%m-%dT%H:%M:%S.000Z")}


def is_open(merchant: Merchant, page: Object) -> bool:
    """Whether a shopper can (still) choose and pay on it."""
    until = page["pay_until"]
    return page["state"] == "open" and merchant.now() < page["closes"] and (until is None or merchant.now() < until)
