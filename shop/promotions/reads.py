"""The one statement that promotions are read by, written by hand: every price, cart and order waits for it.

What comes back are plain values; what they mean is said by `listing.offer_of`.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import get_language

from shop.sql import read


class Facts(NamedTuple):
    """A promotion as it stands for some products, in one currency, for one customer; and the coupon that opens it.

    `in_scope`: ids of those of the products that it is for; None when it is for everything. `tiers`: (minimum, percent).
    Uses are counted only where there is a limit.
    """

    id: int
    name: str
    kind: str
    effect: str
    percent: Decimal | None
    buy: int | None
    get: int | None
    priority: int
    exclusive: bool
    active: bool
    starts_at: datetime
    ends_at: datetime | None
    limit_total: int | None
    each_customer: int | None
    in_scope: list[int] | None
    has_terms: bool
    is_here: bool
    amount_off: Decimal | None
    minimum: Decimal | None
    cap: Decimal | None
    budget: Decimal | None
    tiers: list[list[Decimal]]
    spent: Decimal
    uses: int
    uses_here: int
    ordered: bool
    coupon_id: int | None
    code: str | None
    coupon_active: bool | None
    coupon_limit: int | None
    coupon_uses: int


# Those of the %(products)s that promotion p is for; null when it is for everything.
IN_SCOPE = """CASE p.scope
       WHEN 'products' THEN ARRAY(
           SELECT s.product_id FROM shop_promotion_products s
            WHERE s.promotion_id = p.id AND s.product_id = ANY(%(products)s))
       WHEN 'collections' THEN ARRAY(
           SELECT m.product_id FROM shop_promotion_collections s
             JOIN shop_collectionmember m ON m.collection_id = s.collection_id
            WHERE s.promotion_id = p.id AND m.product_id = ANY(%(products)s))
       WHEN 'categories' THEN ARRAY(
           WITH RECURSIVE below(id) AS (
               SELECT s.category_id FROM shop_promotion_categories s WHERE s.promotion_id = p.id
               UNION SELECT c.id FROM shop_category c JOIN below b ON c.parent_id = b.id)
           SELECT l.product_id FROM shop_placement l JOIN below b ON b.id = l.category_id
            WHERE l.product_id = ANY(%(products)s))
       END"""

FACTS = f"""
WITH opened AS (SELECT id, promotion_id FROM shop_coupon WHERE upper(code) = %(code)s)
SELECT p.id, coalesce(p.names ->> %(language)s, p.name), p.kind,
       p.effect, p.percent, p.buy_quantity, p.get_quantity, p.priority, p.exclusive,
       p.active, p.starts_at, p.ends_at, p.limit_total,
       CASE WHEN p.first_order_only THEN 1 ELSE p.limit_per_customer END,
       {IN_SCOPE},
       EXISTS (SELECT 1 FROM shop_promotionterms a WHERE a.promotion_id = p.id),
       t.id IS NOT NULL, t.amount_off, t.minimum, t.cap, t.budget,
       ARRAY(SELECT ARRAY[i.minimum, i.percent] FROM shop_tier i
              WHERE i.promotion_id = p.id AND i.currency = %(currency)s ORDER BY i.minimum),
       CASE WHEN t.budget IS NULL THEN 0 ELSE
           (SELECT coalesce(sum(r.amount), 0) FROM shop_redemption r
             WHERE r.promotion_id = p.id AND r.currency = %(currency)s AND r.state <> 'released') END,
       CASE WHEN p.limit_total IS NULL THEN 0 ELSE
           (SELECT count(*) FROM shop_redemption r WHERE r.promotion_id = p.id AND r.state <> 'released') END,
       CASE WHEN p.limit_per_customer IS NULL AND NOT p.first_order_only THEN 0 ELSE
           (SELECT count(*) FROM shop_redemption r WHERE r.promotion_id = p.id AND r.state <> 'released'
               AND (r.user_id = %(user)s OR (r.email_hash = %(email_hash)s AND r.email_hash <> ''))) END,
       p.first_order_only AND EXISTS (
           SELECT 1 FROM shop_order o WHERE o.state <> 'cancelled'
              AND (o.user_id = %(user)s OR lower(o.email) = ANY(%(emails)s))),
       c.id, c.code, c.active, c."limit",
       CASE WHEN c."limit" IS NULL THEN 0 ELSE
           (SELECT count(*) FROM shop_redemption r WHERE r.coupon_id = c.id AND r.state <> 'released') END
  FROM shop_promotion p
  LEFT JOIN shop_promotionterms t ON t.promotion_id = p.id AND t.currency = %(currency)s
  LEFT JOIN shop_coupon c ON c.id = (SELECT id FROM opened) AND c.promotion_id = p.id
