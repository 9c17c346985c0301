"""Small charts, drawn here: bars of one series as rectangles in a box, for templates/shop/reports/_chart.html.

No script and no style of their own; whoever does not see them gets the same numbers as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT, GAP = 600, 96, 2


@dataclass(frozen=True)
class Bar:
    """`x`, `y`, `width`, `height` in the box of WIDTH x HEIGHT; `below`: less came in than went back."""

    day: date
    value: Decimal
    x: float
    y: float
    width: float
    height: float
    below: bool


def bars(values: Sequence[tuple[date, Decimal]]) -> list[Bar]:
    """One bar for each day, in proportion to the largest, either side of a line at zero."""
    top = max([Decimal(0), *(value for _, value in values)])
    bottom = min([Decimal(0), *(value for _, value in values)])
    scale = Decimal(HEIGHT) / ((top - bottom) or 1)
    step = WIDTH / max(1, len(values))
    return [
        Bar(
            day,
            value,
            x=round(n * step, 2),
            y=round(float((top - max(value, Decimal(0))) * scale), 2),
            width=round(max(1, step - GAP), 2),
            height=round(float(abs(value) * scale), 2),
            below=value < 0,
        )
        for n, (day, value) in enumerate(values)
    ]
