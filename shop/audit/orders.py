"""Orders: their sums, their states, and that each was placed once."""

from shop.audit.books import FLAGGED, PARCELS, Books
from shop.money import QUANTUM

GRACE = "15 minutes"  # what the clock may be late


def totals_add_up(books: Books) -> list[str]:
    """The total of an order is goods less discount plus delivery, plus the tax where prices do not contain it."""
    return books.breaches(
        "order {}: total {} {}, its parts make {}",
        """
        SELECT number, total, currency, parts
          FROM (SELECT number, total, currency, subtotal - discount + shipping - shipping_discount
                       + CASE WHEN tax_included THEN 0 ELSE tax END AS parts FROM shop_order) o
         WHERE total <> parts
         ORDER BY number
        """,
    )


def lines_add_up(books: Books) -> list[str]:
    """The lines of an order make its goods, its discount and its tax; each line is its price times its quantity."""
    return books.breaches(
        "order {}: goods {} discount {} tax {}, its {} lines say {}, {}, {}; {} of them are wrong in themselves",
        """
        SELECT o.number, o.subtotal, o.discount, o.tax, coalesce(l.lines, 0), l.subtotal, l.discount, l.tax, l.wrong
          FROM shop_order o
          LEFT JOIN (SELECT order_id, count(*) AS lines, sum(subtotal) AS subtotal, sum(discount) AS discount,
                            sum(tax) AS tax, count(*) FILTER (WHERE subtotal <> unit_price * quantity) AS wrong
                       FROM shop_orderline GROUP BY 1) l ON l.order_id = o.id
         WHERE l.lines IS NULL OR l.wrong > 0
            OR (o.subtotal, o.discount, o.tax) <> (l.subtotal, l.discount, l.tax)
         ORDER BY o.id
        """,
    )


def amounts_are_coins(books: Books) -> list[str]:
    """Every amount of an order can be paid in its currency: rupiah are whole, dollars have two places."""
    return books.breaches(
        "order {}: {} {} cannot be paid",
        """
        SELECT number, amount, currency
          FROM (SELECT number, currency, unnest(ARRAY[subtotal, discount, shipping, shipping_discount, tax, total])
                       AS amount FROM shop_order) o
          LEFT JOIN unnest(%(codes)s::text[], %(coins)s::numeric[]) AS c(code, coin) ON c.code = o.currency
         WHERE c.code IS NULL OR amount %% coin <> 0
         ORDER BY number
        """,
        codes=list(QUANTUM),
        coins=list(QUANTUM.values()),
    )


def states_have_their_event(books: Books) -> list[str]:
    """The state of an order is the last that its timeline tells of."""
    return books.breaches(
        "order {}: {}, its timeline says {}",
        """
        SELECT o.number, o.state, coalesce(e.kind, 'pending')
          FROM shop_order o
          LEFT JOIN (SELECT DISTINCT ON (order_id) order_id, kind FROM shop_orderevent
                      WHERE kind IN ('processing', 'shipped', 'delivered', 'cancelled')
                      ORDER BY order_id, id DESC) e ON e.order_id = o.id
         WHERE o.state <> coalesce(e.kind, 'pending')
         ORDER BY o.id
        """,
    )


def parcels_hold_what_was_sold(books: Books) -> list[str]:
    """Of a shipped order all that was sold and not dropped has left in parcels; of one to be packed no more than that
    is in parcels; other orders have none."""
    return books.breaches(
        "order {} ({}), line {}: {} sold and not dropped, {} in parcels, {} of them have left",
        f"""
        SELECT o.number, o.state, l.sku, l.quantity - l.dropped, coalesce(f.units, 0), coalesce(f.sent, 0)
          FROM shop_orderline l
          JOIN shop_order o ON o.id = l.order_id
          LEFT JOIN {PARCELS} f ON f.line_id = l.id
         WHERE CASE WHEN o.state IN ('shipped', 'delivered')
                    THEN coalesce(f.units, 0) <> l.quantity - l.dropped OR f.units <> f.sent
                    WHEN o.state = 'processing' THEN f.units > l.quantity - l.dropped
                    ELSE f.units > 0 END
         ORDER BY l.id
        """,  # noqa: S608 - a constant
    )


