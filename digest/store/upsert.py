"""INSERT ... ON CONFLICT, which both databases know and SQLAlchemy spells for each. Contains no rules of the trade."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Inserts `row` unless its key is there already; whether it was inserted."""
    # The row count of such a statement is -1 with psycopg: what comes back is counted instead.
    statement = _insert(connection, table).values(row).returning(*table.primary_key.columns)
    return connection.execute(statement).one_or_none() is not None


def insert_all_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts those of `rows`, which have the same columns, whose keys are not there yet; as `insert_all` does."""
    insert_all(connection, table, rows, " ON CONFLICT DO NOTHING")


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], otherwise: str = "") -> None:
    """Inserts `rows`, which have the same columns; for very many of them.

    They go to the driver as they are but for what a column's type makes of its values: SQLAlchemy's own way takes as
    long again for each row as the database does.
    """
    if not rows:
        return
    names = tuple(rows[0])
    dialect = connection.dialect
    sign = "?" if dialect.name == "sqlite" else "%s"
    makers = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    cells = [[row[name] for row in rows] for name in names]
    made = [_made(column, make) if make else column for column, make in zip(cells, makers, strict=True)]
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(sign for _ in names)}){otherwise}"  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, list(zip(*made, strict=True)))


def _made(values: Sequence[Any], make: Callable[[Any], Any]) -> list[Any]:
    """Many rows have the same moment."""
    known: dict[Any, Any] = {}
    for value in values:
        if value not in known:
            known[value] = make(value)
    return [known[value] for value in values]


def _insert(connection: Connection, table: Table) -> Insert:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()
