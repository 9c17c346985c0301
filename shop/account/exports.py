"""What we keep of somebody, handed out: at once where it is little, else by a job and a letter that says it is ready."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import IO

from django.conf import settings
from django.db import transaction

from shop.account import privacy
from shop.account.models import DataExport, ExportPart
from shop.account.personal import exports_of
from shop.customers.personal import Person
from shop.outbox import operations as outbox

PART = 1024 * 1024  # bytes in a row


@transaction.atomic
def hand_out(person: Person, *, now: datetime) -> IO[bytes]:
    """All of it now; whoever sends the file closes it."""
    _record("handed_out", person, now)
    return privacy.export(person, now=now)


@transaction.atomic
def ask(person: Person, *, email: str, language: str, now: datetime) -> DataExport:
    """Have it put together, and a letter sent to `email` when it is there. Twice is once; an earlier file goes, and so
    does what they asked for before they had an account.
    """
    exports_of(person).exclude(user=person.user, made_at=None).delete()
    facts = {"language": language, "asked_at": now}
    one, is_new = DataExport.objects.get_or_create(user=person.user, email=email, made_at=None, defaults=facts)
    if is_new:
        outbox.later("account.make_export", key=f"export/{one.key}", now=now, export_id=one.pk)
        _record("asked", person, now)
    return one


def make(*, export_id: int, now: datetime) -> None:
    """Put it together, unless that was done, or its person was forgotten meanwhile. Of two workers one is believed."""
    one = DataExport.objects.select_related("user").filter(pk=export_id, made_at=None).first()
    if one is None:
        return
    person = Person.of(one.user) if one.user else Person.guest(one.email)
    with privacy.export(person, now=now) as file, transaction.atomic():
        if not DataExport.objects.filter(pk=one.pk, made_at=None).update(made_at=now):
            return
        for number, data in enumerate(iter(partial(file.read, PART), b"")):
            ExportPart.objects.create(export=one, number=number, data=data)
        outbox.later("account.send_export", key=f"mail/export_ready/{one.key}", now=now, export_id=one.pk)


def standing(person: Person, *, now: datetime) -> DataExport | None:
    """What somebody has asked for and can still have, ready or not."""
    return exports_of(person).filter(asked_at__gt=now - _kept()).first()


def ready(person: Person, *, key: uuid.UUID, now: datetime) -> DataExport | None:
    """The one behind the link of the letter, if it is theirs, and its time is not over."""
    return exports_of(person).filter(key=key, made_at__isnull=False, asked_at__gt=now - _kept()).first()


def guest_of(*, key: uuid.UUID) -> Person | None:
    """Whoever asked without an account: the letter with the key went to their address and nowhere else."""
    one = DataExport.objects.filter(key=key, user=None).first()
    return Person.guest(one.email) if one else None


def pieces(one: DataExport) -> Iterator[bytes]:
    """The file, a part at a time."""
    for pk in list(one.parts.order_by("number").values_list("pk", flat=True)):
        yield bytes(ExportPart.objects.get(pk=pk).data)


def _kept() -> timedelta:
    return timedelta(days=settings.RETENTION_DAYS["exports"])


def _record(what: str, person: Person, now: datetime) -> None:
    subject = f"user:{person.user.pk}" if person.user else "guest"
    outbox.record(actor="customer", action=f"export.{what}", subject=subject, before={}, after={}, now=now)
