"""The one place that locks payments: after their order, before stock."""

from shop.orders.locks import lock_order
from shop.payments.models import Payment


def lock_payment(pk: int) -> Payment:
    """The payment, with `payment.order`, both locked until the transaction ends and read under that lock.

    Raises Payment.DoesNotExist, and TransactionManagementError outside a transaction.
    """
    order = lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=pk))
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    payment.order = order
    return payment
