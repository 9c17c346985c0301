"""The controls of the tests: what the world does to a shop, from lost answers to disputes.

In process: `sandbox.control.fault(kind="status", status=500)`. From elsewhere: `POST /_test/fault` with the
same arguments as JSON. Every answer is JSON.
"""

from collections import Counter
from typing import Any

from sandbox.faults import Fault, Faults
from sandbox.stripe import charges, endpoints, settlement, webhooks
from sandbox.stripe.account import PRIVATE, Account, Object
from sandbox.stripe.errors import invalid


class Controls:
    """What tests may do; `worker` is the account's webhook worker."""

    def __init__(self, account: Account, worker: webhooks.Worker, endpoint: tuple[str, str] | None) -> None:
        self.account = account
        self.worker = worker
        self.endpoint = endpoint
        self.faults = Faults()

    # -------------------------------------------------------------- the network

    def reset(self) -> None:
        """A new account: no objects, faults or held events; the endpoint given at start is set up again."""
        with self.account.lock:
            self.faults.clear()
            self.account.erase()
            if self.endpoint:
                endpoints.configure(self.account, *self.endpoint)
            self.account.commit()

    def fault(self, kind: str, **details: Any) -> None:
        """Plan a `Fault`."""
        with self.account.lock:
            self.faults.plan(kind, **details)

    def clear_faults(self) -> None:
        with self.account.lock:
            self.faults.clear()

    def take_fault(self, call: str) -> Fault | None:
        """The planned failure of this call ("POST /v1/refunds"), counted down."""
        with self.account.lock:
            return self.faults.take(call)

    # -------------------------------------------------------------- webhooks

    def hold(self, on: bool = True) -> None:
        """Keep back events from now on; `hold(False)` lets new ones go, those kept wait for `deliver()`."""
        with self.account.lock:
            self.account.holding = on

    def deliver(
        self,
        *,
        types: list[str] | None = None,
        event: str | None = None,
        reverse: bool = False,
        times: int = 1,
        drop: bool = False,
        payload: str | None = None,
        timestamp: int | None = None,
        secret: str | None = None,
    ) -> list[Object]:
        """Send the held events (of these types), or one `event` again.

        Returns `{"event", "type", "status"}` for each; status 0 means that no answer came.
        `drop` loses them instead. `payload`, `timestamp`, `secret` forge what is sent or how it is signed.
        """
        pairs = self._replayed(event) if event else self._release(types)
        if drop:
            return []
        forged: dict[str, Any] = {
            "payload": None if payload is None else payload.encode(),
            "timestamp": timestamp,
            "secret": secret,
        }
        return [
            {
                "event": event_id,
                "type": type,
                "status": webhooks.deliver(self.account, event_id, to, **forged),
            }
            for event_id, type, to in (reversed(pairs) if reverse else pairs)
            for _ in range(times)
        ]

    def _replayed(self, event_id: str) -> list[tuple[str, str, str]]:
        with self.account.lock:
            event = self.account.find("event", event_id)
            return [(event_id, event["type"], each["id"]) for each in self.account.of_kind(endpoints.KIND)]

    def _release(self, types: list[str] | None) -> list[tuple[str, str, str]]:
        released = []
        with self.account.lock:
            for event in self.account.of_kind("event"):
                if types is not None and event["type"] not in types:
                    continue
                for endpoint_id, delivery in event[PRIVATE]["deliveries"].items():
                    if delivery["held"]:
                        delivery["held"] = False
                        released.append((event["id"], event["type"], endpoint_id))
        return released

    def wait_until_delivered(self, timeout: float = 5.0) -> bool:
        """Wait until no delivery is due or to be retried; False when it took too long."""
        return self.worker.wait_until_idle(timeout)

    # -------------------------------------------------------------- the world

    def settle(self, id: str, ok: bool = True) -> Object:
        """End a processing intent or a refund, well or badly."""
        with self.account.lock:
            item = self._known(id, "payment_intent", "refund")
            settlement.settle(self.account, item, ok)
            self.account.commit()
            return self.account.export(item)

    def dispute(self, payment_intent: str, reason: str = "fraudulent") -> Object:
        """The cardholder disputes a paid intent."""
        with self.account.lock:
            intent = self._known(payment_intent, "payment_intent")
            charge = self._known(intent["latest_charge"] or "", "charge")
            if not charge["captured"] or charge["disputed"]:
                raise invalid("Only a captured charge without a dispute can be disputed.")
            dispute = charges.open_dispute(self.account, charge, reason)
            self.account.commit()
            return self.account.export(dispute)

    def close_dispute(self, id: str, won: bool = True) -> Object:
        with self.account.lock:
            dispute = charges.close_dispute(self.account, self._known(id, "dispute"), won)
            self.account.commit()
            return self.account.export(dispute)

    def clock(self, advance: float) -> float:
        """Move the provider's clock by seconds (may be negative); returns its time.

        Signatures, retries, timers and the lapse of idempotency keys and authorisations go by it.
        """
        with self.account.lock:
            self.account.clock_offset += advance
            self.account.changed.notify_all()
            return self.account.now()

    def state(self) -> Object:
        """Counts and logs, for assertions and for people."""
        with self.account.lock:
            private = [event[PRIVATE]["deliveries"].values() for event in self.account.of_kind("event")]
            return {
                "clock": self.account.now(),
                "deliveries": list(self.account.deliveries),
                "faults": self.faults.listed(),
                "held": sum(delivery["held"] for deliveries in private for delivery in deliveries),
                "objects": Counter(item["object"] for item in self.account.objects.values()),
                "requests": list(self.account.requests),
                "undelivered": len(self.account.undelivered),
            }

    def _known(self, id: str, *kinds: str) -> Object:
        item = self.account.objects.get(id)
        return self.account.find(item["object"] if item and item["object"] in kinds else kinds[0], id)


ACTIONS = (
    "reset", "fault", "clear_faults", "hold", "deliver", "wait_until_delivered", "settle", "dispute",
    "close_dispute", "clock", "state",
)  # fmt: skip


def call(controls: Controls, action: str, arguments: Any) -> Any:
    """One of ACTIONS by name; raises ValueError or TypeError for what it does not take."""
    if action not in ACTIONS or not isinstance(arguments, dict):
        raise ValueError(f"the controls are {', '.join(ACTIONS)}, with a JSON object")
    return getattr(controls, action)(**arguments)
