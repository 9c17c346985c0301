"""Midtrans from the payment step to the end of the order: through our addresses, against its stand-in."""

import functools
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from sandbox.midtrans import midtrans_sandbox
from shop.checkout import settlement
from shop.checkout.attempts import attempt_with
from shop.checkout.pay import return_url
from shop.checkout.tasks import send_how_to_pay
from shop.inventory.models import Reservation, StockItem
from shop.orders.models import Order
from shop.outbox.models import Job
from shop.payments.models import Payment
from tests.checkout.test_steps import JSON, submission
from tests.checkout.world import ADDRESS, sell
from tests.payments.helpers import at_once

pytestmark = pytest.mark.django_db

State = Payment.State
INDONESIA = {
    **ADDRESS,
    "city": "Yogyakarta",
    "region": "Daerah Istimewa Yogyakarta",
    "postcode": "55281",
    "country": "ID",
}


@pytest.fixture
def midtrans(settings):
    with midtrans_sandbox(server_key=settings.MIDTRANS_SERVER_KEY) as running:
        settings.MIDTRANS_API_BASE, settings.MIDTRANS_SNAP_BASE = running.base_url, running.snap_url
        yield running


@pytest.fixture
def ready(client, midtrans):
    """A shopper at the payment step, in rupiah, with the last two mugs."""
    sell(stock=2, now=timezone.now() - timedelta(hours=1))
    client.post("/currency/", {"currency": "IDR"})
    client.post("/cart/add/", {"sku": "MUG", "quantity": "2"})
    client.post("/checkout/contact/", {"email": "ayu@example.com"})
    client.post("/checkout/address/", INDONESIA)
    client.post("/checkout/delivery/", {"method": "standard"})
    return client


@pytest.fixture
def payment(ready) -> Payment:
    """Placed, and its page is open."""
    ready.post("/checkout/payment/", {**submission(ready), "provider": "midtrans"})
    return Payment.objects.get()


def page_of(order: Order) -> str:
    return f"/orders/{order.number}/{order.token}/"


def settle(payment: Payment, source: str = "webhook") -> Order:
    return settlement.settle(payment_id=payment.pk, source=source, now=timezone.now())


# --- choosing ----------------------------------------------------------------------------------


def test_ways_are_offered_by_currency(ready, client):
    assert [way["provider"] for way in ready.get("/checkout/payment/").context["ways"]] == ["midtrans", "stripe"]
    client.post("/currency/", {"currency": "USD"})
    assert [way["provider"] for way in client.get("/checkout/payment/").context["ways"]] == ["stripe"]


def test_a_page_may_lead_to_the_providers_it_offers_and_nowhere_else(ready, midtrans, settings):
    policy = ready.get("/checkout/payment/")["Content-Security-Policy"]
    assert f"form-action 'self' {midtrans.base_url};" in f"{policy};"
    assert settings.STRIPE_JS_URL.partition("/endive")[0] in policy
    assert midtrans.base_url not in ready.get("/checkout/delivery/")["Content-Security-Policy"]


def test_without_a_script_the_form_leads_to_midtrans(ready, midtrans):
    answer = ready.post("/checkout/payment/", {**submission(ready), "provider": "midtrans"})
    payment = Payment.objects.get()
    assert answer.status_code == 302
    assert answer.url == payment.client["url"]
    assert answer.url.startswith(midtrans.base_url)
    assert (payment.provider, payment.kind, payment.amount) == ("midtrans", "redirect", payment.order.total)
    assert payment.order.expires_at - payment.order.placed_at == timedelta(minutes=60)


def test_sent_twice_it_is_one_page(ready, midtrans):
    data = {**submission(ready), "provider": "midtrans"}
    assert len({ready.post("/checkout/payment/", data).url for _ in range(3)}) == 1
    assert midtrans.control.state()["objects"] == {"page": 1}


def test_back_from_midtrans_leads_to_the_order_and_on(ready, payment):
    assert ready.get("/checkout/payment/").url == page_of(payment.order)
    body = ready.get(page_of(payment.order)).content.decode()
    assert "Only the payment is missing" in body
    assert ready.post(f"{page_of(payment.order)}pay/", {"provider": "midtrans"}).url == payment.client["url"]
    assert ready.post(f"{page_of(payment.order)}pay/", {}, **JSON).json() == {"redirect": payment.client["url"]}


@pytest.mark.parametrize("provider", ["paypal", "<script>", "x" * 21])
def test_a_way_that_is_not_offered_is_refused(ready, provider):
    answer = ready.post("/checkout/payment/", {**submission(ready), "provider": provider})
    assert answer.url == "/checkout/payment/"
    assert not Order.objects.exists()


