"""Who may be written to, and about what: said, confirmed, withdrawn, and asked before each letter.

    consents.consent(email="a@b.id", kind=Kind.CART_REMINDER, page="/checkout/contact/", language="en", now=now)
    if consents.has_consented(email="a@b.id", kind=Kind.CART_REMINDER): ...   # when the letter is sent, not before
    consents.unsubscribe_headers(email=..., kind=...)                          # of that letter
    consents.unsubscribe_url(email=..., kind=...)                              # in its last line

An address is the person: what it said yes to counts whether it has an account or not.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import translation

from shop.customers.models import Consent, ConsentRequest
from shop.customers.wording import WORDINGS, Kind
from shop.outbox import operations as outbox

SALT = "shop.consent"
UNLESS_REFUSED = {Kind.REVIEW_REQUEST}  # part of what was bought: it comes until somebody says no


class NotAsked(Exception):
    """No such request: its time is over, or it was confirmed before."""


class BadLink(Exception):
    """Not a link that we made."""


def consent(*, email: str, kind: str, page: str, language: str, now: datetime) -> Consent:
    """Write down that `email` said yes to the words of `kind`, on `page`. Twice is once.

    Only for an address whose owner is known to have said it: signed in with it, or its link in hand, or typed into a
    checkout for a single letter. For everything else see `ask`.
    """
    wording = WORDINGS[kind]
    words = wording.in_language(language)
    return _say_yes(email, kind, wording.version, words, language, page, now)


def _say_yes(email: str, kind: str, version: str, words: str, language: str, page: str, now: datetime) -> Consent:
    newest = _newest(email, kind)
    if newest and newest.given and newest.version == version:
        return newest
    said = {"version": version, "words": words, "language": language}
    return _say(email, kind, True, page, now, **said)


def withdraw(*, email: str, kind: str, page: str, now: datetime) -> bool:
    """Write down that `email` wants no (more) letters of `kind`; also what it was asked and has not confirmed is gone.

    False when it had said so before.
    """
    ConsentRequest.objects.filter(email=_plain(email), kind=kind).delete()
    newest = _newest(email, kind)
    if newest and not newest.given:
        return False
    _say(email, kind, False, page, now)
    return True


def _say(email: str, kind: str, given: bool, page: str, now: datetime, **said: str) -> Consent:
    return Consent.objects.create(email=_plain(email), kind=kind, given=given, page=page[:200], at=now, **said)


@transaction.atomic
def follow_address(*, old: str, new: str, now: datetime) -> int:
    """Somebody has proven that `new` is their address in place of `old`: what they said goes along. Returns how many."""
    page, said = "address changed", standing(email=old)
    for row in said:
        if row.given:
            _say_yes(new, row.kind, row.version, row.words, row.language, page, now)
            _say(old, row.kind, False, page, now)
        else:
            withdraw(email=new, kind=row.kind, page=page, now=now)
    return len(said)


def has_consented(*, email: str, kind: str) -> bool:
    """Whether the last that `email` said about `kind` was yes. Ask when a letter is sent, not when it is planned."""
    newest = _newest(email, kind)
    return newest is not None and newest.given


def has_refused(*, email: str, kind: str) -> bool:
    """Whether the last was no: for letters that need no yes and stop at a no, such as the question for a review."""
    newest = _newest(email, kind)
    return newest is not None and not newest.given


def consented(*, emails: Collection[str], kind: str) -> set[str]:
    """Those of `emails` (lower case) that said yes to `kind` last, in one query."""
    rows = Consent.objects.filter(email__in={_plain(email) for email in emails} - {""}, kind=kind)
    newest = rows.order_by("email", "-pk").distinct("email").values_list("email", "given")
    return {email for email, given in newest if given}


def readers(*, kind: str = Kind.NEWSLETTER) -> QuerySet[Consent]:
    """The yes of each address whose last word about `kind` was yes: who gets it. Lazy, newest first."""
    later = Consent.objects.filter(email=OuterRef("email"), kind=kind, pk__gt=OuterRef("pk"))
    return Consent.objects.filter(kind=kind, given=True).exclude(email="").exclude(Exists(later))


@dataclass(frozen=True)
class Numbers:
    """Of a list: who is on it, who was asked and has not answered, who joined and who left `since`."""

    readers: int
    waiting: int
    joined: int
    left: int


def numbers(*, kind: str = Kind.NEWSLETTER, since: datetime, now: datetime) -> Numbers:
    recent = Consent.objects.filter(kind=kind, at__gte=since)
    return Numbers(
        readers=readers(kind=kind).count(),
        waiting=ConsentRequest.objects.filter(kind=kind, expires_at__gt=now).count(),
        joined=readers(kind=kind).filter(at__gte=since).count(),
        left=recent.filter(given=False).values("email").distinct().count(),
    )


def standing(*, email: str) -> list[Consent]:
    """The newest row of each kind that `email` ever said something about."""
    mine = Consent.objects.filter(email=_plain(email)).exclude(email="")
    return list(mine.order_by("kind", "-pk").distinct("kind"))


def _newest(email: str, kind: str) -> Consent | None:
    return Consent.objects.filter(email=_plain(email), kind=kind).exclude(email="").order_by("-pk").first()


def _plain(email: str) -> str:
    return email.strip().lower()


# --- asked by somebody whom we do not know -------------------------------------------------------


@transaction.atomic
def ask(*, email: str, kind: str, page: str, language: str, now: datetime) -> ConsentRequest:
    """Somebody typed `email` into a form of `page`: write to it and ask whether it was its owner (double opt-in).

    Nothing counts until the link in that letter is followed. Asked again, the letter is sent again with a new link, and
    the old one is void. Whoever calls this throttles, and answers alike whether the address is known or not.
    """
    wording, lasts = WORDINGS[kind], timedelta(days=settings.CONSENT_REQUEST_DAYS)
    asked = {
        "key": uuid.uuid4(),
        "version": wording.version,
        "words": wording.in_language(language),
        "language": language,
        "page": page[:200],
        "asked_at": now,
        "expires_at": now + lasts,
    }
    request, _new = ConsentRequest.objects.update_or_create(email=_plain(email), kind=kind, defaults=asked)
    outbox.later("customers.send_confirmation", key=f"mail/consent/{request.key}", now=now, request_id=request.pk)
    return request


def waiting(*, key: uuid.UUID, now: datetime) -> ConsentRequest:
    """What the link of a letter is about. Raises NotAsked when there is nothing (any more) to confirm."""
    request = ConsentRequest.objects.filter(key=key, expires_at__gt=now).first()
    if request is None:
        raise NotAsked
    return request


@transaction.atomic
def confirm(*, key: uuid.UUID, now: datetime) -> Consent:
    """The owner of the address followed the link. Raises NotAsked when there is nothing (any more) to confirm."""
    request = waiting(key=key, now=now)
    request.delete()
    return _say_yes(request.email, request.kind, request.version, request.words, request.language, request.page, now)


def delete_old_requests(*, now: datetime, limit: int = 1000) -> int:
    """Forget addresses that were typed in and never confirmed; returns how many."""
    old = ConsentRequest.objects.filter(expires_at__lte=now).order_by("expires_at").values("pk")[:limit]
    return ConsentRequest.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]


def empty_old_refusals(*, before: datetime, limit: int) -> int:
    """Of an address whose last word about a kind was no, before `before`, nothing has to be proven any more.

    All that it said of the kind loses its address. Returns how many rows.
    """
    later = Consent.objects.filter(email=OuterRef("email"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
    over = Consent.objects.filter(given=False, at__lt=before).exclude(email="").exclude(kind__in=UNLESS_REFUSED)
    ended = list(over.exclude(Exists(later)).order_by("pk").values_list("email", "kind")[:limit])
    said = [Consent.objects.filter(email=email, kind=kind).update(email="") for email, kind in ended]
    return sum(said)


# --- links of letters ----------------------------------------------------------------------------


def unsubscribe_token(*, email: str, kind: str) -> str:
    """The secret part of the link by which whoever gets letters of `kind` gets out. It never expires."""
    return signing.dumps([str(kind), _plain(email)], salt=SALT)


def read_token(token: str) -> tuple[str, str]:
    """(e-mail, kind) of an unsubscribe link. Raises BadLink."""
    try:
        kind, email = signing.loads(token, salt=SALT)
        return email, Kind(kind)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink from None


def unsubscribe_url(*, email: str, kind: str, language: str = "") -> str:
    """The whole address of the page with the one button, for the last lines of a letter."""
    with translation.override(language or settings.LANGUAGE_CODE):
        return settings.BASE_URL + reverse("account:unsubscribe", args=[unsubscribe_token(email=email, kind=kind)])


def unsubscribe_headers(*, email: str, kind: str) -> dict[str, str]:
    """Headers of every letter that is sent by consent, for the button of mail programs (RFC 2369 and 8058)."""
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(email=email, kind=kind)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
