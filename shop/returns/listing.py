"""What of an order can be sent back, how many, and until when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Sum
from django.utils import timezone

from shop.checkout import refunding
from shop.checkout.refunding import LineStanding
from shop.delivery.models import ReturnPolicy
from shop.orders.models import FulfilmentLine, Order
from shop.returns.models import Return, ReturnLine

State = Return.State
GONE = (State.DECLINED, State.WITHDRAWN)  # whose units may be asked for anew


@dataclass(frozen=True)
class Returnable:
    """What may be sent back: `units` of each line (those with any), until the end of the day `until` (None: not at all)."""

    units: Mapping[int, int]
    until: date | None
    lines: list[LineStanding]

    def is_open(self, now: datetime) -> bool:
        return bool(self.units) and self.is_in_time(now)

    def is_in_time(self, now: datetime) -> bool:
        return self.until is not None and timezone.localtime(now).date() <= self.until


def returnable(order: Order) -> Returnable:
    """Of an order as it is now; certain only under its lock.

    Not more than was shipped and is in no other return; and not what was paid back already in another way.
    """
    sent = _shipped(order)
    if not sent:
        return Returnable({}, None, [])
    here = refunding.standing(order)
    standing, waiting = _in_returns(order)
    free = {
        each.line.pk: min(sent[each.line.pk] - standing[each.line.pk], each.left - waiting[each.line.pk])
        for each in here.lines
    }
    return Returnable({pk: units for pk, units in free.items() if units > 0}, last_day(order), here.lines)


def _shipped(order: Order) -> Counter[int]:
    left = FulfilmentLine.objects.filter(line__order=order, fulfilment__shipped_at__isnull=False)
    return Counter(dict(left.values_list("line").annotate(sent=Sum("quantity"))))


def _in_returns(order: Order) -> tuple[Counter[int], Counter[int]]:
    """Units of each line that stand in a return; and those of them whose money has not gone back yet, and may."""
    standing: Counter[int] = Counter()
    waiting: Counter[int] = Counter()
    rows = ReturnLine.objects.filter(line__order=order).exclude(rma__state__in=GONE).select_related("rma")
    for row in rows:
        units = row.quantity if row.received is None else row.received
        standing[row.line_id] += units
        if row.rma.state in Return.OPEN:
            waiting[row.line_id] += units
    return standing, waiting


def last_day(order: Order) -> date | None:
    """The last day on which a return may be asked for; None when nothing is taken back or nothing has been sent."""
    days = ReturnPolicy.current().days
    arrived = arrival(order)
    return arrived + timedelta(days=days) if days and arrived else None


def arrival(order: Order) -> date | None:
    """The day it arrived; before that is known, the day by which it should have, for the last parcel sent."""
    delivered = order.events.filter(kind=Order.State.DELIVERED).last()
    if delivered:
        return timezone.localdate(delivered.at)
    left = order.fulfilments.aggregate(last=Max("shipped_at"))["last"]
    if left is None:
        return None
    transit = order.deliver_until - timezone.localdate(order.placed_at)
    return max(order.deliver_until, timezone.localdate(left) + transit)


def open_returns(order: Order) -> list[Return]:
    """All returns of the order, oldest first, each with its lines and its refund."""
    rows = order.returns.select_related("refund__payment").prefetch_related("lines__line", "photos")
    return list(rows.order_by("pk"))
