"""Long lists in pieces that one statement can ask for. Contains no rules of the trade."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

#: Values in one statement; SQLite allows 32,766 parameters.
_CHUNK = 5_000


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in their order, as many at a time as one statement takes."""
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
