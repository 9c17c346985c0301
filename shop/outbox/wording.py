"""What staff lets mails say in place of the original words."""

from datetime import datetime

from django.db import transaction

from shop.outbox import operations as outbox
from shop.outbox.kinds import KINDS, unknown_words
from shop.outbox.models import MailText

PARTS = ("subject", "introduction")


class UnknownWords(Exception):
    """Something in braces is no word of this kind of mail. `field` is the part in which it stands."""

    def __init__(self, field: str, words: list[str]) -> None:
        super().__init__(", ".join(words))
        self.field, self.words = field, words


def wording_of(kind: str, language: str) -> MailText | None:
    return MailText.objects.filter(kind=kind, language=language).first()


def set_words(*, kind: str, language: str, subject: str, introduction: str, actor: str, now: datetime) -> None:
    """Let mails of `kind` say these words in `language` from now on; what is empty is as it was originally.

    Raises UnknownWords, and nothing has changed then. Mails that are written already stay as they are.
    """
    words = {"subject": " ".join(subject.split()), "introduction": introduction.replace("\r\n", "\n").strip()}
    for part in PARTS:
        if strange := unknown_words(KINDS[kind], words[part]):
            raise UnknownWords(part, strange)
    with transaction.atomic():
        before = _now_said(kind, language)
        if words == before:
            return
        if any(words.values()):
            defaults = {**words, "changed_at": now}
            MailText.objects.update_or_create(kind=kind, language=language, defaults=defaults)
        else:
            MailText.objects.filter(kind=kind, language=language).delete()
        about = f"mail-words:{kind}/{language}"
        outbox.record(actor=actor, action="mail.set_words", subject=about, before=before, after=words, now=now)


def back_to_original(*, kind: str, language: str, actor: str, now: datetime) -> None:
    """Let mails of `kind` say what they said originally. Twice is once."""
    set_words(kind=kind, language=language, subject="", introduction="", actor=actor, now=now)


def _now_said(kind: str, language: str) -> dict[str, str]:
    row = MailText.objects.select_for_update(no_key=True).filter(kind=kind, language=language).first()
    return {part: getattr(row, part, "") for part in PARTS}
