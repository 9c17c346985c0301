"""Planned failures of a stand-in's API, the same for every provider."""

import re
from dataclasses import dataclass, field
from typing import Any

KINDS = ("refuse", "lose_response", "status", "delay", "garbage")


@dataclass
class Fault:
    """A planned failure of the next `times` API calls whose "METHOD /path" matches the pattern `match`.

    refuse         the connection is cut, nothing is executed
    lose_response  executed, but the answer never arrives
    status         answered with `status` and `headers`, not executed; `pinned`: kept under the idempotency key
    delay          executed after `seconds`
    garbage        executed, answered 200 with HTML
    """

    kind: str
    match: str = "."
    times: int = 1
    status: int = 500
    seconds: float = 0.0
    pinned: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Faults:
    """What is planned, oldest first. Whoever calls holds the stand-in's lock."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def plan(self, kind: str, **details: Any) -> None:
        """Raises ValueError, TypeError and re.error for what is no fault."""
        fault = Fault(kind, **details)
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        re.compile(fault.match)
        self.planned.append(fault)

    def clear(self) -> None:
        self.planned.clear()

    def take(self, call: str) -> Fault | None:
        """The planned failure of this call ("POST /v1/refunds"), counted down."""
        for fault in self.planned:
            if re.search(fault.match, call):
                fault.times -= 1
                if fault.times < 1:
                    self.planned.remove(fault)
                return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        return [vars(fault) for fault in self.planned]
