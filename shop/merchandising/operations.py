"""Catalogue files: taken in, looked at, applied. Worked off by jobs of the outbox, some lines at a time.

A line is applied together with its mark, under the lock of its file: a worker that dies takes nothing with it, and whoever
goes on after it finds what is left. Nothing is applied twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from shop import copying, sheets
from shop.catalogue.refusals import CatalogueError
from shop.inventory import operations as inventory
from shop.merchandising.known import Goods, Words
from shop.merchandising.locks import lock_file
from shop.merchandising.models import CatalogueFile, CatalogueLine
from shop.merchandising.planning import Line, Plan
from shop.outbox import operations as outbox

MOST_BYTES = 5_000_000
MOST_ROWS = 10_000
SECONDS = 20.0  # a job works so long and has another one go on: well within its lease
LOOKED_AT = 200  # lines looked at in one transaction
KEPT = timedelta(days=90)

State, Outcome = CatalogueFile.State, CatalogueLine.Outcome


class WrongState(CatalogueError):
    """What was asked for makes no sense for the file as it is."""

    def __init__(self, file: CatalogueFile) -> None:
        super().__init__(file.state)
        self.message = _("The file is %(state)s.") % {"state": file.get_state_display()}


def take_file(*, name: str, content: bytes, may_count: bool, language: str, actor: str, now: datetime) -> CatalogueFile:
    """Keep a table, with each line as it is; its columns are named next. Raises sheets.FileRefused."""
    table = sheets.read(content, most_bytes=MOST_BYTES, most_rows=MOST_ROWS)
    with transaction.atomic():
        file = CatalogueFile.objects.create(
            name=name[:200],
            headings=table.headings,
            may_count=may_count,
            language=language,
            actor=actor,
            created_at=now,
            changed_at=now,
        )
        copying.copy_in(
            CatalogueLine, [CatalogueLine(file=file, number=number, cells=cells) for number, cells in table.rows]
        )
    return file


@transaction.atomic
def name_columns(*, file_id: int, columns: Mapping[str, int], now: datetime) -> CatalogueFile:
    """Say which column holds what, and have every line looked at; also once more, as long as none has been applied.

    Raises WrongState.
    """
    file = lock_file(file_id)
    if file.state not in (State.MAPPING, State.CHECKED, State.CHECKING):
        raise WrongState(file)
    file.columns = dict(columns)
    lines = list(file.lines.all())
    for line in lines:
        said = said_by(line, file.columns)
        line.code, line.sku = said.get("code", "")[:100], said.get("sku", "").lower()[:64]
        line.outcome, line.told = Outcome.WAITING, []
    copying.update(lines, ["code", "sku", "outcome", "told"])
    _move(file, State.CHECKING, now)
    return file


def agree(*, file_id: int, now: datetime) -> None:
    """Have what was looked at applied, or go on after a stop. Twice is once. Raises WrongState."""
    with transaction.atomic():
        file = lock_file(file_id)
        if file.state in (State.CHECKED, State.STOPPED):
            _move(file, State.APPLYING, now)
        elif file.state not in (State.APPLYING, State.DONE):
            raise WrongState(file)


def stop(*, file_id: int, now: datetime) -> None:
    """Stop before the next line. What has been applied stays. Raises WrongState."""
    with transaction.atomic():
        file = lock_file(file_id)
        if file.state != State.APPLYING:
            raise WrongState(file)
        _move(file, State.STOPPED, now)


def _move(file: CatalogueFile, state: str, now: datetime) -> None:
    file.state, file.changed_at = state, now
    file.save(update_fields=["state", "columns", "changed_at"])
    if file.is_at_work:
        outbox.later("merchandising.work_off", file_id=file.pk, now=now)


def said_by(line: CatalogueLine, columns: Mapping[str, int]) -> dict[str, str]:
    """{field: text} of a line's cells that are named and not empty."""
    found = {name: line.cells[at].strip() for name, at in columns.items() if at < len(line.cells)}
    return {name: text for name, text in found.items() if text}


def progress(file: CatalogueFile) -> dict[str, int]:
    """{outcome: lines}, those without any too; one statement."""
    counted = dict(file.lines.order_by().values_list("outcome").annotate(n=Count("pk")))
    return {outcome: counted.get(outcome, 0) for outcome in Outcome.values}


# --- at work -------------------------------------------------------------------------------------


