"""People who asked to be forgotten are."""

from shop.audit.books import Books


def forgotten_orders_name_nobody(books: Books) -> list[str]:
    """An order whose buyer was forgotten says nowhere who it was."""
    return books.breaches(
        "order {} still says who it was: {}",
        """
        SELECT o.number, said.what
          FROM shop_order o
          CROSS JOIN LATERAL (
            SELECT 'the order' AS what WHERE o.email || o.customer_note || o.staff_note <> '' OR o.user_id IS NOT NULL
            UNION ALL
            SELECT 'an address' FROM shop_orderaddress a
             WHERE a.order_id = o.id AND a.name || a.line1 || a.line2 || a.city || a.postcode || a.phone <> ''
            UNION ALL
            SELECT 'an earlier address' FROM shop_addresschange c JOIN shop_orderevent e ON e.id = c.event_id
             WHERE e.order_id = o.id
            UNION ALL
            SELECT 'a parcel' FROM shop_fulfilment f
             WHERE f.order_id = o.id AND f.tracking_number || f.tracking_url <> ''
            UNION ALL
            SELECT 'a letter' FROM shop_mail m
             WHERE m.order_number = o.number AND m."to" || m.subject || m.text || m.html <> ''
            UNION ALL
            SELECT 'a message of ' || e.provider FROM shop_webhookevent e JOIN shop_payment p ON p.id = e.payment_id
             WHERE p.order_id = o.id AND e.body <> '' AND e.state <> 'received' AND e.received_at < o.forgotten_at
            UNION ALL
            SELECT 'a return' FROM shop_return b LEFT JOIN shop_returnphoto p ON p.rma_id = b.id
             WHERE b.order_id = o.id AND (b.words || b.answer <> '' OR p.id IS NOT NULL)
            UNION ALL
            SELECT 'a review' FROM shop_review r
             WHERE r.order_id = o.id
          ) said
         WHERE o.forgotten_at IS NOT NULL
         ORDER BY 1, 2
        """,
    )


def erasures_are_on_time(books: Books) -> list[str]:
    """Who asked to be forgotten, is, within two days of the time, or it is known what is still open."""
    return books.breaches(
        "erasure {} was due at {} and is not done",
        """
        SELECT id, due_at FROM shop_erasurerequest
         WHERE done_at IS NULL AND taken_back_at IS NULL AND due_at < %(now)s - interval '2 days'
         ORDER BY id
        """,
        now=books.now,
    )


CHECKS = [forgotten_orders_name_nobody, erasures_are_on_time]
