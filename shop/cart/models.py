import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Variant
from shop.money import AmountField, CurrencyField


class Cart(models.Model):
    """What somebody means to buy: a signed-in person, or whoever holds the token of the cookie. Never both."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, unique=True, default=uuid.uuid4)
    currency = CurrencyField()
    coupon_code = models.CharField(max_length=40, blank=True, help_text="As it was accepted; it may have ended since.")
    attribution = models.JSONField(
        default=dict,
        blank=True,
        help_text="First and last story or landing page: {first: {...}, last: {...}}.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=True, token__isnull=False) | Q(owner__isnull=False, token__isnull=True),
                name="cart_owner_xor_token",
            )
        ]

    def __str__(self) -> str:
        return f"cart {self.pk}"


class CartLine(models.Model):
    """A variant and how many. No price: that is computed at each look. `seen_price` only lets us say that it changed."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    seen_price = AmountField(
        null=True, blank=True, help_text="Unit price when the shopper last saw it, in the cart's currency."
    )
    origin = models.JSONField(default=dict, blank=True, help_text="Page and block it was added from.")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=999), name="cart_line_quantity_range"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"


class AsideLine(models.Model):
    """A line that has left its cart and may come back: saved for later, or taken out a moment ago, which can be undone.

    It counts nowhere: not in the cart's number, not in its total, not in an order. DROPPED was on the list of what is
    saved, and goes back there; WISHED went onto the wishlist, see wishlist.operations.
    """

    class Kind(models.TextChoices):
        SAVED = "saved", _("saved for later")
        REMOVED = "removed", _("taken out of the cart")
        DROPPED = "dropped", _("taken off the list")
        WISHED = "wished", _("moved to the wishlist")

    UNDONE = (Kind.REMOVED, Kind.DROPPED, Kind.WISHED)  # what an undo brings back

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="aside")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    quantity = models.PositiveSmallIntegerField()
    seen_price = AmountField(null=True, blank=True, help_text="As on the line that it was.")
    origin = models.JSONField(default=dict, blank=True, help_text="Page and block it was added from.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "kind", "variant"], name="aside_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=999), name="aside_line_quantity_range"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id} {self.kind}"
