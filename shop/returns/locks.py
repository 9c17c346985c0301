"""The one place that locks returns: after their order, before payments and stock."""

from shop.orders.locks import lock_order
from shop.returns.models import Return


def lock_return(pk: int) -> Return:
    """The return, with `order`, both locked until the transaction ends. Raises Return.DoesNotExist."""
    order = lock_order(Return.objects.values_list("order_id", flat=True).get(pk=pk))
    back = Return.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    back.order = order
    return back
