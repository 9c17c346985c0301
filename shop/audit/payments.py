"""Money: what providers told us, what we booked, and what orders say of it."""

from shop.audit.books import FLAGGED, Books
from shop.audit.chains import broken_chains
from shop.payments.status import RANK

# What came in for each order, in its currency, and what of it has gone back or is promised to.
RECEIVED = """(SELECT o.*, coalesce(p.received, 0) AS received, coalesce(r.leaving, 0) AS leaving
      FROM shop_order o
      LEFT JOIN (SELECT order_id, currency, sum(captured) FILTER (WHERE state = 'captured') AS received
                   FROM shop_payment GROUP BY 1, 2) p ON p.order_id = o.id AND p.currency = o.currency
      LEFT JOIN (SELECT p.order_id, p.currency, sum(r.amount) AS leaving
                   FROM shop_refund r JOIN shop_payment p ON p.id = r.payment_id
                  WHERE p.state = 'captured' AND r.state IN ('created', 'submitted', 'pending', 'succeeded')
                  GROUP BY 1, 2) r ON r.order_id = o.id AND r.currency = o.currency)"""


def status_follows_payments(books: Books) -> list[str]:
    """The payment status of an order is what its payments and refunds make of it; `paid`: the total came in and stayed."""
    return books.breaches(
        "order {}: {}, its payments make it {} ({} came in, {} went back, of {} {})",
        """
        SELECT * FROM (
            SELECT o.number, o.payment_status, CASE
                       WHEN o.total = 0 THEN 'paid'
                       WHEN p.attempts > 0 AND p.received - coalesce(r.refunded, 0) >= o.total THEN 'paid'
                       WHEN p.authorized THEN 'authorized'
                       WHEN r.refunded > 0 AND NOT p.waiting AND r.refunded < p.received THEN 'partly_refunded'
                       WHEN r.refunded > 0 AND NOT p.waiting THEN 'refunded'
                       WHEN p.attempts IS NULL OR p.open THEN 'pending'
                       WHEN p.last IN ('failed', 'reversed') THEN 'failed'
                       ELSE 'expired' END AS made,
                   coalesce(p.received, 0), coalesce(r.refunded, 0), o.total, o.currency
              FROM shop_order o
              LEFT JOIN (SELECT order_id, count(*) AS attempts, bool_or(state = 'authorized') AS authorized,
                                coalesce(sum(captured) FILTER (WHERE state = 'captured' AND currency = asked), 0)
                                    AS received,
                                bool_or(state IN ('created', 'pending', 'processing', 'review', 'captured')) AS open,
                                bool_or(state IN ('created', 'pending', 'processing', 'review')) AS waiting,
                                (array_agg(state ORDER BY attempt DESC))[1] AS last
                           FROM (SELECT a.*, b.currency AS asked
                                   FROM shop_payment a JOIN shop_order b ON b.id = a.order_id) a
                          GROUP BY 1) p ON p.order_id = o.id
              LEFT JOIN (SELECT p.order_id, p.currency, sum(r.amount) AS refunded
                           FROM shop_refund r JOIN shop_payment p ON p.id = r.payment_id
                          WHERE r.state = 'succeeded' AND p.state = 'captured' GROUP BY 1, 2) r
                     ON r.order_id = o.id AND r.currency = o.currency) made
         WHERE payment_status <> made
         ORDER BY 1
        """,
    )


def nothing_leaves_unpaid(books: Books) -> list[str]:
    """What is to be packed, was shipped or delivered is paid in whole, or a person was told."""
    return books.breaches(
        "order {} is {}, and {} of {} {} came in",
        f"""
        SELECT number, state, received, total, currency FROM {RECEIVED} o
         WHERE state IN ('processing', 'shipped', 'delivered') AND received < total AND NOT {FLAGGED}
         ORDER BY id
        """,  # noqa: S608 - constants
    )


