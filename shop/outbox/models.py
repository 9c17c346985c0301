from django.db import models
from django.db.models import Q


class Job(models.Model):
    """Something to do once the transaction that wrote this row has committed; see operations.later."""

    task = models.CharField(max_length=100, help_text="A registered Celery task, such as orders.send_mail.")
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=150, null=True, blank=True, help_text="Asked twice, done once.")
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True, help_text="Given up after the last attempt.")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="job_key_unique")]
        indexes = [models.Index("due_at", name="job_open", condition=Q(done_at__isnull=True, failed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.task} {self.key or self.pk}"


class Stale(models.Model):
    """A note that something computed from `kind` and `ref` is out of date, or will be at `due_at`; see operations.stale.

    Plain inserts without a unique key: nobody who sells ever waits for somebody who indexes.
    """

    kind = models.CharField(max_length=20)
    ref = models.BigIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stale"
        indexes = [models.Index(fields=["due_at", "id"], name="stale_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class Mail(models.Model):
    """A message as it was sent, or waits to be: one per key, such as `order-received/ET-10001`."""

    key = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=50)
    to = models.EmailField()
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField()
    language = models.CharField(max_length=10)
    order_number = models.CharField(max_length=30, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """Who changed which fact of commerce, from what to what. Append-only, by trigger."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=254, help_text="E-mail of a person, or the name of a job.")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=100, help_text="Such as variant:TIDE-MUG-INDIGO-350.")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["subject", "-id"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
