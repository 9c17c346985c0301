"""A cache that may be away: without Redis the shop is slower, never down."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger("config.cache")

SOCKET_SECONDS = 0.5  # for connecting and for each answer
PAUSE_SECONDS = 2.0  # after a failure nobody asks for this long, so that a black hole does not cost every call
SAY_AGAIN_SECONDS = 60.0
LOST_KEYS = 50_000


@dataclass
class Outage:
    """What a process remembers while its Redis is away. `lost` keys hold values there that are no longer true."""

    until: float = float("-inf")
    said_at: float = float("-inf")
    lost: set[str] = field(default_factory=set)

    def begin(self, error: Exception) -> None:
        now = time.monotonic()
        self.until = now + PAUSE_SECONDS
        if now - self.said_at >= SAY_AGAIN_SECONDS:
            self.said_at = now
            log.error("the cache does not answer, going on without it: %s", type(error).__name__)

    def lose(self, keys: Iterable[str]) -> None:
        if len(self.lost) < LOST_KEYS:
            self.lost.update(keys)


class FailOpenClient(RedisCacheClient):
    """Each command answers what an empty cache would when Redis does not: misses, and writes that go nowhere.

    `add` says True, as for a new key: locks and first-come flags built on it let people through. Whatever must hold
    when Redis is away (the throttle of the login, stock) is counted in the database instead. Keys whose writes were
    lost are deleted when Redis is back: a session ended meanwhile must not come alive again.
    """

    outages: ClassVar[dict[tuple[str, ...], Outage]] = {}

    def __init__(self, servers: list[str], **options: Any) -> None:
        patience = {
            "socket_timeout": SOCKET_SECONDS,
            "socket_connect_timeout": SOCKET_SECONDS,
            "retry": Retry(NoBackoff(), 1),  # once more, for a connection that died while it was idle
        }
        super().__init__(servers, **{**patience, **options})
        self._made: dict[Any, Any] = {}
        self._outage = self.outages.setdefault(tuple(servers), Outage())

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """One for each server instead of one for each command: its connections are pooled anyway."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        if pool not in self._made:
            self._made[pool] = self._client(connection_pool=pool)  # type: ignore[attr-defined]
        return self._made[pool]

    def _try(self, command: Callable, *args: Any, instead: Any, writes: Iterable[str] = ()) -> Any:
        if time.monotonic() >= self._outage.until:
            try:
                self._delete_lost()
                return command(*args)
            except (RedisError, OSError) as error:
                self._outage.begin(error)
        self._outage.lose(writes)
        return instead

    def _delete_lost(self) -> None:
        if keys := list(self._outage.lost):
            super().delete_many(keys)
            self._outage.lost.difference_update(keys)

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        return self._try(super().add, key, value, timeout, instead=True)

    def get(self, key: Any, default: Any) -> Any:
        return self._try(super().get, key, default, instead=default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        self._try(super().set, key, value, timeout, instead=None, writes=[key])

    def touch(self, key: Any, timeout: Any) -> bool:
        return self._try(super().touch, key, timeout, instead=False)

    def delete(self, key: Any) -> bool:
        return self._try(super().delete, key, instead=False, writes=[key])

    def get_many(self, keys: Iterable[Any]) -> dict:
        return self._try(super().get_many, keys, instead={})

    def has_key(self, key: Any) -> bool:
        return self._try(super().has_key, key, instead=False)

    def incr(self, key: Any, delta: int) -> int:
        """Raises ValueError as for a key that is not there, which callers of `cache.incr` expect."""
        answer = self._try(super().incr, key, delta, instead=None)
        if answer is None:
            raise ValueError(f"Key {key!r} not found.")
        return answer

    def set_many(self, data: Any, timeout: Any) -> None:
        self._try(super().set_many, data, timeout, instead=None, writes=data)

    def delete_many(self, keys: Any) -> None:
        self._try(super().delete_many, keys, instead=None, writes=keys)

    def clear(self) -> bool:
        return self._try(super().clear, instead=False)

    def ping(self) -> bool:
        """Ask Redis itself. Raises what its client raises."""
        return self.get_client().ping()


class FailOpenRedisCache(RedisCache):
    """Django's Redis cache that never raises because Redis is away; `ping()` is the one call that does."""

    def __init__(self, server: str | list[str], params: dict) -> None:
        super().__init__(server, params)
        self._class = FailOpenClient

    def ping(self) -> bool:
        return self._cache.ping()  # type: ignore[attr-defined]
