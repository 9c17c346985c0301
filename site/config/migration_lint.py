"""Migrations that would stop the shop are refused: `python -m config.migration_lint`.

A new version is deployed while the old one still answers: first the schema, then the code, and what nobody reads any more
goes with a later version (expand, deploy, contract). So a migration of ours may not take away or rename what the old code
reads, ask of its inserts what they do not bring, or hold a table while something is built or checked over all its rows.

A migration that does so on purpose says why: `accepts = {"RemoveField": "nothing has read it since 0.3"}` in its class.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import django
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

APPS = ("shop", "home", "shop_search")
# Written before anybody sold with it.
SINCE = {"shop": 38, "home": 7, "shop_search": 2}
SLOW = re.compile(
    r"^\s*(UPDATE|DELETE|TRUNCATE|DROP TABLE|CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"
    r"|ALTER TABLE .*(SET NOT NULL|TYPE |DROP COLUMN|RENAME))",
    re.IGNORECASE | re.MULTILINE,
)
GROWS = "varchar grows for nothing, everything else is written anew row by row"


@dataclass(frozen=True)
class Danger:
    migration: str
    operation: str
    why: str

    def __str__(self) -> str:
        return f"{self.migration}: {self.operation}: {self.why}"


def dangers(migration: Migration, before: ProjectState) -> Iterator[Danger]:
    """What in a migration would stop a shop that is open. `before`: the models as they were."""
    accepted = getattr(migration, "accepts", {})
    name = f"{migration.app_label}.{migration.name}"
    state, new = before.clone(), set()
    for operation in migration.operations:
        kind = type(operation).__name__
        model = (migration.app_label, _model_of(operation))
        if kind == "CreateModel":
            new.add(model)
        elif kind not in accepted and model not in new and (rule := RULES.get(kind)):
            why = rule(operation, state.models.get(model))
            if why:
                yield Danger(name, operation.describe(), why)
        if kind.endswith("Concurrently") and migration.atomic:
            yield Danger(name, operation.describe(), "wants `atomic = False`")
        operation.state_forwards(migration.app_label, state)


def _model_of(operation: Any) -> str:
    return str(getattr(operation, "model_name", "") or getattr(operation, "name", "")).lower()


def always(why: str) -> Callable[[Any, Any], str]:
    return lambda _operation, _model: why


def _added_field(operation: Any, _model: Any) -> str:
    field = operation.field
    if field.many_to_many or field.null or field.has_db_default():
        return "an index over all rows is built while nobody can write" if field.unique or field.db_index else ""
    return "the old code's inserts do not bring it: give it a `db_default`, or `null`"


def _altered_field(operation: Any, model: Any) -> str:
    old, new = model.fields[operation.name], operation.field
    if old.null and not new.null:
        return "all rows are read while nobody can write: add a check NOT VALID, validate it, then set it"
    if (new.unique and not old.unique) or (new.db_index and not old.db_index):
        return "an index over all rows is built while nobody can write"
    if _storage(old) != _storage(new):
        return GROWS
    shorter = (new.max_length or 0) < (old.max_length or 0)
    return "what is longer than that stands in rows already" if shorter else ""


def _storage(field: Any) -> tuple[Any, ...]:
    return field.get_internal_type(), getattr(field, "max_digits", None), getattr(field, "decimal_places", None)


def _ran_sql(operation: Any, _model: Any) -> str:
    statements = operation.sql if isinstance(operation.sql, str) else "\n".join(str(each) for each in operation.sql)
    outside = re.sub(r"\$(\w*)\$.*?\$\1\$", "", statements, flags=re.DOTALL)  # what a function does is not done now
    return "it moves or locks all rows" if SLOW.search(outside) else ""


def _ran_python(operation: Any, _model: Any) -> str:
    return "" if operation.reversible else "there is no way back: give it a `reverse_code`"


RULES: dict[str, Callable[[Any, Any], str]] = {
    "RemoveField": always("the old code still reads it"),
    "DeleteModel": always("the old code still reads it"),
    "RenameField": always("the old code asks for the old name"),
    "RenameModel": always("the old code asks for the old name"),
    "AlterModelTable": always("the old code asks for the old name"),
    "AddField": _added_field,
    "AlterField": _altered_field,
    "AddIndex": always("nobody can write meanwhile: AddIndexConcurrently"),
    "AddConstraint": always("nobody can write meanwhile: AddConstraintNotValid, then ValidateConstraint"),
    "RunSQL": _ran_sql,
    "RunPython": _ran_python,
}


def lint() -> list[Danger]:
    """The dangers of all migrations of ours since SINCE. Needs no database."""
    loader = MigrationLoader(None)
    state = ProjectState()
    found: list[Danger] = []
    seen = set()
    for leaf in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(leaf):
            if key in seen:
                continue
            seen.add(key)
            migration = loader.graph.nodes[key]
            if key[0] in APPS and int(key[1][:4]) > SINCE[key[0]]:
                found += dangers(migration, state)
            state = migration.mutate_state(state, preserve=False)
    return found


def main() -> int:
    django.setup()
    found = lint()
    for danger in found:
        print(danger)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
