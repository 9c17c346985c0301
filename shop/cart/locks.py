"""The one place that locks a cart: first of all locks, before order, payment and stock."""

import uuid

from shop.cart.models import Cart
from shop.customers.models import User


def lock_cart(pk: int) -> Cart:
    """The cart, locked until the transaction ends. Raises Cart.DoesNotExist."""
    return Cart.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)


def lock_cart_of(*, owner: User | None, token: uuid.UUID | None) -> Cart | None:
    """The cart of a person or of a browser, found and locked in one step; None when there is none."""
    rows = Cart.objects.select_for_update(no_key=True, of=("self",))
    if owner is not None:
        return rows.filter(owner=owner).first()
    return rows.filter(token=token).first() if token else None
