"""`digest subscribers import` and `export`: lists of readers as CSV."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from digest.cli import csv_safe, doors
from digest.cli.base import Command, printable
from digest.cli.show import counted
from digest.errors import DigestError, UsageError

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.cli import roster
    from digest.store import Connection

_VIA = "import"
#: So many mistakes of a list are shown; the rest is counted.
_SHOWN = 50
#: So many lines are let in at a time.
_BATCH = 500


class ListRefused(DigestError):
    """A list has mistakes, and nothing of it was taken over."""


class _OnlyLooked(Exception):
    """No error: the way out of a transaction that is to be rolled back."""


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", default="", metavar="NAME", help="For lines that name none.")
@click.option("--confirmed", is_flag=True, help="They have all asked for it. Needed, but for --dry-run.")
@click.option("--dry-run", is_flag=True, help="Only say, line by line, what would become of it.")
def import_(file: Path, newsletter: str, *, confirmed: bool, dry_run: bool) -> None:
    """Take over the readers in a CSV file: all of it, or nothing where a line is wrong.

    The first line names the columns: address, and any of name, newsletter, categories, timezone, language, frequency,
    hour, format (html, text) and state (active, pending, left). Who has left or is suppressed stays so, and who is
    known keeps their own choices; a line that says left is a departure.
    """
    if not (confirmed or dry_run):
        raise UsageError(
            "readers are mailed only if they asked for it: say so with --confirmed, or look first with --dry-run"
        )
    with doors.house(prepare=True) as house:
        _require_right(house, file, newsletter)
        fates: Counter[str] = Counter()
        with suppress(_OnlyLooked), house.database.begin() as connection:
            _admit(connection, house, (file, newsletter), fates, only_look=dry_run)
    for fate, count in fates.most_common():
        click.echo(f"{count:,} {fate}", err=True)
    if dry_run:
        click.echo("nothing was changed", err=True)


def _require_right(house: House, file: Path, newsletter: str) -> None:
    """Raises ListRefused, all mistakes said, before anything is written and anybody is kept waiting."""
    from digest.cli import roster

    wrong = 0
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, cells in csv_safe.read(lines, roster.COLUMNS, "address"):
            try:
                roster.parsed(cells, house.newsletters, newsletter)
            except UsageError as error:
                wrong += 1
                if wrong <= _SHOWN:
                    click.echo(f"line {number}: {printable(str(error))}", err=True)
    if wrong:
        raise ListRefused(f"{counted(wrong, 'line')} of {file} cannot be taken over, so none was")


def _admit(
    connection: Connection, house: House, source: tuple[Path, str], fates: Counter[str], *, only_look: bool
) -> None:
    """Lets everybody of the list in and counts what became of them. With `only_look` it raises _OnlyLooked then."""
    from digest.cli import roster

    admission = roster.Admission(site=house.site, now=house.clock(), via=_VIA)
    numbered = _lines(house, *source)
    while batch := list(islice(numbered, _BATCH)):
        found = admission.admit(connection, [line for _, line in batch])
        fates.update(found)
        for (number, line), fate in zip(batch, found, strict=True):
            if only_look or fate != roster.ADDED:
                click.echo(f"line {number}: {line.address} ({line.newsletter.name}): {fate}")
    if only_look:
        raise _OnlyLooked


def _lines(house: House, file: Path, newsletter: str) -> Iterator[tuple[int, roster.Line]]:
    from digest.cli import roster

    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, cells in csv_safe.read(lines, roster.COLUMNS, "address"):
            yield number, roster.parsed(cells, house.newsletters, newsletter)


@click.command("export", cls=Command)
@click.option("--newsletter", metavar="NAME", help="Only this one's.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to the terminal.")
def export(newsletter: str | None, output: Path | None) -> None:
    """All readers as CSV that `import` takes back, whatever their state."""
    from digest.cli import roster
    from digest.store import subscribers

    with doors.house(read_only=True) as house:
        name = house.newsletter(newsletter).name if newsletter else ""
        with house.database.begin() as connection:
            rows = (roster.cells_of(reader) for reader in subscribers.everyone(connection, name))
            if output is None:
                csv_safe.write(sys.stdout, roster.COLUMNS, rows)
                return
            with open_new(output) as file:
                count = csv_safe.write(file, roster.COLUMNS, rows)
    click.echo(f"wrote {output} with {counted(count, 'reader')}", err=True)


def open_new(path: Path) -> TextIO:
    """A new file that only its owner can read, for addresses. Raises UsageError where it exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists already") from None
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
