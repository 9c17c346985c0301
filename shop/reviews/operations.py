"""Reviews: written by buyers, read by staff before they are shown where there is a reason to, counted into listings.

Whatever changes what is shown notes the product as out of date, so that its stars follow in listings and search.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from shop.catalogue.models import Product
from shop.customers.models import User
from shop.orders.models import Order, OrderLine
from shop.outbox import operations as outbox
from shop.reviews.locks import lock_review
from shop.reviews.models import HelpfulVote, Review, ReviewPhoto

PHOTOS = 3
LINK = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|net|org|info|shop|xyz|ru|cn|top|id)\b", re.IGNORECASE)
BOUGHT = (Order.State.PROCESSING, Order.State.SHIPPED, Order.State.DELIVERED)

State, Why = Review.State, Review.Why


class ReviewError(Exception):
    """Base of what reviews refuse; `message` says why to whoever asked."""

    message = ""


class AlreadyReviewed(ReviewError):
    """One for each buyer and product. There is one: change that."""

    def __init__(self) -> None:
        super().__init__()
        self.message = _("You have reviewed this already. You can change what you wrote.")


class NotBought(ReviewError):
    """The order does not hold the product, or is not paid."""


@dataclass(frozen=True)
class Words:
    """What a review says. `photos` are those of photos.develop; `drop_photos` ids of earlier ones to take away."""

    stars: int
    title: str = ""
    text: str = ""
    name: str = ""
    photos: Sequence[ContentFile] = field(default=(), repr=False)
    drop_photos: Collection[int] = ()


def line_bought(*, product: Product, user: User | None = None, order: Order | None = None) -> OrderLine | None:
    """The latest paid line of that product in `order`, or in any order of `user`; None: not known to have bought it."""
    lines = OrderLine.objects.filter(variant__product=product, order__state__in=BOUGHT).select_related("order")
    lines = lines.filter(order=order) if order else lines.filter(order__user=user)
    return lines.order_by("-order__placed_at", "-pk").first()


@transaction.atomic
def write_review(
    *,
    product: Product,
    words: Words,
    language: str,
    user: User | None = None,
    order: Order | None = None,
    now: datetime,
) -> Review:
    """A new review by an account, or by a guest who holds the link of `order`.

    Shown at once when the buyer is known to have bought it and nothing in it wants to be read first. Raises
    AlreadyReviewed, and NotBought for a guest whose order does not hold it.
    """
    line = line_bought(product=product, user=user, order=order)
    if order and line is None:
        raise NotBought
    review = Review(product=product, user=user, language=language, created_at=now)
    if line:
        review.order, review.verified, review.options = line.order, True, line.options
    _say(review, words)
    try:
        with transaction.atomic():
            review.save()
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise AlreadyReviewed from None
        raise
    _keep_photos(review, words, now)
    return review


@transaction.atomic
def bring_in(
    *, product: Product, words: Words, language: str, written_at: datetime, now: datetime, **known: Any
) -> Review:
    """A review that was gathered elsewhere, such as by the shop's earlier software: shown, and vouched for by the caller.

    `known`: options, helpful, reply, replied_by.
    """
    review = Review(product=product, language=language, created_at=written_at, verified=True, **known)
    _say(review, words)
    review.state, review.why = State.APPROVED, Why.NONE
    review.save()
    _note(review, now)
    return review


@transaction.atomic
def change_review(*, review: Review, words: Words, now: datetime) -> Review:
    """Its author says it differently; what staff would have read before is read again."""
    review = lock_review(review.pk)
    review.changed_at = now
    _say(review, words)
    review.save()
    _keep_photos(review, words, now)
    return review


def _say(review: Review, words: Words) -> None:
    review.stars, review.title, review.text, review.name = words.stars, words.title, words.text, words.name
    review.why = _why_it_waits(review, words)
    review.state = State.WAITING if review.why else State.APPROVED


def _why_it_waits(review: Review, words: Words) -> str:
    if not review.verified:
        return Why.STRANGER
    if LINK.search(f"{words.title} {words.text} {words.name}"):
        return Why.LINK
    return Why.PHOTO if words.photos else Why.NONE


def _keep_photos(review: Review, words: Words, now: datetime) -> None:
    _drop_photos([photo for photo in review.photos.all() if photo.pk in words.drop_photos])
    room = PHOTOS - review.photos.count()
    for content in words.photos[:room]:
        ReviewPhoto(review=review).file.save("photo.jpg", content)
    _note(review, now)


def _drop_photos(photos: Iterable[ReviewPhoto]) -> None:
    """The files go when the rows are gone for good."""
    for photo in photos:
        storage, name = photo.file.storage, photo.file.name
        photo.delete()
        transaction.on_commit(partial(storage.delete, str(name)))


def _note(review: Review, now: datetime) -> None:
    outbox.stale("product", review.product_id, now=now)


@transaction.atomic
def delete_review(*, review: Review, now: datetime) -> None:
    """By its author. Pictures and votes go with it."""
    review = lock_review(review.pk)
    _drop_photos(review.photos.all())
    _note(review, now)
    review.delete()


@transaction.atomic
def decide(*, review_ids: Collection[int], approve: bool, actor: str, now: datetime) -> int:
    """Show these reviews, or do not; returns how many that changed."""
    state, changed = State.APPROVED if approve else State.REJECTED, 0
    for review_id in sorted(review_ids):
        review = lock_review(review_id)
        if review.state != state:
            _record(review, "approve" if approve else "reject", actor, {"state": review.state}, {"state": state}, now)
            review.state, review.why, changed = state, "", changed + 1
            review.save(update_fields=["state", "why"])
            _note(review, now)
    return changed


@transaction.atomic
def reply(*, review: Review, text: str, name: str, actor: str, now: datetime) -> Review:
    """Answer below the review, in the shop's name; an empty text takes the answer away."""
    review = lock_review(review.pk)
    _record(review, "reply", actor, {"reply": review.reply}, {"reply": text}, now)
    review.reply, review.replied_by = text, name if text else ""
    review.save(update_fields=["reply", "replied_by"])
    return review


def _record(review: Review, action: str, actor: str, before: dict, after: dict, now: datetime) -> None:
    subject = f"review:{review.pk}"
    outbox.record(actor=actor, action=f"review.{action}", subject=subject, before=before, after=after, now=now)


@transaction.atomic
def find_helpful(*, review: Review, voter: str) -> int:
    """Count `voter` (a keyed hash) once; returns how many found the review helpful."""
    review = lock_review(review.pk)
    HelpfulVote.objects.get_or_create(review=review, voter=voter)
    review.helpful = review.votes.count()
    review.save(update_fields=["helpful"])
    return review.helpful


@transaction.atomic
def forget_author(*, user: User | None = None, order_ids: Collection[int] = (), now: datetime) -> int:
    """Keep the stars and drop the person: words, name, pictures and what they bought. Returns how many reviews.

    The person is an account, or a guest who wrote by the links of these orders, or both.
    """
    theirs = Review.objects.filter(Q(user=user) & ~Q(user=None) | Q(order__in=order_ids)).order_by("pk")
    reviews = [lock_review(pk) for pk in theirs.values_list("pk", flat=True)]
    for review in reviews:
        _drop_photos(review.photos.all())
        review.user = review.order = None
        review.title = review.text = review.name = review.options = ""
        review.save()
        _note(review, now)
    return len(reviews)
