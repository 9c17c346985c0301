from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.money import AmountField, CurrencyField, Money
from shop.orders.models import Order, OrderLine


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
    currency = CurrencyField(help_text="The order's; when other money came, that.")
    amount = AmountField(help_text="What was asked for, in the order's currency.")
    captured = AmountField(default=0, help_text="What came, in `currency`.")
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
            models.Index(fields=["next_check_at"], name="payment_to_check", condition=Q(next_check_at__isnull=False)),
            BrinIndex(fields=["created_at"], name="payment_lately"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def money(self) -> Money:
        return Money(self.amount, self.order.currency)

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
        indexes = [
            BrinIndex(fields=["at"], name="payment_moved_lately"),
            models.Index(fields=["at"], name="payment_taken_back", condition=Q(new="reversed")),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.old} to {self.new}"


class Refund(models.Model):
    """Money of one payment on its way back: asked for by us, or found at the provider (`external`).

    `key` names it at the provider, so that asking twice gives one. `manual` ones a person pays out by hand, because the
    method cannot be refunded. All amounts are in the payment's currency. What is pending or succeeded never exceeds what
    was captured, by trigger; `state` only climbs in rank (status.REFUND_RANK).
    """

    class State(models.TextChoices):
        CREATED = "created", _("to be sent")
        SUBMITTED = "submitted", _("being sent")
        PENDING = "pending", _("on its way")
        SUCCEEDED = "succeeded", _("refunded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("withdrawn")

    # Still counts against what may be refunded.
    LIVE = (State.CREATED, State.SUBMITTED, State.PENDING, State.SUCCEEDED)

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    key = models.UUIDField(unique=True, help_text="One refund per form, however often it is sent.")
    amount = AmountField()
    shipping = AmountField(default=0, help_text="How much of it is for the delivery.")
    state = models.CharField(max_length=12, choices=State, default=State.CREATED)
    reason = models.CharField(max_length=200)
    provider_ref = models.CharField(max_length=100, blank=True)
    external = models.BooleanField(default=False, help_text="Made at the provider, not here.")
    manual = models.BooleanField(default=False, help_text="Paid out by a person, not by the provider.")
    requested_by = models.CharField(max_length=254)
    error = models.CharField(max_length=200, blank=True, help_text="Why it failed, or is not through yet.")
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, shipping__gte=0, shipping__lte=F("amount")), name="refund_amounts_sane"
            ),
            models.UniqueConstraint(
                fields=["payment", "provider_ref"], name="refund_ref_unique", condition=~Q(provider_ref="")
            ),
            models.CheckConstraint(condition=~Q(external=True, manual=True), name="refund_of_one_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["succeeded", "failed", "cancelled"], settled_at__isnull=False)
                | Q(state__in=["created", "submitted", "pending"], settled_at__isnull=True),
                name="refund_settled_once",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="refund_to_try", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["settled_at"], name="refund_through", condition=Q(state="succeeded")),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"

    @property
    def shipping_money(self) -> Money:
        return Money(self.shipping, self.payment.currency)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.payment.currency)


class RefundAccount(models.Model):
    """Where a refund by hand is to be sent, as its customer told. Deleted some weeks after that was done.

    Told and changed only while the refund waits to be sent, by trigger. Whole it is for whoever may refund; everybody
    else is shown `bank_name` and `ending`.
    """

    refund = models.OneToOneField(Refund, models.PROTECT, related_name="account")
    bank_name = models.CharField(max_length=80)
    account_number = models.CharField(max_length=34, help_text="Capital letters and digits, without spaces.")
    account_holder = models.CharField(max_length=120)
    told_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(account_number__regex=r"^[0-9A-Z]{5,34}$"), name="refund_account_number_sane"
            )
        ]

    def __str__(self) -> str:
        return f"account of refund {self.refund_id}"

    @property
    def ending(self) -> str:
        """The end of the number, by which its owner knows it: never more than half of it."""
        return self.account_number[-min(4, len(self.account_number) // 2) :]


class RefundLine(models.Model):
    """Units of an order line that a refund pays back, and what becomes of the goods. Append-only, by trigger."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    amount = AmountField(help_text="With its share of discount and tax.")
    tax = AmountField(default=0, help_text="The tax in it.")
    restock = models.BooleanField(default=False, help_text="Back on the shelf; before it has left: not sent at all.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="refund_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_line_of_something"),
            models.CheckConstraint(condition=Q(amount__gte=0, tax__gte=0), name="refund_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id}"


class RefundTransition(models.Model):
    """Each change of a refund's state, with who or what said so. Append-only, by trigger."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="transitions")
    old = models.CharField(max_length=12)
    new = models.CharField(max_length=12)
    source = models.CharField(max_length=254, help_text="webhook, sweep, submit ... or the person who did it by hand")
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.refund_id}: {self.old} to {self.new}"


class ProviderObject(models.Model):
    """A provider's own name for a part of a payment: which charge, refund or dispute is about which payment of ours."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("dispute")

    provider = models.CharField(max_length=20)
    ref = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="provider_objects")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "ref"], name="provider_object_once")]

    def __str__(self) -> str:
        return self.ref


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
    about = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="The provider's names of what it is about: a charge, a refund, a dispute.",
    )
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
        indexes = [
            models.Index(fields=["next_try_at"], name="webhook_open", condition=Q(state="received")),
            BrinIndex(fields=["received_at"], name="webhook_lately"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"
