"""Delivering events: signing, posting, retrying, and a worker that does so in the background."""

import contextlib
import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox.stripe import events, settlement
from sandbox.stripe.account import PRIVATE, Account, Object

# Seconds until the next try after each failure: the shape of Stripe's hours in a developer's time.
DEVELOPMENT_RETRIES = (2, 10, 60, 600)
TIMEOUT = 10


def sign(payload: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of `timestamp.payload`."""
    mac = hmac.new(secret.encode(), b"%d." % timestamp + payload, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is a failed delivery, not another address."""

    def redirect_request(self, *args: object) -> None:
        return None


# No proxy: an environment's proxy would be asked for addresses of this machine.
_opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))


def post(url: str, payload: bytes, signature: str) -> int:
    """Send one webhook; the endpoint's status, or 0 when none came."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    request = urllib.request.Request(url, payload, headers)
    try:
        with _opener.open(request, timeout=TIMEOUT) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, ValueError):  # refused, cut off, too slow, or no HTTP at all
        return 0


def payload_for(account: Account, event: Object, endpoint: Object) -> bytes:
    """The event as this endpoint gets it: its API version is the endpoint's."""
    public = account.export(event)
    public["api_version"] = endpoint["api_version"] or event["api_version"]
    return json.dumps(public, indent=2).encode()


def deliver(
    account: Account,
    event_id: str,
    endpoint_id: str,
    *,
    payload: bytes | None = None,
    timestamp: int | None = None,
    secret: str | None = None,
) -> int:
    """Send an event to an endpoint now and record the outcome; the last three arguments forge it."""
    with account.lock:
        event, endpoint = account.objects.get(event_id), account.objects.get(endpoint_id)
        if event is None or endpoint is None:
            return 0
        forged = payload is not None or secret is not None
        body = payload if payload is not None else payload_for(account, event, endpoint)
        stamp = account.stamp() if timestamp is None else timestamp
        signature, url = sign(body, secret or endpoint[PRIVATE]["secret"], stamp), endpoint["url"]
    status = post(url, body, signature)
    with account.lock:
        account.deliveries.append({"event": event_id, "type": event["type"], "status": status, "at": account.now()})
        if 200 <= status < 300 and not forged and event_id in account.objects:
            _mark_done(account, event_id, endpoint_id)
            account.commit()
    return status


def _mark_done(account: Account, event_id: str, endpoint_id: str) -> None:
    event = account.find("event", event_id)
    event[PRIVATE]["deliveries"].setdefault(endpoint_id, {"attempts": 1})
    event[PRIVATE]["deliveries"][endpoint_id].update(due=None, held=False, done=True)
    event["pending_webhooks"] = sum(not each["done"] for each in event[PRIVATE]["deliveries"].values())
    if events.is_delivered(event):
        account.undelivered.pop(event_id, None)


class Worker:
    """Delivers what is due and runs the account's timers, from a thread of its own."""

    def __init__(self, account: Account, retries: Sequence[float]) -> None:
        self.account = account
        self.retries = retries
        self.in_flight: set[tuple[str, str]] = set()
        self.stopping = False
        self.pool = ThreadPoolExecutor(4, thread_name_prefix="sandbox-webhook")
        self.thread = threading.Thread(target=self._run, name="sandbox-worker", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Let deliveries under way end, start no others."""
        with self.account.lock:
            self.stopping = True
            self.account.changed.notify_all()
        self.thread.join()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def wait_until_idle(self, timeout: float) -> bool:
        """True once nothing is due any more, retries included; False when that took longer than `timeout`."""
        with self.account.lock:
            return self.account.changed.wait_for(lambda: not self.in_flight and not self.account.undelivered, timeout)

    def _run(self) -> None:
        with self.account.lock:
            while not self.stopping:
                settlement.run_timers(self.account)
                self.account.commit()
                for pair in self._due():
                    self.in_flight.add(pair)
                    self.pool.submit(self._attempt, *pair)
                self.account.changed.wait(self._seconds_to_wait())

    def _waiting(self) -> list[tuple[float, tuple[str, str]]]:
        return [
            (delivery["due"], (event_id, endpoint_id))
            for event_id in self.account.undelivered
            for endpoint_id, delivery in self.account.objects[event_id][PRIVATE]["deliveries"].items()
            if delivery["due"] is not None and (event_id, endpoint_id) not in self.in_flight
        ]

    def _due(self) -> list[tuple[str, str]]:
        now = self.account.now()
        return [pair for due, pair in self._waiting() if due <= now]

    def _seconds_to_wait(self) -> float | None:
        moments = [due for due, _ in self._waiting()] + list(self.account.timers.values())
        return max(0.0, min(moments) - self.account.now()) if moments else None

    def _attempt(self, event_id: str, endpoint_id: str) -> None:
        status = deliver(self.account, event_id, endpoint_id)
        with self.account.lock:
            self.in_flight.discard((event_id, endpoint_id))
            with contextlib.suppress(KeyError):  # the account was reset meanwhile
                if not 200 <= status < 300:
                    self._plan_retry(event_id, endpoint_id)
            self.account.commit()

    def _plan_retry(self, event_id: str, endpoint_id: str) -> None:
        event = self.account.objects[event_id]
        delivery = event[PRIVATE]["deliveries"][endpoint_id]
        again = delivery["attempts"] < len(self.retries) and endpoint_id in self.account.objects
        delivery["due"] = self.account.now() + self.retries[delivery["attempts"]] if again else None
        delivery["attempts"] += 1
        self.account.find("event", event_id)
        if all(each["due"] is None for each in event[PRIVATE]["deliveries"].values()):
            self.account.undelivered.pop(event_id, None)
