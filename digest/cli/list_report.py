"""What became of each line of a list, told once it is known whether any of it is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.cli.base import printable
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.cli import roster

#: So many mistakes of a list are shown; the rest is counted.
_SHOWN = 50
#: Octets of the report that are kept in memory.
_IN_MEMORY = 1 << 20


class Report:
    """Keeps the lines aside, long ones not in memory; its mistakes are told at once."""

    def __init__(self) -> None:
        self._open = ExitStack()
        file = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115 - closed with the report
        self._lines = self._open.enter_context(file)
        self._fates: Counter[str] = Counter()
        self.mistakes = 0

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def note(self, place: int, line: roster.Line, fate: str) -> None:
        self._lines.write(f"line {place}: {line.address} ({line.newsletter.name}): {fate}\n")

    def count(self, fates: Sequence[str]) -> None:
        self._fates.update(fates)

    def complain(self, place: int, error: UsageError) -> None:
        self.mistakes += 1
        if self.mistakes <= _SHOWN:
            click.echo(f"line {place}: {printable(str(error))}", err=True)

    def show(self) -> None:
        self._lines.seek(0)
        for line in self._lines:
            click.echo(line, nl=False)
        for fate, count in self._fates.most_common():
            click.echo(f"{count:,} {fate}", err=True)
        if self.mistakes:
            click.echo(f"{counted(self.mistakes, 'line')} left out", err=True)
