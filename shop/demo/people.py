"""Somebody for each desk, and one customer. All share one password, so they belong on a developer's machine."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction

from shop.customers.models import User
from shop.demo.source import read


def people() -> list[dict[str, Any]]:
    """Who there is: `email`, `name`, `role` (the name of a group, None for a customer)."""
    return read("people")


@transaction.atomic
def load_people(password: str) -> int:
    """Accounts with their groups; returns how many were missing. Passwords of existing ones stay."""
    known = set(User.objects.values_list("email", flat=True))
    missing = [facts for facts in people() if facts["email"] not in known]
    for facts in missing:
        _person(facts, password)
    return len(missing)


def _person(facts: dict[str, Any], password: str) -> None:
    role = facts["role"]
    user = User.objects.create_user(facts["email"], password, name=facts["name"], is_staff=role is not None)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
