"""Promotions: nobody used more than there was, and what came off each order is what it says."""

from shop.audit.books import Books

LIVE = "('reserved', 'confirmed')"


def uses_keep_to_the_limits(books: Books) -> list[str]:
    """No promotion, no code and no customer has more uses, reserved and confirmed, than its limit."""
    return books.breaches(
        "{} {}: {} uses of {}",
        f"""
        SELECT 'promotion', p.name, count(*), p.limit_total
          FROM shop_promotion p JOIN shop_redemption r ON r.promotion_id = p.id AND r.state IN {LIVE}
         WHERE p.limit_total IS NOT NULL GROUP BY p.id HAVING count(*) > p.limit_total
        UNION ALL
        SELECT 'code', c.code, count(*), c."limit"
          FROM shop_coupon c JOIN shop_redemption r ON r.coupon_id = c.id AND r.state IN {LIVE}
         WHERE c."limit" IS NOT NULL GROUP BY c.id HAVING count(*) > c."limit"
        UNION ALL
        SELECT 'one customer of promotion', p.name, count(*), p.most
          FROM (SELECT id, name, CASE WHEN first_order_only THEN 1 ELSE limit_per_customer END AS most
                  FROM shop_promotion) p
          JOIN (SELECT promotion_id, 'account ' || user_id AS who FROM shop_redemption
                 WHERE state IN {LIVE} AND user_id IS NOT NULL
                UNION ALL
                SELECT promotion_id, email_hash FROM shop_redemption
                 WHERE state IN {LIVE} AND email_hash <> '') r ON r.promotion_id = p.id
         WHERE p.most IS NOT NULL GROUP BY p.id, p.name, p.most, r.who HAVING count(*) > p.most
        """,  # noqa: S608 - constants
    )


def budgets_hold(books: Books) -> list[str]:
    """No promotion has given more than its budget in a currency."""
    return books.breaches(
        "promotion {}: {} {} given of {}",
        f"""
        SELECT p.name, sum(r.amount), t.currency, t.budget
          FROM shop_promotionterms t
          JOIN shop_promotion p ON p.id = t.promotion_id
          JOIN shop_redemption r ON r.promotion_id = p.id AND r.currency = t.currency AND r.state IN {LIVE}
         WHERE t.budget IS NOT NULL GROUP BY p.id, t.id HAVING sum(r.amount) > t.budget
        """,  # noqa: S608 - constants
    )


def uses_follow_their_order(books: Books) -> list[str]:
    """A use is reserved while its order waits for the money, given back when it is cancelled, else confirmed."""
    return books.breaches(
        "order {} ({}): its use of {} is {}",
        """
        SELECT r.order_number, coalesce(o.state, 'unknown'), p.name, r.state
          FROM shop_redemption r
          JOIN shop_promotion p ON p.id = r.promotion_id
          LEFT JOIN shop_order o ON o.number = r.order_number
         WHERE r.state <> CASE o.state WHEN 'pending' THEN 'reserved' WHEN 'cancelled' THEN 'released'
                                       ELSE 'confirmed' END
            OR o.id IS NULL
         ORDER BY r.id
        """,
    )


def discounts_are_told_apart(books: Books) -> list[str]:
    """What came off an order's lines and its delivery is what its promotions gave, line by line and use by use."""
    return books.breaches(
        "order {}: {} says {}, its promotions {}",
        """
        SELECT o.number, 'line ' || l.sku, l.discount, coalesce(sum(d.amount), 0)
          FROM shop_orderline l
          JOIN shop_order o ON o.id = l.order_id
          LEFT JOIN shop_orderdiscount d ON d.line_id = l.id
         GROUP BY o.id, l.id HAVING l.discount <> coalesce(sum(d.amount), 0)
        UNION ALL
        SELECT o.number, 'delivery', o.shipping_discount, coalesce(sum(d.amount), 0)
          FROM shop_order o LEFT JOIN shop_orderdiscount d ON d.order_id = o.id AND d.line_id IS NULL
         GROUP BY o.id HAVING o.shipping_discount <> coalesce(sum(d.amount), 0)
        UNION ALL
        SELECT coalesce(d.number, r.order_number), 'the use of promotion ' || coalesce(d.promotion_id, r.promotion_id),
               coalesce(r.amount, 0), coalesce(d.amount, 0)
          FROM (SELECT o.number, d.promotion_id, o.currency, sum(d.amount) AS amount
                  FROM shop_orderdiscount d JOIN shop_order o ON o.id = d.order_id GROUP BY 1, 2, 3) d
          FULL JOIN shop_redemption r
            ON r.order_number = d.number AND r.promotion_id = d.promotion_id AND r.currency = d.currency
         WHERE r.amount IS DISTINCT FROM d.amount
        """,
    )


CHECKS = [uses_keep_to_the_limits, budgets_hold, uses_follow_their_order, discounts_are_told_apart]
