"""Orders of nothing: a whole coupon and free delivery. No provider is asked, and nobody waits."""

from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.audit import audit
from shop.checkout import cancellation, settlement
from shop.checkout.operations import TotalChanged
from shop.inventory.models import Reservation, StockItem
from shop.money import Money
from shop.orders.models import Order
from shop.outbox.models import Job
from shop.payments.models import Payment
from shop.payments.providers import PROVIDERS
from shop.promotions import operations as promotions
from shop.promotions.models import Coupon, Redemption
from tests.checkout.world import NOW, fill_cart, place, sell, submission, total_of
from tests.orders.helpers import LATER, placed_order, send, somebody
from tests.promotions.world import coupon, promote, use

pytestmark = pytest.mark.django_db


@pytest.fixture
def gift() -> Coupon:
    """GIFT takes everything off, and the delivery is free as well."""
    promote("Free trip", effect="free_delivery", priority=200)
    return coupon("GIFT", percent=100, limit=5)


@pytest.fixture
def free(gift: Coupon) -> Order:
    return place(use(fill_cart(sell()), "GIFT"))


def books_add_up() -> None:
    assert [finding for finding in audit(now=timezone.now()) if finding.breaches] == []


# --- placing -------------------------------------------------------------------------------------


def test_it_is_paid_and_to_be_packed_at_once(free):
    assert (free.total, free.state, free.payment_status) == (0, "processing", "paid")
    assert not Payment.objects.exists()
    assert Reservation.objects.get().state == "firm"
    assert Redemption.objects.filter(state="confirmed").count() == 2
    assert Job.objects.filter(key=f"mail/order_confirmed/{free.number}").count() == 1
    assert [event.kind for event in free.events.all()] == ["placed", "processing"]
    books_add_up()


def test_it_can_be_sent_and_does_not_expire(free):
    assert settlement.expire_orders(now=LATER) == 0
    assert send(free).state == "shipped"
    books_add_up()


def test_it_can_be_cancelled_and_nothing_goes_back(free):
    assert cancellation.cancel(order_id=free.pk, reason="customer", actor="customer", now=LATER)
    free.refresh_from_db()
    assert (free.state, free.payment_status) == ("cancelled", "paid")
    assert StockItem.objects.get().reserved == 0
    assert set(Redemption.objects.values_list("state", flat=True)) == {"released"}
    books_add_up()


def test_what_costs_the_delivery_only_is_paid():
    coupon("GOODS", percent=100)
    order = place(use(fill_cart(sell()), "GOODS"))
    assert (order.total, order.state, order.payments.get().amount) == (Decimal(5), "pending", Decimal(5))


def test_a_thing_that_is_free_beside_one_that_is_not_is_paid_together():
    mug = sell("MUG")
    coupon("MUGS", percent=100, products=[mug.product])
    order = place(use(fill_cart(mug, sell("BOWL", price="16.00")), "MUGS"))
    assert order.total == order.payments.get().amount == Decimal("22.60")
    assert order.state == "pending"


def test_free_when_it_was_looked_at_and_not_any_more(gift):
    cart = use(fill_cart(sell()), "GIFT")
    seen = total_of(cart)
    promotions.change_coupon(coupon=gift, limit=5, active=False, batch="", actor="test", now=NOW)
    with pytest.raises(TotalChanged) as refused:
        place(cart, total=seen)
    assert (refused.value.expected.amount, refused.value.actual) == (0, Money("26.40", "USD"))
    assert not Order.objects.exists()
    assert StockItem.objects.get().reserved == 0


def test_the_database_knows_no_order_of_nothing_that_is_unpaid(free):
    with pytest.raises(IntegrityError, match="order_of_nothing_is_paid"), transaction.atomic():
        Order.objects.filter(pk=free.pk).update(payment_status="pending")


# --- at the doors --------------------------------------------------------------------------------


@pytest.fixture
def at_payment(ready: Client, gift: Coupon) -> Client:
    ready.post("/cart/coupon/", {"code": "GIFT"})
    return ready


@pytest.fixture
def unreachable():
    """Nobody may ask a provider for anything."""
    with patch.object(PROVIDERS["stripe"], "start", side_effect=AssertionError("asked")) as start:
        yield start


def test_the_payment_step_asks_for_nothing(at_payment):
    body = at_payment.get("/checkout/payment/").content.decode()
    assert "Nothing to pay" in body
    assert body.count("Place order") == 1
    assert "card-payment" not in body


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("said", [{}, {"provider": "stripe"}, {"provider": "junk"}])
def test_one_press_and_it_is_theirs(at_payment, said):
    data = submission(at_payment) | said
    answer = at_payment.post("/checkout/payment/", data)
    order = Order.objects.get()
    page = reverse("checkout:order", args=[order.number, order.token])
    assert answer.url == page
    assert at_payment.post("/checkout/payment/", data).url == page  # pressed twice
    assert Order.objects.count() == 1
    body = at_payment.get(page).content.decode()
    assert "Thank you. It is yours." in body
    assert "Nothing to pay" in body
    assert "Pay for it" not in body


@pytest.mark.usefixtures("unreachable")
def test_a_script_is_sent_to_the_order_too(at_payment):
    answer = at_payment.post(
        "/checkout/payment/", submission(at_payment), headers={"accept": "application/json"}
    ).json()
    order = Order.objects.get()
    assert answer == {"redirect": f"http://testserver{reverse('checkout:order', args=[order.number, order.token])}"}
    assert at_payment.post(reverse("checkout:pay", args=[order.number, order.token])).status_code == 302
    assert not Payment.objects.exists()


def test_whoever_says_that_it_costs_nothing_is_told_what_it_costs(ready):
    data = submission(ready) | {"total": "0.00"}
    assert ready.post("/checkout/payment/", data).url == "/checkout/payment/"
    assert not Order.objects.exists()


def test_a_refund_of_nothing_is_refused_kindly(client, free):
    client.force_login(somebody("Finance"))
    answer = client.get(reverse("orders:refund", args=[free.pk]), follow=True)
    assert "Nothing was paid for order" in answer.content.decode()
    assert not Payment.objects.exists()
    usual = placed_order("BOWL")
    answer = client.get(reverse("orders:refund", args=[usual.pk]), follow=True)
    assert "Nothing to do here" in answer.content.decode()
