"""What must hold in the shop's tables, computed anew: `manage.py audit_shop`.

A check is one function with one statement that finds the breaches of one rule; its docstring says the rule. To add one,
write the function in the module of its subject and add its name to CHECKS there.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from shop.audit import (
    collections,
    files,
    history,
    listings,
    orders,
    payments,
    people,
    promotions,
    refunds,
    returns,
    stock,
    wishes,
)
from shop.audit.books import Books

log = logging.getLogger("shop.audit")

Check = Callable[[Books], list[str]]

CHECKS: list[Check] = [
    *stock.CHECKS,
    *orders.CHECKS,
    *payments.CHECKS,
    *refunds.CHECKS,
    *returns.CHECKS,
    *promotions.CHECKS,
    *history.CHECKS,
    *people.CHECKS,
    *collections.CHECKS,
    *files.CHECKS,
    *wishes.CHECKS,
    *listings.CHECKS,
]


@dataclass(frozen=True)
class Finding:
    """What one check found: nothing, or breaches in words with their numbers."""

    name: str
    rule: str
    breaches: list[str]
    milliseconds: int


def audit(*, now: datetime, checks: list[Check] | None = None, whole: bool = True) -> list[Finding]:
    """Run the checks (all, unless some are named) on one snapshot of the database, without writing to it.

    Not `whole`: of a large catalogue's listings only those whose turn it is, see `listings`.
    """
    # Inside somebody's transaction the snapshot is theirs; it can only be made read-only for the while.
    mode = "READ ONLY" if connection.in_atomic_block else "ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION {mode}")
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        return [_find(check, Books(cursor, now, whole)) for check in checks or CHECKS]


def go_over_the_books(*, now: datetime) -> int:
    """The whole audit; each breach becomes an error in the log, which a monitor tells of. Returns how many there are."""
    breaches = [(finding.name, text) for finding in audit(now=now) for text in finding.breaches]
    for name, text in breaches:
        log.error("the books do not add up, %s: %s", name, text)
    return len(breaches)


def _find(check: Check, books: Books) -> Finding:
    started = time.perf_counter()
    breaches = check(books)
    milliseconds = round((time.perf_counter() - started) * 1000)
    return Finding(check.__name__, str(check.__doc__).partition("\n")[0], breaches, milliseconds)
