"""How often the doors of an account may be tried. Counted in the database: nobody gets past while the cache is away.

What may be tried how often is settings.DOOR_LIMITS. An account is named by what was typed, known or not, so that
waiting tells nothing about it.
"""

from collections.abc import Iterator
from datetime import timedelta

from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.customers import operations as customers
from shop.web import client_address


def count(request: HttpRequest, door: str, *, account: str = "") -> None:
    """Count one try at `door`. Raises ImmediateHttpResponse (429, which allauth's middleware answers) beyond its limits."""
    for scope, key, (limit, minutes) in _counters(request, door, account):
        try:
            customers.throttle(
                scope=scope,
                key=key,
                limit=limit,
                period=timedelta(minutes=minutes),
                now=request.commerce_now,  # type: ignore[attr-defined]
            )
        except customers.TooManyAttempts as error:
            raise ImmediateHttpResponse(_too_many(request, error))


def succeeded(request: HttpRequest, door: str, *, account: str = "") -> None:
    """The try was rightful: the account's slate is wiped, the network address gets this one try back."""
    for scope, key, _ in _counters(request, door, account):
        if scope.endswith(".account"):
            customers.forget_attempts(scope=scope, key=key)
        else:
            customers.forgive(scope=scope, key=key)


def forget(door: str, *, account: str) -> None:
    customers.forget_attempts(scope=f"{door}.account", key=account)


def _counters(request: HttpRequest, door: str, account: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    keys = {"address": client_address(request), "account": account}
    for what, limit in settings.DOOR_LIMITS[door].items():
        if keys[what]:
            yield f"{door}.{what}", keys[what], limit


def _too_many(request: HttpRequest, error: customers.TooManyAttempts) -> HttpResponse:
    wait = error.retry_after - request.commerce_now  # type: ignore[attr-defined]
    seconds = max(1, int(wait.total_seconds()) + 1)
    context = {"retry_at": error.retry_after, "minutes": (seconds + 59) // 60}
    response = render(request, "account/too_many_attempts.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
