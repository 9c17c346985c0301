"""Mails over a real SMTP connection: after the commit, once, whatever the server does meanwhile."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Barrier
from time import monotonic

import pytest
from django.db import transaction

from config.smtp import EmailBackend
from shop.orders import operations as orders
from shop.orders.models import Order
from shop.outbox import mails
from shop.outbox import operations as outbox
from shop.outbox.models import Job, Mail
from tests.checkout.world import NOW
from tests.orders.helpers import paid_order
from tests.outbox.post_office import free_port, post_office, silence
from tests.payments.helpers import at_once

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)


@pytest.fixture
def port(settings) -> int:
    settings.EMAIL_BACKEND = "config.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_TIMEOUT = 0.5
    return settings.EMAIL_PORT


@pytest.fixture
def office(port):
    with post_office(port) as office:
        yield office


def the_job() -> Job:
    return Job.objects.get(task="orders.send_mail")


@pytest.mark.django_db
def test_it_arrives_as_written(office):
    order = paid_order()
    outbox.relay(now=NOW)
    (letter,) = office.letters
    assert letter["Subject"] == f"Order {order.number} confirmed"
    assert letter["To"] == "alice@example.com"
    assert letter["From"] == "Etalase <shop@etalase.example>"
    assert letter["Message-ID"] == f"<order_confirmed.{order.number}@etalase.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert f"{order.number}/{order.token}/" in letter.get_body(("plain",)).get_content()
    mail = Mail.objects.get()
    assert (mail.attempts, mail.error) == (1, "")
    assert mail.sent_at


@pytest.mark.django_db
def test_in_the_language_of_the_order(office):
    order = paid_order()
    Order.objects.filter(pk=order.pk).update(language="id")
    outbox.relay(now=NOW)
    assert f"/id/orders/{order.number}/" in office.letters[0].get_body(("plain",)).get_content()


@pytest.mark.django_db(transaction=True)
def test_only_after_the_commit(office):
    order = paid_order()
    outbox.relay(now=NOW)
    office.letters.clear()
    with transaction.atomic():
        orders.write(order, "shipped", now=NOW)
        transaction.set_rollback(True)
    assert outbox.relay(now=NOW) == 0
    with transaction.atomic():
        orders.write(order, "order_cancelled", now=NOW)
    assert outbox.relay(now=NOW) == 1
    assert [letter["Subject"] for letter in office.letters] == [f"Order {order.number} cancelled"]


@pytest.mark.django_db
def test_never_twice(office):
    order = paid_order()
    for _time in range(2):
        orders.write(order, "order_confirmed", now=NOW)
        outbox.relay(now=NOW)
    Job.objects.update(done_at=None)  # a worker that died after sending, before it could say so
    outbox.relay(now=NOW)
    assert len(office.letters) == 1
    assert the_job().done_at


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["451 later", "550 no", "421 closing"])
def test_a_refusal_is_written_down_and_tried_again(office, answer):
    paid_order()
    office.answer = answer
    outbox.relay(now=NOW)
    mail = Mail.objects.get()
    assert (mail.sent_at, mail.attempts) == (None, 1)
    assert answer.split()[1] in mail.error
    assert the_job().due_at == NOW + outbox.BACK_OFF[0]
    office.answer = ""
    assert outbox.relay(now=NOW) == 0
    outbox.relay(now=NOW + MINUTE)
    mail.refresh_from_db()
    assert (mail.attempts, mail.error) == (2, "")
    assert mail.sent_at
    assert len(office.letters) == 1


@pytest.mark.django_db
def test_a_server_that_is_down_or_hangs_loses_nothing(port):
    paid_order()
    outbox.relay(now=NOW)
    assert "ConnectionRefusedError" in Mail.objects.get().error
    with silence(port):
        outbox.relay(now=NOW + MINUTE)
    assert "Timeout" in Mail.objects.get().error or "timed out" in Mail.objects.get().error
    with post_office(port) as office:
        outbox.relay(now=NOW + 10 * MINUTE)
        assert len(office.letters) == 1
    assert Mail.objects.get().attempts == 3
    assert the_job().done_at


@pytest.mark.django_db
def test_what_was_written_first_is_what_is_sent(port):
    """A later try sends the same words, whatever has become of the order."""
    order = paid_order()
    outbox.relay(now=NOW)
    Order.objects.filter(pk=order.pk).update(email="other@example.com", language="id")
    with post_office(port) as office:
        outbox.relay(now=NOW + MINUTE)
        assert office.letters[0]["To"] == "alice@example.com"


@pytest.mark.django_db
def test_whoever_sends_a_mail_has_it_alone_until_its_lease_is_over(office):
    """Also when the job's lease is over, or there is no job."""
    mail = a_waiting_mail()
    Mail.objects.update(busy_until=NOW + mails.LEASE)
    with pytest.raises(mails.InFlight):
        mails.send(mail, now=NOW + mails.LEASE - timedelta(seconds=1))
    assert office.letters == []
    mails.send(mail, now=NOW + mails.LEASE)
    mails.send(mail, now=NOW + mails.LEASE)
    assert len(office.letters) == 1
    assert Mail.objects.get().busy_until is None


