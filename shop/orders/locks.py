"""The one place that locks orders: after a cart, before payments and stock."""

from shop.orders.models import Order


def lock_order(pk: int) -> Order:
    """The order, locked until the transaction ends and read under that lock. Raises Order.DoesNotExist."""
    return Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