def money_has_its_order(books: Books) -> list[str]:
    """No order keeps more money than its total, or any while it waits or is cancelled, unless a person was told."""
    return books.breaches(
        "order {} is {}, and has {} of {} {}",
        f"""
        SELECT number, state, received - leaving, total, currency FROM {RECEIVED} o
         WHERE (received - leaving > total OR received > leaving AND state IN ('pending', 'cancelled')) AND NOT {FLAGGED}
         ORDER BY id
        """,  # noqa: S608 - constants
    )


def attempts_ask_for_the_total(books: Books) -> list[str]:
    """Each payment attempt asks for its order's total in its order's currency; of other money a person was told."""
    return books.breaches(
        "payment {}: {} {}, its order says {} {}",
        f"""
        SELECT p.reference, p.amount, p.currency, o.total, o.currency
          FROM shop_payment p JOIN shop_order o ON o.id = p.order_id
         WHERE p.amount <> o.total
            OR p.currency <> o.currency AND NOT (p.state IN ('captured', 'reversed') AND {FLAGGED})
         ORDER BY p.id
        """,  # noqa: S608 - a constant
    )


def transitions_form_a_chain(books: Books) -> list[str]:
    """The history of a payment starts at `created`, only climbs, misses no step, and ends where the payment is."""
    return broken_chains(books, "payment", name="reference", ranks=RANK)


def news_is_booked_once(books: Books) -> list[str]:
    """No payment entered a state twice, and no message of a provider is stored twice."""
    return books.breaches(
        "{} {} {}: {} times",
        """
        SELECT 'payment', p.reference, t.new, count(*)
          FROM shop_paymenttransition t JOIN shop_payment p ON p.id = t.payment_id GROUP BY 2, 3 HAVING count(*) > 1
        UNION ALL
        SELECT 'message', provider, dedupe_key, count(*) FROM shop_webhookevent GROUP BY 2, 3 HAVING count(*) > 1
        """,
    )


def providers_agree(books: Books) -> list[str]:
    """Amount and currency of what a provider says are those of the attempt, or a person was told."""
    return books.breaches(
        "payment {} is {} {}; when it became {}, the provider said {} {}, {} captured",
        f"""
        SELECT p.reference, p.amount, p.currency, t.new, t.snapshot->>'amount', t.snapshot->>'currency',
               t.snapshot->>'captured'
          FROM shop_paymenttransition t
          JOIN shop_payment p ON p.id = t.payment_id
          JOIN shop_order o ON o.id = p.order_id
         WHERE ((t.snapshot->>'amount')::numeric <> p.amount
                OR t.snapshot->>'currency' <> p.currency
                OR t.new = 'captured' AND (t.snapshot->>'captured')::numeric <> p.amount)
           AND NOT {FLAGGED}
         ORDER BY t.id
        """,  # noqa: S608 - a constant
    )


def captured_as_told(books: Books) -> list[str]:
    """What a payment has captured is what its provider said at the last change."""
    return books.breaches(
        "payment {}: {} captured, the provider said {}",
        """
        SELECT p.reference, p.captured, coalesce((t.snapshot->>'captured')::numeric, 0)
          FROM shop_payment p
          LEFT JOIN (SELECT DISTINCT ON (payment_id) payment_id, snapshot FROM shop_paymenttransition
                      ORDER BY payment_id, id DESC) t ON t.payment_id = p.id
         WHERE p.captured <> coalesce((t.snapshot->>'captured')::numeric, 0)
         ORDER BY p.id
        """,
    )


def messages_are_worked_on(books: Books) -> list[str]:
    """No message of a provider was given up."""
    return books.breaches(
        "message {} ({}) of {}, given up after {} tries: {}",
        """
        SELECT id, kind, provider, attempts, error FROM shop_webhookevent WHERE state = 'failed' ORDER BY id
        """,
    )


CHECKS = [
    status_follows_payments,
    nothing_leaves_unpaid,
    money_has_its_order,
    attempts_ask_for_the_total,
    transitions_form_a_chain,
    news_is_booked_once,
    providers_agree,
    captured_as_told,
    messages_are_worked_on,
]
