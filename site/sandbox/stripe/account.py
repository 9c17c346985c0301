"""The account: every object of the stand-in, its clock, and the file that keeps them.

Objects are plain dicts in Stripe's shape. What Stripe knows but does not tell (how a card will behave, who
still has to hear of an event) sits under the key `PRIVATE` and never leaves.
"""

import copy
import secrets
import string
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import stripe

from sandbox.state import StateFile
from sandbox.stripe.errors import invalid, missing

Object = dict[str, Any]

api_version = stripe.api_version

PRIVATE = "_sandbox"
ALPHABET = string.ascii_letters + string.digits
DAY = 86400
IDEMPOTENCY_LIFE = DAY


def new_id(prefix: str, length: int = 24) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


def blank(sdk_class: Any) -> Object:
    """An object with every attribute that the SDK declares, all null."""
    names = [name for name in sdk_class.__annotations__ if not name.startswith("_")]
    empty = {name: None for name in names if name not in ("OBJECT_NAME", "deleted")}
    return {**empty, "object": sdk_class.OBJECT_NAME}


class Account:
    """One Stripe test account.

    `lock` guards everything; whoever calls in holds it. `changed` wakes the background worker. Whatever was
    added or looked up since the last `commit()` is taken to have changed and is then written to the file.
    """

    def __init__(self, state_file: str | None = None, settle_after: float | None = None) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.settle_after = settle_after
        self.base_url = ""
        self.file = StateFile(state_file) if state_file else None
        self.requests: deque[str] = deque(maxlen=200)
        self.deliveries: deque[Object] = deque(maxlen=1000)
        self.clear()
        if self.file:
            self._load(self.file)

    def clear(self) -> None:
        """Forget all objects, answers and settings of the controls, in memory."""
        self.objects: dict[str, Object] = {}
        self.replies: dict[str, Object] = {}
        self.undelivered: dict[str, None] = {}  # ids of events that an endpoint has yet to hear, oldest first
        self.timers: dict[str, float] = {}  # id of what will change by itself -> when
        self.clock_offset = 0.0
        self.holding = False
        self.current_request: Object = {"id": None, "idempotency_key": None}
        self.requests.clear()
        self.deliveries.clear()
        self._touched: set[str] = set()
        self._new_replies: set[str] = set()

    # -------------------------------------------------------------- time

    def now(self) -> float:
        return time.time() + self.clock_offset

    def stamp(self) -> int:
        """Seconds since 1970, as Stripe writes time."""
        return int(self.now())

    def schedule(self, item: Object, seconds: float) -> None:
        """Let `item` reach its end by itself after that time (see `settlement`)."""
        item[PRIVATE]["settles_at"] = self.timers[item["id"]] = self.now() + seconds

    def schedule_settlement(self, item: Object) -> None:
        """`schedule()` after the account's usual time, unless the tests decide."""
        if self.settle_after is not None:
            self.schedule(item, self.settle_after)

    def unschedule(self, item: Object) -> None:
        item[PRIVATE]["settles_at"] = None
        self.timers.pop(item["id"], None)

    # -------------------------------------------------------------- objects

    def add(self, sdk_class: Any, private: Object | None = None, **values: Any) -> Object:
        """Store a new object of the SDK's class; `id` is required."""
        item = {**blank(sdk_class), "created": self.stamp(), **values, PRIVATE: private or {}}
        if "livemode" in item:
            item["livemode"] = False
        self.objects[item["id"]] = item
        self._touched.add(item["id"])
        return item

    def find(self, kind: str, id: str, param: str = "id") -> Object:
        """The object to read or change; raises 404."""
        item = self.objects.get(id)
        if item is None or item["object"] != kind:
            raise missing(kind, id, param)
        self._touched.add(id)
        return item

    def of_kind(self, kind: str) -> Iterator[Object]:
        """All objects of a kind to read, oldest first."""
        return (item for item in self.objects.values() if item["object"] == kind)

    def remove(self, id: str) -> None:
        del self.objects[id]
        self._touched.add(id)

    def export(self, item: Object, expand: list[str] | tuple[str, ...] = ()) -> Object:
        """What the client sees of `item`, with the named paths replaced by whole objects."""
        public = copy.deepcopy({name: value for name, value in item.items() if name != PRIVATE})
        for path in expand:
            self._expand(public, path.split("."), path)
        return public

    def _expand(self, item: Object, steps: list[str], path: str) -> None:
        name, *rest = steps
        if name not in item or len(steps) > 4:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        if item["object"] == "charge" and name == "refunds":
            item[name] = self._refunds_of(item["id"])
        value = item[name]
        if isinstance(value, str) and value in self.objects:
            item[name] = value = self.export(self.objects[value])
        if not isinstance(value, dict | None):
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        if rest and value:
            self._expand(value, rest, path)

    def _refunds_of(self, charge: str) -> Object:
        found = [self.export(refund) for refund in self.of_kind("refund") if refund["charge"] == charge]
        url = f"/v1/charges/{charge}/refunds"
        return {"object": "list", "data": found[::-1], "has_more": False, "url": url}

    # -------------------------------------------------------------- answers under idempotency keys

    def reply_to(self, key: str) -> Object | None:
        """The stored answer, unless it is older than a day; `{"running": True}` while the first call runs."""
        reply = self.replies.get(key)
        if reply and reply["at"] < self.now() - IDEMPOTENCY_LIFE:
            return None
        return reply

    def keep_reply(self, key: str, reply: Object | None) -> None:
        """Store an answer, or forget the key with None."""
        if reply is None:
            self.replies.pop(key, None)
        else:
            self.replies[key] = {**reply, "at": self.now()}
        self._new_replies.add(key)

    # -------------------------------------------------------------- the file

    def commit(self) -> None:
        """Write what was touched to the file, all or nothing, and wake the worker."""
        if self.file:
            finished = {key for key in self._new_replies if "running" not in self.replies.get(key, {})}
            self.file.write(
                {id: self.objects.get(id) for id in self._touched},
                {key: self.replies.get(key) for key in finished},
            )
        self._touched.clear()
        self._new_replies.clear()
        self.changed.notify_all()

    def _load(self, file: "StateFile") -> None:
        self.objects, self.replies = file.read()
        for id, item in self.objects.items():
            private = item[PRIVATE]
            if any(delivery["due"] is not None for delivery in private.get("deliveries", {}).values()):
                self.undelivered[id] = None
            if private.get("settles_at") is not None:
                self.timers[id] = private["settles_at"]

    def erase(self) -> None:
        """`clear()`, the file included."""
        self.clear()
        if self.file:
            self.file.erase()

    def close(self) -> None:
        if self.file:
            self.commit()
            self.file.close()
