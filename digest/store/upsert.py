"""INSERT ... ON CONFLICT, which both databases know and SQLAlchemy spells for each. Contains no rules of the trade."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Inserts `row` unless its key is there already; whether it was inserted."""
    # The row count of such a statement is -1 with psycopg: what comes back is counted instead.
    statement = _insert(connection, table).values(row).returning(*table.primary_key.columns)
    return connection.execute(statement).one_or_none() is not None


def insert_all_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts those of `rows` whose keys are not there yet; one statement, however many there are."""
    if rows:
        connection.execute(_insert(connection, table), rows)


def _insert(connection: Connection, table: Table) -> Insert:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()
