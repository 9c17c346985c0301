"""Kinds of mail: each renders in every language; what staff writes in place of the original words is safe."""

from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail as sent
from django.db import IntegrityError, transaction

from shop.outbox import kinds, mails
from shop.outbox import operations as outbox
from shop.outbox.kinds import KINDS, Kind, Letter
from shop.outbox.models import AuditEntry, Job, Mail, MailText
from tests.checkout.world import NOW

LANGUAGES = [code for code, _name in settings.LANGUAGES]
CONFIRMED = KINDS["order_confirmed"]


class Tags(HTMLParser):
    """Every element that was opened is closed, and pictures have words and a whole address."""

    VOID = frozenset({"meta", "br", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            assert dict(attrs)["alt"]
            assert dict(attrs)["src"].startswith(settings.BASE_URL)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def written(subject: str = "", introduction: str = "", kind: Kind = CONFIRMED, language: str = "en") -> MailText:
    return MailText(kind=kind.name, language=language, subject=subject, introduction=introduction, changed_at=NOW)


def rendered(wording: MailText | None = None, language: str = "en") -> mails.Rendered:
    return mails.render(mails.sample_letter(CONFIRMED, language), wording)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_renders_with_its_sample(name, language):
    mail = mails.render(mails.sample_letter(KINDS[name], language), None)
    tags = Tags()
    tags.feed(mail.html)
    assert tags.open == []
    assert f'<html lang="{language}">' in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    assert 'style="' in mail.html
    assert mail.subject
    assert not set("{}<>") & set(mail.subject + mail.text)
    assert "\n\n\n" not in mail.text
    assert len(mail.html) < 20_000


@pytest.mark.parametrize("name", KINDS)
def test_every_word_of_a_kind_can_be_filled_in(name):
    kind = KINDS[name]
    context = kind.sample()
    for word in kind.words:
        assert str(kind.words[word].of(context))
        assert kind.words[word].title
    assert kind.title
    assert kind.when


def test_every_template_of_a_mail_has_its_kind():
    folder = Path(settings.ROOT) / "templates" / "email"
    assert {path.name.removesuffix(".subject.txt") for path in folder.glob("*.subject.txt")} == set(KINDS)


def test_two_kinds_cannot_have_one_name():
    kinds.register(CONFIRMED)
    with pytest.raises(ValueError, match="order_confirmed"):
        kinds.register(Kind("order_confirmed", "Another", "", dict))


def test_words_of_our_own_stand_in_place_of_the_originals():
    mail = rendered(written("Hooray, {order}", "Dear {name},\n\nit is <yours> & paid."))
    assert mail.subject == "Hooray, ET-10001"
    assert "Dear Alice Hartono,\n\nit is <yours> & paid.\n" in mail.text
    assert "it is &lt;yours&gt; &amp; paid." in mail.html
    assert "Your payment has arrived" not in mail.text + mail.html


def test_what_is_left_empty_stays_as_it_was():
    assert rendered(written("Hooray")).text == rendered().text
    assert rendered(written("", "Hooray")).subject == rendered().subject == "Order ET-10001 confirmed"


def test_a_subject_is_one_line():
    assert rendered(written("Hooray\r\nBcc: all@example.com")).subject == "Hooray Bcc: all@example.com"


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("Order {order}", []),
        ("Order {ordr}", ["ordr"]),
        ("{order.token} {order!r} {0}", ["order.token", "order!r", "0"]),
        ("{order", ["{"]),
        ("order}", ["}"]),
        ("{{order}}", ["{", "}"]),
    ],
)
def test_unknown_words_are_named_and_never_reach_anybody(text, strange):
    assert kinds.unknown_words(CONFIRMED, text) == strange
    subject = rendered(written(text)).subject
    assert subject == ("Order ET-10001" if not strange else "Order ET-10001 confirmed")


@pytest.mark.django_db
def test_deliver_uses_the_words_of_its_language():
    written("Hooray", "").save()
    written("Horee", "", language="id").save()
    for language in ("en", "id"):
        context = CONFIRMED.sample()
        letter = Letter(f"x/{language}", "order_confirmed", "alice@example.com", language, context)
        mails.deliver(letter, now=NOW)
    assert [letter.subject for letter in sent.outbox] == ["Hooray", "Horee"]


