"""Which state a return may move to. Moves are this table; everything that changes a state asks it."""

from shop.returns.models import Return

State = Return.State

MOVES: dict[str, frozenset[str]] = {
    State.REQUESTED: frozenset({State.APPROVED, State.DECLINED, State.WITHDRAWN}),
    # Closed: it never came.
    State.APPROVED: frozenset({State.RECEIVED, State.CLOSED, State.WITHDRAWN}),
    State.RECEIVED: frozenset({State.REFUNDED, State.CLOSED}),
    State.DECLINED: frozenset(),
    State.REFUNDED: frozenset(),
    State.CLOSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


def may_move(old: str, new: str) -> bool:
    return new in MOVES[old]
