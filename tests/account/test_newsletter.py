"""The newsletter: signing up at the foot of a page, and the list that staff sees."""

import csv
import io
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from shop.customers import consents
from shop.customers.models import Consent, ConsentRequest
from shop.customers.wording import Kind
from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"
URL = "/newsletter/"
LONG_AGO = timezone.now() - timedelta(days=60)


def sign_up(client, email=ADA, **more):
    headers = more.pop("headers", {})
    return client.post(URL, {"email": email, "next": "/stories/?a=1", "company": "", **more}, headers=headers)


def letters():
    outbox.relay(now=timezone.now())
    return mail.outbox


def join(email, language="en"):
    return consents.consent(email=email, kind=Kind.NEWSLETTER, page="/", language=language, now=LONG_AGO)


class TestSigningUp:
    def test_every_page_asks_in_words_that_are_kept(self, client):
        page = client.get(reverse("cart:page")).content.decode()
        assert f'action="{URL}"' in page
        assert "about twice a month" in page
        assert "csrfmiddlewaretoken" not in page.split(f'action="{URL}"')[1].split("</form>")[0]

    def test_without_a_script_it_leads_to_a_page_that_says_what_comes(self, client):
        answer = sign_up(client)
        assert answer.status_code == 302
        assert "Look into your mail" in client.get(answer["Location"]).content.decode()
        assert ConsentRequest.objects.get().page == "/stories/"
        assert [letter.to for letter in letters()] == [[ADA]]

    def test_with_a_script_it_answers_in_its_place(self, client):
        page = sign_up(client, headers={"HX-Request": "true"}).content.decode()
        assert "Look into your mail" in page
        assert "<html" not in page

    def test_a_wrong_address_is_said_in_the_place_that_it_was_typed_in(self, client):
        asked = {"email": "nobody", "place": "newsletter-0f-9"}
        page = sign_up(client, **asked, headers={"HX-Request": "true"}).content.decode()
        assert 'id="newsletter-0f-9-error"' in page
        assert 'name="next" value="/stories/?a=1"' in page
        page = sign_up(client, **asked | {"place": '"><b>'}, headers={"HX-Request": "true"}).content.decode()
        assert 'id="newsletter-email-error"' in page
        assert not ConsentRequest.objects.exists()

    @pytest.mark.parametrize(("said", "kept"), [("//[x/", URL), ("", URL), ("/" + "x" * 300, "/" + "x" * 199)])
    def test_what_is_no_page_is_not_kept_as_one(self, client, said, kept):
        assert sign_up(client, next=said).status_code == 302
        assert ConsentRequest.objects.get().page == kept

    def test_a_form_on_a_page_of_others_is_refused(self, client):
        for origin in ("http://evil.example", "http://[testserver", "null"):
            assert sign_up(client, headers={"Origin": origin}).status_code == 403
        assert not ConsentRequest.objects.exists()
        assert sign_up(client, headers={"Origin": "http://testserver"}).status_code == 302

    def test_it_keeps_the_language(self, client):
        client.post(f"/id{URL}", {"email": ADA})
        assert ConsentRequest.objects.get().language == "id"

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_what_is_no_address_is_said_beside_the_field(self, client, headers):
        answer = sign_up(client, "ada@", headers=headers)
        assert answer.status_code == 422
        assert "name@example.com" in answer.content.decode()
        assert 'value="ada@"' in answer.content.decode()
        assert not ConsentRequest.objects.exists()

    def test_it_never_tells_who_is_on_the_list(self, client):
        unknown = sign_up(client, headers={"HX-Request": "true"})
        join("bob@example.com")
        known = sign_up(client, "bob@example.com", headers={"HX-Request": "true"})
        assert known.content == unknown.content
        assert known.status_code == unknown.status_code

    def test_a_program_is_told_the_same_and_nothing_happens(self, client):
        assert sign_up(client, company="Cheap pills").status_code == 302
        assert not ConsentRequest.objects.exists()

    def test_nobodys_post_box_is_filled(self, client, settings):
        settings.NEWSLETTER_LIMITS = {"address": (20, 60), "email": (2, 60)}
        answers = {sign_up(client)["Location"] for _again in range(4)}
        assert len(answers) == 1
        assert len(letters()) == 1, "renewed requests void the earlier letters"
        assert consents.confirm(key=ConsentRequest.objects.get().key, now=timezone.now()).given

    def test_one_network_address_asks_so_often_and_not_more(self, client, settings):
        settings.NEWSLETTER_LIMITS = {"address": (1, 60), "email": (9, 60)}
        sign_up(client)
        assert sign_up(client, "bob@example.com").status_code == 429
        assert ConsentRequest.objects.get().email == ADA

    def test_other_sites_cannot_post_it(self, client):
        assert sign_up(client, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert not ConsentRequest.objects.exists()


class TestTheDesk:
    @pytest.fixture
    def people(self):
        join("first@example.com")
        join("zweite@example.com", "id")
        join("left@example.com")
        consents.withdraw(email="left@example.com", kind=Kind.NEWSLETTER, page="letter", now=timezone.now())
        consents.ask(email="waits@example.com", kind=Kind.NEWSLETTER, page="/", language="en", now=timezone.now())
        consents.consent(email="cart@example.com", kind=Kind.CART_REMINDER, page="/", language="en", now=LONG_AGO)

    def test_it_lists_and_counts_those_who_confirmed(self, client, people):
        client.force_login(make_staff("Merchandiser"))
        page = client.get(reverse("newsletter_desk:index")).content.decode()
        assert "first@example.com" in page
        for other in ("left@", "waits@", "cart@"):
            assert other not in page
        assert "<b>2</b> addresses get the newsletter" in page
        assert "0 joined and 1 left; 1 have not confirmed" in page

    def test_its_list_is_safe_to_open_and_its_taking_is_written_down(self, client, people):
        evil = "=cmd|x@example.com"
        join(evil)
        client.force_login(make_staff("Merchandiser"))
        answer = client.get(reverse("newsletter_desk:index"), {"export": "csv"})
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
        assert sorted(row[0] for row in rows[1:]) == [f"'{evil}", "first@example.com", "zweite@example.com"]
        way_out = next(row[4] for row in rows if row[0] == "first@example.com")
        client.post(way_out.removeprefix("http://testserver"))
        assert not consents.has_consented(email="first@example.com", kind=Kind.NEWSLETTER)
        assert AuditEntry.objects.get(action="newsletter.export").after == {"addresses": 3, "filtered": False}

    @pytest.mark.parametrize("role", ["Editor", "Fulfilment", "Finance"])
    def test_others_see_nobody(self, client, people, role):
        client.force_login(make_staff(role))
        for ask in ({}, {"export": "csv"}):
            assert client.get(reverse("newsletter_desk:index"), ask).status_code in (302, 403)
        assert not AuditEntry.objects.filter(action="newsletter.export").exists()

    def test_nobody_writes_it(self, client, people):
        client.force_login(make_staff("Owner"))
        row = Consent.objects.first()
        for url in ("newsletter_desk:add", "newsletter_desk:edit", "newsletter_desk:delete"):
            address = reverse(url, args=[] if url.endswith("add") else [row.pk])
            assert client.post(address, {}).status_code in (302, 403)
        assert Consent.objects.count() == 5
