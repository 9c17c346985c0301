"""Shelves, their ledger, and what is promised."""

from shop.audit.books import FLAGGED, PARCELS, Books


def shelf_equals_ledger(books: Books) -> list[str]:
    """What is on a shelf is the sum of its movements, and not negative."""
    return books.breaches(
        "shelf {} ({}): {} on hand, its movements say {}",
        """
        SELECT s.id, s.name, s.on_hand, coalesce(m.total, 0)
          FROM shop_stockitem s
          LEFT JOIN (SELECT stock_item_id, sum(delta) AS total FROM shop_stockmovement GROUP BY 1) m
            ON m.stock_item_id = s.id
         WHERE s.on_hand <> coalesce(m.total, 0) OR s.on_hand < 0
         ORDER BY s.id
        """,
    )


def ledger_balances(books: Books) -> list[str]:
    """Each movement's balance is the sum of all movements of its shelf up to it."""
    return books.breaches(
        "movement {} of shelf {}: balance {}, should be {}",
        """
        SELECT id, stock_item_id, balance, running
          FROM (SELECT id, stock_item_id, balance, sum(delta) OVER (PARTITION BY stock_item_id ORDER BY id) AS running
                  FROM shop_stockmovement) m
         WHERE balance <> running
         ORDER BY id
        """,
    )


def reserved_equals_reservations(books: Books) -> list[str]:
    """What a shelf has reserved is the sum of its held and firm reservations, and not negative."""
    return books.breaches(
        "shelf {} ({}): {} reserved, its reservations say {}",
        """
        SELECT s.id, s.name, s.reserved, coalesce(r.total, 0)
          FROM shop_stockitem s
          LEFT JOIN (SELECT stock_item_id, sum(quantity) AS total FROM shop_reservation
                      WHERE state IN ('held', 'firm') GROUP BY 1) r ON r.stock_item_id = s.id
         WHERE s.reserved <> coalesce(r.total, 0) OR s.reserved < 0
         ORDER BY s.id
        """,
    )


def lines_keep_their_stock(books: Books) -> list[str]:
    """The reservation of an order line is of what has not left of it, of its order, and in the state that this asks for;
    one whose line has nothing left to send is closed."""
    return books.breaches(
        "order {} ({}), line {}: {} ordered, {} dropped, {} left, reservation {} of order {} is {} for {}",
        f"""
        SELECT o.number, o.state, l.sku, l.quantity, l.dropped, coalesce(f.sent, 0),
               r.id, r.order_number, r.state, r.quantity
          FROM shop_orderline l
          JOIN shop_order o ON o.id = l.order_id
          JOIN shop_reservation r ON r.id = l.reservation_id
          LEFT JOIN {PARCELS} f ON f.line_id = l.id
         WHERE r.order_number <> o.number
            OR CASE WHEN l.quantity - l.dropped > coalesce(f.sent, 0)
                    THEN r.quantity <> l.quantity - l.dropped - coalesce(f.sent, 0)
                         OR r.state <> CASE o.state WHEN 'pending' THEN 'held' WHEN 'processing' THEN 'firm'
                                                    WHEN 'cancelled' THEN 'released' ELSE 'shipped' END
                    WHEN l.dropped = 0 THEN r.state <> 'shipped'
                    WHEN coalesce(f.sent, 0) = 0 THEN r.state <> 'released'
                    ELSE r.state NOT IN ('shipped', 'released') END
         ORDER BY l.id
        """,  # noqa: S608 - a constant
    )


def nothing_kept_for_nobody(books: Books) -> list[str]:
    """Every held or firm reservation belongs to a line of an order that is pending or to be packed."""
    return books.breaches(
        "reservation {}: {} units {} for order {}, which is {}",
        """
        SELECT r.id, r.quantity, r.state, r.order_number,
               CASE WHEN o.id IS NULL THEN 'not there' WHEN l.id IS NULL THEN 'without such a line' ELSE o.state END
          FROM shop_reservation r
          LEFT JOIN shop_order o ON o.number = r.order_number
          LEFT JOIN shop_orderline l ON l.reservation_id = r.id AND l.order_id = o.id
         WHERE r.state IN ('held', 'firm') AND (l.id IS NULL OR o.state NOT IN ('pending', 'processing'))
         ORDER BY r.id
        """,
    )


def promises_can_be_kept(books: Books) -> list[str]:
    """More is reserved than there is only where more may be sold than there is, or an order was flagged for it."""
    return books.breaches(
        "shelf {} ({}): {} reserved, {} on hand, and nobody was told",
        f"""
        SELECT s.id, s.name, s.reserved, s.on_hand
          FROM shop_stockitem s
         WHERE s.policy = 'track' AND s.reserved > s.on_hand
           AND NOT EXISTS (SELECT 1 FROM shop_reservation r JOIN shop_order o ON o.number = r.order_number
                            WHERE r.stock_item_id = s.id AND r.state IN ('held', 'firm') AND {FLAGGED})
         ORDER BY s.id
        """,  # noqa: S608 - a constant
    )


def shipped_units_left_once(books: Books) -> list[str]:
    """The units that left a shelf for an order are those that its shipped reservations name."""
    return books.breaches(
        "order {}, shelf {}: {} units left, {} were reserved and shipped",
        """
        SELECT m.order_number, m.stock_item_id, m.units, coalesce(r.units, 0)
          FROM (SELECT order_number, stock_item_id, -sum(delta) AS units
                  FROM shop_stockmovement WHERE reason = 'shipped' GROUP BY 1, 2) m
          LEFT JOIN (SELECT order_number, stock_item_id, sum(quantity) AS units
                       FROM shop_reservation WHERE state = 'shipped' GROUP BY 1, 2) r
            ON r.order_number = m.order_number AND r.stock_item_id = m.stock_item_id
         WHERE m.units <> coalesce(r.units, 0)
         ORDER BY 1, 2
        """,
    )


def parcels_left_the_shelves(books: Books) -> list[str]:
    """The units in parcels that have left are those whose reservations were shipped, shelf by shelf."""
    return books.breaches(
        "order {}, shelf {}: {} units in parcels that left, {} were reserved and shipped",
        """
        SELECT coalesce(p.number, r.order_number), coalesce(p.shelf, r.shelf), coalesce(p.units, 0), coalesce(r.units, 0)
          FROM (SELECT o.number, v.stock_item_id AS shelf, sum(x.quantity) AS units
                  FROM shop_fulfilmentline x
                  JOIN shop_fulfilment f ON f.id = x.fulfilment_id AND f.shipped_at IS NOT NULL
                  JOIN shop_orderline l ON l.id = x.line_id
                  JOIN shop_order o ON o.id = l.order_id
                  JOIN shop_reservation v ON v.id = l.reservation_id
                 GROUP BY 1, 2) p
          FULL JOIN (SELECT order_number, stock_item_id AS shelf, sum(quantity) AS units
                       FROM shop_reservation WHERE state = 'shipped' GROUP BY 1, 2) r
            ON r.order_number = p.number AND r.shelf = p.shelf
         WHERE p.units IS DISTINCT FROM r.units
         ORDER BY 1, 2
        """,
    )


CHECKS = [
    shelf_equals_ledger,
    ledger_balances,
    reserved_equals_reservations,
    lines_keep_their_stock,
    nothing_kept_for_nobody,
    promises_can_be_kept,
    shipped_units_left_once,
    parcels_left_the_shelves,
]
