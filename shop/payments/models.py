from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.money import AmountField, CurrencyField, Money
from shop.orders.models import Order


class Payment(models.Model):
    """One attempt to pay an order with one provider. The provider's object is the truth; this row is what we know of it.

    `state` only ever climbs in rank (status.RANK), so that late, repeated and reordered news change nothing.
    """

    class State(models.TextChoices):
        CREATED = "created", _("created")
        PENDING = "pending", _("waiting")
        PROCESSING = "processing", _("processing")
        REVIEW = "review", _("in review")
        AUTHORIZED = "authorized", _("authorised")
        EXPIRED = "expired", _("expired")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")
        CAPTURED = "captured", _("captured")
        REVERSED = "reversed", _("reversed")

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, help_text="card, redirect or transfer: decides how long stock is kept.")
    state = models.CharField(max_length=12, choices=State, default=State.CREATED)
    currency = CurrencyField()
    amount = AmountField()
    captured = AmountField(default=0)
    reference = models.CharField(
        max_length=50, unique=True, help_text="Ours, such as ET-10001-1; also the idempotency key."
    )
    provider_ref = models.CharField(max_length=100, blank=True)
    client = models.JSONField(default=dict, blank=True, help_text="What the browser needs to pay.")
    method = models.CharField(max_length=40, blank=True, help_text="What it was paid with, in the provider's word.")
    disputed = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True, blank=True)
    check_count = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["order", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["order", "attempt"], name="payment_attempt_unique"),
            models.UniqueConstraint(
                fields=["provider", "provider_ref"], name="payment_ref_unique", condition=~Q(provider_ref="")
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, captured__gte=0), name="payment_amounts_sane"),
            models.CheckConstraint(
                condition=Q(state="captured", captured__gt=0) | ~Q(state="captured"), name="payment_captured_something"
            ),
        ]
        indexes = [
            models.Index(fields=["next_check_at"], name="payment_to_check", condition=Q(next_check_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def captured_money(self) -> Money:
        return Money(self.captured, self.currency)


class PaymentTransition(models.Model):
    """Each change of a payment's state, with what the provider said. Append-only, by trigger."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="transitions")
    old = models.CharField(max_length=12)
    new = models.CharField(max_length=12)
    source = models.CharField(max_length=20, help_text="webhook, return, sweep, cancel or start")
    snapshot = models.JSONField(default=dict, help_text="What the provider said, without secrets and people.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.old} to {self.new}"


class WebhookEvent(models.Model):
    """The inbox: every verified message of a provider, stored once before it is answered."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSED = "processed", _("processed")
        IGNORED = "ignored", _("ignored")
        FAILED = "failed", _("failed")

    provider = models.CharField(max_length=20)
    dedupe_key = models.CharField(max_length=100)
    kind = models.CharField(max_length=80)
    reference = models.CharField(
        max_length=50, blank=True, help_text="Our payment's reference, when the message names it."
    )
    provider_ref = models.CharField(max_length=100, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    payment = models.ForeignKey(Payment, models.SET_NULL, null=True, blank=True, related_name="webhook_events")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["provider", "dedupe_key"], name="webhook_event_once")]
        indexes = [models.Index(fields=["next_try_at"], name="webhook_open", condition=Q(state="received"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"