def all_that_left_is_shipped(books: Books) -> list[str]:
    """An order of which something has left and nothing is still to be sent is not to be packed any more."""
    return books.breaches(
        "order {}: all its {} units have left, and it is still to be packed",
        f"""
        SELECT o.number, sum(f.sent)
          FROM shop_order o
          JOIN shop_orderline l ON l.order_id = o.id
          LEFT JOIN {PARCELS} f ON f.line_id = l.id
         WHERE o.state = 'processing'
         GROUP BY o.id
        HAVING sum(f.sent) > 0 AND sum(l.quantity - l.dropped) = sum(f.sent)
         ORDER BY o.id
        """,  # noqa: S608 - a constant
    )


def placed_once(books: Books) -> list[str]:
    """One order per checkout key, one per number."""
    return books.breaches(
        "{} orders with the {} {}",
        """
        SELECT count(*), 'number', upper(number) FROM shop_order GROUP BY 3 HAVING count(*) > 1
        UNION ALL
        SELECT count(*), 'checkout key', checkout_key::text FROM shop_order GROUP BY 3 HAVING count(*) > 1
        """,
    )


def ordered_is_out_of_the_cart(books: Books) -> list[str]:
    """No checkout is still open that an order was placed with, and nothing of that order is still in its cart."""
    return books.breaches(
        "cart {}: ordered as {}, its checkout is still open, {} of the ordered lines are still in it",
        """
        SELECT d.cart_id, o.number, count(c.id)
          FROM shop_checkoutdraft d
          JOIN shop_order o ON o.checkout_key = d.key
          JOIN shop_orderline l ON l.order_id = o.id
          LEFT JOIN shop_cartline c ON c.cart_id = d.cart_id AND c.variant_id = l.variant_id
         GROUP BY d.cart_id, o.number
         ORDER BY 1
        """,
    )


def deadlines_are_kept(books: Books) -> list[str]:
    """No order waits for its payment past its deadline, unless that was put off lately or a person was told."""
    return books.breaches(
        "order {}: waits for its payment since its deadline at {}",
        f"""
        SELECT o.number, o.expires_at
          FROM shop_order o
         WHERE o.state = 'pending' AND o.expires_at < %(now)s - interval '{GRACE}'
           AND NOT {FLAGGED}
           AND NOT EXISTS (SELECT 1 FROM shop_orderevent e WHERE e.order_id = o.id AND e.kind = 'expiry_postponed'
                              AND e.at > %(now)s - interval '2 hours')
         ORDER BY o.id
        """,  # noqa: S608 - constants
    )


def nobody_waits_for_nothing(books: Books) -> list[str]:
    """An order of nothing is paid when it is placed, and no payment was begun for it."""
    return books.breaches(
        "order {}: its total is zero, it is {} and {}, and has {} payments",
        """
        SELECT o.number, o.state, o.payment_status, count(p.id)
          FROM shop_order o LEFT JOIN shop_payment p ON p.order_id = o.id
         WHERE o.total = 0
         GROUP BY o.id
        HAVING o.state = 'pending' OR o.payment_status <> 'paid' OR count(p.id) > 0
         ORDER BY o.id
        """,
    )


def goods_wait_for_payments(books: Books) -> list[str]:
    """What can be paid is still there: no open attempt of a pending order ends after the order or its hold on the goods."""
    return books.breaches(
        "payment {}: can be made until {}, its goods are kept until {}",
        """
        SELECT p.reference, p.expires_at, least(o.expires_at, min(r.expires_at))
          FROM shop_payment p
          JOIN shop_order o ON o.id = p.order_id AND o.state = 'pending'
          LEFT JOIN shop_reservation r ON r.order_number = o.number AND r.state = 'held'
         WHERE p.state IN ('created', 'pending', 'processing', 'review', 'authorized')
         GROUP BY p.id, o.id
        HAVING p.expires_at > least(o.expires_at, min(r.expires_at))
         ORDER BY p.id
        """,
    )


CHECKS = [
    totals_add_up,
    lines_add_up,
    amounts_are_coins,
    states_have_their_event,
    parcels_hold_what_was_sold,
    all_that_left_is_shipped,
    placed_once,
    ordered_is_out_of_the_cart,
    deadlines_are_kept,
    nobody_waits_for_nothing,
    goods_wait_for_payments,
]
