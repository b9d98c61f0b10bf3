"""How results are shown: a table on a terminal, lines with tabs in a pipe, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import click

from digest.cli.base import printable

Row = Sequence[object]
#: Texts of this length, or else of the next, are not broken into lines where the terminal is wide enough for that.
_UNBROKEN = (40, 24, 16, 1)


@dataclass(frozen=True, slots=True)
class Table:
    """What a list of something looks like."""

    columns: tuple[str, ...]
    #: What is said where there are no rows.
    empty: str
    #: Times are shown in this zone, but for JSON, where they are UTC.
    zone: tzinfo = UTC

    def show(self, rows: Sequence[Row], *, as_json: bool = False) -> None:
        """Each row has a value for each column."""
        if as_json:
            keys = [column.replace(" ", "_") for column in self.columns]
            show_json([dict(zip(keys, row, strict=True)) for row in rows])
        elif not sys.stdout.isatty():
            for line in (self.columns, *([cell(value, self.zone) for value in row] for row in rows)):
                click.echo("\t".join(line))
        elif rows:
            self._draw(rows)
        else:
            click.echo(self.empty)

    def _draw(self, rows: Sequence[Row]) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table as Drawing
        from rich.text import Text

        console = Console()
        columns = [self._column(place, rows) for place in range(len(self.columns))]
        # What is empty in every row would take the room of what is not.
        columns = [column for column in columns if not column.empty] or columns
        unbroken = _unbroken(columns, console.width)
        drawing = Drawing(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        for column in columns:
            drawing.add_column(
                column.name,
                justify="right" if column.figures else "left",
                overflow="fold",
                no_wrap=column.short,
                min_width=column.least(unbroken),
            )
        for texts in zip(*(column.texts for column in columns), strict=True):
            # Text, because what stands between brackets in a title is no markup.
            drawing.add_row(*map(Text, texts))
        console.print(drawing)

    def _column(self, place: int, rows: Sequence[Row]) -> _Column:
        values = [row[place] for row in rows]
        figures = all(isinstance(value, int | None) and not isinstance(value, bool) for value in values)
        return _Column(
            name=self.columns[place],
            texts=[cell(value, self.zone) for value in values],
            figures=figures,
            short=figures or any(isinstance(value, datetime) for value in values),
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as a terminal shows it."""

    name: str
    texts: Sequence[str]
    figures: bool
    #: Its texts are never broken.
    short: bool

    @property
    def empty(self) -> bool:
        return all(text == "-" for text in self.texts)

    def least(self, unbroken: int) -> int:
        """How narrow it may become where texts of up to `unbroken` characters are left whole; 0: none need be."""
        widest = max(map(len, self.texts), default=0)
        if self.short:
            return max(len(self.name), widest)
        return max(len(self.name), min(widest, unbroken)) if unbroken else 1


def _unbroken(columns: Sequence[_Column], width: int) -> int:
    """Up to which length texts can stay whole on lines of `width`: names and addresses before long texts."""
    room = width - 2 * len(columns)
    return next((most for most in _UNBROKEN if sum(column.least(most) for column in columns) <= room), 0)


def details(values: Mapping[str, object], *, zone: tzinfo = UTC) -> None:
    """One thing, a line for each of its values."""
    width = max(map(len, values))
    for name, value in values.items():
        click.echo(f"{name:<{width}}  {cell(value, zone)}")


def show_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_jsonable))


def cell(value: object, zone: tzinfo = UTC) -> str:
    """`value` in one line."""
    match value:
        case None | "" | ():
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        case tuple() | list() | frozenset():
            return printable(", ".join(map(str, value)))
        case _:
            return printable(str(value))


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Says on a terminal what takes a while."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


def _jsonable(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case frozenset() | set():
            return sorted(value)
        case timedelta():
            return value.total_seconds()
        case _:
            return str(value)
