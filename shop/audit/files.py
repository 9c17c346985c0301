"""Catalogue files, and what they changed."""

from shop.audit.books import Books


def files_are_done_with_all_lines(books: Books) -> list[str]:
    """A file that is applied has no line left that would be, and a line is applied only once its file was agreed to."""
    return books.breaches(
        "line {} of file {} ({}) is {}",
        """
        SELECT l.number, f.id, f.state, l.outcome
          FROM shop_catalogueline l JOIN shop_cataloguefile f ON f.id = l.file_id
         WHERE (f.state = 'done' AND l.outcome IN ('waiting', 'ready'))
            OR (f.state IN ('mapping', 'checking', 'checked') AND l.outcome = 'applied')
         ORDER BY f.id, l.number
        """,
    )


CHECKS = [files_are_done_with_all_lines]
