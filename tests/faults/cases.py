"""Every place at which a step can be cut, as parameters: each has its test, and a fixed few of them run with `make test`."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.faults.steps import STEPS
from tests.faults.traces import TRACES

EVERY = 25  # of how many cases one is in the sample of `make test`


def pairs() -> list[tuple[str, str]]:
    """Each (provider, step)."""
    return [(provider, name) for name, step in STEPS.items() for provider in step.providers]


def sampled(cases: Iterable[tuple[Any, ...]], every: int = EVERY) -> list[Any]:
    """The cases as parameters with readable names; those outside the sample are marked `faults`."""
    return [
        pytest.param(
            *case,
            id="-".join(map(str, case)).replace(" ", "_"),
            marks=() if number % every == 0 else (pytest.mark.faults,),
        )
        for number, case in enumerate(cases)
    ]


def cuts() -> list[tuple[str, str, str, int]]:
    """(provider, step, before or after, which point)."""
    return [
        (provider, name, moment, at)
        for provider, name in pairs()
        for at in range(len(TRACES[provider, name]))
        for moment in ("before", "after")
    ]


def commits() -> list[tuple[str, str, int]]:
    """(provider, step, which point), of the points at which something is committed."""
    return [
        (provider, name, at)
        for provider, name in pairs()
        for at, point in enumerate(TRACES[provider, name])
        if point.startswith(("commit", "write"))
    ]


def calls() -> list[tuple[str, str, int]]:
    """The same of those at which a provider is called."""
    return [
        (provider, name, at)
        for provider, name in pairs()
        for at, point in enumerate(TRACES[provider, name])
        if point.startswith(("GET", "POST"))
    ]
