"""People: accounts made for them, and how often a door may be tried."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from shop.customers.locks import lock_person
from shop.customers.models import SavedAddress, Throttle, User


class TooManyAttempts(Exception):
    """The limit is reached. `retry_after` is the instant from which it may be tried again."""

    def __init__(self, retry_after: datetime) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


def key_hash(scope: str, key: str) -> str:
    """What a throttle keeps of an e-mail or network address: a keyed hash, the same for any capitals."""
    return salted_hmac(f"shop.throttle.{scope}", key.strip().lower(), algorithm="sha256").hexdigest()


# One statement, so that of any number of simultaneous attempts exactly `limit` get through.
COUNT = """
    INSERT INTO shop_throttle AS t (scope, key_hash, count, ends_at)
    VALUES (%(scope)s, %(key)s, 1, %(end)s)
    ON CONFLICT (scope, key_hash) DO UPDATE
       SET count = CASE WHEN t.ends_at <= %(now)s THEN 1 ELSE t.count + 1 END,
           ends_at = CASE WHEN t.ends_at <= %(now)s THEN %(end)s ELSE t.ends_at END
     WHERE t.ends_at <= %(now)s OR t.count < %(limit)s
    RETURNING count
"""


def throttle(*, scope: str, key: str, limit: int, period: timedelta, now: datetime) -> None:
    """Count one attempt of `key` in `scope`. Raises TooManyAttempts beyond `limit` in `period`, without counting.

    Counts in the database and commits at once: whatever becomes of the attempt, and whether the cache is there or
    not. Without a database it raises OperationalError, so nobody gets past it.
    """
    kept = key_hash(scope, key)
    facts: dict[str, Any] = {"scope": scope, "key": kept, "limit": limit, "now": now, "end": now + period}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        counted = cursor.fetchone()
    if counted is None:
        row = Throttle.objects.filter(scope=scope, key_hash=kept).first()
        raise TooManyAttempts(row.ends_at if row else now)


def forgive(*, scope: str, key: str) -> None:
    """Take one counted attempt back: it turned out to be rightful."""
    rows = Throttle.objects.filter(scope=scope, key_hash=key_hash(scope, key), count__gt=0)
    rows.update(count=F("count") - 1)


def forget_attempts(*, scope: str, key: str) -> None:
    """Begin anew for `key`: it proved who it is."""
    Throttle.objects.filter(scope=scope, key_hash=key_hash(scope, key)).delete()


def delete_old_throttles(*, now: datetime) -> int:
    """Delete what no longer counts; returns how many rows."""
    return Throttle.objects.filter(ends_at__lte=now).delete()[0]


def open_account(*, email: str, name: str, password: str | None = None, role: str = "") -> User:
    """An account whose e-mail address counts as verified, in the group `role` if one is given. Twice is once.

    For people that the shop itself vouches for: its staff, and the demo's. The password is set on a new account only.
    """
    email = email.strip().lower()
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, password, name=name, is_staff=bool(role))
        vouch_for(user)
        if role:
            user.groups.add(Group.objects.get(name=role))
    return user


def vouch_for(user: User) -> None:
    """Let the account's e-mail address count as verified, and be its only one: with it they can sign in."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


@transaction.atomic
def keep_person(user: User, *, password: str = "", groups: Iterable[Group] | None = None) -> User:
    """Save an account, new or known, as staff has filled it in. An empty password changes none; `groups=None` neither.

    A new account without a password can only be entered after a reset by mail. Who has a role is staff.
    """
    if password or user.pk is None:
        user.set_password(password or None)
    if groups is not None:
        groups = list(groups)
        user.is_staff = bool(groups) or user.is_superuser
    user.save()
    if groups is not None:
        user.groups.set(groups)
    vouch_for(user)
    return user


def keep_address(*, user: User, values: dict[str, str]) -> SavedAddress:
    """Keep an address in the account; the first one is the usual one. The same once more is the same row."""
    with transaction.atomic():
        lock_person(user.pk)
        mine = SavedAddress.objects.filter(user=user)
        kept = mine.filter(**values).first()
        return kept or SavedAddress.objects.create(user=user, is_usual=not mine.exists(), **values)


def change_address(*, user: User, address_id: int, values: dict[str, str]) -> bool:
    """Correct a kept address. False when it is not theirs, or gone."""
    return bool(SavedAddress.objects.filter(user=user, pk=address_id).update(**values))


def make_usual(*, user: User, address_id: int) -> None:
    """Let a kept address be the one that is offered first. One that is not theirs changes nothing."""
    with transaction.atomic():
        lock_person(user.pk)
        mine = SavedAddress.objects.filter(user=user)
        if mine.filter(pk=address_id).exists():
            mine.filter(is_usual=True).update(is_usual=False)
            mine.filter(pk=address_id).update(is_usual=True)


def forget_address(*, user: User, address_id: int) -> None:
    """Take an address out of the account; the newest that is left becomes the usual one. Twice is once."""
    with transaction.atomic():
        lock_person(user.pk)
        mine = SavedAddress.objects.filter(user=user)
        mine.filter(pk=address_id).delete()
        if not mine.filter(is_usual=True).exists():
            mine.filter(pk__in=mine.order_by("-pk").values("pk")[:1]).update(is_usual=True)


def staff_with(permission: str) -> list[User]:
    """Everybody active whose role gives them `permission` (a codename of the shop's), for letters about work to do."""
    people = User.objects.filter(is_active=True, is_staff=True, groups__permissions__codename=permission)
    return list(people.filter(groups__permissions__content_type__app_label="shop").distinct().order_by("pk"))
