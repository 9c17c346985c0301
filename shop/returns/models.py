from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from shop.money import AmountField, Money
from shop.orders.models import Order, OrderLine
from shop.payments.models import Refund
from shop.reviews.models import SentPhoto

LONGEST = 1000


class Return(models.Model):
    """What somebody wants to send back of an order, what we said to it, and what became of it.

    `state` moves only by returns.operations. What was paid back is in the lines of `refund`, which is there as soon as it
    is promised; whether the money is through, the refund says.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("to be decided")
        APPROVED = "approved", _("to be sent back")
        DECLINED = "declined", _("declined")
        RECEIVED = "received", _("arrived")
        REFUNDED = "refunded", _("refunded")
        CLOSED = "closed", _("closed without money")
        WITHDRAWN = "withdrawn", _("withdrawn")

    OPEN = (State.REQUESTED, State.APPROVED, State.RECEIVED)

    number = models.CharField(
        _("number"), max_length=30, unique=True, help_text="Stands on the parcel, such as RT-1001."
    )
    key = models.UUIDField(unique=True, help_text="One return per form, however often it is sent.")
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns", verbose_name=_("order"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    words = models.TextField(_("customer's words"), blank=True)
    answer = models.TextField(_("our answer"), blank=True, help_text="The last one; the customer reads it.")
    send_by = models.DateField(_("to be sent by"), null=True, blank=True)
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, blank=True, related_name="return_of_goods")
    created_at = models.DateTimeField(_("asked for"))
    moved_at = models.DateTimeField(_("since"), help_text="When it came into its state.")

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "moved_at"], name="return_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="refunded", refund__isnull=False) | ~Q(state="refunded") & Q(refund__isnull=True),
                name="return_refunded_has_refund",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("words"), LONGEST) & LessThanOrEqual(Length("answer"), LONGEST),
                name="return_words_are_short",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class ReturnLine(models.Model):
    """Units of an order line in a return. All that stand together are no more than were shipped, by trigger.

    `received` is None until the parcel is opened, and 0 for what never came.
    """

    class Reason(models.TextChoices):
        WRONG = "wrong", _("Wrong size or colour")
        DAMAGED = "damaged", _("It is damaged")
        NOT_AS_DESCRIBED = "not_as_described", _("Not as described")
        CHANGED_MIND = "changed_mind", _("I changed my mind")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        RESTOCK = "restock", _("back on the shelf")
        WRITE_OFF = "write_off", _("written off")

    rma = models.ForeignKey(Return, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, choices=Reason)
    value = AmountField(help_text="What was paid for these units, with their share of discount and tax.")
    received = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["rma", "line"], name="return_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0, value__gte=0), name="return_line_of_something"),
            models.CheckConstraint(
                condition=Q(received__isnull=True) | Q(received__lte=F("quantity")), name="return_received_bounded"
            ),
            models.CheckConstraint(
                condition=Q(outcome="") & (Q(received__isnull=True) | Q(received=0))
                | ~Q(outcome="") & Q(received__gt=0),
                name="return_outcome_of_received",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id}"

    @property
    def money(self) -> Money:
        return Money(self.value, self.rma.order.currency)


def photo_path(photo: Any, name: str) -> str:
    """Nothing of what the sender called the file."""
    return f"returns/{uuid4().hex}{PurePath(name).suffix}"


class ReturnPhoto(SentPhoto):
    """A picture of what is wrong."""

    rma = models.ForeignKey(Return, models.CASCADE, related_name="photos")
    file = models.ImageField(upload_to=photo_path, width_field="width", height_field="height")
