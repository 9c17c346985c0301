from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Length, Lower, Upper
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Picture, Variant
from shop.customers.models import PostalAddress
from shop.inventory.models import Reservation
from shop.money import AmountField, CurrencyField, Money
from shop.promotions.models import Promotion

NOTE_LENGTH = 500


def words_in(*fields: str) -> list[OpClass]:
    """Expressions of an index that finds any part of these fields, as `icontains` asks for it."""
    return [OpClass(Upper(field), name="gin_trgm_ops") for field in fields]


class Order(models.Model):
    """What was sold, as it was sold. Amounts are in `currency`, major units; nothing here follows later changes.

    `state` moves only by orders.operations.move; `payment_status` is derived from payments and refunds, never set by hand:
    an order of nothing is paid, and the database knows no other.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for payment")
        PROCESSING = "processing", _("to be packed")
        SHIPPED = "shipped", _("shipped")
        DELIVERED = "delivered", _("delivered")
        CANCELLED = "cancelled", _("cancelled")

    class PaymentStatus(models.TextChoices):
        PENDING = "pending", _("unpaid")
        AUTHORIZED = "authorized", _("authorised")
        PAID = "paid", _("paid")
        PARTLY_REFUNDED = "partly_refunded", _("partly refunded")
        REFUNDED = "refunded", _("refunded")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("expired")

    number = models.CharField(max_length=30, unique=True)
    token = models.CharField(max_length=43, unique=True, help_text="Unguessable part of the link in the mail.")
    checkout_key = models.UUIDField(unique=True, help_text="One order per submission, however often it is sent.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="orders")
    email = models.EmailField()
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    payment_status = models.CharField(
        max_length=16, choices=PaymentStatus, default=PaymentStatus.PENDING, editable=False
    )
    needs_attention = models.CharField(max_length=200, blank=True, help_text=_("Why a person should look at it."))
    cancel_reason = models.CharField(max_length=20, blank=True, help_text="expired, customer or staff")

    currency = CurrencyField()
    subtotal = AmountField(help_text="Goods at their prices, before discounts.")
    discount = AmountField(default=0)
    shipping = AmountField(default=0)
    shipping_discount = AmountField(default=0)
    tax = AmountField(default=0)
    tax_included = models.BooleanField(default=False, help_text="Whether the prices contain the tax already.")
    total = AmountField()

    delivery_code = models.SlugField()
    delivery_name = models.CharField(max_length=100)
    collected = models.BooleanField(
        default=False, help_text="Fetched from us: its address is ours, with the buyer's name."
    )
    opening_hours = models.CharField(max_length=200, blank=True, help_text="Of the place where it is collected.")
    deliver_from = models.DateField()
    deliver_until = models.DateField()
    customer_note = models.TextField(blank=True)
    staff_note = models.TextField(blank=True)
    attribution = models.JSONField(default=dict, blank=True)
    placed_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When whoever bought it was forgotten: see orders.personal."
    )
    expires_at = models.DateTimeField(help_text="When an unpaid order gives its stock back.")

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("ship_order", "Can ship orders"),
            ("cancel_order", "Can cancel orders"),
            ("refund_order", "Can refund orders"),
            ("view_reports", "Can view reports"),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="order_state"),
            models.Index(fields=["email"], name="order_email"),
            models.Index(Lower("email"), name="order_email_lower"),
            models.Index(fields=["expires_at"], name="order_pending", condition=Q(state="pending")),
            models.Index(fields=["placed_at"], name="order_placed"),
            models.Index(fields=["payment_status", "-id"], name="order_payment_status"),
            models.Index(fields=["-id"], name="order_flagged", condition=~Q(needs_attention="")),
            GinIndex(*words_in("number", "email"), name="order_words"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    tax_included=True, total=F("subtotal") - F("discount") + F("shipping") - F("shipping_discount")
                )
                | Q(
                    tax_included=False,
                    total=F("subtotal") - F("discount") + F("shipping") - F("shipping_discount") + F("tax"),
                ),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    subtotal__gte=0,
                    discount__gte=0,
                    shipping__gte=0,
                    shipping_discount__gte=0,
                    tax__gte=0,
                    total__gte=0,
                ),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(total__gt=0) | Q(payment_status="paid"), name="order_of_nothing_is_paid"
            ),
            models.CheckConstraint(
                condition=Q(discount__lte=F("subtotal"), shipping_discount__lte=F("shipping")),
                name="order_discounts_bounded",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("customer_note"), NOTE_LENGTH), name="order_note_is_short"
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled") & ~Q(cancel_reason="") | ~Q(state="cancelled") & Q(cancel_reason=""),
                name="order_cancel_reason",
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True)
                | Q(email="", customer_note="", staff_note="", user__isnull=True)
                & Q(state__in=["shipped", "delivered", "cancelled"]),
                name="order_forgotten_wholly",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def money(self, field: str) -> Money:
        """One of the order's amounts with its currency: `order.money("total")`."""
        return Money(getattr(self, field), self.currency)

    def offs(self) -> list[dict[str, Any]]:
        """What came off, promotion by promotion, as it was taken: each with name, code and amount (Money)."""
        rows = self.discounts.order_by("position").values("position", "name", "code").annotate(sum=Sum("amount"))
        return [{"name": row["name"], "code": row["code"], "amount": Money(row["sum"], self.currency)} for row in rows]

    @property
    def shipping_address(self) -> "OrderAddress":
        """Where the parcel goes; of what is collected, our place, with the name of whoever fetches it."""
        return next(address for address in self.addresses.all() if address.kind == OrderAddress.Kind.SHIPPING)

    @property
    def billing_address(self) -> "OrderAddress | None":
        """Where the bill goes, when that is somewhere else."""
        return next((one for one in self.addresses.all() if one.kind == OrderAddress.Kind.BILLING), None)


