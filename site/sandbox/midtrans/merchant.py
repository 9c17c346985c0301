"""The merchant account: payment pages, transactions, notifications, its clock, and the file that keeps them.

Everything is a plain dict with an `object` (page, transaction, notification) and an `id`. What a client sees of a
transaction is made by `transactions.view`.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.state import StateFile

Object = dict[str, Any]

WIB = timezone(timedelta(hours=7))
IDEMPOTENCY_LIFE = 5 * 60
DEFAULT_LIFE = 24 * 3600


class Merchant:
    """One Midtrans account.

    `lock` guards everything; whoever calls in holds it. `changed` wakes the background worker. What was added or
    touched since the last `commit()` is then written to the file.
    """

    def __init__(
        self, server_key: str, *, state_file: str | None = None, settle_after: float | None = None, notify: str = ""
    ) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.server_key = server_key
        self.settle_after = settle_after
        self.notification_url = notify
        self.base_url = ""
        self.file = StateFile(state_file) if state_file else None
        self.requests: deque[str] = deque(maxlen=200)
        self.deliveries: deque[Object] = deque(maxlen=1000)
        self.clear()
        if self.file:
            self.objects, _ = self.file.read()

    def clear(self) -> None:
        """Forget all objects, answers and settings of the controls, in memory."""
        self.objects: dict[str, Object] = {}
        self.replies: dict[str, Object] = {}
        self.clock_offset = 0.0
        self.holding = False
        self.requests.clear()
        self.deliveries.clear()
        self._touched: set[str] = set()

    # -------------------------------------------------------------- time

    def now(self) -> float:
        return time.time() + self.clock_offset

    def written(self, moment: float) -> str:
        """A moment as Midtrans writes it: Jakarta time, without saying so."""
        return datetime.fromtimestamp(moment, WIB).strftime("%Y-%m-%d %H:%M:%S")

    # -------------------------------------------------------------- objects

    def add(self, kind: str, id: str, **values: Any) -> Object:
        item = {"object": kind, "id": id, "created": self.now(), **values}
        self.objects[id] = item
        self._touched.add(id)
        return item

    def touch(self, item: Object) -> Object:
        """Note that `item` is being changed."""
        self._touched.add(item["id"])
        return item

    def get(self, kind: str, id: str) -> Object | None:
        item = self.objects.get(id)
        return item if item and item["object"] == kind else None

    def of_kind(self, kind: str) -> Iterator[Object]:
        """All objects of a kind, oldest first; a list, so that they may be changed meanwhile."""
        return iter([item for item in self.objects.values() if item["object"] == kind])

    def transactions_of(self, order_id: str) -> list[Object]:
        return [each for each in self.of_kind("transaction") if each["order_id"] == order_id]

    # -------------------------------------------------------------- idempotency keys

    def reply_to(self, key: str) -> Object | None:
        """A successful answer of the last five minutes under this key, whatever was asked then."""
        reply = self.replies.get(key)
        return reply if reply and reply["at"] > self.now() - IDEMPOTENCY_LIFE else None

    def keep_reply(self, key: str, status: int, body: Any) -> None:
        self.replies[key] = {"at": self.now(), "status": status, "body": body}

    # -------------------------------------------------------------- the file

    def commit(self) -> None:
        """Write what was touched to the file, and wake the worker."""
        if self.file:
            self.file.write({id: self.objects.get(id) for id in self._touched}, {})
        self._touched.clear()
        self.changed.notify_all()

    def erase(self) -> None:
        """`clear()`, the file included."""
        self.clear()
        if self.file:
            self.file.erase()

    def close(self) -> None:
        if self.file:
            self.commit()
            self.file.close()
