"""Asking buyers, once for each order, what they think of it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from shop.orders import operations as orders
from shop.orders.models import Order

LATEST = timedelta(days=14)  # an order sent longer ago than that, after it should have been asked about, is left alone


def ask_buyers(*, now: datetime) -> int:
    """Write to those whose order was sent long enough ago; returns how many are due. Again writes to nobody twice."""
    due = now - timedelta(days=settings.REVIEW_ASKED_AFTER_DAYS)
    sent = Order.objects.filter(
        state__in=[Order.State.SHIPPED, Order.State.DELIVERED],
        payment_status=Order.PaymentStatus.PAID,
        fulfilments__shipped_at__lte=due,
        fulfilments__shipped_at__gt=due - LATEST,
        reviews__isnull=True,
    ).distinct()
    sent = sent.exclude(fulfilments__shipped_at__gt=due)  # of several parcels the last one counts
    with transaction.atomic():
        for order in sent:
            orders.write(order, "review_request", now=now)
    return len(sent)
