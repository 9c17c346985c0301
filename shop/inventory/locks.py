"""The one place that locks shelves. Always in order of pk, so that two orders never wait for each other in a circle."""

from collections.abc import Iterable, Sequence
from datetime import datetime

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
HOLD = """
WITH kept AS (UPDATE shop_stockitem s SET reserved = k.reserved
                FROM unnest(%(items)s::bigint[], %(reserved)s::int[]) k(id, reserved) WHERE s.id = k.id)
INSERT INTO shop_reservation (stock_item_id, quantity, state, order_number, expires_at, created_at)
SELECT d.item, d.quantity, 'held', %(order)s, %(until)s, %(now)s
  FROM unnest(%(wanted)s::bigint[], %(quantities)s::int[]) WITH ORDINALITY d(item, quantity, place) ORDER BY d.place
RETURNING id
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


def hold(
    items: Iterable[StockItem],
    demands: Sequence[tuple[int, int]],
    *,
    order_number: str,
    expires_at: datetime,
    now: datetime,
) -> list[Reservation]:
    """As `keep_reserved`, with a reservation for each (stock_item_id, quantity) of `demands`, in their order; at one go."""
    reserved = {item.pk: item.reserved for item in items}
    common = {"order": order_number, "until": expires_at, "now": now}
    values = {"items": list(reserved), "reserved": list(reserved.values()), **common}
    of_each = {"wanted": [item for item, _quantity in demands], "quantities": [n for _item, n in demands]}
    rows = read(HOLD, {**values, **of_each})
    return [
        Reservation(
            id=pk,
            stock_item_id=item,
            quantity=quantity,
            order_number=order_number,
            expires_at=expires_at,
            created_at=now,
        )
        for (pk,), (item, quantity) in zip(rows, demands, strict=True)
    ]


def lock_open_reservations(order_number: str) -> tuple[list[Reservation], dict[int, StockItem]]:
    """What an order still holds, with its shelves locked. Read again under the lock: somebody may have closed them."""
    shelves = Reservation.objects.filter(order_number=order_number, state__in=Reservation.OPEN)
    items = lock_stock(shelves.values_list("stock_item_id", flat=True))
    return list(shelves.order_by("pk")), items
