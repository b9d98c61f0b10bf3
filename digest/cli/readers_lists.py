"""`digest subscribers import` and `export`: lists of readers as CSV."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from digest.app.sayings import counted
from digest.cli import csv_safe, dialects, doors
from digest.cli.base import Command, Group, json_option
from digest.cli.list_report import Report
from digest.cli.show import Table
from digest.errors import DigestError, UsageError
from digest.model import Evidence

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.cli import roster
    from digest.store import Connection

#: So many lines are let in at a time.
_BATCH = 1000


class ListRefused(DigestError):
    """A list has mistakes, and nothing of it was taken over."""


class _OnlyLooked(Exception):
    """No error: the way out of a transaction that is to be rolled back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A list, and how the operator wants it read."""

    file: Path
    encoding: str
    newsletter: str
    reading: dialects.Reading
    evidence: Evidence
    skip_mistakes: bool
    force: str


class _Imports(Group):
    """`import FILE` is short for `import file FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["file", *args]
        return super().parse_args(ctx, args)


@click.group("import", cls=_Imports)
def import_() -> None:
    """Take over the readers in a file, see what was taken over, take it back.

    `import FILE` is short for `import file FILE`.
    """


@import_.command("file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", default="", metavar="NAME", help="For lines that name none.")
@click.option("--format", "dialect", default="auto", metavar="NAME", help=f"Of {', '.join(dialects.NAMES)}.")
@click.option(
    "--map", "mapped", multiple=True, metavar="COLUMN=OURS", help="A column of the file and ours; repeatable."
)
@click.option("--consent", default="", metavar="WORDS", help="What they agreed to, for the record.")
@click.option("--confirmed", is_flag=True, help="They have all asked for it. Needed, but for --dry-run.")
@click.option(
    "--force-resubscribe", default="", metavar="REASON", help="Bring back who has left or whose mail bounced."
)
@click.option("--skip-mistakes", is_flag=True, help="Take the lines that are right, and say which are not.")
@click.option("--dry-run", is_flag=True, help="Only say, line by line, what would become of it.")
def file_(file: Path, mapped: tuple[str, ...], *, confirmed: bool, dry_run: bool, **options: Any) -> None:
    """Take over the readers in a CSV file: all of it, or nothing where a line is wrong.

    Exports of Mailchimp, listmonk, Substack, Ghost and Buttondown are known by their first line, and so is a plain
    list of addresses. In our own form the first line names the columns: address, and any of name, newsletter,
    categories, timezone, language, frequency, hour, format (html, text), state (active, pending, left; or bounced,
    complained, blocked: suppressed), agreed_at and origin (an IP address).

    Who has left or is suppressed stays so, and who is known keeps their own choices; a line that says left is a
    departure. `import undo` takes it back.
    """
    if not (confirmed or dry_run):
        raise UsageError(
            "readers are mailed only if they asked for it: say so with --confirmed, or look first with --dry-run"
        )
    source = _source(file, mapped, **options)
    if source.encoding == "cp1252":
        click.echo(f"{file} is not UTF-8: it is read as Windows-1252", err=True)
    with doors.house(prepare=True) as house, Report() as report:
        number = 0
        with suppress(_OnlyLooked), house.database.begin() as connection:
            number = _admit(connection, house, source, report, only_look=dry_run)
        report.show()
    said = f"`digest subscribers import undo {number}` takes it back" if number else "nothing was changed"
    click.echo(said, err=True)


@import_.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """The lists that were taken over, newest first."""
    from digest.store import imports

    with doors.house(read_only=True) as house:
        found = house.database.call(imports.everything)
        zone = house.zone
    rows = [(each.id, each.at, each.source, each.changes, each.undone_at) for each in found]
    table = Table(("id", "at", "source", "changes", "undone at"), empty="no list was taken over", zone=zone)
    table.show(rows, as_json=as_json)


@import_.command("undo")
@click.argument("number", metavar="ID", type=int)
def undo(number: int) -> None:
    """Take back what an import did to those who have not acted since; suppressions remain."""
    from digest.store import imports

    with doors.house() as house:
        done = house.database.call(imports.undo, number, house.clock())
    click.echo(f"{counted(done.removed, 'subscription')} removed")
    if done.stopped:
        click.echo(f"{done.stopped:,} had been written to: they get nothing more unless they confirm")
    if done.restored:
        click.echo(f"{done.restored:,} as before")
    if done.kept:
        click.echo(f"{done.kept:,} left as they are: their readers, or you, have changed them since")


def _source(file: Path, mapped: Sequence[str], *, newsletter: str, dialect: str, consent: str, **more: Any) -> _Source:
    """Raises UsageError for a mapping that is none."""
    from digest.cli import roster

    ours = {}
    for pair in mapped:
        theirs, _sign, own = pair.rpartition("=")
        if not theirs or own not in (*roster.COLUMNS, *dialects.TOLD):
            raise UsageError(
                f"--map takes COLUMN=OURS, with ours one of {', '.join((*roster.COLUMNS, *dialects.TOLD))}"
            )
        ours[own] = theirs
    if ours and "address" not in ours:
        raise UsageError("--map has to say which column is the address, as in --map Mail=address")
    return _Source(
        file=file,
        encoding=_encoding(file),
        newsletter=newsletter,
        reading=dialects.Reading(dialect, ours),
        evidence=Evidence(form=file.name, wording=consent),
        skip_mistakes=more["skip_mistakes"],
        force=more["force_resubscribe"],
    )


def _encoding(file: Path) -> str:
    """UTF-8, UTF-16 where it says so by its first octets, or else what Windows wrote."""
    with file.open("rb") as raw:
        if raw.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        raw.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while part := raw.read(1 << 20):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _admit(connection: Connection, house: House, source: _Source, report: Report, *, only_look: bool) -> int:
    """Lets everybody of the list in. Raises _OnlyLooked at the end where it is told to `only_look`.

    Raises ListRefused, all mistakes said, where a line is wrong and is not to be skipped.
    """
    from digest.cli import roster
    from digest.store import imports

    number = imports.begin(connection, source.file.name, house.clock())
    admission = _admission(connection, house, source, number)
    numbered = _right(house, source, report)
    while batch := list(islice(numbered, _BATCH)):
        if report.mistakes and not source.skip_mistakes:
            continue  # the rest is only read for its mistakes
        found = admission.admit(connection, [line for _, line in batch])
        report.count(found)
        for (place, line), fate in zip(batch, found, strict=True):
            if only_look or fate != roster.ADDED:
                report.note(place, line, fate)
    if report.mistakes and not source.skip_mistakes:
        raise ListRefused(
            f"{counted(report.mistakes, 'line')} of {source.file} cannot be taken over, so none was;"
            " --skip-mistakes takes the rest"
        )
    if only_look:
        raise _OnlyLooked
    return number


def _admission(connection: Connection, house: House, source: _Source, number: int) -> roster.Admission:
    """Raises UsageError where people were forgotten and there is no secret to know them by."""
    from digest.cli import roster
    from digest.store import erasure

    known = erasure.anybody(connection)
    if known:
        house.signer()
    return roster.Admission(
        site=house.site,
        now=house.clock(),
        number=number,
        source=source.file.name,
        eraser=erasure.eraser(house.secrets) if known else None,
        force=source.force,
    )


def _right(house: House, source: _Source, report: Report) -> Iterator[tuple[int, roster.Line]]:
    """The lines that are right; the others go to the report."""
    for place, line in _lines(house, source):
        if isinstance(line, UsageError):
            report.complain(place, line)
        else:
            yield place, line


def _lines(house: House, source: _Source) -> Iterator[tuple[int, roster.Line | UsageError]]:
    """Each line, or what is wrong with it."""
    from digest.cli import roster

    with source.file.open(encoding=source.encoding, newline="") as lines:
        for number, cells in dialects.read(lines, roster.COLUMNS, source.reading):
            try:
                yield number, roster.parsed(cells, house.newsletters, source.newsletter, source.evidence)
            except UsageError as error:
                yield number, error


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