"""  # noqa: S608 - constants of ours

RUNNING = """
 WHERE p.id = (SELECT promotion_id FROM opened)
    OR (p.kind = ANY(%(kinds)s) AND p.active AND p.starts_at <= %(at)s AND (p.ends_at IS NULL OR p.ends_at > %(at)s))
 ORDER BY p.priority, p.id
"""

# By what the catalogue's promotions that run %(at)s change the prices of %(products)s, in one value, for a statement that
# only has to know whether all is as it was.
STANDING = f"""ARRAY(
    SELECT concat_ws(' ', p.id, p.xmin, {IN_SCOPE}::text,
           (SELECT string_agg(xmin::text, ' ') FROM shop_promotionterms WHERE promotion_id = p.id))
      FROM shop_promotion p
     WHERE p.kind = 'catalogue' AND p.active AND p.starts_at <= %(at)s AND (p.ends_at IS NULL OR p.ends_at > %(at)s))
"""  # noqa: S608 - constants of ours


def reduces(product: str) -> str:
    """Whether a catalogue promotion that runs %(at)s is for one product; `product`: its id, as an expression of SQL that
    names none of the tables here (p, s, m, c, l).
    """
    in_scope = IN_SCOPE.replace("%(products)s", f"ARRAY[{product}]")
    return f"""EXISTS (
    SELECT FROM shop_promotion p
     WHERE p.kind = 'catalogue' AND p.active AND p.starts_at <= %(at)s AND (p.ends_at IS NULL OR p.ends_at > %(at)s)
       AND coalesce(cardinality({in_scope}), 1) > 0)"""  # noqa: S608 - constants of ours


NAMED = " WHERE p.id = ANY(%(ids)s) ORDER BY p.id"


class Asker(NamedTuple):
    """Whose uses count: an account, a keyed hash of an address, the ways in which it may stand on an order."""

    user_id: int | None = None
    email_hash: str = ""
    emails: tuple[str, ...] = ()


NOBODY = Asker()


def running(
    kinds: Collection[str], products: Collection[int], *, currency: str, at: datetime, code: str, asker: Asker
) -> list[Facts]:
    """Promotions of these kinds that run at `at`; and that of `code`, whether it runs or not."""
    return _read(FACTS + RUNNING, {**values(kinds, products, currency, code, asker), "at": at})


def named(
    ids: Collection[int], products: Collection[int], *, currency: str, code: str = "", asker: Asker = NOBODY
) -> list[Facts]:
    """Promotions by their ids, in that order; those of `code` with it."""
    return _read(FACTS + NAMED, {**values((), products, currency, code, asker), "ids": list(ids)})


def values(
    kinds: Collection[str], products: Collection[int], currency: str, code: str = "", asker: Asker = NOBODY
) -> dict[str, Any]:
    """What FACTS and RUNNING ask for, but the instant `at`."""
    return {
        "kinds": list(kinds),
        "products": list(products),
        "currency": currency,
        "language": get_language() or "",
        "code": code,
        "user": asker.user_id,
        "email_hash": asker.email_hash,
        "emails": list(asker.emails),
    }


def _read(statement: str, asked: dict[str, Any]) -> list[Facts]:
    return [Facts._make(row) for row in read(statement, asked)]