def test_a_lease_is_longer_than_any_try(settings):
    """And than what may come before one: a statement of a worker, see the operations guide."""
    assert timedelta(seconds=settings.EMAIL_TRY_SECONDS) + timedelta(seconds=60) < mails.LEASE
    assert settings.EMAIL_TRY_SECONDS > settings.EMAIL_TIMEOUT


@contextmanager
def dripping(port: int, said: bytes) -> Iterator[None]:
    """A server that says `said`, a byte at a time, and never comes to an end: no silence is long enough for a timeout."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as server:

        def listen() -> None:
            connection, _peer = server.accept()
            with connection, suppress(OSError):
                while not over.wait(0.02):
                    connection.send(said)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@pytest.mark.django_db
@pytest.mark.parametrize("said", [b"2", b"220-still here\r\n"], ids=["half a word", "word by word"])
def test_a_try_ends_however_slowly_the_server_speaks(port, settings, said):
    settings.EMAIL_TIMEOUT, settings.EMAIL_TRY_SECONDS = 20, 0.3
    mail, began = a_waiting_mail(), monotonic()
    with dripping(port, said), pytest.raises(OSError):
        mails.send(mail, now=NOW)
    assert monotonic() - began < 10
    mail.refresh_from_db()
    assert (mail.sent_at, mail.busy_until) == (None, None)


@pytest.mark.django_db
def test_nothing_is_handed_over_after_the_end_of_a_try(office, monkeypatch):
    opening = EmailBackend.open

    def slowly(self: EmailBackend) -> bool | None:
        opened = opening(self)
        self.over = True
        return opened

    monkeypatch.setattr(EmailBackend, "open", slowly)
    with pytest.raises(TimeoutError):
        mails.send(a_waiting_mail(), now=NOW)
    assert office.letters == []


@pytest.mark.django_db
def test_a_yes_that_was_lost_sends_it_twice_at_worst_with_the_same_id(office):
    """Nobody can know whether the server took it: rather twice than never. Mail programs show one of the same Message-ID."""
    paid_order()
    office.drops = True
    outbox.relay(now=NOW)
    assert Mail.objects.get().sent_at is None
    assert "SMTPServerDisconnected" in Mail.objects.get().error
    office.drops = False
    outbox.relay(now=NOW + MINUTE)
    outbox.relay(now=NOW + 10 * MINUTE)
    assert len(office.letters) == 2
    assert len({letter["Message-ID"] for letter in office.letters}) == 1


def a_waiting_mail() -> Mail:
    words = {"kind": "x", "subject": "x", "text": "x", "html": "x"}
    return Mail.objects.create(key="once/1", to="alice@example.com", language="en", **words)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_relays_at_once_send_a_mail_once(office):
    mail = a_waiting_mail()
    with transaction.atomic():
        outbox.later("outbox.send", key=f"mail/{mail.key}", now=NOW, mail_id=mail.pk)
    assert sum(at_once(*[lambda: outbox.relay(now=NOW)] * 6)) == 1
    assert len(office.letters) == 1
    assert Mail.objects.get().sent_at


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_who_send_the_same_mail_send_it_once(office):
    """Beside the relay: each with a row of its own that says that it is not sent."""
    mail = a_waiting_mail()
    done = at_once(*[lambda: mails.send(Mail.objects.get(pk=mail.pk), now=NOW)] * 6)
    assert len(office.letters) == 1
    assert all(each is None or isinstance(each, mails.InFlight) for each in done)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_a_lease_each_of_them_sends_it(office):
    mail, all_have_looked = a_waiting_mail(), Barrier(2, timeout=10)

    def send() -> None:
        waiting = Mail.objects.get(pk=mail.pk, sent_at=None)
        all_have_looked.wait()
        mails._message(waiting).send()
        Mail.objects.filter(pk=mail.pk).update(sent_at=NOW)

    at_once(send, send)
    assert len(office.letters) == 2
