"""Orders of nothing, in a hurry: the same press six times, and one last gift for ten."""

import uuid
from functools import partial

import pytest

from shop.audit import audit
from shop.checkout.operations import TotalChanged
from shop.inventory.models import Reservation
from shop.orders.models import Order
from shop.outbox.models import Job
from shop.promotions.models import Redemption
from tests.checkout.world import NOW, fill_cart, place, sell, total_of
from tests.promotions.world import coupon, promote, use
from tests.races.crowd import at_once
from tests.races.test_last_coupon import CROWD, without_locks  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

TABS = CROWD


@pytest.fixture
def free_trip():
    promote("Free trip", effect="free_delivery", priority=200)


@pytest.mark.usefixtures("free_trip")
def test_one_press_sent_six_times_is_one_order_that_is_paid_once():
    coupon("GIFT", percent=100)
    cart = use(fill_cart(sell()), "GIFT")
    key, total = uuid.uuid4(), total_of(cart)
    outcomes = at_once([partial(place, cart, key=key, total=total) for _ in range(TABS)])
    order = Order.objects.get()
    assert {outcome.pk for outcome in outcomes} == {order.pk}
    assert (order.total, order.state, order.payment_status) == (0, "processing", "paid")
    assert list(order.events.values_list("kind", flat=True)) == ["placed", "processing"]
    assert Reservation.objects.get().state == "firm"
    assert Job.objects.filter(task="orders.send_mail").count() == 1
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


def rush() -> list[str]:
    """One gift for ten; each buys a mug of their own."""
    coupon("GIFT", percent=100, limit=1)
    carts = [use(fill_cart(sell(f"MUG-{n}")), "GIFT") for n in range(TABS)]
    total = total_of(carts[0])
    return sorted(type(each).__name__ for each in at_once([partial(place, cart, total=total) for cart in carts]))


@pytest.mark.usefixtures("free_trip")
def test_one_gift_is_given_once():
    assert rush() == ["Order"] + [TotalChanged.__name__] * (TABS - 1)
    assert Order.objects.get().total == 0
    assert Redemption.objects.filter(coupon__isnull=False, state="confirmed").count() == 1
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


@pytest.mark.usefixtures("free_trip", "without_locks")
def test_control_without_the_lock_it_is_given_more_than_once():
    assert rush().count("Order") > 1
