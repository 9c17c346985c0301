"""The one statement that finds what a shopper has answered, with their cart; by hand because each order waits for it."""

import uuid

from shop.cart.models import Cart
from shop.checkout.models import CheckoutDraft
from shop.customers.models import User
from shop.sql import columns, instance, read

STATEMENT = f"""
SELECT {columns(CheckoutDraft, "d")}, {columns(Cart, "c")}
  FROM shop_cart c JOIN shop_checkoutdraft d ON d.cart_id = c.id WHERE c.{{}} = %s
"""  # noqa: S608 - our own names
OF_DRAFT = len(CheckoutDraft._meta.local_concrete_fields)


def draft_of(*, owner: User | None, token: uuid.UUID | None) -> CheckoutDraft | None:
    """The draft of a person's or of a browser's cart; no query for a browser without one."""
    if owner is None and token is None:
        return None
    rows = read(STATEMENT.format("owner_id" if owner else "token"), [owner.pk if owner else token])
    if not rows:
        return None
    draft = instance(CheckoutDraft, rows[0][:OF_DRAFT])
    draft.cart = instance(Cart, rows[0][OF_DRAFT:])
    return draft
