"""How long the shop keeps what, and the jobs that let go of it: a bounded batch each, every hour.

What a person can read of it is on the page about cookies; docs/privacy.md has the same table.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from shop.account import personal as exports
from shop.cart import personal as cart
from shop.checkout import personal as checkout
from shop.customers import consents
from shop.outbox import personal as outbox
from shop.payments import personal as payments
from shop.returns.models import ReturnPhoto
from shop.reviews import photos
from shop.reviews.models import ReviewPhoto
from shop.storefront import visits
from shop.wishlist import personal as wishlist

log = logging.getLogger("shop.account")

BATCH = 1000


def delete_old_sessions(*, before: datetime, limit: int) -> int:
    """Sessions that ended (see SESSION_COOKIE_AGE), and what was noted of where from, network addresses included."""
    keys = Session.objects.filter(expire_date__lt=before).values_list("pk", flat=True)[:limit]
    gone = Session.objects.filter(pk__in=list(keys)).delete()[0]
    notes = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    UserSession.objects.filter(pk__in=list(notes.values_list("pk", flat=True)[:limit])).delete()
    return gone


def delete_stray_pictures(*, before: datetime, limit: int) -> int:
    """Pictures that were sent with a review or a return which then came to nothing."""
    folders = {"reviews": ReviewPhoto, "returns": ReturnPhoto}
    return sum(photos.delete_strays(model, folder=name, before=before, limit=limit) for name, model in folders.items())


@dataclass(frozen=True)
class Rule:
    """`what` is kept so long as settings.RETENTION_DAYS says under `name`; `let_go(before=, limit=)` ends it."""

    name: str
    what: Any
    let_go: Callable[..., int]

    @property
    def days(self) -> int:
        return settings.RETENTION_DAYS[self.name]


RULES = (
    Rule("guest_carts", _("Carts of browsers without an account, since they were last changed"), cart.delete_old_carts),
    Rule("guest_wishlists", _("Wishlists of browsers without an account"), wishlist.delete_old_wishlists),
    Rule("taken_out", _("What was taken out of a cart and could be put back"), cart.delete_taken_out),
    Rule("saved_for_later", _("What was saved for later"), cart.delete_saved_for_later),
    Rule("checkout_answers", _("Answers of a checkout that was not finished"), checkout.delete_old_answers),
    Rule("letters", _("Letters that we sent: to whom, and what they said"), outbox.empty_old_letters),
    Rule("jobs", _("Notes of work that is done"), outbox.delete_old_jobs),
    Rule(
        "refund_accounts",
        _("Bank accounts that we sent money back to, since it was sent"),
        payments.delete_old_accounts,
    ),
    Rule("payment_messages", _("Messages of payment companies"), payments.empty_old_messages),
    Rule("refusals", _("That an address left a list, and which"), consents.empty_old_refusals),
    Rule("exports", _("Files with what we keep of somebody, made for them"), exports.delete_old_exports),
    Rule("page_views", _("How often each page was read, by day, without anybody's name"), visits.delete_old),
    Rule("sessions", _("Sessions that have ended"), delete_old_sessions),
    Rule("stray_pictures", _("Pictures that were sent and belong to nothing"), delete_stray_pictures),
)


def let_go(*, now: datetime) -> dict[str, int]:
    """One batch of each rule; returns how many of each. One that fails does not keep the others from it."""
    gone = {}
    for rule in RULES:
        try:
            gone[rule.name] = rule.let_go(before=now - timedelta(days=rule.days), limit=BATCH)
        except (DatabaseError, OSError):
            log.exception("retention of %s failed", rule.name)
    return gone
