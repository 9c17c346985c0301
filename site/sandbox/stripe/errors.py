"""Errors as Stripe sends them: an HTTP status and `{"error": {"type", "code", "message", "param", ...}}`."""

from typing import Any


class StripeError(Exception):
    """A refusal the client sees.

    `pinned` tells whether an idempotency key keeps it: Stripe stores every answer of a request that began to
    execute, refusals included, but none of a request whose parameters it did not accept.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str = "invalid_request_error",
        pinned: bool = True,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.pinned = pinned
        fields = {"type": type, "code": code, "message": message, "param": param, **extra}
        self.body = {"error": {name: value for name, value in fields.items() if value is not None}}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> StripeError:
    """400 for parameters that were not accepted; never kept under an idempotency key."""
    return StripeError(400, message, code=code, param=param, pinned=False)


def missing(kind: str, id: str, param: str = "id") -> StripeError:
    """404 for an object that is not there."""
    return StripeError(404, f"No such {kind}: '{id}'", code="resource_missing", param=param, pinned=False)


def refused(message: str, *, code: str | None = None, param: str | None = None, **extra: Any) -> StripeError:
    """400 for a well-formed request that the objects' state does not allow."""
    return StripeError(400, message, code=code, param=param, **extra)


def unauthorized(message: str, *, code: str | None = None) -> StripeError:
    """401 for a wrong key or one that may not do this."""
    return StripeError(401, message, code=code, pinned=False)
