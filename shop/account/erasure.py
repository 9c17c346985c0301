"""Being forgotten: asked for, taken back, and done when its time has come and nothing is open."""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shop.account import privacy
from shop.account.models import ErasureRequest
from shop.customers.locks import lock_person
from shop.customers.models import User
from shop.customers.personal import Person
from shop.outbox import operations as outbox

log = logging.getLogger("shop.account")

AGAIN = timedelta(days=1)  # after which what was open is looked at again


class NotForStaff(Exception):
    """Whoever works in the shop is not forgotten by a form."""

    message = _("This account belongs to the staff of the shop. Take its role away first.")


class TooLate(Exception):
    """It was done, or taken back, before."""


def waiting(*, user: User | None = None, email: str = "") -> ErasureRequest | None:
    """The request that somebody has made and not taken back."""
    mine = {"user": user} if user else {"user": None, "email": email}
    return ErasureRequest.objects.filter(**mine, done_at=None, taken_back_at=None).first()


@transaction.atomic
def ask(
    *, user: User | None = None, email: str = "", language: str, actor: str = "customer", now: datetime
) -> ErasureRequest:
    """Forget an account, or the guest who has proven to read `email`, after the waiting period. Twice is once.

    A letter says so, and how to take it back, also when staff asks for somebody: they are the `actor`. Raises NotForStaff.
    """
    if user:
        user = lock_person(user.pk)
        email = user.email
        if user.is_staff:
            raise NotForStaff
    if known := waiting(user=user, email=email):
        return known
    due = now + timedelta(days=settings.ERASURE_AFTER_DAYS)
    request = ErasureRequest.objects.create(user=user, email=email, language=language, asked_at=now, due_at=due)
    outbox.later("account.send_erasure", key=f"erasure/{request.key}", now=now, request_id=request.pk)
    _record("asked", request, actor, now)
    return request


@transaction.atomic
def take_back(*, key: uuid.UUID, now: datetime) -> ErasureRequest:
    """They stay. Raises TooLate."""
    request = ErasureRequest.objects.select_for_update(of=("self",)).filter(key=key).first()
    if request is None or not request.is_open:
        raise TooLate
    request.taken_back_at = now
    request.save(update_fields=["taken_back_at"])
    _record("taken_back", request, "customer", now)
    return request


def erase_due(*, now: datetime, limit: int = 20) -> int:
    """Forget those whose time has come; returns how many. What cannot be done waits a day, and holds up nobody else."""
    due = ErasureRequest.objects.filter(due_at__lte=now, done_at=None, taken_back_at=None).order_by("due_at")
    done = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            done += _erase(pk, now)
        except Exception:
            log.exception("erasure %s did not succeed", pk)
            ErasureRequest.objects.filter(pk=pk).update(due_at=now + AGAIN)
    return done


@transaction.atomic
def _erase(pk: int, now: datetime) -> bool:
    request = ErasureRequest.objects.select_for_update(of=("self",)).get(pk=pk)
    if not request.is_open:
        return False
    person = Person.of(request.user) if request.user else Person.guest(request.email)
    if open_now := privacy.open_matters(person, now=now):
        request.waits_for, request.due_at = " ".join(open_now)[:200], now + AGAIN
        request.save(update_fields=["waits_for", "due_at"])
        return False
    privacy.forget(person, now=now)
    ErasureRequest.objects.filter(pk=pk).update(user=None, email="", waits_for="", done_at=now)
    _record("done", request, "clock", now)
    return True


def _record(what: str, request: ErasureRequest, actor: str, now: datetime) -> None:
    subject = f"erasure:{request.pk}"
    outbox.record(actor=actor, action=f"erasure.{what}", subject=subject, before={}, after={}, now=now)
