"""Workers that die with work in their hands, clocks that stand still or go wrong, mail servers that do not want."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from shop.outbox import operations as outbox
from shop.outbox.models import Job, Mail
from shop.payments import inbox
from shop.payments.models import WebhookEvent
from tests.faults.house import House
from tests.outbox.post_office import PostOffice, free_port, post_office, silence

pytestmark = pytest.mark.django_db(transaction=True)


# --- leases ----------------------------------------------------------------------------------------------


def test_the_lease_of_a_dead_worker_ends(house):
    """Somebody has taken the messages, then the letters, and was never seen again."""
    house.place()
    house.pay()
    house.tell()
    WebhookEvent.objects.update(lease_until=timezone.now() + inbox.LEASE, attempts=1)
    house.run("checkout.sweep_inbox")
    assert house.order.state == "pending"
    house.later(inbox.LEASE / timedelta(minutes=1))
    house.run("checkout.sweep_inbox")
    assert house.order.state == "processing"
    Job.objects.update(lease_until=timezone.now() + outbox.LEASE, attempts=1)
    house.run("outbox.relay")
    assert not Mail.objects.exists()
    house.heal()
    house.agree("processing")


def test_a_job_that_kills_every_worker_is_given_up_and_said(house, caplog):
    house.place()
    house.pay()
    house.tell()
    house.run("checkout.sweep_inbox")
    Job.objects.filter(task="orders.tell_packers").update(attempts=len(outbox.BACK_OFF) + 1)
    house.run("outbox.relay")
    assert "gave up on job" in caplog.text


def test_a_message_that_kills_every_worker_is_given_up_and_said(house, caplog):
    house.place()
    house.pay()
    house.tell()
    WebhookEvent.objects.update(attempts=len(inbox.BACK_OFF) + 1)
    house.run("checkout.sweep_inbox")
    assert "gave up on webhook" in caplog.text
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"failed"}
    house.later(2)
    house.run("checkout.reconcile_payments")  # which finds the money all the same
    assert house.order.state == "processing"


# --- clocks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["checkout.expire_orders", "checkout.reconcile_payments", "checkout.sweep_inbox"])
def test_a_clock_that_stood_still_for_hours(house, first):
    """Paid in time, told, and nobody worked until long after the deadline: whatever is done first, it is paid."""
    house.place()
    house.pay()
    house.tell()
    house.later(5 * 60)
    house.run(first)
    house.heal()
    house.agree("processing")


def test_nobody_paid_while_the_clock_stood_still(house):
    house.place()
    house.later(5 * 60)
    house.heal()
    house.agree("cancelled")


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_provider_whose_clock_goes_wrong_a_little(house, minutes):
    house.bank.control.clock(minutes * 60)
    house.place()
    house.pay()
    assert set(house.tell()) == {200}
    house.heal()
    house.agree("processing")


def test_messages_signed_too_long_ago_by_our_clock_are_not_needed(house):
    """Ours is ten minutes ahead: Stripe's messages look old and are refused, and the payment is found all the same."""
    house.bank.control.clock(-10 * 60)
    house.place()
    house.pay()
    assert set(house.tell()) == {400 if house.bank.name == "stripe" else 200}
    house.heal()
    house.agree("processing")


# --- letters ---------------------------------------------------------------------------------------------


@pytest.fixture
def port(settings) -> int:
    settings.EMAIL_BACKEND = "config.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 0.5
    return settings.EMAIL_PORT


def paid(house: House) -> None:
    house.place()
    house.pay()
    house.tell()
    house.run("checkout.sweep_inbox", "outbox.relay")


def arrived(office: PostOffice) -> Counter:
    return Counter(str(letter["Message-ID"]) for letter in office.letters)


def ends_with_one_letter(house: House, office: PostOffice) -> None:
    house.heal()
    house.later(30)
    house.heal()
    house.agree("processing")
    assert set(arrived(office).values()) == {1}
    assert len(office.letters) == Mail.objects.count()


def test_no_mail_server(house, port):
    paid(house)
    house.later(1)
    house.work()
    assert house.order.state == "processing"
    assert not Mail.objects.filter(sent_at__isnull=False).exists()
    with post_office(port) as office:
        ends_with_one_letter(house, office)


def test_a_mail_server_that_never_says_a_word(house, port):
    paid(house)
    house.later(1)
    with silence(port):
        house.work()
    assert not Mail.objects.filter(sent_at__isnull=False).exists()
    with post_office(port) as office:
        ends_with_one_letter(house, office)


@pytest.mark.parametrize("word", ["451 later", "550 not for you", "421 closing"])
def test_a_mail_server_that_refuses(house, port, word):
    paid(house)
    house.later(1)
    with post_office(port) as office:
        office.answer = word
        house.work()
        assert office.letters == []
        office.answer = ""
        ends_with_one_letter(house, office)
