"""What we keep of somebody who bought much: put together by a job, fetched by the link of a letter, gone after some days."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.account import exports, retention
from shop.account.models import DataExport, ExportPart
from shop.customers.models import User
from shop.customers.personal import Person
from shop.orders.models import Order
from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry
from tests.account.factors import person, prove, sign_in
from tests.checkout.world import fill_cart, place, sell

pytestmark = pytest.mark.django_db

ALICE = "alice@example.com"


@pytest.fixture(autouse=True)
def much(settings) -> None:
    """Two orders are too much for one visit."""
    settings.EXPORT_AT_ONCE = 1


@pytest.fixture
def alice() -> User:
    return person(ALICE)


@pytest.fixture
def orders() -> list[Order]:
    mug = sell("MUG", stock=9)
    orders = [place(fill_cart(mug)) for _ in range(2)]
    Order.objects.update(state="delivered")
    return orders


@pytest.fixture
def browser(client, alice, orders) -> Client:
    """Signed in, and has said once more who she is; her orders came along."""
    sign_in(client)
    prove(client)
    return client


def work() -> None:
    for _ in range(2):  # the job that makes it writes the job of its letter
        outbox.relay(now=timezone.now())


def link() -> str:
    return re.search(r"http://testserver(/\S*privacy/export/\S+)", mail.outbox[-1].body)[1]


def told(answer) -> dict:
    return json.loads(zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).read("data.json"))


def test_a_letter_leads_to_it_when_it_is_there(browser, alice, orders, monkeypatch):
    monkeypatch.setattr(exports, "PART", 500)
    page = browser.post(reverse("account:export"), follow=True).content.decode()
    assert "We write to you when it can be fetched." in page
    work()
    assert [letter.subject for letter in mail.outbox] == ["Your data is ready"]
    assert ExportPart.objects.count() > 1
    answer = browser.get(link())
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.zip"'
    assert {order["number"] for order in told(answer)["orders"]} == {order.number for order in orders}
    assert link() in browser.get(reverse("account:privacy")).content.decode()
    assert list(AuditEntry.objects.filter(action__startswith="export").values_list("action", "subject")) == [
        ("export.asked", f"user:{alice.pk}")
    ]


def test_little_comes_at_once(browser, settings):
    settings.EXPORT_AT_ONCE = 2
    assert browser.post(reverse("account:export")).headers["Content-Type"] == "application/zip"
    assert not DataExport.objects.exists()
    assert AuditEntry.objects.filter(action="export.handed_out").count() == 1


def test_nobody_else_can_fetch_it(browser, alice):
    browser.post(reverse("account:export"))
    work()
    stranger = Client()
    assert "/account/login/" in stranger.get(link()).url
    person("mallory@example.com")
    sign_in(stranger, "mallory@example.com")
    prove(stranger)
    assert stranger.get(link()).status_code == 404
    key = DataExport.objects.get().key
    assert Client().get(reverse("account:guest_export", args=[key])).status_code == 404


def test_asked_twice_it_is_made_once_and_asked_later_it_is_made_anew(browser):
    for _ in range(2):
        browser.post(reverse("account:export"))
    work()
    first = DataExport.objects.get()
    exports.make(export_id=first.pk, now=timezone.now())
    assert len(mail.outbox) == 1
    browser.post(reverse("account:export"))
    assert DataExport.objects.get().made_at is None
    assert "This file is gone" in browser.get(reverse("account:export_file", args=[first.key])).content.decode()


def test_what_a_guest_asked_for_gives_way_to_what_they_ask_for_with_an_account(browser, alice):
    exports.ask(Person.guest(ALICE), email=ALICE, language="en", now=timezone.now())
    assert browser.post(reverse("account:export")).status_code == 302
    work()
    assert DataExport.objects.get().user == alice
    assert len(mail.outbox) == 1


def test_after_some_days_it_is_gone(browser, alice):
    browser.post(reverse("account:export"))
    work()
    one, after = DataExport.objects.get(), timezone.now() + timedelta(days=7, minutes=1)
    assert exports.ready(Person.of(alice), key=one.key, now=after) is None
    assert retention.let_go(now=after)["exports"] == 1
    assert not ExportPart.objects.exists()
    assert browser.get(link()).status_code == 404


def test_a_guest_fetches_it_by_the_letter_alone(client, orders):
    client.post("/privacy/by-mail/", {"email": ALICE})
    work()
    path = re.search(r"http://testserver(/privacy/by-mail/\S+)", mail.outbox[-1].body)[1]
    assert "We write to you" in client.post(path, {"export": "1"}).content.decode()
    work()
    assert {order["number"] for order in told(Client().get(link()))["orders"]} == {order.number for order in orders}
