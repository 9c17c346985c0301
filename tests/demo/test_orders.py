"""What Alice has bought in the demo shop, in its own words and books."""

import pytest
from django.utils import timezone

from shop.audit import audit, payments, refunds, returns, stock
from shop.demo.orders import load_orders
from shop.orders.models import Order
from shop.returns.models import Return

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("demo_shop")]


def test_an_order_has_arrived_and_a_return_waits():
    now = timezone.now()
    assert load_orders(now) == 1
    assert load_orders(now) == 0
    order, back = Order.objects.get(), Return.objects.get()
    assert (order.state, order.payment_status, order.user.email) == ("delivered", "paid", "alice@example.com")
    assert (back.state, back.photos.count(), back.lines.get().quantity) == ("requested", 1, 1)
    assert order.placed_at < back.created_at < now
    checks = [*stock.CHECKS, *payments.CHECKS, *refunds.CHECKS, *returns.CHECKS]
    assert [finding for finding in audit(now=now, checks=checks) if finding.breaches] == []
