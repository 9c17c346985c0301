"""The one place that locks a cart: first of all locks, before order, payment and stock.

Written by hand: it is the first statement of everything that is done with a cart, and is planned once.
"""

import uuid
from typing import Any

from django.db import connection
from django.db.transaction import TransactionManagementError

from shop.cart.models import Cart
from shop.customers.models import User
from shop.sql import columns, instance, read

LOCK = f"SELECT {columns(Cart)} FROM shop_cart WHERE {{}} = %s FOR NO KEY UPDATE"  # noqa: S608 - our own names
# The same as the first part of a statement that goes on with it, see `quick`: by owner_id or token, %(whose)s.
LOCKED = "its AS (SELECT * FROM shop_cart WHERE {} = %(whose)s FOR NO KEY UPDATE)"


def lock_cart(pk: int) -> Cart:
    """The cart, locked until the transaction ends. Raises Cart.DoesNotExist."""
    cart = _lock("id", pk)
    if cart is None:
        raise Cart.DoesNotExist(pk)
    return cart


def lock_cart_of(*, owner: User | None, token: uuid.UUID | None) -> Cart | None:
    """The cart of a person or of a browser, found and locked in one step; None when there is none."""
    if owner is not None:
        return _lock("owner_id", owner.pk)
    return _lock("token", token) if token else None


def _lock(column: str, value: Any) -> Cart | None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("a cart is locked within a transaction")
    rows = read(LOCK.format(column), [value])
    return instance(Cart, rows[0]) if rows else None
