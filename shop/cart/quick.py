"""The short way of a thing into a cart: one statement that locks the cart, looks whether it can be had, and writes.

Most of what carts hold comes this way, and everybody waits for it. It is for what costs the same for everybody: what a
promotion reduces, whatever is refused, and an account's first cart go the long way through `operations`, which says why.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from shop.cart.locks import LOCKED
from shop.cart.models import Cart
from shop.cart.reads import IS_ACTIVE, PAGES_TO_SEE, price
from shop.inventory.models import StockItem
from shop.promotions.reads import reduces
from shop.sql import read

# What is for sale under that SKU in a currency, and the most that a line may hold of it.
THING = f"""thing AS (
    SELECT v.id, page.title, {price("{currency}")} AS price,
           CASE s.policy WHEN '{StockItem.Policy.TRACK}' THEN least(s.on_hand - s.reserved, %(most)s)
                ELSE %(most)s END AS most
      FROM shop_variant v
      JOIN shop_product p ON p.id = v.product_id
      JOIN shop_stockitem s ON s.id = v.stock_item_id
      JOIN LATERAL (SELECT w.title {PAGES_TO_SEE} ORDER BY pp.language = %(language)s DESC, w.id LIMIT 1) page ON true
     WHERE lower(v.sku) = %(sku)s AND {IS_ACTIVE} AND NOT {reduces("v.product_id")})"""  # noqa: S608 - constants of ours
CAN_BE_HAD = "thing.price IS NOT NULL AND %(more)s::int <= thing.most"

# In place of locks.LOCKED, for a guest who has none: a new cart, which nobody else knows.
OPENED = f"""its AS (
    INSERT INTO shop_cart (token, currency, coupon_code, attribution, created_at, updated_at)
    SELECT %(whose)s, %(currency)s, '', '{{}}'::jsonb, %(now)s, %(now)s FROM thing WHERE {CAN_BE_HAD} RETURNING *)"""  # noqa: S608 - as above

# The line as it is once the cart is locked counts, not as it was when the statement began.
WRITTEN = f"""written AS (
    INSERT INTO shop_cartline AS line (cart_id, variant_id, quantity, seen_price, origin, added_at)
    SELECT its.id, thing.id, %(more)s::int, thing.price, %(origin)s::jsonb, %(now)s FROM its, thing WHERE {CAN_BE_HAD}
        ON CONFLICT (cart_id, variant_id) DO UPDATE
       SET quantity = line.quantity + EXCLUDED.quantity, seen_price = EXCLUDED.seen_price,
           origin = CASE line.origin WHEN '{{}}'::jsonb THEN EXCLUDED.origin ELSE line.origin END
     WHERE line.quantity + EXCLUDED.quantity <= (SELECT most FROM thing)
 RETURNING cart_id)"""  # noqa: S608 - as above
ANSWER = """
SELECT thing.title, (SELECT coalesce(sum(quantity), 0) FROM shop_cartline WHERE cart_id = its.id),
       its.id, its.token, its.currency, its.coupon_code
  FROM written JOIN its ON its.id = written.cart_id CROSS JOIN thing"""  # noqa: S608 - as above


def _statement(its: str) -> str:
    thing = THING.replace("{currency}", "(SELECT currency FROM its)")
    return f"WITH {its}, {thing}, {WRITTEN} {ANSWER}"


PUT = {column: _statement(LOCKED.format(column)) for column in ("owner_id", "token")}
PUT_FIRST = f"WITH {THING.replace('{currency}', '%(currency)s')}, {OPENED}, {WRITTEN} {ANSWER}"


@dataclass(frozen=True)
class Put:
    """What came into which cart, by name, and how many things are in it with that. Of the cart: whose, currency and code."""

    cart: Cart
    title: str
    count: int


def put(
    *,
    owner: int | None,
    token: uuid.UUID | None,
    sku: str,
    quantity: int,
    currency: str,
    language: str,
    origin: dict[str, Any],
    at: datetime,
) -> Put | None:
    """Put `quantity` more of `sku` into the cart of an account or of a browser; into a new one, in `currency`, for a guest
    without any. `origin` is kept where the line has none yet.

    None, and nothing is written, when the thing is not for sale, reduced, or not to be had so often, or the cart has gone.
    """
    statement, whose = PUT["owner_id"], owner or token
    if owner is None:
        statement, whose = (PUT["token"], token) if token else (PUT_FIRST, uuid.uuid4())
    values = {
        "whose": whose,
        "sku": sku.lower(),
        "more": quantity,
        "most": settings.MAX_LINE_QUANTITY,
        "currency": currency,
        "language": language,
        "origin": json.dumps(origin),
        "at": at,
        "now": timezone.now(),
    }
    for title, before, pk, cookie, its_currency, code in read(statement, values):
        cart = Cart(id=pk, owner_id=owner, token=cookie, currency=its_currency, coupon_code=code)
        return Put(cart, title, before + quantity)
    return None
