"""Promotions from the cart to the paid order: placed with the discount, given back, confirmed, counted."""

import uuid
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from shop.cart import operations as carts
from shop.cart.listing import look
from shop.cart.models import Cart
from shop.checkout import settlement
from shop.checkout.operations import TotalChanged, place_order
from shop.customers.models import User
from shop.money import Money
from shop.orders.models import Order, OrderDiscount
from shop.outbox.models import Stale
from shop.payments import operations as payments
from shop.promotions import operations as promotions
from shop.promotions.listing import Customer, charged_prices, normal, normal_code
from shop.promotions.models import Coupon, Promotion, Redemption
from tests.checkout.world import NOW, details, fill_cart, place, sell, total_of
from tests.orders.helpers import expire, pay
from tests.payments.helpers import says
from tests.promotions.world import ALICE, coupon, promote, use

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return list(Redemption.objects.order_by("pk").values_list("state", flat=True))


def test_an_order_keeps_what_came_off_each_line_and_by_which_name():
    coupon("WELCOME10", name="Welcome")
    promote("Free trip", effect="free_delivery", priority=200)
    cart = use(fill_cart(sell("MUG"), sell("BOWL", price="16.00")), " welcome10 ")
    order = place(cart)
    assert (order.discount, order.shipping_discount, order.total) == (Decimal(4), Decimal(5), Decimal("39.60"))
    assert [(off["name"], off["code"], off["amount"].amount) for off in order.offs()] == [
        ("Welcome", "WELCOME10", Decimal(4)),
        ("Free trip", "", Decimal(5)),
    ]
    by_line = OrderDiscount.objects.filter(line__isnull=False).order_by("line__position")
    assert list(by_line.values_list("line__sku", "amount")) == [("MUG", Decimal("2.40")), ("BOWL", Decimal("1.60"))]
    assert list(order.lines.values_list("discount", flat=True)) == [Decimal("2.40"), Decimal("1.60")]
    assert Cart.objects.get(pk=cart.pk).coupon_code == ""


def test_a_use_is_reserved_then_confirmed_when_paid():
    coupon()
    order = place(use(fill_cart(sell()), "WELCOME10"))
    assert states() == ["reserved"]
    pay(order)
    assert states() == ["confirmed"]


def test_a_use_is_given_back_when_the_order_expires():
    coupon(limit_total=1)
    order = place(use(fill_cart(sell("MUG")), "WELCOME10"))
    expire(order)
    assert states() == ["released"]
    place(use(fill_cart(sell("BOWL")), "WELCOME10"))
    assert states() == ["released", "reserved"]


def test_paid_too_late_it_is_used_again_if_it_can_be():
    coupon(limit_total=1)
    order = place(use(fill_cart(sell("MUG")), "WELCOME10"))
    expire(order)
    pay_late(order)
    assert states() == ["confirmed"]
    assert Order.objects.get(pk=order.pk).state == Order.State.PROCESSING


def test_paid_too_late_and_used_up_a_person_is_asked():
    coupon(limit_total=1)
    mug = sell("MUG")
    order = place(use(fill_cart(mug), "WELCOME10"))
    expire(order)
    place(use(fill_cart(mug), "WELCOME10"))
    pay_late(order)
    order = Order.objects.get(pk=order.pk)
    assert (order.state, "used up" in order.needs_attention) == (Order.State.CANCELLED, True)
    assert states() == ["released", "reserved"]


def pay_late(order: Order) -> None:
    """The money had been on its way when the order was cancelled."""
    payment = order.payments.get()
    with patch.object(payments, "fetch", return_value=says(payment, "captured")):
        settlement.settle(payment_id=payment.pk, source="webhook", now=NOW + timedelta(hours=2))


def test_the_last_use_gone_meanwhile_is_refused_with_both_totals():
    code = coupon(limit=1)
    mine, theirs = use(fill_cart(sell("MUG")), "WELCOME10"), use(fill_cart(sell("BOWL")), "WELCOME10")
    seen = total_of(mine)
    place(theirs)
    with pytest.raises(TotalChanged) as refused:
        place(mine, total=seen)
    assert (refused.value.expected, refused.value.actual) == (Money("28.76", "USD"), Money("31.40", "USD"))
    assert Order.objects.count() == Redemption.objects.filter(coupon=code).count() == 1
    assert mine.lines.count() == 1


@pytest.mark.parametrize("email", ["Alice@Example.com ", "alice+again@example.com"])
def test_a_limit_per_customer_knows_an_address_however_it_is_written(email):
    coupon(limit_per_customer=1)
    place(use(fill_cart(sell("MUG")), "WELCOME10"))
    with pytest.raises(carts.CouponRefused, match="You have used WELCOME10 already"):
        use(fill_cart(sell("BOWL")), "WELCOME10", Customer(email=email))


def test_a_limit_per_customer_knows_an_account_with_another_address():
    coupon(limit_per_customer=1)
    alice = User.objects.create_user("alice@example.com", "a long password")
    cart = use(fill_cart(sell("MUG")), "WELCOME10")
    who = details(user=alice)
    place_order(cart=cart, details=who, expected_total=total_of(cart), key=uuid.uuid4(), now=NOW)
    with pytest.raises(carts.CouponRefused):
        use(fill_cart(sell("BOWL")), "WELCOME10", Customer(alice.pk, "other@example.com"))


