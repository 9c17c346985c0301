"""Letters: rendered once, kept as they are, sent until the mail server takes them."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from shop.outbox.models import Mail


@dataclass(frozen=True)
class Letter:
    """`kind` names the templates email/<kind>.{subject.txt,txt,html}; `key` makes it one of its kind, ever."""

    key: str
    kind: str
    to: str
    language: str
    context: dict
    order_number: str = ""


class InFlight(Exception):
    """Somebody else is sending this mail at this moment. Look again later whether they succeeded."""


def deliver(letter: Letter, *, now: datetime) -> None:
    """Send `letter` unless its key has been sent. Raises what the mail server raises, or InFlight.

    The outbox then tries again. A crash between the server's yes and our commit can send twice: the Message-ID is the
    same, so that mail programs show one.
    """
    mail = Mail.objects.filter(key=letter.key).first() or _compose(letter)
    if mail.sent_at:
        return
    if not Mail.objects.filter(pk=mail.pk, attempts=mail.attempts).update(attempts=mail.attempts + 1):
        raise InFlight(mail.key)
    try:
        _message(mail).send()
    except Exception as error:
        Mail.objects.filter(pk=mail.pk).update(error=f"{type(error).__name__}: {error}"[:500])
        raise
    Mail.objects.filter(pk=mail.pk).update(sent_at=now, error="")


def _compose(letter: Letter) -> Mail:
    with translation.override(letter.language):
        house = {"language": letter.language, "base_url": settings.BASE_URL, "shop_name": settings.WAGTAIL_SITE_NAME}
        context = {**letter.context, **house}
        subject, text, html = (
            render_to_string(f"email/{letter.kind}{ending}", context) for ending in (".subject.txt", ".txt", ".html")
        )
    return Mail.objects.get_or_create(
        key=letter.key,
        defaults={
            "kind": letter.kind,
            "to": letter.to,
            "subject": " ".join(subject.split()),
            "text": re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n",
            "html": html,
            "language": letter.language,
            "order_number": letter.order_number,
        },
    )[0]


def _message(mail: Mail) -> EmailMultiAlternatives:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<{mail.key.replace('/', '.')}@{domain}>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [mail.to], headers=headers)
    message.attach_alternative(mail.html, "text/html")
    return message
