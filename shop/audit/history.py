"""Prices, mails and jobs, and that history stays as it was written."""

from shop.audit.books import Books

# What the timeline tells of, and the mail that it owes the customer.
OWED = {"processing": "order_confirmed", "cancelled": "order_cancelled"}
# Letters that are written whatever has happened since they were asked for. Others may have become needless.
ALWAYS_WRITTEN = [
    *("orders.send_mail", "orders.send_to_packer", "orders.send_flagged", "checkout.send_refund_mail"),
    *("returns.send_mail", "inventory.send_low", "outbox.send"),
]
APPEND_ONLY = [
    *("shop_auditentry", "shop_consent", "shop_stockmovement", "shop_orderevent"),
    *("shop_paymenttransition", "shop_refundtransition", "shop_refundline"),
]


def prices_do_not_overlap(books: Books) -> list[str]:
    """A variant has one price at a time in a currency."""
    return books.breaches(
        "variant {}: {} {} and {} {} at the same time",
        """
        SELECT v.sku, a.amount, a.currency, b.amount, b.currency
          FROM shop_pricewindow a
          JOIN shop_pricewindow b
            ON b.variant_id = a.variant_id AND b.currency = a.currency AND b.id > a.id AND b.valid && a.valid
          JOIN shop_variant v ON v.id = a.variant_id
         ORDER BY a.id
        """,
    )


def mails_are_sent_once(books: Books) -> list[str]:
    """A mail is sent once per key; one that is not sent is still tried, or its failure is recorded."""
    return books.breaches(
        "mail {}: {}",
        """
        SELECT key, count(*) || ' times' FROM shop_mail GROUP BY key HAVING count(*) > 1
        UNION ALL
        SELECT j.key, 'its job is done, and it was not sent'
          FROM shop_job j LEFT JOIN shop_mail m ON 'mail/' || m.key = j.key
         WHERE j.key LIKE 'mail/%%' AND j.done_at IS NOT NULL AND m.sent_at IS NULL
           AND (m.id IS NOT NULL OR j.task = ANY(%(always)s))
        UNION ALL
        SELECT m.key, 'not sent, and nothing sends it'
          FROM shop_mail m LEFT JOIN shop_job j ON j.key = 'mail/' || m.key
         WHERE m.sent_at IS NULL AND j.id IS NULL
        """,
        always=ALWAYS_WRITTEN,
    )


def customers_are_told(books: Books) -> list[str]:
    """For each order that was paid or cancelled, and each parcel that left, there is the mail, or the job that writes it."""
    return books.breaches(
        "order {} is {}, and no mail {} was ever asked for",
        """
        SELECT DISTINCT number, kind, mail
          FROM (SELECT o.number, e.kind, w.mail, w.mail || '/' || o.number AS key
                  FROM unnest(%(kinds)s::text[], %(mails)s::text[]) AS w(kind, mail)
                  JOIN shop_orderevent e ON e.kind = w.kind
                  JOIN shop_order o ON o.id = e.order_id
                UNION ALL
                SELECT o.number, 'shipped', 'shipped',
                       'shipped/' || o.number || CASE f.position WHEN 1 THEN '' ELSE '/' || f.position END
                  FROM shop_fulfilment f JOIN shop_order o ON o.id = f.order_id WHERE f.shipped_at IS NOT NULL) owed
         WHERE NOT EXISTS (SELECT 1 FROM shop_job j WHERE j.key = 'mail/' || owed.key)
           AND NOT EXISTS (SELECT 1 FROM shop_mail m WHERE m.key = owed.key)
         ORDER BY 1, 2
        """,
        kinds=list(OWED),
        mails=list(OWED.values()),
    )


def jobs_are_done(books: Books) -> list[str]:
    """No job was given up."""
    return books.breaches(
        "job {} ({} {}), given up after {} tries: {}",
        """
        SELECT id, task, coalesce(key, ''), attempts, error FROM shop_job WHERE failed_at IS NOT NULL ORDER BY id
        """,
    )


def history_stays(books: Books) -> list[str]:
    """The tables of history refuse to be changed."""
    return books.breaches(
        "table {} can be changed",
        """
        SELECT name FROM unnest(%(tables)s::text[]) AS name
         WHERE NOT EXISTS (SELECT 1 FROM pg_trigger t
                            WHERE t.tgrelid = name::regclass AND t.tgname = name || '_append_only'
                              AND t.tgenabled IN ('O', 'A'))
        """,
        tables=APPEND_ONLY,
    )


CHECKS = [prices_do_not_overlap, mails_are_sent_once, customers_are_told, jobs_are_done, history_stays]
