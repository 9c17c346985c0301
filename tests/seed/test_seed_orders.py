"""manage.py seed_orders: the books add up, and it can be run again."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from shop import audit
from shop.orders.models import Order, OrderAddress
from shop.seed.orders import RARE
from tests.checkout.world import NOW, sell

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

N = 600


def seed(orders: int = N) -> str:
    out = io.StringIO()
    call_command("seed_orders", orders=orders, stdout=out)
    return out.getvalue()


def test_the_orders_are_of_every_kind_and_the_books_add_up():
    for sku in ("MUG", "CUP", "BOWL"):
        sell(sku, stock=5, now=NOW)
    assert f"{N} orders are new" in seed()
    assert set(Order.objects.values_list("state", flat=True)) == {"processing", "shipped", "delivered", "cancelled"}
    assert OrderAddress.objects.filter(name__contains=RARE).count() == 2
    checks = [check for check in audit.CHECKS if check.__name__ != "listings_are_true"]  # they want a reindex
    assert [finding for finding in audit.audit(now=timezone.now(), checks=checks) if finding.breaches] == []
    assert "All of them were there" in seed()
    assert Order.objects.count() == N


def test_without_goods_it_says_so():
    with pytest.raises(CommandError, match="nothing for sale"):
        seed(1)
    assert not Order.objects.exists()
