"""The ledger report: what the providers say against what we say, payment by payment, and in sums.

Open payments are looked at by the clock anyway; this looks at every recent one again, whatever state it is in, and says
what did not agree. What can be booked is booked, by the same way as a webhook; what still differs then wants a person.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from shop.checkout import settlement
from shop.payments import ledger
from shop.payments import operations as payments
from shop.payments.models import Payment, Refund
from shop.payments.providers import PROVIDERS
from shop.payments.providers.base import Rejected, Snapshot, Unknown
from shop.payments.status import ENDED, FINAL

log = logging.getLogger("shop.checkout")

RECENT = timedelta(days=3)
GONE = {Refund.State.FAILED, Refund.State.CANCELLED}


@dataclass(frozen=True)
class Difference:
    """`booked`: we say the same as the provider now."""

    reference: str
    what: str
    ours: str
    theirs: str
    booked: bool = False

    def __str__(self) -> str:
        text = f"{self.reference}: {self.what}: we say {self.ours}, the provider says {self.theirs}"
        return f"{text} (booked now)" if self.booked else text


@dataclass
class Sums:
    """Of one provider and currency."""

    captured: Decimal = Decimal(0)
    their_captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    their_refunded: Decimal = Decimal(0)


@dataclass
class Report:
    looked_at: int = 0
    differences: list[Difference] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    sums: dict[tuple[str, str], Sums] = field(default_factory=lambda: defaultdict(Sums))

    @property
    def is_clean(self) -> bool:
        return not self.differences and not self.unanswered


def ledger_report(
    *, now: datetime, recent: timedelta = RECENT, book: bool = True, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Compare every payment that is open, or was made or refunded within `recent`, with its provider. Twice is once.

    `book`: also book what the provider knows better. `progress(done, of)` is called after each.
    """
    found, report = list(_looked_at(now - recent).values_list("pk", flat=True)), Report()
    for done, payment_id in enumerate(found, start=1):
        _look(Payment.objects.select_related("order").get(pk=payment_id), report, book, now)
        if progress:
            progress(done, len(found))
    return report


def _looked_at(since: datetime) -> QuerySet[Payment]:
    open_or_recent = ~Q(state__in=FINAL) | Q(created_at__gte=since) | Q(refunds__created_at__gte=since)
    known = [name for name, provider in PROVIDERS.items() if provider.is_configured()]
    return Payment.objects.filter(open_or_recent, provider__in=known).exclude(provider_ref="").order_by("pk").distinct()


def _look(payment: Payment, report: Report, book: bool, now: datetime) -> None:
    report.looked_at += 1
    try:
        snapshot = payments.fetch(payment)
    except (Unknown, Rejected) as error:
        report.unanswered.append(f"{payment.reference}: {type(error).__name__} {error}")
        return
    differences = list(compare(payment, snapshot))
    if differences and book and snapshot is not None:
        payment = settlement.book(payment, snapshot, "report", now).payments.get(pk=payment.pk)
        left = {difference.what for difference in compare(payment, snapshot)}
        differences = [Difference(d.reference, d.what, d.ours, d.theirs, d.what not in left) for d in differences]
    report.differences += differences
    _add(report.sums[payment.provider, payment.currency], payment, snapshot)


def _add(sums: Sums, payment: Payment, snapshot: Snapshot | None) -> None:
    if payment.state == Payment.State.CAPTURED:
        sums.captured += payment.captured
        sums.refunded += ledger.refunded(payment, Refund.State.SUCCEEDED) - _by_hand(payment)
    if snapshot is not None and snapshot.state == Payment.State.CAPTURED:
        sums.their_captured += snapshot.captured
        sums.their_refunded += sum(
            (r.amount for r in snapshot.refunds if r.state == Refund.State.SUCCEEDED), Decimal(0)
        )


def _by_hand(payment: Payment) -> Decimal:
    rows = payment.refunds.filter(manual=True, state=Refund.State.SUCCEEDED)
    return sum((refund.amount for refund in rows), Decimal(0))


def compare(payment: Payment, snapshot: Snapshot | None) -> Iterator[Difference]:
    """What the two say differently of a payment and of its refunds."""
    if snapshot is None:
        if payment.state == Payment.State.CAPTURED:
            yield Difference(payment.reference, "payment", payment.state, "nothing")
        return
    pairs = [
        ("reference", payment.reference, snapshot.reference),
        ("currency", payment.currency, snapshot.currency),
        ("amount", f"{payment.amount:.2f}", f"{snapshot.amount:.2f}"),
        ("state", _kind(payment.state), _kind(snapshot.state)),
        ("captured", f"{payment.captured:.2f}", f"{snapshot.captured:.2f}"),
        ("disputed", str(payment.disputed), str(snapshot.disputed)),
    ]
    yield from (Difference(payment.reference, *pair) for pair in pairs if pair[1] != pair[2])
    yield from _refunds(payment, snapshot)


def _kind(state: str) -> str:
    """The provider's word for an end is not always ours: what counts is whether money can come, has, or will not."""
    if state in ENDED:
        return "ended"
    return str(state) if state in (Payment.State.CAPTURED, Payment.State.REVERSED) else "open"


def _refunds(payment: Payment, snapshot: Snapshot) -> Iterator[Difference]:
    ours = {refund.provider_ref: refund for refund in payment.refunds.exclude(provider_ref="")}
    theirs = {refund.provider_ref: refund for refund in snapshot.refunds}
    for ref in sorted({*ours, *theirs}):
        mine = f"{ours[ref].amount:.2f} {ours[ref].state}" if ref in ours else "nothing"
        said = f"{theirs[ref].amount:.2f} {theirs[ref].state}" if ref in theirs else "nothing"
        if mine != said and not (ref not in theirs and ours[ref].state in GONE):
            yield Difference(payment.reference, f"refund {ref}", mine, said)


def report_daily(*, now: datetime) -> Report:
    """The clock's: every difference is an error in the log."""
    report = ledger_report(now=now)
    for difference in report.differences:
        log.error("ledger: %s", difference)
    for words in report.unanswered:
        log.warning("ledger: no answer about %s", words)
    log.info("ledger: %s payments compared, %s differences", report.looked_at, len(report.differences))
    return report
