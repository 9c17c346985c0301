"""The one statement that finds what a shopper has answered, with their cart; by hand because each order waits for it."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from shop.cart.models import Cart
from shop.checkout.models import CheckoutDraft
from shop.customers.models import User
from shop.sql import read

DRAFT, CART = ([field.attname for field in model._meta.local_concrete_fields] for model in (CheckoutDraft, Cart))
COLUMNS = ", ".join([*(f"d.{name}" for name in DRAFT), *(f"c.{name}" for name in CART)])
STATEMENT = f"""
SELECT {COLUMNS} FROM shop_cart c JOIN shop_checkoutdraft d ON d.cart_id = c.id WHERE c.{{}} = %s
"""  # noqa: S608 - our own names


def draft_of(*, owner: User | None, token: uuid.UUID | None) -> CheckoutDraft | None:
    """The draft of a person's or of a browser's cart; no query for a browser without one."""
    if owner is None and token is None:
        return None
    rows = read(STATEMENT.format("owner_id" if owner else "token"), [owner.pk if owner else token])
    if not rows:
        return None
    draft = _made(CheckoutDraft, DRAFT, rows[0][: len(DRAFT)], "billing")
    draft.cart = _made(Cart, CART, rows[0][len(DRAFT) :], "attribution")
    return draft


def _made(model: type[Model], names: list[str], values: Sequence[Any], parsed: str) -> Any:
    """An instance; `parsed` names the column of JSON, which comes as text."""
    given = dict(zip(names, values, strict=True))
    given[parsed] = json.loads(given[parsed])
    return model.from_db(connection.alias, names, list(given.values()))
