"""Kinds of columns that the tables are made of.

Time is stored in UTC. Text that may be absent is empty, not NULL, so that it compares alike on both databases.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    Text,
    TypeDecorator,
    literal_column,
    text,
)

from digest.model import DeliveryState


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; stored in UTC. Refuses a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        moment = value.astimezone(UTC)
        # SQLite keeps text: without a zone it sorts and compares as it should.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment(value: Any) -> datetime | None:
    """A moment as a driver gives it, where SQLAlchemy does not convert it: text of SQLite, and what PostgreSQL has."""
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


#: SQLite numbers rows by itself only where the key is INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def words(name: str, *, default: str | None = "") -> Column[str]:
    """Text; with a `default` of None it has to be given."""
    return Column(name, Text, nullable=False, server_default=None if default is None else text(f"'{default}'"))


def count(name: str) -> Column[int]:
    """A whole number that begins at 0."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


def one_of(column: str, values: Any) -> CheckConstraint:
    """`column` holds one of the values of an enum."""
    allowed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def one_among(column: ColumnElement[str], *values: StrEnum) -> ColumnElement[bool]:
    """`column` holds one of `values`, which are written out: a parameter tells a planner of no partial index."""
    return column.in_([literal_column(f"'{value.value}'") for value in values])


def is_open(state: ColumnElement[str]) -> ColumnElement[bool]:
    """A delivery that is not final, in the very words of the indexes that hold those alone."""
    return one_among(state, DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)


def reference(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    """Another table's row."""
    return Column(name, Id, ForeignKey(target), nullable=nullable, index=index)
