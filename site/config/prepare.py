"""Bring the database of a desk up to date: `python -m config.prepare` migrates, and fills an empty shop.

What was done is noted in the comment of the database itself, so the note is gone when the data is. A start that finds
nothing new (`is_prepared`) need not even load Django, and a filling that was cut short is finished by the next start.
"""

import ast
import hashlib
import os
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
FILLING = "etalase: the demo shop is being filled"


def schema_key() -> str:
    """Changes with whatever decides which tables there are: migrations, applications, locked requirements."""
    key = hashlib.sha256(_installed_apps().encode())
    files = [ROOT / "requirements" / "base.txt"]
    for app in ("shop", "home", "search"):
        files += sorted((ROOT / app).rglob("migrations/*.py"))
    for file in files:
        key.update(file.name.encode() + file.read_bytes())
    return key.hexdigest()[:12]


def _installed_apps() -> str:
    """The setting as it is written; other settings change often and change no table."""
    module = ast.parse((ROOT / "site" / "config" / "settings" / "base.py").read_text())
    assigned = (node for node in module.body if isinstance(node, ast.Assign))
    return "".join(ast.unparse(node) for node in assigned if ast.unparse(node.targets[0]) == "INSTALLED_APPS")


def _note(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return row[0] if row else None


def _prepared(connection: psycopg.Connection) -> str:
    """The note of a database as it is now. Migrating back by hand changes the numbers in it."""
    row = connection.execute("SELECT count(*), max(id) FROM django_migrations").fetchone()
    return f"etalase: prepared {schema_key()} {row}"


def is_prepared(database_url: str) -> bool:
    """Whether nothing is left to do for the database at `database_url`."""
    try:
        with psycopg.connect(database_url, connect_timeout=3) as connection:
            note = _note(connection)
            return note is not None and note == _prepared(connection)
    except psycopg.Error:
        return False


def write_note(database_url: str, note: str | None) -> None:
    """Note `note` in the database at `database_url`, or for None that it is prepared as it is now."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        text = sql.Literal(note or _prepared(connection))
        try:
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, text))
        except psycopg.errors.InsufficientPrivilege:
            return  # not our database: then every start looks again


def prepare(database_url: str) -> None:
    """Migrate, and load the demo shop when there is no product or a filling was cut short."""
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print(f"Preparing the database: {len(plan)} migrations", flush=True)
        call_command("migrate", verbosity=0)
    from shop.catalogue.models import Product
    from shop.customers.roles import sync_roles

    sync_roles()  # they may have changed where no table did

    with psycopg.connect(database_url) as raw:
        cut_short = _note(raw) == FILLING
    if cut_short or not Product.objects.exists():
        write_note(database_url, FILLING)
        print("Filling the shop with its demo", flush=True)
        call_command("load_demo")
    write_note(database_url, None)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    prepare(os.environ["DATABASE_URL"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