class OrderAddress(PostalAddress):
    class Kind(models.TextChoices):
        SHIPPING = "shipping", _("shipping")
        BILLING = "billing", _("billing")

    order = models.ForeignKey(Order, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "kind"], name="order_address_unique")]
        indexes = [GinIndex(*words_in("name"), name="order_address_words")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.order}"


class OrderLine(models.Model):
    """A snapshot of what was bought: words, picture and amounts of that moment. Amounts in the order's currency."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="order_lines")
    reservation = models.OneToOneField(Reservation, models.PROTECT, related_name="order_line")
    sku = models.CharField(max_length=64)
    title = models.CharField(max_length=255)
    options = models.CharField(max_length=255, blank=True)
    path = models.CharField(max_length=500, blank=True, help_text="Address of the product page at that time.")
    image = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    quantity = models.PositiveIntegerField()
    dropped = models.PositiveIntegerField(default=0, help_text="Units of it that were paid back instead of sent.")
    returned = models.PositiveIntegerField(default=0, db_default=0, help_text="Units of it that came back in a return.")
    unit_price = AmountField()
    subtotal = AmountField()
    discount = AmountField(default=0)
    tax_rate = models.DecimalField(max_digits=6, decimal_places=4, default=0)
    tax = AmountField(default=0, help_text="Contained in the price or added to it, as the order says.")
    origin = models.JSONField(default=dict, blank=True, help_text="Page and block that sold it.")

    class Meta:
        ordering = ["position"]
        indexes = [GinIndex(*words_in("sku"), name="order_line_words")]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.UniqueConstraint(fields=["order", "variant"], name="order_line_variant"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_of_something"),
            models.CheckConstraint(condition=Q(dropped__lte=F("quantity")), name="order_line_dropped_bounded"),
            models.CheckConstraint(
                condition=Q(returned__lte=F("quantity") - F("dropped")), name="order_line_returned_bounded"
            ),
            models.CheckConstraint(condition=Q(subtotal=F("unit_price") * F("quantity")), name="order_line_adds_up"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=F("subtotal"), tax__gte=0),
                name="order_line_discount_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def to_send(self) -> int:
        return self.quantity - self.dropped

    def money(self, field: str) -> Money:
        return Money(getattr(self, field), self.order.currency)


class OrderDiscount(models.Model):
    """What one promotion took off a line, or off the delivery (no line), under its name of then. In the order's currency."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts")
    line = models.ForeignKey(OrderLine, models.CASCADE, null=True, blank=True, related_name="discounts")
    position = models.PositiveSmallIntegerField(help_text="The order in which they were taken off.")
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    code = models.CharField(max_length=40, blank=True)
    amount = AmountField()

    class Meta:
        ordering = ["position", "line"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "promotion", "line"], name="order_discount_unique", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_discount_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.amount}"


class OrderEvent(models.Model):
    """The order's timeline: who, when, what. Append-only, by trigger; no personal data beyond the actor."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=254)
    kind = models.CharField(max_length=40, help_text="Such as placed, paid, shipped, cancelled.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["at"], name="order_sold", condition=Q(kind="processing"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"


class AddressChange(models.Model):
    """Where an order went before and after an event of its timeline. Apart from it, since an event is kept for ever and
    an address only as long as its person is known. `old`, `new`: as PostalAddress.address_values().
    """

    event = models.OneToOneField(OrderEvent, models.PROTECT, related_name="address_change")
    old = models.JSONField()
    new = models.JSONField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"address changed by {self.event_id}"


class Fulfilment(models.Model):
    """A parcel: packed, then handed to a carrier, whose name and number it has from then on.

    What has left stays as it left, by trigger; and all parcels of an order hold no more than is to be sent of it.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfilments")
    position = models.PositiveSmallIntegerField(default=1, db_default=1, help_text="Counts the parcels of its order.")
    key = models.UUIDField(null=True, editable=False, help_text="One parcel per form, however often it is sent.")
    packed_at = models.DateTimeField(null=True, help_text="Not known of what left before this was noted.")
    packed_by = models.CharField(max_length=254, blank=True, default="", db_default="")
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    tracking_url = models.URLField(blank=True, max_length=500)
    shipped_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=254, blank=True, help_text="Who handed it over.")

    class Meta:
        ordering = ["position"]
        indexes = [
            GinIndex(*words_in("tracking_number"), name="fulfilment_words"),
            models.Index(fields=["order"], name="fulfilment_here", condition=Q(shipped_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="fulfilment_position"),
            models.UniqueConstraint(fields=["order", "key"], name="fulfilment_key"),
            models.CheckConstraint(
                condition=Q(shipped_at__isnull=True, carrier="", tracking_number="", tracking_url="", actor="")
                | Q(shipped_at__isnull=False) & ~Q(carrier=""),
                name="fulfilment_leaves_with_carrier",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}".strip() or f"parcel {self.position}"


class FulfilmentLine(models.Model):
    """Units of an order line that are in a parcel."""

    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="fulfilments")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "line"], name="fulfilment_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id}"
