"""Errors as Midtrans sends them: Snap in one shape, Core in another, often with HTTP 200."""

import uuid
from typing import Any


class MidtransError(Exception):
    """A refusal the client sees: an HTTP status and a JSON body."""

    def __init__(self, http_status: int, body: dict[str, Any]) -> None:
        super().__init__(str(body))
        self.http_status = http_status
        self.body = body


def snap_error(*messages: str, status: int = 400) -> MidtransError:
    """What Snap says: `{"error_messages": [...]}` and no code."""
    return MidtransError(status, {"error_messages": list(messages)})


def core_error(code: int, message: str, *, http_status: int = 200) -> MidtransError:
    """What Core says: its own `status_code`, while the HTTP status often stays 200."""
    return MidtransError(http_status, {"status_code": str(code), "status_message": message, "id": str(uuid.uuid4())})


NOT_FOUND = "Transaction doesn't exist."
UNCHANGEABLE = "Transaction status cannot be updated."
