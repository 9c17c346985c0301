"""Letters to those who have not paid: once, in time, and none to whoever has paid meanwhile."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from shop.checkout import reminders, tasks
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.outbox.models import Job, Mail
from shop.payments.models import Payment
from tests.checkout.world import NOW
from tests.factories import make_staff
from tests.orders.helpers import LATER, expire, paid_order, pay, placed_order, send

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NUMBER = {"kind": "va", "at": "bca", "number": "1234567890123456", "since": "2026-11-22 17:00:00"}


def with_number(order: Order) -> Payment:
    """As if a bank's number had been given out, good for a day."""
    until = NOW + 24 * HOUR
    Order.objects.filter(pk=order.pk).update(expires_at=until)
    order.payments.update(client={"instructions": NUMBER}, expires_at=until, state="pending")
    return order.payments.get()


def jobs(kind: str) -> list[str]:
    return list(Job.objects.filter(key__startswith=f"mail/{kind}/").values_list("key", flat=True))


def test_who_has_not_paid_after_ten_minutes_is_told_once_that_it_is_kept():
    order = placed_order()
    assert reminders.remind_unpaid(now=NOW + 9 * MINUTE) == 0
    for _time in range(2):
        reminders.remind_unpaid(now=NOW + 10 * MINUTE)
    assert jobs("order_received") == [f"mail/order_received/{order.number}"]
    tasks.send_received(order_id=order.pk, mail_key="x")
    (letter,) = mail.outbox
    assert letter.subject == f"Order {order.number} received, not paid yet"
    assert f"/orders/{order.number}/{order.token}/" in letter.body
    assert (
        "We have your order and keep your things for you until Sunday 22 November, 17:30 Jakarta time." in letter.body
    )


def test_nobody_is_told_to_pay_who_has_paid_or_whose_order_is_gone():
    order = pay(placed_order())
    tasks.send_received(order_id=order.pk, mail_key="x")
    expired = expire(placed_order("PLATE"))
    assert reminders.remind_unpaid(now=expired.expires_at + MINUTE) == 0
    assert mail.outbox == []
    assert jobs("order_received") == []


def test_who_has_a_number_is_reminded_once_before_it_ends(settings):
    settings.PAYMENT_REMINDER_HOURS = 6
    order = placed_order()
    payment = with_number(order)
    assert reminders.remind_unpaid(now=NOW + 17 * HOUR) == 0
    for _time in range(2):
        assert reminders.remind_unpaid(now=NOW + 19 * HOUR) == 1
    assert jobs("payment_reminder") == [f"mail/payment_reminder/{payment.reference}"]
    assert jobs("order_received") == []
    assert reminders.remind_unpaid(now=NOW + 24 * HOUR) == 0


def test_the_reminder_has_the_number_and_its_end(monkeypatch):
    payment = with_number(placed_order())
    monkeypatch.setattr("shop.checkout.tasks.timezone.now", lambda: NOW + 19 * HOUR)
    tasks.send_reminder(payment_id=payment.pk, mail_key="x")
    (letter,) = mail.outbox
    assert "can be paid until Monday 23 November, 17:00 Jakarta time" in letter.subject
    for part in (letter.body, letter.alternatives[0][0]):
        assert "1234 5678 9012 3456" in part
    monkeypatch.setattr("shop.checkout.tasks.timezone.now", lambda: payment.expires_at)
    tasks.send_reminder(payment_id=payment.pk, mail_key="y")
    assert len(mail.outbox) == 1


def test_what_has_arrived_is_written_once():
    order = send(paid_order())
    orders.mark_delivered(order_id=order.pk, actor="packer@example.com", now=LATER)
    with pytest.raises(orders.IllegalMove):
        orders.mark_delivered(order_id=order.pk, actor="packer@example.com", now=LATER)
    while outbox.relay(now=LATER):
        pass
    letter = Mail.objects.get(kind="delivered")
    assert letter.subject == f"Order {order.number} has arrived"
    assert letter.to == order.email


def test_those_who_can_help_hear_of_a_paid_order_that_needs_a_look():
    for role in ("Fulfilment", "Finance", "Owner", "Editor", "Merchandiser"):
        make_staff(role)
    waiting, order = placed_order("PLATE"), paid_order()
    for one in (waiting, order):
        orders.flag(one, "Mugs holds less than was sold", actor="inventory", now=LATER)
    while outbox.relay(now=timezone.now()):
        pass
    letters = Mail.objects.filter(kind="order_flagged")
    assert sorted(letters.values_list("to", flat=True)) == [
        "finance@example.com",
        "fulfilment@example.com",
        "owner@example.com",
    ]
    assert {letter.subject for letter in letters} == {f"Order {order.number} needs a look"}
    assert all("Mugs holds less than was sold" in part for one in letters for part in (one.text, one.html))
