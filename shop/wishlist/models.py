import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Variant
from shop.money import AmountField, CurrencyField


class Wishlist(models.Model):
    """What somebody would like to have: a signed-in person, or whoever holds the token of the cookie. Never both.

    Whoever knows `share_key` may look at it; without one nobody else may.
    """

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, unique=True, default=uuid.uuid4)
    share_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    shared_as = models.CharField(max_length=80, blank=True, help_text="The name on the shared page; empty: none.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("wishlist")
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=True, token__isnull=False) | Q(owner__isnull=False, token__isnull=True),
                name="wishlist_owner_xor_token",
            )
        ]

    def __str__(self) -> str:
        return f"wishlist {self.pk}"


class WishlistItem(models.Model):
    """A variant that somebody saved, and what was true of it then, so that we can say what has changed."""

    wishlist = models.ForeignKey(Wishlist, models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+")
    saved_at = models.DateTimeField()
    currency = CurrencyField()
    saved_price = AmountField(help_text="What it cost when it was saved, in `currency`.")
    told_price = AmountField(null=True, blank=True, help_text="The lowest price that its owner got a mail about.")
    missed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last known to be sold out, if it has been."
    )
    back_at = models.DateTimeField(null=True, blank=True, help_text="When it came back after that.")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["wishlist", "variant"], name="wishlist_item_unique")]

    def __str__(self) -> str:
        return f"{self.variant_id} in {self.wishlist_id}"


class StockAsk(models.Model):
    """Somebody wants to be told, once, when a variant can be had again.

    A guest's ask counts when they have confirmed their address; it is deleted when they do not, and a while after it
    was fulfilled.
    """

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="stock_asks")
    email = models.EmailField(_("e-mail"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="stock_asks")
    language = models.CharField(max_length=10)
    asked_at = models.DateTimeField(_("asked"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("ask for what is sold out")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "email"], name="stock_ask_once", condition=Q(told_at__isnull=True)
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="stock_ask_email_lower"),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(confirmed_at__isnull=False), name="stock_ask_told_if_confirmed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant", "id"],
                name="stock_ask_waiting",
                condition=Q(told_at__isnull=True, confirmed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"ask {self.pk} for {self.variant_id}"


class PriceLetter(models.Model):
    """A mail about lower prices of saved things: one a day for each wishlist."""

    wishlist = models.ForeignKey(Wishlist, models.CASCADE, related_name="price_letters")
    day = models.DateField(help_text="In the shop's time zone.")
    drops = models.JSONField(help_text="[{variant, before, now, currency}], amounts as text.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wishlist", "day"], name="price_letter_once_a_day")]

    def __str__(self) -> str:
        return f"{self.wishlist_id} on {self.day}"
