import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class ErasureRequest(models.Model):
    """Somebody asked to be forgotten: an account, or a guest who has proven an address. It happens at `due_at`.

    Until then it can be taken back by the link with `key`. When it is done the row says that and no longer who.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    email = models.EmailField(blank=True, help_text="Where we write to about it; a guest is known by it.")
    language = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    waits_for = models.CharField(max_length=200, blank=True, help_text="What is still open, when it was last looked.")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "add")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="erasure_email_lower"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(taken_back_at__isnull=True), name="erasure_done_or_taken_back"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(user__isnull=True, email=""),
                name="erasure_names_nobody_when_done",
            ),
            models.UniqueConstraint(
                fields=["email"],
                name="erasure_asked_once",
                condition=Q(done_at__isnull=True, taken_back_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="erasure_due",
                condition=Q(done_at__isnull=True, taken_back_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}, due {self.due_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.taken_back_at is None


class DataExport(models.Model):
    """What we keep of somebody, put together for them by a job where it is too much for one visit.

    Its bytes lie in rows: every process of the shop can hand them out, no address of a file leads to them, and they go
    when this row goes.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    email = models.EmailField(help_text="Where we write to when it is ready; a guest is known by it.")
    language = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="data_export_email_lower"),
            models.UniqueConstraint(fields=["email"], name="data_export_asked_once", condition=Q(made_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def ends_at(self) -> datetime:
        return self.asked_at + timedelta(days=settings.RETENTION_DAYS["exports"])


class ExportPart(models.Model):
    """A piece of the file, in order of `number`."""

    export = models.ForeignKey(DataExport, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_part_unique")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.export_id}"


class Customer(models.Model):
    """Somebody who has an account or has ordered without one, known by the e-mail address. A view of the database.

    Orders of an account count for its present address, whichever they were placed with. `id` is "a" and the account's, or
    "g" and that of the first order; it becomes the former when a guest makes an account. Staff are customers once they buy.
    """

    id = models.CharField(primary_key=True, max_length=21)
    email = models.EmailField(_("e-mail"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=200, help_text="That of the account.")
    order_count = models.PositiveIntegerField(_("orders"))
    newest = models.ForeignKey("shop.Order", models.DO_NOTHING, null=True, related_name="+")
    last_order = models.DateTimeField(_("last order"), null=True)
    since = models.DateTimeField(_("since"))

    class Meta:
        managed = False
        db_table = "shop_customer"
        default_permissions = ("view", "export")
        permissions = [("erase_customer", "Can ask for a customer to be forgotten")]
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.email
