"""The one place that locks payments and refunds: after their order, before stock."""

from shop.orders.locks import lock_order
from shop.payments.models import Payment, Refund


def lock_payment(pk: int, *, order_id: int | None = None) -> Payment:
    """The payment, with `payment.order`, both locked until the transaction ends and read under that lock.

    `order_id`, which never changes, saves asking for it. Raises Payment.DoesNotExist, and TransactionManagementError
    outside a transaction.
    """
    order = lock_order(order_id or Payment.objects.values_list("order_id", flat=True).get(pk=pk))
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    payment.order = order
    return payment


def lock_refund(pk: int) -> Refund:
    """The refund, with `refund.payment` and its order, all three locked. Raises Refund.DoesNotExist."""
    payment = lock_payment(Refund.objects.values_list("payment_id", flat=True).get(pk=pk))
    refund = Refund.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    refund.payment = payment
    return refund
