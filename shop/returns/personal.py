"""What somebody wrote and showed when they sent something back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from shop.customers.personal import Person
from shop.orders.personal import orders_of
from shop.returns import operations as returns
from shop.returns.models import Return, ReturnPhoto


def returns_of(person: Person) -> QuerySet[Return]:
    return Return.objects.filter(order__in=orders_of(person)).order_by("pk")


def open_returns(person: Person) -> list[Return]:
    """Those that are not decided, or on their way, or not paid back yet."""
    return list(returns_of(person).filter(state__in=Return.OPEN))


def export_person(person: Person) -> list[dict[str, Any]]:
    plain = ("number", "state", "words", "answer", "created_at")
    return [
        {
            "order": back.order.number,
            **{name: getattr(back, name) for name in plain},
            "lines": [
                {"sku": one.line.sku, "quantity": one.quantity, "reason": one.reason, "value": one.value}
                for one in back.lines.select_related("line")
            ],
            "photos": [file_name(photo) for photo in back.photos.all()],
        }
        for back in returns_of(person).select_related("order")
    ]


def file_name(photo: ReturnPhoto) -> str:
    """What the picture is called among the files of an export."""
    return f"returns/{photo.rma_id}-{photo.pk}.jpg"


def files_of(person: Person) -> Iterator[tuple[str, Any]]:
    """(name, file) of each picture."""
    for photo in ReturnPhoto.objects.filter(rma__in=returns_of(person)).order_by("pk"):
        yield file_name(photo), photo.file


def forget_person(person: Person, *, now: datetime) -> None:
    """That goods came back and what was paid for them stays; words and pictures go."""
    ids = list(orders_of(person).values_list("pk", flat=True))
    returns.forget_customer(user=person.user, order_ids=ids)
