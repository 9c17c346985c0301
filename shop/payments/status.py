"""How far a payment has come, and what that makes of its order."""

from collections.abc import Iterable
from decimal import Decimal

from shop.orders.models import Order
from shop.payments.models import Payment

State = Payment.State
OrderStatus = Order.PaymentStatus

# News counts only when its rank is higher than what we know: old, repeated and reordered news then change nothing.
# Captured beats cancelled, because money that came is there, however late.
RANK: dict[str, int] = {
    State.CREATED: 0,
    State.PENDING: 1,
    State.PROCESSING: 2,
    State.REVIEW: 2,
    State.AUTHORIZED: 3,
    State.EXPIRED: 4,
    State.CANCELLED: 4,
    State.FAILED: 4,
    State.CAPTURED: 5,
    State.REVERSED: 6,
}

# Over without money.
ENDED = frozenset({State.EXPIRED, State.CANCELLED, State.FAILED})
# Nothing is asked of the provider any more.
FINAL = ENDED | {State.CAPTURED, State.REVERSED}

# What one payment says about its order, while the order's money has not come in whole.
SAYS: dict[str, str] = {
    State.CREATED: OrderStatus.PENDING,
    State.PENDING: OrderStatus.PENDING,
    State.PROCESSING: OrderStatus.PENDING,
    State.REVIEW: OrderStatus.PENDING,
    State.AUTHORIZED: OrderStatus.AUTHORIZED,
    State.EXPIRED: OrderStatus.EXPIRED,
    State.CANCELLED: OrderStatus.EXPIRED,
    State.FAILED: OrderStatus.FAILED,
    State.CAPTURED: OrderStatus.PENDING,
    State.REVERSED: OrderStatus.FAILED,
}


def is_news(old: str, new: str) -> bool:
    """Whether a payment in state `old` moves when its provider says `new`."""
    return RANK[new] > RANK[old]


def order_status(total: Decimal, payments: Iterable[tuple[str, Decimal]]) -> str:
    """The order's payment status from its `total` and the (state, captured) of its payments, oldest first.

    An authorised or open attempt outweighs ended ones; of ended ones the latest speaks.
    """
    rows = list(payments)
    paid = sum((captured for state, captured in rows if state == State.CAPTURED), Decimal(0))
    if rows and paid >= total:
        return OrderStatus.PAID
    said = [SAYS[state] for state, _ in rows]
    open_ones = [status for status in (OrderStatus.AUTHORIZED, OrderStatus.PENDING) if status in said]
    return [*open_ones, *reversed(said), OrderStatus.PENDING][0]
