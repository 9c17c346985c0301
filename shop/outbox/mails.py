"""Letters: rendered once, kept as they are, sent until the mail server takes them. What kinds there are: kinds.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation
from django.utils.crypto import get_random_string

from shop.outbox import operations as outbox
from shop.outbox.kinds import KINDS, Kind, Letter, fill, unknown_words
from shop.outbox.models import Mail, MailText

# Rules go into the elements, where every mail program reads them; @media rules stay for dark and for narrow screens.
INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


# For how long a mail is its sender's alone: longer than a try can take (EMAIL_TRY_SECONDS) and a statement before it.
LEASE = timedelta(minutes=2)


class InFlight(Exception):
    """Somebody else is sending this mail at this moment. Look again later whether they succeeded."""


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


def deliver(letter: Letter, *, now: datetime) -> None:
    """Send `letter` unless its key has been sent. Raises what the mail server raises, or InFlight.

    The outbox then tries again. A crash between the server's yes and our commit can send twice: the Message-ID is the
    same, so that mail programs show one.
    """
    send(Mail.objects.filter(key=letter.key).first() or _compose(letter), now=now)


def send(mail: Mail, *, now: datetime) -> None:
    """Send what was written, unless it has been sent; see deliver."""
    if not _take(mail, now):
        return
    try:
        _message(mail).send()
    except Exception as error:
        Mail.objects.filter(pk=mail.pk).update(busy_until=None, error=f"{type(error).__name__}: {error}"[:500])
        raise
    Mail.objects.filter(pk=mail.pk).update(busy_until=None, sent_at=now, given_up_at=None, error="")


def _take(mail: Mail, now: datetime) -> bool:
    """Have the mail to ourselves for one try; False when it was sent meanwhile. Raises InFlight.

    What the job's lease does for the relay, this does for whoever else sends, and for a job that took longer than that.
    """
    free = Q(busy_until__isnull=True) | Q(busy_until__lte=now)
    mine = Mail.objects.filter(free, pk=mail.pk, sent_at=None)
    if mine.update(attempts=F("attempts") + 1, busy_until=now + LEASE):
        return True
    if Mail.objects.filter(pk=mail.pk, sent_at=None).exists():
        raise InFlight(mail.key)
    return False


def send_again(*, mail_id: int, to: str, actor: str, now: datetime) -> Mail:
    """Send a mail once more, word by word, to `to`: a row of its own that says so.

    While an earlier repetition still waits to be sent, that one is returned: a second click sends nothing more.
    """
    mail = Mail.objects.select_related("again_of").get(pk=mail_id)
    first = mail.again_of or mail
    copied = {name: getattr(mail, name) for name in ("kind", "subject", "text", "html", "language", "order_number")}
    try:
        with transaction.atomic():
            key = f"{first.key[:130]}/again/{get_random_string(8)}"
            again = Mail.objects.create(key=key, again_of=first, asked_by=actor, to=to, **copied)
            outbox.later("outbox.send", key=f"mail/{key}", now=now, mail_id=again.pk)
            after = {"kind": mail.kind, "same_address": to == mail.to}
            outbox.record(
                actor=actor, action="mail.send_again", subject=f"mail:{mail.key}"[:100], before={}, after=after, now=now
            )
    except IntegrityError:  # mail_one_again_at_a_time
        return Mail.objects.filter(again_of=first).latest("pk")
    return again


def send_test(*, kind: Kind, language: str, to: str, wording: MailText | None, now: datetime) -> Mail:
    """Send somebody of the house what `wording` makes of the kind, with made-up facts."""
    letter = sample_letter(kind, language, to=to)
    with transaction.atomic():
        mail = _compose(letter, wording)
        Mail.objects.filter(pk=mail.pk).update(asked_by=to)
        outbox.later("outbox.send", key=f"mail/{mail.key}", now=now, mail_id=mail.pk)
    return mail


def sample_letter(kind: Kind, language: str, *, to: str = "") -> Letter:
    """A letter of the kind about made-up facts."""
    with translation.override(language):
        context = kind.sample()
    return Letter(f"test/{kind.name}/{get_random_string(12)}", kind.name, to, language, context)


def render(letter: Letter, wording: MailText | None) -> Rendered:
    """The mail in its language; `wording` is what staff has written in place of the original words, if they have."""
    kind = KINDS[letter.kind]
    with translation.override(letter.language):
        context = {
            **letter.context,
            "language": letter.language,
            "base_url": settings.BASE_URL,
            "shop_name": settings.WAGTAIL_SITE_NAME,
            "unsubscribe_url": letter.unsubscribe_url,
        }
        for part, template in (("subject", "subject.txt"), ("introduction", "intro.txt")):
            own = _own_words(kind, getattr(wording, part, ""), context)
            context[part] = (own or _plain(f"email/{kind.name}.{template}", context)).strip()
        context["subject"] = " ".join(context["subject"].split())[:255]
        text = _plain(f"email/{kind.name}.txt", context)
        html = INLINER.inline(render_to_string(f"email/{kind.name}.html", context))
    return Rendered(context["subject"], re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n", html)


def original(kind: Kind, language: str) -> dict[str, str]:
    """Subject and introduction as the templates have them, about made-up facts."""
    with translation.override(language):
        context = {**kind.sample(), "language": language, "shop_name": settings.WAGTAIL_SITE_NAME}
        names = {"subject": "subject.txt", "introduction": "intro.txt"}
        return {part: _plain(f"email/{kind.name}.{name}", context).strip() for part, name in names.items()}


def _own_words(kind: Kind, text: str, context: Mapping[str, Any]) -> str:
    """What staff has written, filled in; nothing when a word in it is not known any more, so that nobody reads {braces}."""
    return "" if unknown_words(kind, text) else fill(kind, text, context)


def _plain(template: str, context: Mapping[str, Any]) -> str:
    """A template of plain text: nothing is escaped."""
    return get_template(template).template.render(Context(context, autoescape=False))  # type: ignore[attr-defined]


def _compose(letter: Letter, wording: MailText | None = None) -> Mail:
    wording = wording or MailText.objects.filter(kind=letter.kind, language=letter.language).first()
    rendered = render(letter, wording)
    return Mail.objects.get_or_create(
        key=letter.key,
        defaults={
            "kind": letter.kind,
            "to": letter.to,
            "subject": rendered.subject,
            "text": rendered.text,
            "html": rendered.html,
            "language": letter.language,
            "order_number": letter.order_number,
            "unsubscribe_url": letter.unsubscribe_url,
        },
    )[0]


def _message(mail: Mail) -> EmailMultiAlternatives:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<{mail.key.replace('/', '.')}@{domain}>", "Auto-Submitted": "auto-generated"}
    if mail.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [mail.to], headers=headers)
    message.attach_alternative(mail.html, "text/html")
    return message
