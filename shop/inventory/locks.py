"""The one place that locks shelves. Always in order of pk, so that two orders never wait for each other in a circle."""

from collections.abc import Iterable

from shop.inventory.models import Reservation, StockItem


def lock_stock(pks: Iterable[int]) -> dict[int, StockItem]:
    """Lock the stock items until the transaction ends; {pk: item}. Raises outside a transaction."""
    items = StockItem.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks)).order_by("pk")
    return {item.pk: item for item in items}


def lock_open_reservations(order_number: str) -> tuple[list[Reservation], dict[int, StockItem]]:
    """What an order still holds, with its shelves locked. Read again under the lock: somebody may have closed them."""
    shelves = Reservation.objects.filter(order_number=order_number, state__in=Reservation.OPEN)
    items = lock_stock(shelves.values_list("stock_item_id", flat=True))
    return list(shelves.order_by("pk")), items
