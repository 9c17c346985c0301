"""Errors to Sentry, when SENTRY_DSN is set: what went wrong and where, never whose it was.

Nothing of a request but its method and its masked path leaves the house: no body, cookie, header, query or user, no
values of variables; and of an error's text its first line, masked as the log is. Names and postal addresses have no form
that a mask could know, and PostgreSQL writes them into the further lines.
"""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from config.logging import mask

# What an event may carry. Everything else that the SDK, or its next version, puts in is left out.
KEPT = {
    *("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "transaction", "sdk"),
    *("exception", "logentry", "breadcrumbs", "request", "fingerprint", "message"),
}


def begin(dsn: str, *, environment: str, release: str = "") -> None:
    """Send what goes wrong in this process to `dsn`. Raises ImproperlyConfigured without the package."""
    try:
        import sentry_sdk
    except ImportError:
        raise ImproperlyConfigured("SENTRY_DSN needs sentry-sdk: install requirements/observe.txt.") from None
    sentry_sdk.init(dsn, environment=environment, release=release or None, **options())


def options() -> dict[str, Any]:
    """Personal data is off by the SDK's default (to name `send_default_pii` is deprecated); `scrub` holds it to that."""
    return {
        "include_local_variables": False,
        "max_request_body_size": "never",
        "traces_sample_rate": 0.0,
        "before_send": scrub,
    }


def scrub(event: dict[str, Any], _hint: Any = None) -> dict[str, Any]:
    """`event` with nothing in it that is about a person, or a key."""
    kept = {name: value for name, value in event.items() if name in KEPT}
    if "request" in kept:
        kept["request"] = _request(kept["request"])
    if "logentry" in kept:
        said = kept["logentry"]
        kept["logentry"] = {"message": _first_line(said.get("formatted") or said.get("message") or "")}
    for error in kept.get("exception", {}).get("values", []):
        error["value"] = _first_line(error.get("value"))
        for frame in error.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    if "breadcrumbs" in kept:
        crumbs = kept["breadcrumbs"]
        crumbs = crumbs.get("values", []) if isinstance(crumbs, dict) else crumbs
        kept["breadcrumbs"] = {"values": [_crumb(crumb) for crumb in crumbs]}
    return _masked(kept)


def _request(request: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(request.get("url", ""))
    return {"method": request.get("method", ""), "url": urlunsplit((url.scheme, url.netloc, url.path, "", ""))}


def _crumb(crumb: dict[str, Any]) -> dict[str, Any]:
    """What happened before, without its data: statements come with their values."""
    if crumb.get("category") == "query":
        return {"category": "query", "timestamp": crumb.get("timestamp")}
    told: dict[str, Any] = {name: crumb[name] for name in ("type", "category", "level", "timestamp") if name in crumb}
    return {**told, "message": _first_line(crumb.get("message"))}


def _first_line(text: Any) -> str:
    return str(text or "").partition("\n")[0]


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return value
