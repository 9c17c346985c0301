from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StockItem(models.Model):
    """Something on the shelf. Variants point to one; several may share it.

    `reserved` may exceed `on_hand`: an honest count can find less than was promised. `available` is what may be sold.
    """

    class Policy(models.TextChoices):
        TRACK = "track", _("only what is there")
        BACKORDER = "backorder", _("also what is still to come")
        INFINITE = "infinite", _("never runs out")

    name = models.CharField(max_length=200)
    policy = models.CharField(max_length=10, choices=Policy, default=Policy.TRACK)
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    low_stock_threshold = models.PositiveIntegerField(default=5)
    lead_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Days until a unit that is still to come can be sent.")
    )
    restock_on = models.DateField(null=True, blank=True, help_text=_("When more is expected, if that is known."))

    class Meta:
        verbose_name = _("stock item")
        verbose_name_plural = _("stock")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def available(self) -> int:
        """Units that may be promised now; never below zero. Meaningful for policy `track`."""
        return max(0, self.on_hand - self.reserved)

    @property
    def is_short(self) -> bool:
        """Whether more is promised than is there, and nothing is known to come."""
        return self.policy == self.Policy.TRACK and self.reserved > self.on_hand

    @property
    def is_low(self) -> bool:
        """Whether what may still be sold has come down to the threshold. What never runs out is never low."""
        return self.policy != self.Policy.INFINITE and self.on_hand - self.reserved <= self.low_stock_threshold

    def can_supply(self, quantity: int) -> bool:
        return self.policy != self.Policy.TRACK or quantity <= self.on_hand - self.reserved


class StockMovement(models.Model):
    """The ledger of a shelf: on_hand is the sum of `delta`. Append-only, by trigger."""

    class Reason(models.TextChoices):
        RECEIVED = "received", _("received")
        SHIPPED = "shipped", _("shipped")
        RETURNED = "returned", _("returned")
        COUNTED = "counted", _("counted")
        ADJUSTED = "adjusted", _("adjusted")

    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements")
    delta = models.IntegerField()
    balance = models.IntegerField(help_text="on_hand after this movement")
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=200, blank=True)
    order_number = models.CharField(max_length=30, blank=True)
    actor = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="movement_moves"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="movement_balance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+} {self.stock_item_id}"


class Reservation(models.Model):
    """Units promised to one order line: held until a deadline, firm once paid, then shipped or released."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        FIRM = "firm", _("firm")
        SHIPPED = "shipped", _("shipped")
        RELEASED = "released", _("released")

    OPEN = (State.HELD, State.FIRM)

    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    order_number = models.CharField(max_length=30, db_index=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_of_something"),
            models.CheckConstraint(
                condition=Q(state="held", expires_at__isnull=False) | ~Q(state="held"),
                name="held_has_deadline",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["held", "firm"], closed_at__isnull=True)
                | Q(state__in=["shipped", "released"], closed_at__isnull=False),
                name="reservation_closed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["stock_item"], name="reservation_open", condition=Q(state__in=["held", "firm"])),
            models.Index(
                fields=["stock_item", "created_at"],
                include=["quantity"],
                name="reservation_sold",
                condition=Q(state__in=["firm", "shipped"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.stock_item_id} {self.state}"
