"""The mails desk: who sees and does what; nothing that is typed there breaks a mail."""

import pytest
from django.core import mail as sent
from django.urls import reverse

from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry, Mail, MailText
from tests.checkout.world import NOW
from tests.factories import make_staff
from tests.outbox.test_kinds import a_mail

pytestmark = pytest.mark.django_db
WORDS = ("mail_words:edit", ["order_confirmed", "en"])


@pytest.fixture
def desk(client):
    """Signed in as somebody of a role; the client."""

    def sign_in(role: str):
        client.force_login(make_staff(role))
        return client

    return sign_in


def write(desk, name: str = "", **fields: str):
    answer = desk.post(reverse(WORDS[0], args=WORDS[1]), {"subject": "", "introduction": "", **fields, name: "1"})
    return answer, answer.content.decode()


@pytest.mark.parametrize(
    ("role", "log", "again", "words"),
    [
        ("Owner", 200, 200, 200),
        ("Fulfilment", 200, 200, 302),
        ("Finance", 200, 200, 302),
        ("Merchandiser", 302, 302, 200),
        ("Editor", 302, 302, 302),
    ],
)
def test_each_role_finds_what_is_theirs(desk, role, log, again, words):
    client, mail = desk(role), a_mail()
    asked = {
        reverse("mails_log:index"): log,
        reverse("mails_log:inspect", args=[mail.pk]): log,
        reverse("mails_log:again", args=[mail.pk]): again,
        reverse("mail_words:index"): words,
        reverse(WORDS[0], args=WORDS[1]): words,
    }
    assert {url: client.get(url).status_code for url in asked} == asked
    menu = client.get(reverse("wagtailadmin_home")).content.decode()
    assert (reverse("mails_log:index") in menu) == (log == 200)
    assert (reverse("mail_words:index") in menu) == (words == 200)


def test_the_log_finds_by_kind_state_order_and_address(desk):
    client = desk("Fulfilment")
    a_mail("shipped/ET-1", kind="shipped", subject="On its way")
    a_mail(
        "order_confirmed/ET-2", order_number="ET-2", to="bob@example.com", subject="Another", sent_at=None, error="no"
    )

    def found(**query: str) -> set[str]:
        page = client.get(reverse("mails_log:index"), query).content.decode()
        return {subject for subject in ("On its way", "Another") if subject in page}

    assert found() == {"On its way", "Another"}
    assert found(kind="shipped") == found(state="sent") == found(order_number="et-1") == {"On its way"}
    assert found(state="failing") == found(to="bob@") == found(q="ET-2") == {"Another"}
    assert found(state="given_up") == set()


def test_a_list_shows_no_secret_and_a_mail_is_framed_without_rights(desk):
    client = desk("Fulfilment")
    mail = a_mail(html="<p>Hello</p><script>alert(1)</script>", text="http://testserver/orders/ET-1/secret/")
    assert "secret" not in client.get(reverse("mails_log:index")).content.decode()
    page = client.get(reverse("mails_log:inspect", args=[mail.pk])).content.decode()
    assert page.count('<iframe sandbox srcdoc="&lt;p&gt;Hello') == 2
    assert "<script>alert(1)" not in page


def test_staff_sends_again_from_the_log(desk):
    mail = a_mail()
    client = desk("Fulfilment")
    url = reverse("mails_log:again", args=[mail.pk])
    assert "name@example.com" in client.post(url, {"to": "nobody"}).content.decode()
    assert Mail.objects.count() == 1
    client.post(url, {"to": "new@example.com"})
    again = Mail.objects.get(again_of=mail)
    assert (again.to, again.asked_by) == ("new@example.com", "fulfilment@example.com")
    page = client.get(reverse("mails_log:inspect", args=[mail.pk])).content.decode()
    assert "new@example.com" in page


def test_words_are_saved_audited_and_taken_back(desk):
    client = desk("Merchandiser")
    answer, _page = write(client, subject="Hooray {order}", introduction="Dear {name}")
    assert answer.status_code == 302
    text = MailText.objects.get()
    assert (text.kind, text.language, text.subject, text.introduction) == (*WORDS[1], "Hooray {order}", "Dear {name}")
    assert "own words" in client.get(reverse("mail_words:index")).content.decode()
    write(client, "original")
    assert not MailText.objects.exists()
    entries = AuditEntry.objects.filter(action="mail.set_words").order_by("pk")
    assert [entry.after["subject"] for entry in entries] == ["Hooray {order}", ""]
    assert entries[1].before["introduction"] == "Dear {name}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Dear {nmae}", "This mail does not know {nmae}."),
        ("{order.token}", "{order.token}"),
        ("{", "A brace stands alone."),
    ],
)
def test_words_that_are_not_known_are_refused_beside_the_field(desk, typed, said):
    client = desk("Merchandiser")
    for field in ("subject", "introduction"):
        answer, page = write(client, **{field: typed})
        assert answer.status_code == 200
        assert said in page
    assert not MailText.objects.exists()


def test_a_preview_shows_what_was_typed_and_saves_nothing(desk):
    _answer, page = write(desk("Merchandiser"), "preview", introduction="Dear {name}, <b>hooray</b>")
    assert "Dear Alice Hartono, &lt;b&gt;hooray&lt;/b&gt;" in page  # the text
    assert "Dear Alice Hartono, &amp;lt;b&amp;gt;hooray" in page  # the HTML, in its frame
    assert "@media not all" in page
    assert "(prefers-color-scheme: dark)" not in page
    assert not MailText.objects.exists()


def test_a_test_goes_to_whoever_asks_with_what_was_typed(desk):
    write(desk("Merchandiser"), "test", subject="Hooray {order}", to="all@example.com")
    outbox.relay(now=NOW.replace(year=NOW.year + 10))
    (letter,) = sent.outbox
    assert (letter.to, letter.subject) == (["merchandiser@example.com"], "Hooray ET-10001")
    assert not MailText.objects.exists()


@pytest.mark.parametrize("args", [["no_such", "en"], ["order_confirmed", "xx"]])
def test_what_is_no_mail_is_not_found(desk, args):
    assert desk("Owner").get(reverse("mail_words:edit", args=args)).status_code == 404
