"""What from what to what: in Wagtail's own log, and for rows that plain forms write.

Everything of commerce is written down by `operations.record`. Wagtail keeps a log too, which stands in the history of
each object and in the site history; it says who did what and when. So the entry that Wagtail's views, or ours, write at
the end of what somebody did takes along all that was recorded on the way, and says it after its own words.

Rows that no operation of ours writes (delivery, tax, settings, words of the catalogue, people and roles) are watched:

    watch("shop.TaxRate")                  # in shop.events

Staff's hands only: what a job, a command or a migration does to them is no decision of a person.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Field, Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later
from wagtail.log_actions import LogFormatter, get_active_log_context
from wagtail.models import ModelLogEntry

from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry

HIDDEN = {"password"}  # that it changed is said, what it is never
IDLE = {"last_login"}
LONGEST = 200  # letters of one value that a log shows
Facts = dict[str, Any]


# --- Wagtail's log -------------------------------------------------------------------------------


def recorded(*, instance: AuditEntry, created: bool, **_signal: Any) -> None:
    """An entry of the audit waits for the log entry of what its maker is doing."""
    context = get_active_log_context()
    if created and context.user:
        change = {"subject": instance.subject, "before": instance.before, "after": instance.after}
        context.__dict__.setdefault("shop_changes", []).append(change)


def about_to_log(*, instance: ModelLogEntry, **_signal: Any) -> None:
    changes = get_active_log_context().__dict__.pop("shop_changes", [])
    if changes and instance._state.adding:
        instance.data = {**instance.data, "changes": [*instance.data.get("changes", []), *changes]}


class Telling(LogFormatter):
    """Another's words, and what from what to what."""

    def __init__(self, inner: LogFormatter) -> None:
        self.inner, self.label = inner, inner.label

    def format_message(self, log_entry: Any) -> str:
        words = self.inner.format_message(log_entry)
        told = "; ".join(told_of(change) for change in (log_entry.data or {}).get("changes", []))
        return f"{words}: {told}" if told else str(words)

    def format_comment(self, log_entry: Any) -> str:
        return self.inner.format_comment(log_entry)


class Done(LogFormatter):
    """One of our own forms: named by its page's title."""

    label = _later("Change")

    def format_message(self, log_entry: Any) -> str:
        return log_entry.data.get("did") or _("Changed")


def register_log_actions(actions: Any) -> None:
    """The last of the hooks register_log_actions: all others have said theirs."""
    actions.register_action("shop.change")(Done)
    for action, formatter in actions.formatters.items():
        actions.formatters[action] = Telling(formatter)


def told_of(change: Mapping[str, Any]) -> str:
    """ "zone:3: name World → Everywhere, position 1 → 2"; of what is new or gone, what it is or was."""
    return f"{change['subject']}: {told(change['before'], change['after'])}"


def told(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """ "name World → Everywhere, position 1 → 2"; a dash for what was not there."""
    names = [*before, *(name for name in after if name not in before)]
    said = [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]
    return ", ".join(f"{name} {_said(old)} → {_said(new)}" for name, old, new in said) or _("nothing")


def _said(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


# --- rows that plain forms write -----------------------------------------------------------------


def watch(*labels: str) -> None:
    """Record what staff does to rows of these models: made, changed, deleted. To be called once the models are there."""
    for label in labels:
        for signal, receiver in (
            (pre_save, _saving),
            (post_save, _saved),
            (pre_delete, _deleting),
            (post_delete, _deleted),
        ):
            signal.connect(receiver, sender=label, dispatch_uid=f"shop.audit.{receiver.__name__}.{label}")


def watch_relation(through: Any, name: str) -> None:
    """The same for a relation of many to many: watch_relation(Group.permissions.through, "permissions")."""

    def changes(*, instance: Model, action: str, reverse: bool, **_signal: Any) -> None:
        if not get_active_log_context().user or reverse:
            return
        now_there = sorted(map(str, getattr(instance, name).all()))
        if action.startswith("pre_"):
            instance._was_related = now_there  # type: ignore[attr-defined]
        elif (before := instance.__dict__.pop("_was_related", [])) != now_there:
            gone, new = [one for one in before if one not in now_there], [one for one in now_there if one not in before]
            _record(instance, "changed", {name: gone}, {name: new})

    m2m_changed.connect(changes, sender=through, weak=False, dispatch_uid=f"shop.audit.{through.__name__}")


def _saving(*, instance: Model, **_signal: Any) -> None:
    if get_active_log_context().user:
        old = type(instance)._base_manager.filter(pk=instance.pk).first() if instance.pk else None
        instance._was = facts_of(old) if old else {}  # type: ignore[attr-defined]


def _saved(*, instance: Model, created: bool, **_signal: Any) -> None:
    before = instance.__dict__.pop("_was", None)
    if before is None:
        return
    after = facts_of(instance)
    changed = [name for name in after if before.get(name) != after[name]]
    if changed:
        was, now = ({name: facts[name] for name in changed if name in facts} for facts in (before, after))
        _record(instance, "added" if created else "changed", _shown(was), _shown(now))


def _deleting(*, instance: Model, **_signal: Any) -> None:
    if get_active_log_context().user:
        instance._was = facts_of(instance)  # type: ignore[attr-defined]


def _deleted(*, instance: Model, **_signal: Any) -> None:
    before = instance.__dict__.pop("_was", None)
    if before is not None:
        _record(instance, "deleted", _shown(before), {})


def _record(row: Model, verb: str, before: Facts, after: Facts) -> None:
    kind = row._meta.model_name or ""
    actor = get_active_log_context().user.get_username()
    outbox.record(
        actor=actor, action=f"{kind}.{verb}", subject=f"{kind}:{row.pk}", before=before, after=after, now=timezone.now()
    )


def facts_of(row: Model) -> Facts:
    """The fields of a row as JSON: names of what it points to, text of everything that has no better form."""
    return {field.name: _value(field, row) for field in _fields(row)}


def _fields(row: Model) -> Iterable[Field]:
    return (field for field in row._meta.concrete_fields if not field.primary_key and field.name not in IDLE)


def _value(field: Field, row: Model) -> Any:
    if field.is_relation:
        return str(getattr(row, field.name) or "")
    value = field.value_from_object(row)
    plain = value is None or isinstance(value, bool | int | list)
    return value if plain else field.value_to_string(row)


def _shown(facts: Facts) -> Facts:
    return {name: "•••" if name in HIDDEN else value for name, value in facts.items()}


def connect(*labels: str) -> None:
    post_save.connect(recorded, sender=AuditEntry, dispatch_uid="shop.audit.recorded")
    pre_save.connect(about_to_log, sender=ModelLogEntry, dispatch_uid="shop.audit.about_to_log")
    watch(*labels)
