"""What this room itself keeps of a person: the files that it made for them."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from shop.account.models import DataExport
from shop.customers.personal import Person


def exports_of(person: Person) -> QuerySet[DataExport]:
    """Those of their account, and those that a guest with an address of theirs asked for."""
    mine = Q(user=None, email__in=person.emails)
    return DataExport.objects.filter(mine | Q(user=person.user) if person.user else mine)


def export_person(person: Person) -> list[Any]:
    return list(exports_of(person).order_by("pk").values("email", "asked_at", "made_at"))


def forget_person(person: Person, *, now: datetime) -> None:
    exports_of(person).delete()


def delete_old_exports(*, before: datetime, limit: int) -> int:
    """Files that were asked for before `before`. Returns how many."""
    old = DataExport.objects.filter(asked_at__lt=before).order_by("pk").values_list("pk", flat=True)[:limit]
    return DataExport.objects.filter(pk__in=list(old)).delete()[1].get("shop.DataExport", 0)
