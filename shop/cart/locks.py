"""The one place that locks a cart: first of all locks, before order, payment and stock."""

from shop.cart.models import Cart


def lock_cart(pk: int) -> Cart:
    """The cart, locked until the transaction ends. Raises Cart.DoesNotExist."""
    return Cart.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
