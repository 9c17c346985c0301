"""The letter of the morning: what is low on the shelves, to everybody who keeps them, at most once a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from shop.customers import operations as customers
from shop.inventory.figures import LOW, OUT, with_figures
from shop.inventory.models import StockItem
from shop.outbox import operations as outbox

MOST = 40  # shelves that a letter names; how many more there are, it says


@dataclass(frozen=True)
class LowShelves:
    """`items` have the figures of a list (figures.with_figures), what is empty and most waited for first."""

    items: list[StockItem]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.items)


def low_shelves(*, now: datetime) -> LowShelves:
    low: Any = with_figures(StockItem.objects.filter(LOW), now=now)
    first = low.alias(is_out=OUT).order_by("-is_out", "-waiting", "on_hand", "name", "pk")[:MOST]
    return LowShelves(list(first), StockItem.objects.filter(LOW).count())


def write_digest(*, now: datetime) -> int:
    """Have today's letter sent to each who keeps the shelves, unless nothing is low; returns how many. Twice is once."""
    if not StockItem.objects.filter(LOW).exists():
        return 0
    people, day = customers.staff_with("change_stockitem"), localdate(now)
    with transaction.atomic():
        for person in people:
            key = f"stock_digest/{day}/{person.pk}"
            facts: dict[str, Any] = {"to": person.email, "mail_key": key}
            outbox.later("inventory.send_digest", key=f"mail/{key}", now=now, **facts)
    return len(people)
