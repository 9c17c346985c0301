"""What a check asks: the tables as of one instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

# An order that a person was told about; its timeline keeps that after the flag is cleared.
FLAGGED = """(o.needs_attention <> '' OR EXISTS (
    SELECT 1 FROM shop_orderevent f WHERE f.order_id = o.id AND f.kind = 'flagged'))"""

# Units of each line in parcels: that have left, and in all.
PARCELS = """(SELECT p.line_id, sum(p.quantity) AS units,
                     coalesce(sum(p.quantity) FILTER (WHERE f.shipped_at IS NOT NULL), 0) AS sent
                FROM shop_fulfilmentline p JOIN shop_fulfilment f ON f.id = p.fulfilment_id GROUP BY 1)"""


@dataclass(frozen=True)
class Books:
    """`whole`: what is computed one by one is looked at for every product, however many there are."""

    cursor: Any
    now: datetime
    whole: bool = True

    def breaches(self, text: str, sql: str, **params: Any) -> list[str]:
        """`text`, with {} for the columns, for each row that `sql` finds. %(now)s is the instant of the audit."""
        self.cursor.execute(sql, {"now": self.now, **params})
        return [text.format(*row) for row in self.cursor.fetchall()]