def test_an_order_stands_while_midtrans_cannot_be_reached(ready, midtrans):
    midtrans.control.fault("refuse", match="POST", times=2)
    answer = ready.post("/checkout/payment/", {**submission(ready), "provider": "midtrans"}, follow=True)
    order = Order.objects.get()
    assert answer.request["PATH_INFO"] == page_of(order)
    assert "could not reach the payment service" in answer.content.decode()
    failed = ready.post(f"{page_of(order)}pay/", {"provider": "midtrans"})
    assert failed.url == page_of(order)
    assert ready.post(f"{page_of(order)}pay/", {"provider": "midtrans"}).url.startswith(midtrans.base_url)


def test_another_provider_is_chosen_by_ending_the_first_attempt(ready, payment, midtrans, monkeypatch):
    began = []
    monkeypatch.setattr("shop.checkout.pay.payments.start", lambda **asked: began.append(asked) or payment)
    ready.post(f"{page_of(payment.order)}pay/", {"provider": "stripe"}, **JSON)
    assert midtrans.control.state()["open_pages"] == []
    assert list(Payment.objects.values_list("provider", "state")) == [("midtrans", "cancelled"), ("stripe", "created")]
    assert len(began) == 1


def test_while_the_first_cannot_be_ended_there_is_no_second(ready, payment, midtrans):
    midtrans.control.fault("refuse", match="/cancel$")
    answer = ready.post(f"{page_of(payment.order)}pay/", {"provider": "stripe"}, **JSON)
    assert answer.status_code == 503
    assert Payment.objects.get().state == State.PENDING


# --- a number ----------------------------------------------------------------------------------


@pytest.fixture
def numbered(payment, midtrans) -> Payment:
    """A BCA account was chosen, and we have heard of it."""
    midtrans.control.choose(payment.provider_ref, "bca_va")
    settle(payment)
    return Payment.objects.get()


def test_a_number_is_shown_with_its_deadline_and_sent(ready, numbered):
    number = numbered.client["instructions"]["number"]
    body = ready.get(page_of(numbered.order)).content.decode()
    assert " ".join([number[:4], number[4:8], number[8:12], number[12:]]).strip() in body
    assert f'value="{number}"' in body
    assert "BCA virtual account" in body
    settle(numbered)
    assert Job.objects.filter(task="checkout.send_how_to_pay").count() == 1


def test_its_letter_says_what_to_pay_where_and_until_when(numbered):
    job = Job.objects.get(task="checkout.send_how_to_pay")
    send_how_to_pay(**job.payload)
    (letter,) = mail.outbox
    how = numbered.client["instructions"]
    assert numbered.order.number in letter.subject
    for text in (letter.body, letter.alternatives[0][0]):
        assert how["number"] in text.replace(" ", "")
        assert page_of(numbered.order) in text
    assert "Pay before" in letter.body


def test_there_is_no_letter_for_what_is_paid_meanwhile(numbered, midtrans):
    midtrans.control.pay(numbered.provider_ref)
    settle(numbered)
    send_how_to_pay(**Job.objects.get(task="checkout.send_how_to_pay").payload)
    assert mail.outbox == []


def test_a_number_keeps_the_goods_for_as_long_as_it_can_be_paid(numbered):
    order = Order.objects.get()
    assert order.expires_at == numbered.expires_at + timedelta(minutes=5)
    assert timedelta(hours=23, minutes=58) < order.expires_at - order.placed_at <= timedelta(hours=24)
    assert set(Reservation.objects.values_list("expires_at", flat=True)) == {order.expires_at}
    assert order.events.filter(kind="number_given").count() == 1


def test_the_page_hears_of_a_change_and_of_nothing_else(ready, payment, midtrans):
    page = page_of(payment.order)
    seen = ready.get(page).context["seen"]

    def look():
        return ready.get(page, {"seen": seen}, headers={"HX-Request": "true"})

    assert look().status_code == 204
    midtrans.control.choose(payment.provider_ref, "bca_va")
    settle(payment)
    assert look()["HX-Refresh"] == "true"


def test_it_is_paid_later(ready, numbered, midtrans):
    midtrans.control.pay(numbered.provider_ref)
    order = settle(numbered)
    assert (order.state, order.payment_status) == ("processing", "paid")
    assert "It is yours" in ready.get(page_of(order)).content.decode()
    assert StockItem.objects.get().available == 0


def test_another_number_is_asked_for_by_ending_the_first(ready, numbered, midtrans):
    answer = ready.post(f"{page_of(numbered.order)}pay/", {"provider": "midtrans", "anew": "1"})
    first, second = Payment.objects.all()
    assert (first.state, second.state) == (State.EXPIRED, State.PENDING)
    assert answer.url == second.client["url"]
    assert midtrans.control.state()["open_pages"] == [second.provider_ref]


# --- time --------------------------------------------------------------------------------------


