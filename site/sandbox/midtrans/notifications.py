"""Notifications: signed as Midtrans signs, posted, and tried again as often as each kind of answer deserves there."""

import hashlib
import json
import urllib.error
import urllib.request
import uuid
from urllib.parse import urljoin, urlsplit

from sandbox.midtrans.merchant import Merchant, Object
from sandbox.server import is_loopback

# Seconds until each next try: Midtrans' 2, 10, 30, 90, 210 minutes in a developer's time.
DEVELOPMENT_RETRIES = (2, 10, 30, 90, 210)
TIMEOUT = 15
MOST_REDIRECTS = 5
# How often one is tried again after an answer; no redirect but 307 and 308 is followed, none counts as delivered.
RETRIES = {500: 1, 503: 4, 400: 2, 404: 2, 301: 0, 302: 0, 303: 0, 307: 0, 308: 0}
OTHERWISE = 5


def signature(order_id: str, code: str, gross: str, server_key: str) -> str:
    """`signature_key`: over strings as they are sent. It covers no status, and it is valid for ever."""
    return hashlib.sha512(f"{order_id}{code}{gross}{server_key}".encode()).hexdigest()


def emit(merchant: Merchant, transaction: Object, seen: Object) -> None:
    """Queue what is true now for each address that wants to hear of it."""
    page = merchant.get("page", transaction["page"])
    for url in page["notify"] if page else []:
        merchant.add(
            "notification",
            str(uuid.uuid4()),
            url=url,
            order_id=transaction["order_id"],
            status=transaction["status"],
            body=json.dumps(seen),
            attempts=0,
            due=None if merchant.holding else merchant.now(),
            held=merchant.holding,
            done=False,
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))


def post(url: str, body: bytes) -> int:
    """Send one; the endpoint's status, or 0 when none came. Follows 307 and 308 on this machine, five times."""
    for _ in range(MOST_REDIRECTS + 1):
        status, location = _post_once(url, body)
        if status not in (307, 308) or not location:
            return status
        url = urljoin(url, location)
        if not is_loopback(urlsplit(url).hostname or ""):
            return 0
    return status


def _post_once(url: str, body: bytes) -> tuple[int, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Veritrans"}
    request = urllib.request.Request(url, body, headers)
    try:
        with _opener.open(request, timeout=TIMEOUT) as response:
            return int(response.status), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", "")
    except (OSError, ValueError):  # refused, cut off, too slow, or no HTTP at all
        return 0, ""


def deliver(merchant: Merchant, id: str) -> int:
    """Send a notification now and record the outcome."""
    with merchant.lock:
        notification = merchant.get("notification", id)
        if notification is None:
            return 0
        url, body = notification["url"], notification["body"].encode()
    status = post(url, body)
    with merchant.lock:
        about = {"order_id": notification["order_id"], "transaction_status": notification["status"]}
        merchant.deliveries.append({"notification": id, "status": status, **about})
        notification = merchant.get("notification", id)
        if notification and 200 <= status < 300:
            merchant.touch(notification).update(done=True, due=None, held=False)
        merchant.commit()
    return status