def test_a_first_order_comes_once():
    coupon(first_order_only=True)
    place(fill_cart(sell("MUG")))
    with pytest.raises(carts.CouponRefused, match="for a first order"):
        use(fill_cart(sell("BOWL")), "WELCOME10")
    use(fill_cart(sell("JUG")), "WELCOME10", Customer(email="bob@example.com"))


def test_a_cancelled_order_was_none():
    coupon(first_order_only=True)
    expire(place(fill_cart(sell("MUG"))))
    use(fill_cart(sell("BOWL")), "WELCOME10")


def test_a_spent_budget_gives_nothing_more():
    promote(effect="fixed", off="5", budget="8")
    mug = sell()
    assert place(fill_cart(mug)).discount == 5
    assert place(fill_cart(mug)).discount == 0


def test_redeeming_without_a_transaction_is_a_mistake(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        promotions.redeem(uses=[], order_number="ET-1", customer=ALICE, now=NOW)


# --- reduced prices ------------------------------------------------------------------------------


def test_a_reduced_price_is_the_price_everywhere_and_needs_no_redemption():
    mug = sell()
    promote(kind="catalogue", percent=15, products=[mug.product])
    price = charged_prices({mug.pk: mug.product_id}, "USD", NOW)[mug.pk]
    assert (price.now, price.was) == (Money("20.40", "USD"), Money("24.00", "USD"))
    cart = fill_cart(mug)
    assert look(cart, now=NOW, language="en").notices == []
    order = place(cart)
    assert (order.subtotal, order.discount, states()) == (Decimal("20.40"), Decimal(0), [])


def test_a_derived_price_is_reduced_to_whole_rupiah():
    mug = sell()
    promote(kind="catalogue", percent=15)
    assert charged_prices({mug.pk: mug.product_id}, "IDR", NOW)[mug.pk].now == Money(332350, "IDR")


def test_categories_count_with_all_below_them(django_assert_num_queries):
    mug = sell()
    below = mug.product.category
    above = type(below).objects.create(slug="home", name="Home")
    type(below).objects.filter(pk=below.pk).update(parent=above)
    promote(kind="catalogue", percent=15, categories=[above])
    with django_assert_num_queries(2):
        assert charged_prices({mug.pk: mug.product_id}, "USD", NOW)[mug.pk].was


def test_what_shows_prices_is_told_when_they_start_and_end():
    mug = sell()
    Stale.objects.all().delete()
    tomorrow, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    sale = promote(kind="catalogue", products=[mug.product], starts_at=tomorrow, ends_at=later)
    assert list(Stale.objects.order_by("due_at").values_list("kind", "ref", "due_at")) == [
        ("product", mug.product_id, when) for when in (NOW, tomorrow, later)
    ]
    Stale.objects.all().delete()
    promotions.switch(promotion=sale, on=False, actor="test", now=NOW)
    assert Stale.objects.filter(due_at=NOW, kind="product").count() == 1


# --- what people keep ----------------------------------------------------------------------------


def test_a_limit_below_what_was_used_is_refused():
    code = coupon(limit_total=5)
    mug = sell()
    for _n in range(2):
        place(use(fill_cart(mug), "WELCOME10"))
    promotion = code.promotion
    promotion.limit_total = 1
    with pytest.raises(promotions.BelowUse):
        promotions.keep_promotion(promotion=promotion, scope={}, actor="test", now=NOW)
    assert Promotion.objects.get().limit_total == 5


def test_what_was_used_cannot_be_deleted():
    code = coupon()
    place(use(fill_cart(sell()), "WELCOME10"))
    with pytest.raises(promotions.StillUsed):
        promotions.delete_promotion(promotion=code.promotion, actor="test", now=NOW)


def test_a_code_exists_once_whatever_its_capitals():
    promotion = coupon("Hello").promotion
    with pytest.raises(promotions.CodeTaken):
        promotions.add_coupon(promotion=promotion, code=" hELLO", actor="test", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Coupon.objects.bulk_create([Coupon(promotion=promotion, code="HELLO")])


def test_codes_in_bulk_are_unique_and_each_for_one_use():
    promotion = promote(kind="coupon")
    made = promotions.make_codes(promotion=promotion, count=50, start="letter", batch="November", actor="t", now=NOW)
    codes = set(Coupon.objects.values_list("code", "limit"))
    assert made == len(codes) == 50
    assert all(code.startswith("LETTER-") and limit == 1 for code, limit in codes)


@pytest.mark.parametrize(
    "fields",
    [
        {"percent": 0},
        {"percent": 101},
        {"effect": "buy_x_get_y", "percent": 100, "buy_quantity": 2},
        {"ends_at": NOW - timedelta(days=3)},
        {"limit_total": 0},
        {"kind": "catalogue", "limit_total": 3},
        {"kind": "catalogue", "effect": "free_delivery"},
        {"kind": "catalogue", "percent": 100},
    ],
)
def test_the_table_refuses(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        promote(**fields)
    assert not Promotion.objects.exists()


def test_how_codes_and_addresses_are_read():
    assert [normal_code(text) for text in (" a-b1 ", "ä", "a b", "x" * 41)] == ["A-B1", "", "", ""]
    assert [normal(text) for text in (" A+b@X.com", "a@x.com", "")] == ["a@x.com", "a@x.com", ""]
