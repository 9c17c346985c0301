"""`/livez`: the process is up. `/readyz`: so is what it needs.

They answer before any other middleware: load balancers ask by IP address, over plain HTTP, every few seconds, and
that must meet neither host checks, nor redirects, nor sessions, nor the log.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu import Connection

SECONDS = 1.0  # what each check may take, all of them at once
NEEDED = ("database", "migrations")

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="readyz")
_migrated = False


class Health:
    """Middleware; the outermost but for the request's id."""

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = {"/livez": livez, "/readyz": readyz}.get(request.path_info)
        return self.get_response(request) if view is None else view(request)


def livez(request: HttpRequest) -> HttpResponse:
    return _uncached(HttpResponse("ok", content_type="text/plain"))


def readyz(request: HttpRequest) -> HttpResponse:
    """200 `ready`; 200 `degraded` without cache or broker; 503 `unavailable` without database or with migrations to do."""
    running = {name: _threads.submit(check) for name, check in CHECKS.items()}
    deadline = time.monotonic() + SECONDS
    checks = {name: _outcome(future, deadline) for name, future in running.items()}
    if any(checks[name] != "ok" for name in NEEDED):
        status = "unavailable"
    else:
        status = "ready" if set(checks.values()) == {"ok"} else "degraded"
    code = 503 if status == "unavailable" else 200
    return _uncached(JsonResponse({"status": status, "checks": checks}, status=code))


def _uncached(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response


def _outcome(future: Future, deadline: float) -> str:
    """`ok`, `failed` or `slow`: why is for the logs and for those who may read them, not for whoever asks."""
    try:
        return "ok" if future.result(timeout=max(0.0, deadline - time.monotonic())) else "failed"
    except TookTooLong:
        return "slow"
    except Exception:  # noqa: BLE001 - whatever its client raises, the dependency is not there
        return "failed"


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    finally:
        connection.close()


def _migrations() -> bool:
    """Whether no migration of this code is left to apply. Asked until it is true, then remembered."""
    global _migrated
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        finally:
            connection.close()
    return _migrated


def _cache() -> bool:
    ping = getattr(cache, "ping", None)  # only the Redis cache has somebody to ask
    return True if ping is None else ping()


def _broker() -> bool:
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=SECONDS)
    return True


CHECKS = {"database": _database, "migrations": _migrations, "cache": _cache, "broker": _broker}
