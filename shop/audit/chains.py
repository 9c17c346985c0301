"""Histories of what only climbs: payments and refunds keep each step of their state."""

from collections.abc import Mapping

from shop.audit.books import Books

# {table}: what has a state; {history}: its steps; {key}: the step's way to it; {name}: what it is called by.
CHAIN = """
    WITH steps AS (
        SELECT t.{key}, t.old, t.new, coalesce(lag(t.new) OVER history, 'created') AS before
          FROM {history} t WINDOW history AS (PARTITION BY t.{key} ORDER BY t.id)),
    ends AS (SELECT DISTINCT ON ({key}) {key}, new FROM {history} ORDER BY {key}, id DESC),
    ranks AS (SELECT * FROM unnest(%(states)s::text[], %(ranks)s::int[]) AS r(state, rank))
    SELECT one.{name}, s.new, s.old, s.before
      FROM steps s
      JOIN {table} one ON one.id = s.{key}
      LEFT JOIN ranks new ON new.state = s.new
      LEFT JOIN ranks old ON old.state = s.old
     WHERE s.old <> s.before OR new.rank > old.rank IS NOT TRUE
    UNION ALL
    SELECT one.{name}, one.state, 'its history', coalesce(e.new, 'created')
      FROM {table} one LEFT JOIN ends e ON e.{key} = one.id
     WHERE one.state <> coalesce(e.new, 'created')
"""


def broken_chains(books: Books, thing: str, *, name: str, ranks: Mapping[str, int]) -> list[str]:
    """Where the history of a `thing` ("payment") does not start at `created`, climb, miss no step and end where it is."""
    sql = CHAIN.format(table=f"shop_{thing}", history=f"shop_{thing}transition", key=f"{thing}_id", name=name)
    words = thing + " {}: {} after {}, was {} before"
    return books.breaches(words, sql, states=list(ranks), ranks=list(ranks.values()))
