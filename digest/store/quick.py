"""Statements that run many thousand times a second: compiled once, and given to the driver as they are.

They take their rows as one JSON text, so that a statement does the work of many. In a transaction of SQLAlchemy's, as
all others; it only does not look at each of them anew, which would take longer than SQLite takes to run them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Text,
    bindparam,
    cast,
    column,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeEngine

from digest.store.engine import driver_connection


class _elements(GenericFunction[Any]):  # noqa: N801 - the name of a function
    """The elements of a JSON list, a row each."""

    inherit_cache = True
    name = "digest_elements"


@compiles(_elements, "sqlite")
def _of_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(_elements, "postgresql")
def _of_postgresql(element: Any, compiler: Any, **how: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **how)} AS json))"


def rows(name: str) -> Any:
    """The parameter `name`, a list of lists in JSON, as a table."""
    return _elements(bindparam(name, type_=Text)).table_valued(column("value"), name=f"of_{name}")


def field(table: Any, place: int, kind: type[TypeEngine[Any]]) -> ColumnElement[Any]:
    """What stands at `place` in each row of `rows`."""
    return cast(table.c.value.op("->>")(literal_column(str(place))), kind)


def among(name: str) -> Any:
    """The ids of the parameter `name`, as `firsts` writes them: something to be in."""
    return select(field(rows(name), 0, BigInteger))


def firsts(ids: Iterable[int]) -> list[list[int]]:
    """`ids` as rows of one field each."""
    return [[each] for each in ids]


class Quick:
    """A statement, compiled once for each database."""

    def __init__(self, statement: Executable) -> None:
        self._statement: Any = statement
        self._compiled: dict[str, Any] = {}

    def run(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Runs it; lists and tuples among the values are given as JSON. What it gives back is not converted.

        Raises DBAPIError.
        """
        with _as_sqlalchemy_has_it(connection):
            cursor = self._cursor(connection, values)
            return list(cursor.fetchall()) if cursor.description else []

    def count(self, connection: Connection, **values: Any) -> int:
        """Runs it; gives how many rows it changed. Raises DBAPIError."""
        with _as_sqlalchemy_has_it(connection):
            return int(self._cursor(connection, values).rowcount)

    def _cursor(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        return driver_connection(connection).execute(*compiled(values))

    def _compile(self, dialect: Dialect) -> Any:
        compiled = self._statement.compile(dialect=dialect)
        processors = {
            name: processor
            for name, bound in compiled.binds.items()
            if (processor := bound.type.dialect_impl(dialect).bind_processor(dialect))
        }
        order = tuple(compiled.positiontup) if compiled.positional else None
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._compiled[dialect.name] = partial(_given, str(compiled), order, processors, fixed)
        return self._compiled[dialect.name]


@contextmanager
def _as_sqlalchemy_has_it(connection: Connection) -> Iterator[None]:
    """The driver's errors as SQLAlchemy's, for whoever tries again."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(None, None, error) from error


def _given(
    sql: str, order: Sequence[str] | None, processors: Mapping[str, Any], fixed: Mapping[str, Any], values: Any
) -> tuple[str, Any]:
    """The text and the parameters as the driver wants them."""
    given = {**fixed}
    for name, value in values.items():
        plain = json.dumps(value) if isinstance(value, list | tuple) else value
        given[name] = processors[name](plain) if name in processors else plain
    return (sql, tuple(given[name] for name in order)) if order is not None else (sql, given)
