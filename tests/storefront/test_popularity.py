"""What sells is listed as popular: from the moment it is paid until it is cancelled or long ago."""

from datetime import timedelta

import pytest
from django.db import transaction

from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.storefront import indexing
from shop.storefront.models import ListingRow
from tests.checkout.world import NOW, fill_cart, place, sell

pytestmark = pytest.mark.django_db


def move(order: Order, to: str, **detail: str) -> None:
    with transaction.atomic():
        orders.move(lock_order(order.pk), to, actor="test", now=NOW, **detail)
    indexing.refresh(now=NOW)


def popularity() -> set[int]:
    return set(ListingRow.objects.values_list("popularity", flat=True))


@pytest.fixture
def order() -> Order:
    placed = place(fill_cart(sell(stock=5), quantity=2))
    indexing.refresh(now=NOW)
    assert popularity() == {0}, "not paid yet"
    return placed


def test_it_counts_from_payment_to_cancellation(order):
    move(order, "processing")
    assert popularity() == {2}
    move(order, "cancelled", reason="customer")
    assert popularity() == {0}


def test_it_fades_with_the_days(order):
    move(order, "processing")
    assert indexing.note_faded(now=NOW) == 0
    later = NOW + timedelta(days=91)
    assert indexing.note_faded(now=later) == 1
    indexing.refresh(now=later)
    assert popularity() == {0}
