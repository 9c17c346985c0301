"""What the logs say, and what they never do.

Lines on a desk, one JSON object per line in production; each with the id of the request it belongs to. Addresses of
people, secret links and keys are masked in the finished text, so that a traceback cannot carry them out either.
"""

import contextvars
import logging
import re
from typing import Any

from pythonjsonlogger.json import JsonFormatter

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

# (what must be in the text for the pattern to be worth a look, since every line is looked at; the pattern; what instead)
MASKS = [
    (("@", "%40"), re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    (
        ("/orders/", "/confirm-email/", "/reset/key/"),
        re.compile(r"(/(?:orders/[^/\s\"]+|confirm-email|reset/key)/)[^/\s\"?]+"),
        r"\1<secret>",
    ),
    (("sk_", "rk_", "whsec"), re.compile(r"\b(?:(?:sk|rk)_(?:live|test)|whsec)_\w+"), "<key>"),
    (("_secret_",), re.compile(r"(_secret_)\w+"), r"\1<secret>"),
]


def mask(text: str) -> str:
    """`text` without e-mail addresses, secret parts of addresses, and keys.

    >>> mask("GET /orders/ET-10001/kT3x9/ for ani@example.com")
    'GET /orders/ET-10001/<secret>/ for <e-mail>'
    """
    for hints, pattern, instead in MASKS:
        if any(hint in text for hint in hints):
            text = pattern.sub(instead, text)
    return text


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class Lines(logging.Formatter):
    """For people: time, level, where from, what."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class Json(JsonFormatter):
    """For machines: one object per line. `extra={"order": ...}` of a log call becomes fields."""

    def format(self, record: logging.LogRecord) -> str:
        # Django hands its request objects over as an extra: their text shows the query, and they are no fields.
        for name in ("request", "server_time"):
            record.__dict__.pop(name, None)
        return mask(super().format(record))


def configuration(*, json: bool, level: str = "INFO") -> dict[str, Any]:
    """The LOGGING setting. Everything goes to stderr; refusals (4xx) show in the line of their request only."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": AddRequestId}},
        "formatters": {
            "lines": {
                "()": Lines,
                "format": "{asctime} {levelname:7} {name} {message} {request_id}",
                "datefmt": "%H:%M:%S",
                "style": "{",
            },
            "json": {
                "()": Json,
                "fmt": ["asctime", "levelname", "name", "message", "request_id"],
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if json else "lines",
                "filters": ["request_id"],
            },
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in ("shop", "home", "search", "config", "sandbox")},
            # Django's own handlers would mail and print a second time; 5xx come through with their traceback.
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.security": {"handlers": ["nowhere"], "propagate": False},
            "django.server": {"handlers": [] if json else ["stderr"], "level": "INFO", "propagate": False},
            "celery": {"level": level},
        },
    }
