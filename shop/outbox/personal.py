"""Letters and notes that name a person. (This room lies below the people: it is told addresses and order numbers.)"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast
from wagtail.models import ModelLogEntry

from shop.outbox.models import AuditEntry, Job, Mail


def letters_of(emails: Collection[str], numbers: Collection[str]) -> list[dict[str, Any]]:
    """What was written to these addresses and about these orders."""
    rows = _letters(emails, numbers).order_by("pk")
    return list(rows.values("to", "kind", "subject", "text", "language", "created_at", "sent_at"))


def forget_letters(emails: Collection[str], numbers: Collection[str]) -> int:
    """That a letter was sent stays, since it is sent once; to whom and what it said does not. Jobs that name them go."""
    found = _empty(_letters(emails, numbers))
    _naming(Job.objects.annotate(said=Cast("payload", TextField())), emails).delete()
    return found


def _letters(emails: Collection[str], numbers: Collection[str]) -> Any:
    return Mail.objects.filter(Q(to__in=emails) | Q(order_number__in=numbers) & ~Q(order_number=""))


def forget_in_audit(subjects: Collection[str], secrets: Collection[str]) -> int:
    """Empty what audit entries about `subjects` ("order:ET-10001") say of a person, and their name as who did it.

    `secrets` are what would tell who it was: addresses, names, telephone numbers. That something was done, and when,
    stays. Returns how many entries.
    """
    about = AuditEntry.objects.filter(subject__in=subjects)
    said = about.annotate(said=Cast("before", TextField())), about.annotate(said=Cast("after", TextField()))
    emptied = sum(_naming(rows, secrets).update(before={}, after={}) for rows in said)
    return emptied + AuditEntry.objects.filter(actor__in=secrets).exclude(actor="").update(actor="")


def forget_in_log(rows: Iterable[Model], secrets: Collection[str]) -> int:
    """The same in Wagtail's log: entries about `rows` lose what was done, and their names; all others what has a secret."""
    keys: defaultdict[type[Model], list[str]] = defaultdict(list)
    for row in rows:
        keys[type(row)].append(str(row.pk))
    kinds = ContentType.objects.get_for_models(*keys, for_concrete_models=False)
    about = reduce(or_, (Q(content_type=kinds[kind], object_id__in=pks) for kind, pks in keys.items()), Q(pk=None))
    told = ModelLogEntry.objects.filter(data__has_key="changes").annotate(said=Cast("data", TextField()))
    emptied = _naming(told, secrets).update(data={})
    return emptied + ModelLogEntry.objects.filter(about).update(data={}, label="")


def _naming(rows: Any, words: Collection[str]) -> Any:
    """Those of `rows` in whose `said` one of the words stands."""
    wanted = [Q(said__icontains=word) for word in words if word]
    return rows.filter(reduce(or_, wanted)) if wanted else rows.none()


# --- how long they are kept, see account.retention -----------------------------------------------


def empty_old_letters(*, before: datetime, limit: int) -> int:
    """Letters sent before `before` keep their key, so that none is sent twice, and lose the rest. Returns how many."""
    old = Mail.objects.filter(sent_at__lt=before).exclude(to="").order_by("pk").values_list("pk", flat=True)[:limit]
    return _empty(Mail.objects.filter(pk__in=list(old)))


def delete_old_jobs(*, before: datetime, limit: int) -> int:
    """Jobs that were done before `before`. Those that were given up stay until somebody has looked at them."""
    old = Job.objects.filter(done_at__lt=before).order_by("pk").values_list("pk", flat=True)[:limit]
    return Job.objects.filter(pk__in=list(old)).delete()[0]


def _empty(letters: Any) -> int:
    return letters.update(to="", subject="", text="", html="", error="", unsubscribe_url="")