def test_nobody_chooses_and_the_order_expires(payment, midtrans):
    later = timezone.now() + timedelta(minutes=61)
    assert settlement.expire_orders(now=later) == 1
    assert Order.objects.get().state == "cancelled"
    assert midtrans.control.state()["open_pages"] == []
    assert StockItem.objects.get().available == 2


def test_a_number_that_nobody_told_us_of_still_moves_the_deadline(payment, midtrans):
    midtrans.control.choose(payment.provider_ref, "bca_va")
    assert settlement.expire_orders(now=timezone.now() + timedelta(minutes=61)) == 0
    assert Order.objects.get().state == "pending"
    assert Payment.objects.get().kind == "transfer"
    assert StockItem.objects.get().available == 0


def test_an_unpaid_number_expires_with_its_order(ready, numbered, midtrans):
    midtrans.control.clock(24 * 3600)
    settle(numbered)
    assert ready.get(page_of(numbered.order)).context["how"] is None
    assert settlement.expire_orders(now=timezone.now() + timedelta(hours=24)) == 1
    assert Payment.objects.get().state == State.EXPIRED
    assert StockItem.objects.get().available == 2


def test_nothing_is_given_back_while_midtrans_cannot_be_reached(numbered, midtrans):
    midtrans.control.fault("refuse", times=9)
    assert settlement.expire_orders(now=timezone.now() + timedelta(hours=25)) == 0
    assert Order.objects.get().state == "pending"
    assert StockItem.objects.get().available == 0


def test_a_payment_under_review_keeps_the_goods(payment, midtrans, ready):
    midtrans.control.pay(payment.provider_ref, "credit_card", outcome="challenge")
    settle(payment)
    assert "still working on it" in ready.get(page_of(payment.order)).content.decode()
    assert settlement.expire_orders(now=timezone.now() + timedelta(minutes=61)) == 0
    assert Order.objects.get().events.filter(kind="expiry_postponed").exists()
    assert StockItem.objects.get().available == 0


def test_money_for_an_expired_order_brings_it_back(numbered, midtrans):
    settlement.expire_orders(now=timezone.now() + timedelta(hours=25))
    midtrans.control.set(numbered.provider_ref, "settlement", settled=time.time())
    order = settle(numbered)
    assert (order.state, order.payment_status) == ("processing", "paid")


def test_money_taken_back_by_the_bank_stops_the_order(payment, midtrans):
    midtrans.control.pay(payment.provider_ref, "permata_va")
    settle(payment)
    midtrans.control.set(payment.provider_ref, "deny")
    order = settle(payment)
    assert "taken back" in order.needs_attention
    assert order.payment_status == "failed"


# --- coming back -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_comes_back_needs_nothing_but_the_link(payment, rf, method):
    request = rf.get("/")
    link = return_url(request, payment)
    stranger = Client(enforce_csrf_checks=True)
    answer = getattr(stranger, method)(
        f"{link}&order_id=x&status_code=200&transaction_status=settlement", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, urlsplit(answer.url).path) == (302, page_of(payment.order))
    assert Order.objects.get().payment_status == "pending"  # what the address says is a hint


def test_who_comes_back_sees_what_is_true_without_any_notification(payment, midtrans, client, rf):
    midtrans.control.pay(payment.provider_ref, "other_qris")
    answer = client.get(return_url(rf.get("/"), payment), follow=True)
    assert "It is yours" in answer.content.decode()


def test_choosing_again_prolongs_the_time_to_that_of_the_way(ready):
    data = {**submission(ready), "provider": "stripe"}
    ready.post("/checkout/payment/", data)
    order = Order.objects.get()
    assert order.expires_at - order.placed_at == timedelta(minutes=30)
    attempt = attempt_with(order=order, provider="midtrans", anew=False, now=timezone.now())
    order.refresh_from_db()
    assert attempt.provider == "midtrans"
    assert order.expires_at - order.placed_at == timedelta(minutes=60)


# --- all at once -------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_news_and_the_clock_at_once_pay_an_order_once(payment, midtrans, guarded, monkeypatch):
    """Eight notifications are worked on while the clock expires the order. Without the rank guard they pay it again."""
    if not guarded:
        monkeypatch.setattr("shop.payments.operations.is_news", lambda old, new: True)
    midtrans.control.pay(payment.provider_ref, "gopay")
    later = timezone.now() + timedelta(hours=2)
    expire = functools.partial(settlement.expire_orders, now=later)
    results = at_once(*[functools.partial(settle, payment)] * 8, expire, expire)
    order = Order.objects.get()
    captures = payment.transitions.filter(new=State.CAPTURED).count()
    assert (order.payment_status, captures == 1) == ("paid", guarded)
    if guarded:
        assert not [result for result in results if isinstance(result, Exception)]
        assert (order.state, order.needs_attention) == ("processing", "")
        assert list(Reservation.objects.values_list("state", flat=True)) == ["firm"]
        assert Job.objects.filter(key=f"mail/order_confirmed/{order.number}").count() == 1
