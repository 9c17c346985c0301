"""What of an order is in which parcel, and what is in none yet."""

from collections import Counter
from dataclasses import dataclass

from shop.orders.models import Fulfilment, Order, OrderLine

State = Order.State


@dataclass(frozen=True)
class ToSend:
    """Of the units of a line: `packed` ones are in parcels that are still here, `shipped` ones have left."""

    line: OrderLine
    packed: int
    shipped: int

    @property
    def left(self) -> int:
        """Units that are in no parcel yet, and are to be sent."""
        return self.line.to_send - self.packed - self.shipped


def standing(order: Order) -> list[ToSend]:
    """Line by line; exact only under the order's lock. No query when `lines` and `fulfilments__lines` were fetched."""
    packed: Counter[int] = Counter()
    shipped: Counter[int] = Counter()
    for parcel in order.fulfilments.prefetch_related("lines") if not _fetched(order) else order.fulfilments.all():
        units = shipped if parcel.shipped_at else packed
        for row in parcel.lines.all():
            units[row.line_id] += row.quantity
    return [ToSend(line, packed[line.pk], shipped[line.pk]) for line in order.lines.all()]


def _fetched(order: Order) -> bool:
    return "fulfilments" in getattr(order, "_prefetched_objects_cache", {})


def here(order: Order) -> list[Fulfilment]:
    """Parcels that are packed and have not left."""
    return [parcel for parcel in order.fulfilments.all() if not parcel.shipped_at]


def is_partly_shipped(order: Order) -> bool:
    return order.state == State.PROCESSING and any(parcel.shipped_at for parcel in order.fulfilments.all())


def is_packed(order: Order) -> bool:
    """Whether nothing is left to pack, and something waits to be handed over."""
    return order.state == State.PROCESSING and bool(here(order)) and not any(each.left for each in standing(order))
