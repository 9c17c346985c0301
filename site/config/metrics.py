"""`/metrics` for Prometheus, when METRICS_TOKEN is set and requirements/observe.txt is installed; else there is none.

How the shop fares is computed from the tables when somebody asks, so it does not matter which process answers. Requests
are counted where they are answered; with several processes PROMETHEUS_MULTIPROC_DIR names the folder they share.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from shop.checkout.figures import figures

log = logging.getLogger("config.metrics")

PREFIX = "etalase_"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Requests(NamedTuple):
    """What is counted in this process, and the registry that holds it."""

    registry: Any
    count: Any
    seconds: Any


@lru_cache(maxsize=1)
def requests() -> Requests:
    from prometheus_client import CollectorRegistry, Counter, Histogram

    registry = CollectorRegistry()
    count = Counter(f"{PREFIX}http_requests", "Requests answered.", ("method", "route", "status"), registry=registry)
    seconds = Histogram(
        f"{PREFIX}http_request_seconds", "How long they took.", ("method",), buckets=SECONDS, registry=registry
    )
    return Requests(registry, count, seconds)


class Metrics:
    """Middleware: answers /metrics, and counts all other requests. Not there at all when it is off."""

    def __init__(self, get_response: Callable) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        if find_spec("prometheus_client") is None:
            log.warning("METRICS_TOKEN is set, but prometheus-client is missing: install requirements/observe.txt")
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/metrics":
            return metrics(request)
        started = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        route = request.resolver_match.route if request.resolver_match else "none"
        requests().count.labels(method, route, response.status_code).inc()
        requests().seconds.labels(method).observe(time.perf_counter() - started)
        return response


def metrics(request: HttpRequest) -> HttpResponse:
    """All figures for whoever brings the token: `Authorization: Bearer ...`. 503 when the database does not answer."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        headers = {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}
        return HttpResponse("not for everybody", status=401, content_type="text/plain", headers=headers)
    try:
        text = generate_latest(_registry())
    except DatabaseError as error:
        log.error("no metrics: %s", type(error).__name__)
        return HttpResponse("no database", status=503, content_type="text/plain")
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class Shop:
    """A collector of Prometheus' client: what the tables say."""

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        for figure in figures(now=timezone.now()):
            family = GaugeMetricFamily(f"{PREFIX}{figure.name}", figure.about, labels=figure.labels)
            for labels, value in figure.samples.items():
                family.add_metric(labels, value)
            yield family


def _registry() -> Any:
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    registry.register(Shop())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(requests().registry)
    return registry
