"""Money that goes back: never more than came, each refund once, and the customer told of it."""

from datetime import timedelta

from django.conf import settings

from shop.audit.books import FLAGGED, PARCELS, Books
from shop.audit.chains import broken_chains
from shop.payments.status import REFUND_RANK

# Of an order that has its money. What has lost it may keep its rest here, which no refund says.
HAS_MONEY = "o.payment_status IN ('paid', 'partly_refunded')"


def refunds_stay_within_captured(books: Books) -> list[str]:
    """What has gone back of a payment, or is on its way, is not more than it captured; its lines not more than it."""
    return books.breaches(
        "payment {}: {} captured, {} {}",
        """
        SELECT p.reference, p.captured, sum(r.amount), 'refunded or on its way'
          FROM shop_refund r JOIN shop_payment p ON p.id = r.payment_id
         WHERE r.state IN ('pending', 'succeeded') GROUP BY p.id HAVING sum(r.amount) > p.captured
        UNION ALL
        SELECT p.reference, p.captured, l.amount, 'for the lines of a refund of ' || r.amount
          FROM (SELECT refund_id, sum(amount) AS amount FROM shop_refundline GROUP BY 1) l
          JOIN shop_refund r ON r.id = l.refund_id
          JOIN shop_payment p ON p.id = r.payment_id
         WHERE l.amount + r.shipping > r.amount
        """,
    )


def lines_are_refunded_once(books: Books) -> list[str]:
    """No more units of a line are paid back than were bought; what was dropped or put back is what its refunds say."""
    return books.breaches(
        "order {}, line {}: {} bought, {} paid back, {} dropped, {} put back on the shelf",
        f"""
        SELECT o.number, l.sku, l.quantity, r.paid_back, l.dropped, r.restocked
          FROM (SELECT rl.line_id,
                       coalesce(sum(rl.quantity) FILTER (
                           WHERE r.state IN ('created', 'submitted', 'pending', 'succeeded')), 0) AS paid_back,
                       coalesce(sum(rl.quantity) FILTER (WHERE rl.restock), 0) AS restocked
                  FROM shop_refundline rl JOIN shop_refund r ON r.id = rl.refund_id GROUP BY 1) r
          JOIN shop_orderline l ON l.id = r.line_id
          JOIN shop_order o ON o.id = l.order_id
         WHERE r.paid_back > l.quantity OR r.restocked > l.quantity - l.returned
            OR l.dropped > r.restocked AND {HAS_MONEY}
         ORDER BY l.id
        """,  # noqa: S608 - a constant
    )


def nothing_comes_back_twice(books: Books) -> list[str]:
    """What came back to a shelf from an order is what its refunds and returns put there; what never left is neither."""
    return books.breaches(
        "order {}, shelf {}: {} units came back, its refunds and returns say {}",
        f"""
        SELECT m.order_number, m.stock_item_id, m.units, coalesce(r.units, 0)
          FROM (SELECT order_number, stock_item_id, sum(delta) AS units
                  FROM shop_stockmovement WHERE reason = 'returned' GROUP BY 1, 2) m
          LEFT JOIN (SELECT o.number, v.stock_item_id,
                            sum(CASE WHEN {HAS_MONEY} THEN coalesce(back.units, 0) - l.dropped
                                     ELSE least(coalesce(back.units, 0), coalesce(f.sent, 0)) END + l.returned) AS units
                       FROM shop_orderline l
                       JOIN shop_order o ON o.id = l.order_id
                       JOIN shop_reservation v ON v.id = l.reservation_id
                       LEFT JOIN (SELECT line_id, sum(quantity) AS units FROM shop_refundline WHERE restock GROUP BY 1) back
                         ON back.line_id = l.id
                       LEFT JOIN {PARCELS} f ON f.line_id = l.id
                      GROUP BY 1, 2) r ON r.number = m.order_number AND r.stock_item_id = m.stock_item_id
         WHERE m.units > coalesce(r.units, 0)
         ORDER BY 1, 2
        """,  # noqa: S608 - constants
    )


