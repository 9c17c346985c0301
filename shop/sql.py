"""Statements that are planned once; and pieces of SQL for migrations: append-only tables, the order number's sequence."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.migrations.operations import RunSQL
from django.db.models import Model
from psycopg import RawCursor

M = TypeVar("M", bound=Model)


def read(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement whose text is always the same, and whose best plan does not depend on the values.

    Each connection plans it once, since the plan of a short read costs more than what it reads. Django's cursors put
    the values into the text and so cannot; psycopg's own can (`prepare_threshold` in the settings). A list of ids travels
    as text, of which the statement says what it is: psycopg would tell three sizes of numbers apart, and plan for each.
    """
    text, places = _in_postgresqls_words(statement)
    given: Any = values
    connection.ensure_connection()
    with connection._prepare_cursor(RawCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(text, [_ids_as_text(given[place]) for place in places])
        return cursor.fetchall()


_PLACE = re.compile(r"%(?:%|s|\((\w+)\)s)")


@lru_cache(maxsize=1_000)
def _in_postgresqls_words(statement: str) -> tuple[str, list[str | int]]:
    """The statement with $1 in place of %s or %(name)s, and which of the values stands for each number.

    psycopg does the same, anew each time where a statement is long.
    """
    places: list[str | int] = []

    def number(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        name: str | int = found[1] or len(places)
        if name not in places:
            places.append(name)
        return f"${places.index(name) + 1}"

    return _PLACE.sub(number, statement), places


def _ids_as_text(value: Any) -> Any:
    if isinstance(value, list) and all(type(one) is int for one in value):
        return f"{{{','.join(map(str, value))}}}"
    return value


def columns(model: type[Model], alias: str = "") -> str:
    """All columns of the model, for a SELECT whose rows become `instance`s."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.local_concrete_fields)


def instance(model: type[M], values: Sequence[Any]) -> M:
    """The row whose `columns` these are, as the ORM would have read it: JSON, which comes as text, is no text any more."""
    fields: Any = model._meta.local_concrete_fields
    given = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], given)


def insert(rows: Iterable[M], *, ignore_conflicts: bool = False) -> list[M]:
    """Write new rows of one model as `bulk_create` does, without signals; each has its id afterwards.

    A single row, which is what most carts and orders bring, goes by a statement that is planned once. With
    `ignore_conflicts` what is there already stays as it is, and nobody learns ids. Not for models with columns that the
    database alone fills (db_default without a default, generated ones): it would refuse the single row.
    """
    new = list(rows)
    if len(new) != 1:
        return type(new[0])._default_manager.bulk_create(new, ignore_conflicts=ignore_conflicts) if new else []
    [row] = new
    statement, fields = _insert_of(type(row), ignore_conflicts)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    written = read(statement, values)
    if not ignore_conflicts:
        [(row.pk,)] = written
    row._state.adding, row._state.db = False, connection.alias
    return new


@cache
def _insert_of(model: type[Model], ignore_conflicts: bool) -> tuple[str, list[Any]]:
    """The statement, and the fields whose values it takes: all but the key, which the table gives."""
    quote, meta = connection.ops.quote_name, model._meta
    fields = [field for field in meta.local_concrete_fields if not field.primary_key]
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    end = "ON CONFLICT DO NOTHING " if ignore_conflicts else ""
    end += f"RETURNING {quote(str(meta.pk.column))}"
    return f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places}) {end}", fields  # noqa: S608 - a model's names


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


def only_emptied(table: str, *columns: str) -> RunSQL:
    """Refuse DELETE on `table`, and every UPDATE but one that empties `columns` (text or JSON): a person is forgotten."""
    same = "".join(f" - '{column}'" for column in columns)
    emptied = " AND ".join(f"(NEW.{one} = OLD.{one} OR NEW.{one}::text IN ('', '{{}}'))" for one in columns)
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_only_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND to_jsonb(NEW){same} = to_jsonb(OLD){same} AND {emptied} THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'rows of % are history and stay as they are', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_only_emptied();
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; DROP FUNCTION {table}_only_emptied();",
    )


def only_its_end_moves(table: str, column: str) -> RunSQL:
    """Refuse DELETE on `table`, and every UPDATE but one of the end of the range `column`, or its emptying.

    `created_by_id` may become null: people can be deleted, what they decided stays.
    """
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_only_its_end_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE'
               AND to_jsonb(NEW) - '{column}' - 'created_by_id' = to_jsonb(OLD) - '{column}' - 'created_by_id'
               AND (NEW.created_by_id IS NULL OR NEW.created_by_id = OLD.created_by_id)
               AND (isempty(NEW.{column}) OR lower(NEW.{column}) = lower(OLD.{column}))
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'rows of % are history: only the end of {column} moves', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {table}_only_its_end_moves BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_only_its_end_moves();
        """,
        f"DROP TRIGGER {table}_only_its_end_moves ON {table}; DROP FUNCTION {table}_only_its_end_moves();",
    )


_WITHIN_SHIPPED = """
    CREATE OR REPLACE FUNCTION shop_returned_within_shipped() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sent bigint;
        back bigint;
    BEGIN
        PERFORM 1 FROM shop_orderline l JOIN shop_return r ON r.order_id = l.order_id
          WHERE l.id = NEW.line_id AND r.id = NEW.rma_id FOR NO KEY UPDATE OF l;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'line % is of another order than its return', NEW.line_id USING ERRCODE = 'check_violation';
        END IF;
        SELECT coalesce(sum(l.quantity), 0) INTO sent
          FROM shop_fulfilmentline l JOIN shop_fulfilment f ON f.id = l.fulfilment_id
         WHERE l.line_id = NEW.line_id AND f.shipped_at IS NOT NULL;
        SELECT coalesce(sum(coalesce(l.received, l.quantity)), 0) INTO back
          FROM shop_returnline l JOIN shop_return r ON r.id = l.rma_id
         WHERE l.line_id = NEW.line_id AND r.state NOT IN ('declined', 'withdrawn');
        IF back > sent THEN
            RAISE EXCEPTION 'line %: % units in returns, % were shipped', NEW.line_id, back, sent
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    """

RETURNED_WITHIN_SHIPPED = RunSQL(
    _WITHIN_SHIPPED
    + """
    CREATE TRIGGER shop_returned_within_shipped
        AFTER INSERT OR UPDATE OF line_id, rma_id, quantity, received ON shop_returnline
        FOR EACH ROW EXECUTE FUNCTION shop_returned_within_shipped();
    """,
    """
    DROP TRIGGER shop_returned_within_shipped ON shop_returnline;
    DROP FUNCTION shop_returned_within_shipped();
    """,
)

# For shops in which the function of before counts what is only packed.
RETURNED_WITHIN_LEFT = RunSQL(_WITHIN_SHIPPED, RunSQL.noop)

REFUNDS_WITHIN_CAPTURED = RunSQL(
    """
    CREATE FUNCTION shop_refund_within_captured() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        came numeric;
        gone numeric;
        promised numeric;
    BEGIN
        IF TG_OP = 'UPDATE' AND (NEW.amount, NEW.payment_id, NEW.key) <> (OLD.amount, OLD.payment_id, OLD.key) THEN
            RAISE EXCEPTION 'a refund keeps its amount, payment and key' USING ERRCODE = 'restrict_violation';
        END IF;
        SELECT captured INTO came FROM shop_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
        SELECT coalesce(sum(amount) FILTER (WHERE state IN ('pending', 'succeeded')), 0),
               coalesce(sum(amount) FILTER (WHERE state IN ('created', 'submitted', 'pending', 'succeeded')), 0)
          INTO gone, promised FROM shop_refund WHERE payment_id = NEW.payment_id;
        IF gone > came OR TG_OP = 'INSERT' AND NOT NEW.external AND promised > came THEN
            RAISE EXCEPTION 'refunds of payment % exceed what it captured', NEW.payment_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER shop_refund_within_captured AFTER INSERT OR UPDATE OF amount, state, payment_id, key ON shop_refund
        FOR EACH ROW EXECUTE FUNCTION shop_refund_within_captured();
    """,
    """
    DROP TRIGGER shop_refund_within_captured ON shop_refund;
    DROP FUNCTION shop_refund_within_captured();
    """,
)

TOLD_WHILE_IT_WAITS = RunSQL(
    """
    CREATE FUNCTION shop_refund_account_told() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM shop_refund WHERE id = NEW.refund_id AND manual AND state = 'created' FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'refund % does not wait for a person to send it', NEW.refund_id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER shop_refund_account_told BEFORE INSERT OR UPDATE ON shop_refundaccount
        FOR EACH ROW EXECUTE FUNCTION shop_refund_account_told();
    """,
    """
    DROP TRIGGER shop_refund_account_told ON shop_refundaccount;
    DROP FUNCTION shop_refund_account_told();
    """,
)

PARCELS_WITHIN_ORDERED = RunSQL(
    """
    CREATE FUNCTION shop_parcels_within_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        line bigint;
        wanted bigint;
        inside bigint;
    BEGIN
        IF TG_TABLE_NAME = 'shop_orderline' THEN
            line := NEW.id;
        ELSE
            line := NEW.line_id;
            PERFORM 1 FROM shop_orderline l JOIN shop_fulfilment f ON f.order_id = l.order_id
              WHERE l.id = line AND f.id = NEW.fulfilment_id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'line % is of another order than its parcel', line USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        SELECT quantity - dropped INTO wanted FROM shop_orderline WHERE id = line FOR NO KEY UPDATE;
        SELECT coalesce(sum(quantity), 0) INTO inside FROM shop_fulfilmentline WHERE line_id = line;
        IF inside > wanted THEN
            RAISE EXCEPTION 'line %: % units in parcels, % are to be sent', line, inside, wanted
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER shop_parcels_within_ordered
        AFTER INSERT OR UPDATE OF line_id, fulfilment_id, quantity ON shop_fulfilmentline
        FOR EACH ROW EXECUTE FUNCTION shop_parcels_within_ordered();
    CREATE TRIGGER shop_parcels_within_ordered AFTER UPDATE OF quantity, dropped ON shop_orderline
        FOR EACH ROW EXECUTE FUNCTION shop_parcels_within_ordered();
    """,
    """
    DROP TRIGGER shop_parcels_within_ordered ON shop_orderline;
    DROP TRIGGER shop_parcels_within_ordered ON shop_fulfilmentline;
    DROP FUNCTION shop_parcels_within_ordered();
    """,
)

WHAT_HAS_LEFT_STAYS = RunSQL(
    """
    CREATE FUNCTION shop_parcel_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.shipped_at IS NOT NULL AND (TG_OP = 'DELETE' OR (NEW.order_id, NEW.position, NEW.shipped_at)
            IS DISTINCT FROM (OLD.order_id, OLD.position, OLD.shipped_at)) THEN
            RAISE EXCEPTION 'parcel % has left and stays as it was', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$;
    CREATE TRIGGER shop_parcel_stays BEFORE UPDATE OR DELETE ON shop_fulfilment
        FOR EACH ROW EXECUTE FUNCTION shop_parcel_stays();
    CREATE FUNCTION shop_parcel_line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM shop_fulfilment WHERE id = OLD.fulfilment_id AND shipped_at IS NOT NULL) THEN
            RAISE EXCEPTION 'parcel % has left and stays as it was', OLD.fulfilment_id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$;
    CREATE TRIGGER shop_parcel_line_stays BEFORE UPDATE OR DELETE ON shop_fulfilmentline
        FOR EACH ROW EXECUTE FUNCTION shop_parcel_line_stays();
    """,
    """
    DROP TRIGGER shop_parcel_line_stays ON shop_fulfilmentline;
    DROP TRIGGER shop_parcel_stays ON shop_fulfilment;
    DROP FUNCTION shop_parcel_line_stays();
    DROP FUNCTION shop_parcel_stays();
    """,
)
