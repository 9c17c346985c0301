"""What customers send back: never more than went out, on the shelf once, paid back once."""

from shop.audit.books import FLAGGED, PARCELS, Books


def returns_stay_within_shipped(books: Books) -> list[str]:
    """No more units of a line stand in returns than were shipped; what came back is what the line says of it."""
    return books.breaches(
        "order {}, line {}: {} shipped, {} in returns, {} of them here, the line says {}",
        f"""
        SELECT o.number, l.sku, coalesce(f.sent, 0), r.units, r.here, l.returned
          FROM shop_orderline l
          JOIN shop_order o ON o.id = l.order_id
          JOIN (SELECT line_id,
                       coalesce(sum(coalesce(received, quantity)) FILTER (
                           WHERE state NOT IN ('declined', 'withdrawn')), 0) AS units,
                       coalesce(sum(received), 0) AS here
                  FROM shop_returnline rl JOIN shop_return b ON b.id = rl.rma_id GROUP BY 1) r ON r.line_id = l.id
          LEFT JOIN {PARCELS} f ON f.line_id = l.id
         WHERE r.units > coalesce(f.sent, 0) OR r.here <> l.returned
         ORDER BY l.id
        """,  # noqa: S608 - a constant
    )


def returned_goods_are_in_the_ledger(books: Books) -> list[str]:
    """Of each return, the shelf's movements say what its lines say: what came back, and what of it was written off.

    Shelves that are not counted have no movements: those of an order that took nothing off them are left out.
    """
    return books.breaches(
        "return {}, shelf {}: {} arrived, {} written off, the ledger says {} and {}",
        """
        SELECT b.number, b.stock_item_id, b.here, b.lost, coalesce(m.here, 0), coalesce(m.lost, 0)
          FROM (SELECT r.number, o.number AS order_number, v.stock_item_id, sum(rl.received) AS here,
                       coalesce(sum(rl.received) FILTER (WHERE rl.outcome = 'write_off'), 0) AS lost
                  FROM shop_returnline rl
                  JOIN shop_return r ON r.id = rl.rma_id
                  JOIN shop_order o ON o.id = r.order_id
                  JOIN shop_orderline l ON l.id = rl.line_id
                  JOIN shop_reservation v ON v.id = l.reservation_id
                  JOIN shop_stockitem s ON s.id = v.stock_item_id AND s.policy <> 'infinite'
                 WHERE rl.received > 0
                   AND EXISTS (SELECT 1 FROM shop_stockmovement t WHERE t.stock_item_id = v.stock_item_id
                                  AND t.order_number = o.number AND t.reason = 'shipped')
                 GROUP BY 1, 2, 3) b
          LEFT JOIN (SELECT note, order_number, stock_item_id,
                            coalesce(sum(delta) FILTER (WHERE reason = 'returned'), 0) AS here,
                            coalesce(-sum(delta) FILTER (WHERE reason = 'adjusted'), 0) AS lost
                       FROM shop_stockmovement WHERE order_number <> '' AND note <> '' GROUP BY 1, 2, 3) m
            ON m.note = b.number AND m.order_number = b.order_number AND m.stock_item_id = b.stock_item_id
         WHERE b.here <> coalesce(m.here, 0) OR b.lost <> coalesce(m.lost, 0)
         ORDER BY 1, 2
        """,
    )


def refunded_returns_have_their_refund(books: Books) -> list[str]:
    """The refund of a return is of its order, of units that arrived, and counts, unless a person was told."""
    return books.breaches(
        "return {} of order {}: {}",
        f"""
        SELECT b.number, o.number,
               CASE WHEN r.id IS NULL THEN 'it has no refund'
                    WHEN p.order_id <> o.id THEN 'its refund is of another order'
                    WHEN more.units IS NOT NULL THEN more.units || ' units paid back that did not arrive'
                    ELSE 'its refund is ' || r.state || ', and nobody was told' END
          FROM shop_return b
          JOIN shop_order o ON o.id = b.order_id
          LEFT JOIN shop_refund r ON r.id = b.refund_id
          LEFT JOIN shop_payment p ON p.id = r.payment_id
          LEFT JOIN (SELECT x.refund_id, sum(x.quantity - coalesce(rl.received, 0)) AS units
                       FROM shop_refundline x
                       JOIN shop_return c ON c.refund_id = x.refund_id
                       LEFT JOIN shop_returnline rl ON rl.rma_id = c.id AND rl.line_id = x.line_id
                      WHERE x.quantity > coalesce(rl.received, 0) GROUP BY 1) more ON more.refund_id = r.id
         WHERE b.state = 'refunded'
           AND (r.id IS NULL OR p.order_id <> o.id OR more.units IS NOT NULL
                OR r.state IN ('failed', 'cancelled') AND NOT {FLAGGED})
         ORDER BY b.id
        """,  # noqa: S608 - a constant
    )


def returns_are_told(books: Books) -> list[str]:
    """For each return there is the mail that it was asked for, or the job that writes it."""
    return books.breaches(
        "return {} of order {}: no mail was ever asked for",
        """
        SELECT b.number, o.number
          FROM shop_return b JOIN shop_order o ON o.id = b.order_id
         WHERE NOT EXISTS (SELECT 1 FROM shop_job j
                            WHERE j.key = 'mail/return_requested/' || o.number || '/' || b.number)
           AND NOT EXISTS (SELECT 1 FROM shop_mail m WHERE m.key = 'return_requested/' || o.number || '/' || b.number)
         ORDER BY b.id
        """,
    )


CHECKS = [
    returns_stay_within_shipped,
    returned_goods_are_in_the_ledger,
    refunded_returns_have_their_refund,
    returns_are_told,
]
