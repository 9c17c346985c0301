from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

RESTED = (
    0.25  # seconds in the pool after which a connection is asked whether it is alive; a busy shop saves the question
)


class DatabaseWrapper(base.DatabaseWrapper):
    """For settings with a pool and without CONN_HEALTH_CHECKS, which would ask before every request."""

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
