"""Each rule of promotions is broken once behind the application's back, and the audit says so."""

from decimal import Decimal

import pytest

from shop import audit
from shop.orders.models import Order, OrderDiscount, OrderLine
from shop.promotions.models import Coupon, Promotion, PromotionTerms, Redemption
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.orders.helpers import pay
from tests.promotions.world import coupon, promote, use

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def ordered() -> list[Order]:
    """Two orders of Alice with WELCOME10 and free delivery, one of them paid."""
    coupon()
    promote("Free trip", effect="free_delivery")
    mug = sell(stock=9)
    orders = [place(use(fill_cart(mug), "WELCOME10")) for _n in range(2)]
    pay(orders[0])
    return orders


def found(name: str) -> list[str]:
    return next(finding for finding in audit.audit(now=NOW) if finding.name == name).breaches


def test_a_shop_with_promotions_is_green(ordered):
    assert Redemption.objects.count() == 4
    assert [finding for finding in audit.audit(now=NOW) if finding.breaches] == []


@pytest.mark.parametrize(
    ("rows", "broken", "words"),
    [
        (Promotion, {"limit_total": 1}, "promotion Welcome: 2 uses of 1"),
        (Promotion, {"limit_per_customer": 1}, "one customer of promotion Welcome: 2 uses of 1"),
        (Promotion, {"first_order_only": True}, "one customer of promotion Welcome: 2 uses of 1"),
        (Coupon, {"limit": 1}, "code WELCOME10: 2 uses of 1"),
    ],
)
def test_more_uses_than_the_limit(ordered, rows, broken, words):
    rows.objects.update(**broken)
    assert words in found("uses_keep_to_the_limits")


def test_one_account_with_two_addresses(ordered, django_user_model):
    alice = django_user_model.objects.create_user("alice@example.com", "a long password")
    Promotion.objects.update(limit_per_customer=1)
    for row in Redemption.objects.all():
        Redemption.objects.filter(pk=row.pk).update(user=alice, email_hash=f"{row.pk}")
    assert "one customer of promotion Welcome: 2 uses of 1" in found("uses_keep_to_the_limits")


def test_more_given_than_the_budget(ordered):
    PromotionTerms.objects.create(promotion=Promotion.objects.get(name="Welcome"), currency="USD", budget=4)
    assert found("budgets_hold") == ["promotion Welcome: 4.80 USD given of 4.00"]


@pytest.mark.parametrize("state", ["released", "confirmed"])
def test_a_use_of_a_waiting_order_that_is_not_reserved(ordered, state):
    Redemption.objects.filter(order_number=ordered[1].number).update(state=state, settled_at=NOW)
    assert len(found("uses_follow_their_order")) == 2


def test_a_use_without_its_order(ordered):
    Redemption.objects.filter(promotion__name="Welcome", order_number=ordered[1].number).update(order_number="ET-0")
    assert found("uses_follow_their_order") == ["order ET-0 (unknown): its use of Welcome is reserved"]


def test_a_line_whose_discount_nobody_gave(ordered):
    OrderDiscount.objects.filter(order=ordered[0], line__isnull=False).delete()
    breaches = found("discounts_are_told_apart")
    assert f"order {ordered[0].number}: line MUG says 2.40, its promotions 0" in breaches
    assert len(breaches) == 2


def test_a_delivery_whose_discount_nobody_gave(ordered):
    OrderDiscount.objects.filter(order=ordered[0], line=None).update(amount=Decimal(1))
    assert f"order {ordered[0].number}: delivery says 5.00, its promotions 1.00" in found("discounts_are_told_apart")


def test_a_use_of_another_amount(ordered):
    Redemption.objects.filter(order_number=ordered[0].number, promotion__name="Welcome").update(amount=1)
    assert len(found("discounts_are_told_apart")) == 1


def test_the_line_itself(ordered):
    OrderLine.objects.filter(order=ordered[0]).update(discount=0)
    assert len(found("discounts_are_told_apart")) == 1
