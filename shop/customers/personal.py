"""A person as rooms know them, and what this room keeps of them.

Each room that keeps something of people has a `personal.py` like this one: `export_person(person)` returns what it
keeps, ready for JSON; `forget_person(person, now=now)` lets go of it. shop.account.privacy names the rooms.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from shop.customers.models import Consent, ConsentRequest, SavedAddress, User


@dataclass(frozen=True)
class Person:
    """An account with its proven addresses; or, without one, whoever reads these addresses (lower case)."""

    user: User | None
    emails: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, user: User) -> "Person":
        proven = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
        return cls(user, frozenset(email.lower() for email in proven))

    @classmethod
    def guest(cls, email: str) -> "Person":
        return cls(None, frozenset([email.strip().lower()]))


def export_person(person: Person) -> dict[str, Any]:
    """Profile, addresses, what was said yes and no to, and where they are signed in."""
    return {
        "profile": _profile(person.user) if person.user else {},
        "addresses": [
            {**one.address_values(), "usual": one.is_usual} for one in SavedAddress.objects.filter(user=person.user)
        ]
        if person.user
        else [],
        "consents": list(
            Consent.objects.filter(email__in=person.emails)
            .order_by("pk")
            .values("email", "kind", "given", "words", "version", "language", "page", "at")
        ),
        "sessions": _sessions_of(person.user),
    }


def _profile(user: User) -> dict[str, Any]:
    emails = EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
    return {
        "name": user.name,
        "email": user.email,
        "emails": list(emails),
        "joined": user.date_joined,
        "last_login": user.last_login,
        "second_factors": list(Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")),
    }


def _sessions_of(user: User | None) -> list[dict[str, Any]]:
    """Where they are signed in; without the keys, which would let whoever finds the export in."""
    return list(UserSession.objects.filter(user=user).values("ip", "user_agent", "created_at", "last_seen_at"))


def forget_person(person: Person, *, now: datetime) -> None:
    """The account with all that hangs on it; of consents the words stay, as proof of what we asked, and nobody's address."""
    Consent.objects.filter(email__in=person.emails).update(email="")
    ConsentRequest.objects.filter(email__in=person.emails).delete()
    if person.user:
        for session in UserSession.objects.filter(user=person.user):
            session.end()
        person.user.delete()