def refund_history_is_a_chain(books: Books) -> list[str]:
    """The history of a refund starts at `created`, only climbs, misses no step, and ends where the refund is."""
    return broken_chains(books, "refund", name="key", ranks=REFUND_RANK)


def provider_objects_have_one_payment(books: Books) -> list[str]:
    """Each charge and refund of a provider belongs to one payment of ours, and each of its refunds is known by name."""
    return books.breaches(
        "{} {}: of payment {}, noted for {}",
        """
        SELECT p.provider, r.provider_ref, p.reference, coalesce(other.reference, 'none')
          FROM shop_refund r
          JOIN shop_payment p ON p.id = r.payment_id
          LEFT JOIN shop_providerobject x ON x.provider = p.provider AND x.ref = r.provider_ref
          LEFT JOIN shop_payment other ON other.id = x.payment_id
         WHERE r.provider_ref <> '' AND x.payment_id IS DISTINCT FROM r.payment_id
        UNION ALL
        SELECT provider, ref, count(*)::text, 'several' FROM shop_providerobject GROUP BY 1, 2 HAVING count(*) > 1
        """,
    )


def refunds_get_through(books: Books) -> list[str]:
    """No refund waits for its provider for more than a day, unless a person was told."""
    return books.breaches(
        "refund {} of payment {}: {} since {}",
        f"""
        SELECT r.key, p.reference, r.state, r.created_at
          FROM shop_refund r
          JOIN shop_payment p ON p.id = r.payment_id
          JOIN shop_order o ON o.id = p.order_id
         WHERE r.state IN ('created', 'submitted') AND r.created_at < %(now)s - interval '1 day' AND NOT {FLAGGED}
         ORDER BY r.id
        """,  # noqa: S608 - a constant
    )


def refunds_are_told(books: Books) -> list[str]:
    """For each refund that went through there is the mail, or the job that writes it."""
    return books.breaches(
        "refund {} of order {} went through, and no mail was ever asked for",
        """
        SELECT r.key, o.number
          FROM shop_refund r
          JOIN shop_payment p ON p.id = r.payment_id
          JOIN shop_order o ON o.id = p.order_id
         WHERE EXISTS (SELECT 1 FROM shop_refundtransition t WHERE t.refund_id = r.id AND t.new = 'succeeded')
           AND NOT EXISTS (SELECT 1 FROM shop_job j WHERE j.key = 'mail/refunded/' || o.number || '/' || r.id)
           AND NOT EXISTS (SELECT 1 FROM shop_mail m WHERE m.key = 'refunded/' || o.number || '/' || r.id)
         ORDER BY r.id
        """,
    )


def accounts_are_for_what_a_person_sends(books: Books) -> list[str]:
    """A bank account is kept for a refund by hand only, and deleted in time after that was sent."""
    return books.breaches(
        "the account told for refund {} of order {} is {}",
        """
        SELECT r.id, o.number, CASE WHEN r.manual THEN 'kept too long' ELSE 'of no refund by hand' END
          FROM shop_refundaccount a
          JOIN shop_refund r ON r.id = a.refund_id
          JOIN shop_payment p ON p.id = r.payment_id
          JOIN shop_order o ON o.id = p.order_id
         WHERE NOT r.manual OR r.settled_at < %(before)s
         ORDER BY r.id
        """,
        before=books.now - timedelta(days=settings.RETENTION_DAYS["refund_accounts"] + 2),
    )


CHECKS = [
    refunds_stay_within_captured,
    lines_are_refunded_once,
    nothing_comes_back_twice,
    refund_history_is_a_chain,
    provider_objects_have_one_payment,
    refunds_get_through,
    refunds_are_told,
    accounts_are_for_what_a_person_sends,
]
