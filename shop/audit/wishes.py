"""Those who wait, and letters about what was saved."""

from shop.audit.books import Books


def asks_are_told_once(books: Books) -> list[str]:
    """Each ask that was told has one letter, and none that was not has one. (Done jobs need not be kept for ever.)"""
    return books.breaches(
        "ask {} for variant {}: told at {}, {} letters",
        """
        SELECT a.id, a.variant_id, coalesce(a.told_at::text, 'never'), count(j.id)
          FROM shop_stockask a
          LEFT JOIN shop_job j ON j.task = 'wishlist.send_back' AND (j.payload ->> 'ask_id')::bigint = a.id
         GROUP BY a.id HAVING count(j.id) > CASE WHEN a.told_at IS NULL THEN 0 ELSE 1 END
            OR count(j.id) = 0 AND a.told_at > %(now)s - interval '1 day'
         ORDER BY a.id
        """,
    )


def nobody_waits_twice(books: Books) -> list[str]:
    """An address waits once for a variant, however it is written."""
    return books.breaches(
        "variant {}: {} asks of one address",
        """
        SELECT variant_id, count(*) FROM shop_stockask WHERE told_at IS NULL
         GROUP BY variant_id, lower(email) HAVING count(*) > 1
        """,
    )


def price_letters_once_a_day(books: Books) -> list[str]:
    """A wishlist gets one letter about prices a day, and each such letter is written once."""
    return books.breaches(
        "wishlist {} on {}: {} letters, {} of them to be sent",
        """
        SELECT l.wishlist_id, l.day, count(DISTINCT l.id), count(j.id)
          FROM shop_priceletter l
          LEFT JOIN shop_job j ON j.task = 'wishlist.send_price_drop' AND (j.payload ->> 'letter_id')::bigint = l.id
         GROUP BY l.wishlist_id, l.day HAVING count(DISTINCT l.id) <> 1 OR count(j.id) > 1
        """,
    )


CHECKS = [asks_are_told_once, nobody_waits_twice, price_letters_once_a_day]
