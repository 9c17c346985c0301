"""Ten buyers, one last use: of a code, of a promotion for each customer, of a budget."""

from collections import Counter
from functools import partial

import pytest
from django.db import transaction

from shop.audit import audit
from shop.checkout.operations import TotalChanged
from shop.orders.models import Order
from shop.promotions import locks, operations
from shop.promotions.models import Coupon, Promotion, Redemption
from tests.checkout.world import NOW, fill_cart, place, sell, total_of
from tests.promotions.world import coupon, promote, use
from tests.races.crowd import at_once, meeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]

BUYERS, CROWD = 10, 6  # a crowd is fewer: so many at least come through without a lock


@pytest.fixture
def books():
    """The books add up after the race."""
    yield
    assert [finding for finding in audit(now=NOW) if finding.breaches] == []


@pytest.fixture
def without_locks(monkeypatch):
    """The same reading, with nobody waiting for anybody."""

    def promotions(pks):
        return list(Promotion.objects.filter(locks.SCARCE, pk__in=set(pks)))

    def coupons(pks):
        return list(Coupon.objects.filter(pk__in=set(pks), limit__isnull=False))

    monkeypatch.setattr(operations, "lock_promotions", promotions)
    monkeypatch.setattr(operations, "lock_coupons", coupons)
    counted, meet = operations._refuse_beyond_limits, meeting(CROWD)
    monkeypatch.setattr(operations, "_refuse_beyond_limits", lambda *args: (counted(*args), meet()))


def rush(code: str = "") -> Counter:
    """Everybody has the discount in the cart and presses "pay" at once; how often which outcome.

    Each buys a mug of their own: one shelf's lock would make them queue before any promotion is looked at.
    """
    carts = [fill_cart(sell(f"MUG-{n}")) for n in range(BUYERS)]
    if code:
        carts = [use(cart, code) for cart in carts]
    total = total_of(carts[0])
    return Counter(type(result).__name__ for result in at_once([partial(place, cart, total=total) for cart in carts]))


ONE = {"Order": 1, TotalChanged.__name__: BUYERS - 1}


@pytest.mark.usefixtures("books")
def test_the_last_use_of_a_code():
    coupon("LAST", limit=1)
    assert rush("LAST") == ONE
    assert Order.objects.count() == Redemption.objects.count() == 1


@pytest.mark.usefixtures("books")
def test_the_last_use_of_a_promotion():
    coupon("LAST", limit_total=1)
    assert rush("LAST") == ONE
    assert Redemption.objects.count() == 1


@pytest.mark.usefixtures("books")
def test_a_customer_in_ten_tabs():
    coupon("ONCE", limit_per_customer=1)
    assert rush("ONCE") == ONE
    assert Redemption.objects.count() == 1


@pytest.mark.usefixtures("books")
def test_a_budget_for_three():
    promote(effect="fixed", off="5", budget="17")
    assert rush() == {"Order": 3, TotalChanged.__name__: BUYERS - 3}


@pytest.mark.usefixtures("without_locks")
@pytest.mark.parametrize(
    "scarce",
    [{"limit": 1}, {"limit_total": 1}, {"limit_per_customer": 1}, {"effect": "fixed", "off": "5", "budget": "5"}],
    ids=["code", "promotion", "customer", "budget"],
)
def test_control_without_the_lock_there_are_too_many(scarce):
    coupon("LAST", **scarce)
    assert rush("LAST")["Order"] > 1
    assert any(finding.breaches for finding in audit(now=NOW))


@pytest.mark.usefixtures("books")
def test_what_everybody_gets_makes_nobody_wait():
    promote()
    assert rush() == {"Order": BUYERS}
    assert Redemption.objects.count() == BUYERS
    with transaction.atomic():
        assert locks.lock_promotions([Promotion.objects.get().pk]) == []
