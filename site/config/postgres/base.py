"""Django's PostgreSQL, with a pool that gives the connection it was given last, and does not ask one that has answered just
now how it is."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

RESTED = (
    0.25  # seconds in the pool after which a connection is asked whether it is alive; a busy shop saves the question
)


class WarmPool(ConnectionPool):
    """The connection that came back last has tables, plans and keys at hand; psycopg's own pool would take turns among all,
    and each would learn them anew. Those that nobody needs grow cold, and go first when the pool shrinks.
    """

    def _get_ready_connection(self, timeout: float | None) -> Any:
        self._pool.rotate()  # the last becomes the first, which is taken
        return super()._get_ready_connection(timeout)


class DatabaseWrapper(base.DatabaseWrapper):
    """For settings with a pool and without CONN_HEALTH_CHECKS, which would ask before every request."""

    _connection_pools: dict[str, WarmPool]  # these are Django's
    _configure_connection: Callable[[Any], None]

    @property
    def pool(self) -> WarmPool | None:
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options or self.alias == NO_DB_ALIAS:
            return None
        if self.alias not in self._connection_pools:
            parameters = {**self.get_connection_params(), "autocommit": True}  # Django sets it later on
            pool = WarmPool(kwargs=parameters, open=False, configure=self._configure_connection, **options)
            self._connection_pools.setdefault(self.alias, pool)  # of two threads' pools the first one stays
        return self._connection_pools[self.alias]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and not _alive(connection):
            self.pool.putconn(connection)  # which throws it away and makes another
            connection = super().get_new_connection(conn_params)
        return connection

    def _close(self) -> Any:
        if self.connection is not None and self.pool:
            self.connection.used_at = monotonic()
        return super()._close()  # type: ignore[misc]


def _alive(connection: Any) -> bool:
    if monotonic() - getattr(connection, "used_at", 0) < RESTED:
        return True
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
