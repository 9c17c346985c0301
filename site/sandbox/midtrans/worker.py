"""The worker that delivers notifications and lets time pass."""

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox.midtrans import notifications, settlement
from sandbox.midtrans.merchant import Merchant, Object


class Worker:
    """Delivers what is due and lets time pass for transactions, from a thread of its own."""

    def __init__(self, merchant: Merchant, delays: Sequence[float]) -> None:
        self.merchant = merchant
        self.delays = delays
        self.in_flight: set[str] = set()
        self.stopping = False
        self.pool = ThreadPoolExecutor(4, thread_name_prefix="sandbox-notification")
        self.thread = threading.Thread(target=self._run, name="sandbox-midtrans", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Let deliveries under way end, start no others."""
        with self.merchant.lock:
            self.stopping = True
            self.merchant.changed.notify_all()
        self.thread.join()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def wait_until_idle(self, timeout: float) -> bool:
        """True once nothing is due any more, retries included; False when that took longer than `timeout`."""
        with self.merchant.lock:
            return self.merchant.changed.wait_for(lambda: not self.in_flight and not self._waiting(), timeout)

    def _run(self) -> None:
        with self.merchant.lock:
            while not self.stopping:
                settlement.pass_time(self.merchant)
                self.merchant.commit()
                now = self.merchant.now()
                for due, id in self._waiting():
                    if due <= now:
                        self.in_flight.add(id)
                        self.pool.submit(self._attempt, id)
                self.merchant.changed.wait(self._seconds_to_wait())

    def _waiting(self) -> list[tuple[float, str]]:
        return [
            (each["due"], each["id"])
            for each in self.merchant.of_kind("notification")
            if each["due"] is not None and each["id"] not in self.in_flight
        ]

    def _seconds_to_wait(self) -> float | None:
        moments = [due for due, _ in self._waiting()] + settlement.moments(self.merchant)
        return max(0.0, min(moments) - self.merchant.now()) if moments else None

    def _attempt(self, id: str) -> None:
        status = notifications.deliver(self.merchant, id)
        with self.merchant.lock:
            self.in_flight.discard(id)
            with contextlib.suppress(KeyError):  # the account was reset meanwhile
                if not 200 <= status < 300:
                    self._plan_retry(self.merchant.objects[id], status)
            self.merchant.commit()

    def _plan_retry(self, notification: Object, status: int) -> None:
        tried = notification["attempts"]
        again = tried < min(notifications.RETRIES.get(status, notifications.OTHERWISE), len(self.delays))
        due = self.merchant.now() + self.delays[tried] if again else None
        self.merchant.touch(notification).update(attempts=tried + 1, due=due)
