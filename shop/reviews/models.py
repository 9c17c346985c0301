from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Product
from shop.orders.models import Order

STARS = (5, 4, 3, 2, 1)


class Review(models.Model):
    """What somebody says about a product: one for each buyer and product. Shown while `state` is approved.

    Whose it is: `user` for an account, `order` for a guest who came by the order's link. Both are gone when the person
    asked to be forgotten; the stars stay.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("to be read")
        APPROVED = "approved", _("shown")
        REJECTED = "rejected", _("not shown")

    class Why(models.TextChoices):
        """Why a review waits to be read."""

        NONE = "", "-"
        STRANGER = "stranger", _("not known to have bought it")
        LINK = "link", _("has a link in it")
        PHOTO = "photo", _("has a picture with it")

    product = models.ForeignKey(Product, models.PROTECT, related_name="reviews", verbose_name=_("product"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="reviews", verbose_name=_("user")
    )
    order = models.ForeignKey(Order, models.SET_NULL, null=True, blank=True, related_name="reviews")
    verified = models.BooleanField(_("bought it"), default=False, help_text=_("An order of this buyer shows it."))
    options = models.CharField(_("which one"), max_length=255, blank=True)
    stars = models.PositiveSmallIntegerField(_("stars"))
    title = models.CharField(_("title"), max_length=120, blank=True)
    text = models.TextField(_("text"), blank=True)
    name = models.CharField(_("name"), max_length=80, blank=True, help_text=_("As it is shown."))
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    why = models.CharField(_("why it waits"), max_length=10, choices=Why, blank=True)
    helpful = models.PositiveIntegerField(_("found helpful"), default=0, help_text="How many HelpfulVotes it has.")
    reply = models.TextField(_("reply"), blank=True)
    replied_by = models.CharField(_("replied by"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("written"))
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="review_stars_1_to_5"),
            models.UniqueConstraint(
                fields=["product", "user"], name="review_once_per_account", condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["product", "order"], name="review_once_per_order", condition=Q(user__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["product", "-helpful", "-id"], name="review_shown", condition=Q(state="approved")),
            models.Index(fields=["-id"], name="review_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.stars}/5 {self.product}: {self.title}"


def photo_path(photo: Any, name: str) -> str:
    """Nothing of what the buyer called the file."""
    return f"reviews/{uuid4().hex}{PurePath(name).suffix}"


class SentPhoto(models.Model):
    """A picture that somebody sent, made anew: see photos.develop. Subclasses say whose it is, and where its `file` lies."""

    file: Any
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.file.name)

    @property
    def url(self) -> str:
        return self.file.url


class ReviewPhoto(SentPhoto):
    review = models.ForeignKey(Review, models.CASCADE, related_name="photos")
    file = models.ImageField(upload_to=photo_path, width_field="width", height_field="height")


class HelpfulVote(models.Model):
    """Somebody found a review helpful. Holds no personal data: `voter` is a keyed hash."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="votes")
    voter = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "voter"], name="helpful_once")]

    def __str__(self) -> str:
        return f"{self.review_id}"
