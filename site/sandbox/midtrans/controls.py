"""The controls of the tests: what shoppers, banks and networks do to a shop.

In process: `sandbox.control.pay(order_id)`. From elsewhere: `POST /_test/pay` with the same arguments as JSON.
"""

import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from sandbox.faults import Fault, Faults
from sandbox.midtrans import notifications, settlement, snap, transactions
from sandbox.midtrans.channels import CARDS, CHANNELS
from sandbox.midtrans.errors import snap_error
from sandbox.midtrans.merchant import Merchant, Object
from sandbox.midtrans.worker import Worker
from sandbox.server import is_loopback

GOOD_CARD = next(iter(CARDS))


class Controls:
    """What tests may do; `worker` is the account's own."""

    def __init__(self, merchant: Merchant, worker: Worker) -> None:
        self.merchant = merchant
        self.worker = worker
        self.faults = Faults()

    # -------------------------------------------------------------- the network

    def reset(self) -> None:
        """A new account: no pages, transactions, faults or held notifications."""
        with self.merchant.lock:
            self.faults.clear()
            self.merchant.erase()
            self.merchant.commit()

    def fault(self, kind: str, **details: Any) -> None:
        """Plan a `Fault`."""
        with self.merchant.lock:
            self.faults.plan(kind, **details)

    def clear_faults(self) -> None:
        with self.merchant.lock:
            self.faults.clear()

    def take_fault(self, call: str) -> Fault | None:
        """The planned failure of this call ("GET /v2/x/status"), counted down."""
        with self.merchant.lock:
            return self.faults.take(call)

    # -------------------------------------------------------------- notifications

    def hold(self, on: bool = True) -> None:
        """Keep notifications back from now on; `hold(False)` lets new ones go, those kept wait for `deliver()`."""
        with self.merchant.lock:
            self.merchant.holding = on

    def deliver(self, *, reverse: bool = False, times: int = 1, drop: bool = False) -> list[int]:
        """Send the held notifications, or lose them; returns the endpoint's answers."""
        with self.merchant.lock:
            held = [each for each in self.merchant.of_kind("notification") if each["held"]]
            for each in held:
                self.merchant.touch(each)["held"] = False
        ids = [] if drop else [each["id"] for each in held]
        if reverse:
            ids.reverse()
        return [notifications.deliver(self.merchant, id) for id in ids for _ in range(times)]

    def send(self, url: str, body: str | Object) -> int:
        """Post anything, as somebody who is not Midtrans might; the endpoint's answer. On this machine only."""
        if not is_loopback(urlsplit(url).hostname or ""):
            raise ValueError("on this machine only")
        return notifications.post(url, (body if isinstance(body, str) else json.dumps(body)).encode())

    def notification(self, order_id: str, **changes: Any) -> Object:
        """What would be sent now about an order, with fields replaced after signing; for `send`."""
        with self.merchant.lock:
            seen = transactions.find(self.merchant, order_id)
            return {**transactions.view(self.merchant, seen, "midtrans payment notification"), **changes}

    def wait_until_delivered(self, timeout: float = 5.0) -> bool:
        """Wait until no delivery is due or to be retried; False when it took too long."""
        return self.worker.wait_until_idle(timeout)

    # -------------------------------------------------------------- the world

    def choose(self, order_id: str, channel: str = "bca_va", card: str = "") -> Object:
        """The shopper confirms a method on the open page; the transaction is pending. Raises 400 if no page is open."""
        with self.merchant.lock:
            page = self._open_page(order_id)
            if channel not in CHANNELS:
                raise ValueError(f"channel is one of {', '.join(CHANNELS)}")
            begun = transactions.begin(
                self.merchant, page, channel, card or (GOOD_CARD if channel == "credit_card" else "")
            )
            if channel != "credit_card":
                transactions.tell(self.merchant, begun)
            return self._seen(begun)

    def pay(self, order_id: str, channel: str = "", *, outcome: str = "success") -> Object:
        """Somebody pays: with `channel` on the page, or what was chosen there. `outcome` is success, challenge, deny,
        fds_deny, expire or failure.
        """
        with self.merchant.lock:
            if channel:
                self.choose(order_id, channel)
            transaction = transactions.find(self.merchant, order_id)
            if outcome in ("success", "challenge"):
                transactions.succeed(self.merchant, transaction, challenge=outcome == "challenge")
            else:
                status = "deny" if outcome == "fds_deny" else outcome
                transactions.fail(self.merchant, transaction, status, by_fraud_detection=outcome == "fds_deny")
            return self._seen(transaction)

    def settle(self, order_id: str) -> Object:
        """A captured card settles, as it does overnight."""
        with self.merchant.lock:
            return self._seen(transactions.settle(self.merchant, transactions.find(self.merchant, order_id)))

    def set(self, order_id: str, status: str, **values: Any) -> Object:
        """Anything else that becomes of a transaction, such as deny after settlement, or chargeback."""
        with self.merchant.lock:
            transaction = transactions.find(self.merchant, order_id)
            return self._seen(transactions.changed(self.merchant, transaction, status, **values))

    def refund(self, order_id: str, amount: int) -> Object:
        """Somebody refunds in the dashboard."""
        with self.merchant.lock:
            answer = transactions.refund(self.merchant, order_id, {"amount": amount, "reason": "dashboard"})
            self.merchant.commit()
            return answer

    def clock(self, advance: float) -> float:
        """Move Midtrans' clock by seconds (may be negative); returns its time."""
        with self.merchant.lock:
            self.merchant.clock_offset += advance
            settlement.pass_time(self.merchant)
            self.merchant.commit()
            return self.merchant.now()

    def state(self) -> Object:
        """Counts and logs, for assertions and for people."""
        with self.merchant.lock:
            kept = list(self.merchant.of_kind("notification"))
            return {
                "clock": self.merchant.now(),
                "deliveries": list(self.merchant.deliveries),
                "faults": self.faults.listed(),
                "held": sum(each["held"] for each in kept),
                "objects": Counter(item["object"] for item in self.merchant.objects.values()),
                "open_pages": [
                    page["order_id"] for page in self.merchant.of_kind("page") if snap.is_open(self.merchant, page)
                ],
                "requests": list(self.merchant.requests),
                "transactions": [self._seen(each) for each in self.merchant.of_kind("transaction")],
            }

    def _open_page(self, order_id: str) -> Object:
        for page in self.merchant.of_kind("page"):
            if page["order_id"] == order_id and snap.is_open(self.merchant, page):
                return page
        raise snap_error("token expired")

    def _seen(self, transaction: Object) -> Object:
        self.merchant.commit()
        return transactions.view(self.merchant, transaction, "Success, transaction is found")


ACTIONS = (
    "reset", "fault", "clear_faults", "hold", "deliver", "send", "notification", "wait_until_delivered", "choose",
    "pay", "settle", "set", "refund", "clock", "state",
)  # fmt: skip


def call(controls: Controls, action: str, arguments: Any) -> Any:
    """One of ACTIONS by name; raises ValueError or TypeError for what it does not take."""
    if action not in ACTIONS or not isinstance(arguments, dict):
        raise ValueError(f"the controls are {', '.join(ACTIONS)}, with a JSON object")
    return getattr(controls, action)(**arguments)
