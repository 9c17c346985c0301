"""Pieces of SQL for migrations: append-only tables and the order number's sequence."""

from django.db.migrations.operations import RunSQL

APPEND_ONLY_FUNCTION = RunSQL(
    """
    CREATE FUNCTION shop_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are history and stay as they are', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$;
    """,
    "DROP FUNCTION shop_append_only();",
)


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE and DELETE on `table`, for every role and code path."""
    return RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION shop_append_only();",
        f"DROP TRIGGER {table}_append_only ON {table};",
    )
