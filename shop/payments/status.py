"""How far a payment has come, and what that makes of its order."""

from collections.abc import Iterable
from decimal import Decimal

from shop.orders.models import Order
from shop.payments.models import Payment, Refund

State = Payment.State
RefundState = Refund.State
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

# The same for refunds. Failed beats succeeded: a bank can send the money back days later.
REFUND_RANK: dict[str, int] = {
    RefundState.CREATED: 0,
    RefundState.SUBMITTED: 1,
    RefundState.PENDING: 2,
    RefundState.SUCCEEDED: 3,
    RefundState.FAILED: 4,
    RefundState.CANCELLED: 4,
}
REFUND_ENDED = frozenset({RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELLED})

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


def is_refund_news(old: str, new: str) -> bool:
    """Whether a refund in state `old` moves when its provider says `new`."""
    return REFUND_RANK[new] > REFUND_RANK[old]


def order_status(total: Decimal, payments: Iterable[tuple[str, Decimal]], refunded: Decimal = Decimal(0)) -> str:
    """The order's payment status from its `total` and the (state, captured) of its payments, oldest first.

    `refunded` is what has gone back of the captured ones. What was paid twice and refunded once is paid. A total of zero
    is paid without anything. An authorised or open attempt outweighs ended ones; of ended ones the latest speaks.
    """
    rows = list(payments)
    left = sum((captured for state, captured in rows if state == State.CAPTURED), Decimal(0)) - refunded
    if (rows or not total) and left >= total:
        return OrderStatus.PAID
    said = [SAYS[state] for state, _ in rows]
    open_ones = [SAYS[state] for state, _ in rows if state not in FINAL]
    if refunded and not open_ones:
        return OrderStatus.PARTLY_REFUNDED if left > 0 else OrderStatus.REFUNDED
    waiting = [status for status in (OrderStatus.AUTHORIZED, OrderStatus.PENDING) if status in said]
    return [*waiting, *reversed(said), OrderStatus.PENDING][0]