@pytest.mark.django_db
def test_a_wording_says_something_and_there_is_one():
    with pytest.raises(IntegrityError, match="mail_text_says_something"), transaction.atomic():
        written().save()
    written("Hooray").save()
    with pytest.raises(IntegrityError, match="mail_text_unique"), transaction.atomic():
        written("Again").save()


@pytest.mark.django_db
def test_a_way_out_is_in_the_heads_of_the_mail_and_in_its_words():
    url = f"{settings.BASE_URL}/stop/abc/"
    letter = Letter("x/1", "order_confirmed", "a@example.com", "en", CONFIRMED.sample(), unsubscribe_url=url)
    mails.deliver(letter, now=NOW)
    (mail,) = sent.outbox
    assert mail.extra_headers["List-Unsubscribe"] == f"<{url}>"
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in mail.body
    assert f'href="{url}"' in mail.alternatives[0][0]


# --- once more -----------------------------------------------------------------------------------


def a_mail(key: str = "order_confirmed/ET-1", **fields) -> Mail:
    parts = {"subject": "Paid", "text": "Paid\n", "html": "<p>Paid</p>", "to": "alice@example.com"}
    return Mail.objects.create(
        **{"key": key, "kind": "order_confirmed", "language": "en", "order_number": "ET-1", "sent_at": NOW}
        | parts
        | fields
    )


def again(mail: Mail, to: str = "alice@example.com") -> Mail:
    return mails.send_again(mail_id=mail.pk, to=to, actor="packer@example.com", now=NOW)


@pytest.mark.django_db
def test_sent_again_it_is_a_row_of_its_own_that_says_so():
    mail = a_mail()
    copy = again(mail, "new@example.com")
    outbox.relay(now=NOW)
    copy.refresh_from_db()
    assert (copy.again_of, copy.asked_by, copy.text) == (mail, "packer@example.com", mail.text)
    assert copy.sent_at
    (letter,) = sent.outbox
    assert (letter.to, letter.subject, letter.body) == (["new@example.com"], "Paid", "Paid\n")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("packer@example.com", "mail.send_again")
    assert "new@example.com" not in str(entry.after)


@pytest.mark.django_db
def test_a_second_click_sends_nothing_more_and_a_repetition_repeats_the_first():
    mail = a_mail()
    assert again(mail) == again(mail)
    outbox.relay(now=NOW)
    assert again(Mail.objects.latest("pk")).again_of == mail
    outbox.relay(now=NOW)
    assert len(sent.outbox) == 2
    assert AuditEntry.objects.count() == 2


@pytest.mark.django_db
def test_what_cannot_be_sent_for_long_is_given_up_and_says_so(settings, caplog):
    settings.EMAIL_BACKEND = "tests.outbox.test_kinds.Broken"
    mail, now = again(a_mail()), NOW
    assert mail.state == Mail.State.WAITING
    for pause in [*outbox.BACK_OFF, timedelta()]:
        assert mail.given_up_at is None
        outbox.relay(now=now)
        mail.refresh_from_db()
        now += pause
    assert (mail.state, mail.attempts, mail.given_up_at) == (Mail.State.GIVEN_UP, len(outbox.BACK_OFF) + 1, now)
    assert mail.error == "OSError: no post today"
    assert Job.objects.get().failed_at == now


class Broken:
    def __init__(self, **_how) -> None: ...

    def send_messages(self, _messages) -> int:
        raise OSError("no post today")


@pytest.mark.django_db
def test_a_test_is_sent_to_whoever_asked_with_made_up_facts():
    mails.send_test(
        kind=CONFIRMED, language="id", to="marketer@example.com", wording=written("Halo {name}", language="id"), now=NOW
    )
    outbox.relay(now=NOW)
    (letter,) = sent.outbox
    assert (letter.to, letter.subject) == (["marketer@example.com"], "Halo Alice Hartono")
    mail = Mail.objects.get()
    assert (mail.asked_by, mail.order_number, mail.again_of) == ("marketer@example.com", "", None)
