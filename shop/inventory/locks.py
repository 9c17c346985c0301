"""The one place that locks shelves. Always in order of pk, so that two orders never wait for each other in a circle."""

from collections.abc import Iterable

from django.db import connection
from django.db.transaction import TransactionManagementError

from shop.inventory.models import Reservation, StockItem
from shop.sql import columns, instance, read

# Planned once: each order waits for them while others wait for its shelves.
LOCK = f"""
SELECT {columns(StockItem)} FROM shop_stockitem WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - our own names
KEEP_RESERVED = """
UPDATE shop_stockitem s SET reserved = kept.reserved
  FROM unnest(%s::bigint[], %s::int[]) kept(id, reserved) WHERE s.id = kept.id
RETURNING s.id
"""


def lock_stock(pks: Iterable[int]) -> dict[int, StockItem]:
    """Lock the stock items until the transaction ends; {pk: item}. Raises outside a transaction."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("shelves are locked within a transaction")
    items = [instance(StockItem, row) for row in read(LOCK, [sorted(set(pks))])]
    return {item.pk: item for item in items}


def keep_reserved(items: Iterable[StockItem]) -> None:
    """Write how many units of the locked `items` are promised now."""
    reserved = {item.pk: item.reserved for item in items}
    read(KEEP_RESERVED, [list(reserved), list(reserved.values())])


def lock_open_reservations(order_number: str) -> tuple[list[Reservation], dict[int, StockItem]]:
    """What an order still holds, with its shelves locked. Read again under the lock: somebody may have closed them."""
    shelves = Reservation.objects.filter(order_number=order_number, state__in=Reservation.OPEN)
    items = lock_stock(shelves.values_list("stock_item_id", flat=True))
    return list(shelves.order_by("pk")), items
