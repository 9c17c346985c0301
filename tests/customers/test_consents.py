"""Consent: what counts, what stays written down, and the ways in and out."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.customers import consents
from shop.customers.models import Consent, ConsentRequest
from shop.customers.wording import WORDINGS, Kind
from shop.outbox import operations as outbox
from tests.factories import NOW

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"


def agree(email=ADA, kind=Kind.NEWSLETTER, **more):
    said = {"page": "/", "language": "en", "now": NOW, **more}
    return consents.consent(email=email, kind=kind, **said)


def refuse(email=ADA, kind=Kind.NEWSLETTER):
    return consents.withdraw(email=email, kind=kind, page="letter", now=NOW)


def allowed(email=ADA, kind=Kind.NEWSLETTER):
    return consents.has_consented(email=email, kind=kind)


class TestWhatCounts:
    def test_nobody_agreed_to_anything_before_they_said_so(self):
        assert not allowed()
        assert not consents.has_refused(email=ADA, kind=Kind.NEWSLETTER)

    def test_the_last_word_counts_whatever_the_capitals(self):
        agree(email=" Ada@Example.com")
        assert allowed("ADA@example.com")
        assert refuse()
        assert not allowed()
        assert consents.has_refused(email=ADA, kind=Kind.NEWSLETTER)
        agree()
        assert allowed()

    def test_each_kind_is_asked_for_itself(self):
        agree(kind=Kind.CART_REMINDER)
        assert not allowed(kind=Kind.NEWSLETTER)

    def test_twice_is_once(self):
        assert agree() == agree()
        assert refuse()
        assert not refuse()
        assert Consent.objects.count() == 2

    def test_new_words_are_a_new_yes(self, monkeypatch):
        old = agree()
        wording = WORDINGS[Kind.NEWSLETTER]
        monkeypatch.setitem(WORDINGS, Kind.NEWSLETTER, type(wording)("2027-01", "More letters", wording.why))
        assert agree().words == "More letters"
        old.refresh_from_db()
        assert old.words.startswith("Send me the newsletter")

    def test_many_are_asked_for_at_once(self, django_assert_num_queries):
        agree("in@example.com")
        agree("out@example.com")
        refuse("out@example.com")
        with django_assert_num_queries(1):
            asked = ["In@example.com", "out@example.com", "never@example.com", ""]
            assert consents.consented(emails=asked, kind=Kind.NEWSLETTER) == {"in@example.com"}

    def test_the_standing_of_an_address(self):
        agree()
        agree(kind=Kind.CART_REMINDER)
        refuse()
        assert {one.kind: one.given for one in consents.standing(email=ADA)} == {
            "newsletter": False,
            "cart_reminder": True,
        }

    def test_it_goes_along_with_a_new_address(self):
        agree()
        agree(kind=Kind.CART_REMINDER)
        refuse(kind=Kind.CART_REMINDER)
        consents.follow_address(old=ADA, new="lovelace@example.com", now=NOW)
        assert allowed("lovelace@example.com")
        assert not allowed()
        assert consents.has_refused(email="lovelace@example.com", kind=Kind.CART_REMINDER)


class TestHistory:
    def test_it_stays_as_it_is(self):
        row = agree()
        for change in ({"given": False}, {"words": "other"}, {"email": "bob@example.com"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Consent.objects.filter(pk=row.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
        assert allowed()

    def test_only_whose_it_was_can_be_emptied(self):
        row = agree()
        Consent.objects.filter(pk=row.pk).update(email="")
        assert not allowed()
        assert not allowed("")
        assert Consent.objects.get().words

    def test_a_yes_without_words_is_none(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(email=ADA, kind=Kind.NEWSLETTER, given=True, page="/", at=NOW)


def ask(email=ADA, now=NOW):
    return consents.ask(email=email, kind=Kind.NEWSLETTER, page="/stories/", language="en", now=now)


def letters():
    """What the outbox sends now, and to whom."""
    outbox.relay(now=timezone.now())
    return mail.outbox


class TestAskedByAStranger:
    def test_it_counts_once_the_owner_has_confirmed(self, client):
        ask(now=timezone.now())
        [letter] = letters()
        assert letter.to == [ADA]
        path = re.search(r"http://testserver(/letters/confirm/\S+)", letter.body)[1]
        assert "Yes, write to me" in client.get(path).content.decode()
        assert not allowed()
        assert "You are on the list" in client.post(path).content.decode()
        assert allowed()
        assert Consent.objects.get().page == "/stories/"
        assert client.post(path).status_code == 404
        assert not ConsentRequest.objects.exists()

    def test_asked_anew_the_old_link_is_void(self):
        first, second = ask(), ask()
        with pytest.raises(consents.NotAsked):
            consents.confirm(key=first.key, now=NOW)
        assert consents.confirm(key=second.key, now=NOW).given
        assert Consent.objects.count() == 1

    def test_a_link_has_its_time(self, settings):
        request = ask()
        with pytest.raises(consents.NotAsked):
            consents.confirm(key=request.key, now=NOW + timedelta(days=settings.CONSENT_REQUEST_DAYS))
        assert not allowed()

    def test_addresses_that_nobody_confirmed_are_forgotten(self, settings):
        ask()
        after = NOW + timedelta(days=settings.CONSENT_REQUEST_DAYS)
        kept = ask("bob@example.com", now=after)
        assert consents.delete_old_requests(now=after) == 1
        assert ConsentRequest.objects.get() == kept

    def test_who_says_no_meanwhile_is_not_asked(self):
        request = ask()
        refuse()
        with pytest.raises(consents.NotAsked):
            consents.confirm(key=request.key, now=NOW)
        letters()
        assert not mail.outbox


class TestTheWayOut:
    def path(self, kind=Kind.NEWSLETTER):
        return consents.unsubscribe_url(email=ADA, kind=kind).removeprefix("http://testserver")

    def test_looking_changes_nothing_and_one_press_is_enough(self, client):
        agree()
        agree(kind=Kind.CART_REMINDER)
        page = client.get(self.path()).content.decode()
        assert "a…@example.com" in page
        assert ADA not in page
        assert allowed()
        assert "You are out" in client.post(self.path()).content.decode()
        assert not allowed()
        assert allowed(kind=Kind.CART_REMINDER)

    def test_a_mail_program_presses_it_without_a_session_or_a_token(self):
        """RFC 8058: nothing but the address and one field; and the answer is no redirect."""
        agree()
        headers = consents.unsubscribe_headers(email=ADA, kind=Kind.NEWSLETTER)
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        url = headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
        answer = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "sessionid" not in answer.cookies
        assert not allowed()

    def test_a_mistake_is_put_right(self, client):
        agree()
        client.post(self.path())
        assert "You are in again" in client.post(self.path(), {"again": "1"}).content.decode()
        assert allowed()

    def test_a_link_that_is_not_ours_leads_nowhere(self, client):
        agree()
        forged = self.path().rstrip("/")[:-2] + "xx/"
        assert client.post(forged).status_code == 404
        assert client.post(reverse("account:unsubscribe", args=["x"])).status_code == 404
        assert allowed()

    def test_its_secret_stays_out_of_logs_and_referrers(self, client, caplog):
        with caplog.at_level("INFO", logger="config.requests"):
            answer = client.get(self.path())
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert consents.unsubscribe_token(email=ADA, kind=Kind.NEWSLETTER) not in caplog.text
