"""Answers of a checkout that was not finished."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from shop.checkout.models import CheckoutDraft
from shop.customers.personal import Person


def _drafts(person: Person) -> QuerySet[CheckoutDraft]:
    """Their account's; a guest's by the address in it, which nobody has proven, so it is forgotten but not handed out."""
    mine = Q(cart__owner=person.user) & ~Q(cart__owner=None)
    return CheckoutDraft.objects.filter(mine)


def export_person(person: Person) -> list[dict[str, Any]]:
    return [
        {**draft.address_values(), "email": draft.email, "billing": draft.billing, "note": draft.note}
        for draft in _drafts(person)
    ]


def forget_person(person: Person, *, now: datetime) -> None:
    _drafts(person).delete()
    CheckoutDraft.objects.filter(email__in=person.emails).delete()


def delete_old_answers(*, before: datetime, limit: int) -> int:
    """Answers that nobody came back to; the cart stays. Returns how many."""
    old = list(CheckoutDraft.objects.filter(updated_at__lt=before).order_by("pk").values_list("pk", flat=True)[:limit])
    return CheckoutDraft.objects.filter(pk__in=old).delete()[0]
