from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CatalogueFile(models.Model):
    """A table of products, variants, prices and stock that somebody sent: looked at first, then applied line by line.

    `columns` says which column holds what: {"sku": 0, "price_USD": 3}. What its sender may not do is no column of it, and
    stock of shelves that are there already is counted only by those who keep them (`may_count`).
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("columns to be named")
        CHECKING = "checking", _("being looked at")
        CHECKED = "checked", _("looked at")
        APPLYING = "applying", _("being applied")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("applied")

    AT_WORK = (State.CHECKING, State.APPLYING)

    name = models.CharField(max_length=200)
    headings = models.JSONField()
    columns = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    may_count = models.BooleanField(default=False)
    language = models.CharField(max_length=10)
    actor = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("catalogue file")
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK


class CatalogueLine(models.Model):
    """A line of a file, and what becomes of it. `told` says it in words: nothing else is done than what it said.

    A line is marked as applied in the transaction that applies it: it is done once or not at all.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("not looked at yet")
        READY = "ready", _("will be applied")
        SAME = "same", _("changes nothing")
        REFUSED = "refused", _("cannot be applied")
        APPLIED = "applied", _("applied")

    file = models.ForeignKey(CatalogueFile, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField(help_text="Its place in the file, where 1 is the row of headings.")
    cells = models.JSONField()
    code = models.CharField(max_length=100, blank=True)
    sku = models.CharField(max_length=64, blank=True, help_text="In small letters.")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    told = models.JSONField(default=list)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["file", "outcome", "number"], name="catalogue_line_outcome"),
            models.Index(fields=["file", "sku"], name="catalogue_line_sku"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="catalogue_line_unique"),
            models.CheckConstraint(
                condition=Q(outcome="applied", applied_at__isnull=False)
                | ~Q(outcome="applied") & Q(applied_at__isnull=True),
                name="catalogue_line_applied_once",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.number} of {self.file_id}"
