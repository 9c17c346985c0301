"""Migrations that would stop an open shop are refused; those of ours are not of that kind."""

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from config.migration_lint import RULES, dangers, lint
from shop.sql import WHAT_HAS_LEFT_STAYS

CHECK = models.CheckConstraint(condition=models.Q(n__gt=0), name="positive")
NOTHING = migrations.RunPython.noop


def text(**more: Any) -> models.CharField:
    return models.CharField(**{"max_length": 10, "default": "", **more})


def told(*operations: Any, **more: Any) -> list[str]:
    before = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(null=True)), ("word", text())]
    before.add_model(ModelState("shop", "Thing", fields))
    body = {"operations": list(operations), "atomic": True, **more}
    migration = type("Migration", (migrations.Migration,), body)("0099_test", "shop")
    return [danger.why for danger in dangers(migration, before)]


DANGEROUS = [
    migrations.RemoveField("thing", "n"),
    migrations.DeleteModel("Thing"),
    migrations.RenameField("thing", "n", "m"),
    migrations.RenameModel("Thing", "Other"),
    migrations.AlterModelTable("thing", "other"),
    migrations.AddField("thing", "colour", text()),
    migrations.AddField("thing", "colour", text(null=True, unique=True)),
    migrations.AddField("thing", "colour", text(db_default="", db_index=True)),
    migrations.AlterField("thing", "n", models.IntegerField()),
    migrations.AlterField("thing", "n", models.BigIntegerField(null=True)),
    migrations.AlterField("thing", "word", text(max_length=5)),
    migrations.AlterField("thing", "word", text(db_index=True)),
    migrations.AddIndex("thing", models.Index(fields=["n"], name="thing_n")),
    migrations.AddConstraint("thing", CHECK),
    migrations.RunSQL("UPDATE shop_thing SET n = 1", ""),
    migrations.RunSQL("CREATE INDEX thing_n ON shop_thing (n)", ""),
    migrations.RunSQL("ALTER TABLE shop_thing ALTER COLUMN n SET NOT NULL", ""),
    migrations.RunPython(NOTHING),
]
SAFE = [
    migrations.AddField("thing", "colour", text(db_default="")),
    migrations.AddField("thing", "colour", text(null=True)),
    migrations.AlterField("thing", "word", text(max_length=20)),
    AddConstraintNotValid("thing", CHECK),
    WHAT_HAS_LEFT_STAYS,  # it has UPDATE and DELETE in its functions
    migrations.RunPython(NOTHING, NOTHING),
]


@pytest.mark.parametrize("operation", DANGEROUS, ids=lambda operation: operation.describe())
def test_what_stops_an_open_shop_is_refused(operation):
    assert len(told(operation)) == 1


@pytest.mark.parametrize("operation", SAFE, ids=lambda operation: operation.describe())
def test_what_does_not_is_not(operation):
    assert told(operation) == []


def test_every_rule_is_broken_above():
    assert {type(operation).__name__ for operation in DANGEROUS} == set(RULES)


def test_nobody_is_in_the_way_of_a_table_that_is_new():
    fields = [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]
    made = migrations.CreateModel("Fresh", fields)
    assert told(made, migrations.AddIndex("fresh", models.Index(fields=["n"], name="fresh_n"))) == []


def test_an_index_that_is_built_beside_the_writing_wants_no_transaction():
    build = AddIndexConcurrently("thing", models.Index(fields=["n"], name="thing_n"))
    assert told(build) == ["wants `atomic = False`"]
    assert told(build, atomic=False) == []


def test_what_is_meant_says_why():
    assert told(migrations.RemoveField("thing", "n"), accepts={"RemoveField": "nothing reads it"}) == []


def test_ours_are_safe():
    assert [str(danger) for danger in lint()] == []