def work_off(*, file_id: int, clock: Callable[[], datetime]) -> bool:
    """Look at lines, or apply them, for a while; whether something is left, which a job then goes on with."""
    until, words = monotonic() + SECONDS, Words.load()
    language = CatalogueFile.objects.values_list("language", flat=True).get(pk=file_id)
    with translation.override(language):
        while monotonic() < until:
            if not _some(file_id, words, clock()):
                return False
    with transaction.atomic():
        outbox.later("merchandising.work_off", file_id=file_id, now=clock())
    return True


def _some(file_id: int, words: Words, now: datetime) -> bool:
    """One transaction's worth of work; False when there is none left."""
    with transaction.atomic():
        file = lock_file(file_id)
        if file.state == State.CHECKING:
            return _look_at_some(file, words, now)
        return file.state == State.APPLYING and _apply_one(file, words, now)


def _look_at_some(file: CatalogueFile, words: Words, now: datetime) -> bool:
    lines = list(file.lines.filter(outcome=Outcome.WAITING)[:LOOKED_AT])
    if not lines:
        _move(file, State.CHECKED, now)
        return False
    goods = Goods.load({line.code for line in lines}, {line.sku for line in lines}, words, now)
    made, first = _made_before(file, lines), _first_of(file, lines)
    for line in lines:
        _look_at(line, Line(said_by(line, file.columns), words, goods, file.may_count, frozenset(made)), first)
        if line.outcome == Outcome.READY:
            made.add(line.code)
    copying.update(lines, ["outcome", "told"])
    return True


def _look_at(line: CatalogueLine, asked: Line, first: Mapping[str, int]) -> None:
    if line.sku and first[line.sku] < line.number:
        line.outcome = Outcome.REFUSED
        line.told = [_("This sku stands in line %(line)s already.") % {"line": first[line.sku]}]
        return
    plan = asked.plan()
    line.outcome = _outcome(plan)
    line.told = plan.told


def _outcome(plan: Plan) -> str:
    if plan.refusals:
        return Outcome.REFUSED
    return Outcome.READY if plan.steps else Outcome.SAME


def _made_before(file: CatalogueFile, lines: list[CatalogueLine]) -> set[str]:
    """Codes of earlier lines that will be applied: what is not there yet will have been made by then."""
    earlier: QuerySet[CatalogueLine] = file.lines.filter(number__lt=lines[0].number, outcome=Outcome.READY)
    return set(earlier.filter(code__in={line.code for line in lines}).values_list("code", flat=True))


def _first_of(file: CatalogueFile, lines: list[CatalogueLine]) -> dict[str, int]:
    """{sku: the first line that names it}."""
    named = file.lines.filter(sku__in={line.sku for line in lines} - {""}).order_by("-number")
    return dict(named.values_list("sku", "number"))


def _apply_one(file: CatalogueFile, words: Words, now: datetime) -> bool:
    line = file.lines.filter(outcome=Outcome.READY).first()
    if line is None:
        _move(file, State.DONE, now)
        counts = progress(file)
        after: dict[str, Any] = {
            "file": file.name,
            "applied": counts[Outcome.APPLIED],
            "refused": counts[Outcome.REFUSED],
        }
        outbox.record(
            actor=file.actor, action="catalogue.file", subject=f"file:{file.pk}", before={}, after=after, now=now
        )
        return False
    try:
        with transaction.atomic():
            line.outcome, line.told = _apply(file, line, words, now)
    except (CatalogueError, inventory.InventoryError) as refusal:
        line.outcome, line.told = Outcome.REFUSED, [str(getattr(refusal, "message", "") or refusal)]
    line.applied_at = now if line.outcome == Outcome.APPLIED else None
    line.save(update_fields=["outcome", "told", "applied_at"])
    return True


def _apply(file: CatalogueFile, line: CatalogueLine, words: Words, now: datetime) -> tuple[str, list[str]]:
    """Do what the line says, by what is true now; only what was shown when it was looked at, or nothing of it."""
    goods = Goods.load({line.code}, {line.sku}, words, now)
    plan = Line(said_by(line, file.columns), words, goods, file.may_count).plan()
    if plan.refusals:
        return Outcome.REFUSED, plan.refusals
    if new := [words for words in plan.told if words not in line.told]:
        return Outcome.REFUSED, [_("Changed since it was looked at. Now it would be:"), *new]
    for step in plan.steps:
        step.act(plan.subject, {"actor": file.actor, "now": now})
    return Outcome.APPLIED, line.told


def delete_old(*, now: datetime) -> int:
    """Forget files that nobody has touched for long; what they did stands in the audit. Returns how many."""
    return CatalogueFile.objects.filter(changed_at__lt=now - KEPT).delete()[1].get("shop.CatalogueFile", 0)
