"""Reviews of a person: their words and pictures go, the stars stay."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from shop.customers.personal import Person
from shop.orders.personal import orders_of
from shop.reviews import operations as reviews
from shop.reviews.models import Review, ReviewPhoto


def _reviews(person: Person) -> QuerySet[Review]:
    mine = Q(user=None, order__in=orders_of(person))
    return Review.objects.filter(mine | Q(user=person.user) if person.user else mine).order_by("pk")


def export_person(person: Person) -> list[dict[str, Any]]:
    plain = ("stars", "title", "text", "name", "options", "language", "state", "helpful", "reply", "created_at")
    return [
        {
            "product": review.product.name,
            **{name: getattr(review, name) for name in plain},
            "photos": [file_name(photo) for photo in review.photos.all()],
        }
        for review in _reviews(person).select_related("product").prefetch_related("photos")
    ]


def file_name(photo: ReviewPhoto) -> str:
    """What the picture is called among the files of an export."""
    return f"reviews/{photo.review_id}-{photo.pk}.jpg"


def files_of(person: Person) -> Iterator[tuple[str, Any]]:
    """(name, file) of each picture."""
    for photo in ReviewPhoto.objects.filter(review__in=_reviews(person)).order_by("pk"):
        yield file_name(photo), photo.file


def forget_person(person: Person, *, now: datetime) -> None:
    ids = list(orders_of(person).values_list("pk", flat=True))
    reviews.forget_author(user=person.user, order_ids=ids, now=now)
