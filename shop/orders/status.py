"""Which state an order may move to. Moves are this table; everything that changes a state asks it."""

from shop.orders.models import Order

State = Order.State

MOVES: dict[str, frozenset[str]] = {
    State.PENDING: frozenset({State.PROCESSING, State.CANCELLED}),
    State.PROCESSING: frozenset({State.SHIPPED, State.CANCELLED}),
    State.SHIPPED: frozenset({State.DELIVERED}),
    State.DELIVERED: frozenset(),
    # Money that arrives after we gave up brings the order back, if its goods can still be had.
    State.CANCELLED: frozenset({State.PROCESSING}),
}


def may_move(old: str, new: str) -> bool:
    return new in MOVES[old]
