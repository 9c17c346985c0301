from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


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


class Heartbeat(models.Model):
    """When the clock and a worker of a queue last did something together."""

    queue = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.queue} {self.at}"


class Mail(models.Model):
    """A message as it was sent, or waits to be: one per key, such as `order-received/ET-10001`.

    Staff can have one sent again: then the new row names the first (`again_of`) and who asked for it. At most one
    repetition of a mail waits at a time.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits to be sent")
        FAILING = "failing", _("tried in vain, will be tried again")
        SENT = "sent", _("sent")
        GIVEN_UP = "given_up", _("given up")

    key = models.CharField(max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=50)
    to = models.EmailField(_("to"), db_index=True)
    subject = models.CharField(_("subject"), max_length=255)
    text = models.TextField()
    html = models.TextField()
    language = models.CharField(_("language"), max_length=10)
    order_number = models.CharField(_("order"), max_length=30, blank=True, db_index=True)
    unsubscribe_url = models.URLField(blank=True, max_length=500)
    again_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="repetitions")
    asked_by = models.CharField(
        max_length=254, blank=True, help_text="Who of the staff had it sent; nobody for what the shop sends by itself."
    )
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True, help_text="After the last try of the outbox.")
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    busy_until = models.DateTimeField(null=True, blank=True, help_text="Somebody sends it, until then at most.")
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at"]
        permissions = [("send_mail_again", "Can send mails again")]
        indexes = [models.Index(fields=["kind", "-id"], name="mail_kind")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True), name="mail_sent_or_given_up"
            ),
            models.UniqueConstraint(
                fields=["again_of"],
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="mail_one_again_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(again_of__isnull=True) | ~Q(asked_by=""), name="mail_again_says_who_asked"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def state(self) -> "Mail.State":
        if self.sent_at:
            return self.State.SENT
        if self.given_up_at:
            return self.State.GIVEN_UP
        return self.State.FAILING if self.error else self.State.WAITING

    @classmethod
    def in_states(cls, *states: str) -> Q:
        """The condition for mails in one of `states`; the same as `state` of a row."""
        under_way = Q(sent_at=None, given_up_at=None)
        meant = {
            cls.State.SENT: Q(sent_at__isnull=False),
            cls.State.GIVEN_UP: Q(given_up_at__isnull=False),
            cls.State.FAILING: under_way & ~Q(error=""),
            cls.State.WAITING: under_way & Q(error=""),
        }
        return reduce(or_, (meant[cls.State(state)] for state in states))

    @property
    def why(self) -> str:
        """By whom it was sent: the shop itself, or somebody of the staff, again or as a test."""
        if not self.asked_by:
            return gettext("the shop")
        words = gettext("%(who)s, again") if self.again_of_id else gettext("%(who)s, as a test")
        return words % {"who": self.asked_by}


class MailText(models.Model):
    """What staff has written in place of the original subject or introduction of a kind of mail, in one language.

    What is empty stays as the templates have it. Words in braces are those of the kind; see outbox.kinds.
    """

    kind = models.CharField(max_length=50)
    language = models.CharField(max_length=10)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    introduction = models.TextField(_("introduction"), max_length=2000, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("wording of a mail")
        verbose_name_plural = _("wordings of mails")
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="mail_text_unique"),
            models.CheckConstraint(condition=~Q(subject="", introduction=""), name="mail_text_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"


class AuditEntry(models.Model):
    """Who changed which fact of commerce, from what to what. Append-only, by trigger.

    Only what would tell of a person can be emptied, when they are forgotten: see outbox.personal.
    """

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
