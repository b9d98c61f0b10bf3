"""INSERT ... ON CONFLICT, which both databases know and SQLAlchemy spells for each. Contains no rules of the trade."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

#: Rows of one statement; SQLite allows 32,766 parameters.
_ROWS = 1_000


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts those of `rows` whose keys are not there yet; gives how many that were."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    inserted = 0
    for start in range(0, len(rows), _ROWS):
        statement = insert(table).values(list(rows[start : start + _ROWS])).on_conflict_do_nothing()
        # The row count of such a statement is -1 with psycopg: what comes back is counted instead.
        inserted += len(connection.execute(statement.returning(*table.primary_key.columns)).all())
    return inserted
