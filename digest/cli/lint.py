"""`digest lint`: what could be better about a letter, each finding with its place, whom it hits and how to mend it."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import Command, json_option, printable
from digest.cli.show import Table, busy, show_json
from digest.cli.when import moment
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.app.linting import Linted
    from digest.editions.lint import Finding, Place, Report
    from digest.model import Newsletter

_TABLE = Table(("severity", "rule", "where", "what", "readers", "mend", "times"), "There is nothing to say about it.")
_LINKS = Table(("link", "address", "detail"), "")
#: By severity: the sign and its colour.
_SIGNS = {"error": ("✗", "red"), "warning": ("!", "yellow"), "note": ("·", "blue")}


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of the command."""

    reader: str
    when: str
    sample: bool
    links: bool
    file: Path | None
    as_json: bool


@click.command(cls=Command)
@click.argument("newsletter", required=False)
@click.option("--as", "reader", default="", metavar="ADDRESS", help="Whose letter; default: somebody who begins now.")
@click.option("--at", "when", default="", metavar="WHEN", help="ISO 8601, 'tomorrow 07:00', 'now'; default: next slot.")
@click.option("--sample", is_flag=True, help="A letter of made-up articles instead; it takes no database.")
@click.option("--links", is_flag=True, help="Also ask for each link; 100 at most.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="LETTER.eml",
    help="A message instead; with NEWSLETTER it is held to what its letters must say.",
)
@json_option
@click.pass_context
def lint(context: click.Context, /, newsletter: str | None, **options: Any) -> None:
    """Say what could be better about a letter.

    It is the letter that `digest preview` shows, or one of made-up articles where there is nothing to tell. Nothing is
    written to the database, and nobody is asked but with --links. Errors end it with 1.
    """
    wish = _Wish(**options)
    if (wish.file or wish.sample) and (wish.reader or wish.when):
        raise UsageError("--as and --at choose a letter, and --file and --sample are one: give one or the other")
    if wish.sample and (wish.file or wish.links):
        raise UsageError("a made-up letter is no file, and its links lead nowhere: --sample goes alone")
    if newsletter:
        linted = _of_newsletter(newsletter, wish)
    elif wish.file:
        linted = _of_file(wish)
    else:
        raise UsageError("say which letter: the name of a newsletter, or --file LETTER.eml")
    _show(linted, as_json=wish.as_json)
    context.exit(1 if linted.report.has_errors else 0)


def _of_file(wish: _Wish) -> Linted:
    """The message alone: no configuration is needed, and none is looked at."""
    from digest.app.linting import Linted
    from digest.editions.lint import lint as look_over

    if wish.links:
        raise UsageError("--links asks in the name of a site: give a newsletter as well")
    message = _read(wish)
    return Linted(report=look_over(message), message=message)


def _of_newsletter(name: str, wish: _Wish) -> Linted:
    with doors.bare_house() if wish.file or wish.sample else doors.house(read_only=True) as house:
        newsletter = house.newsletter(name)
        at = moment(wish.when, house.clock(), house.zone) if wish.when else None
        with busy("Asking for links" if wish.links else "Looking"):
            return asyncio.run(_linted(house, newsletter, at, wish))


async def _linted(house: House, newsletter: Newsletter, at: datetime | None, wish: _Wish) -> Linted:
    from digest.app.linting import lint_letter, lint_sample, lint_stranger

    if wish.sample:
        return lint_sample(house, newsletter)
    if wish.file:
        return await lint_stranger(house, newsletter, _read(wish), links=wish.links)
    return await lint_letter(house, newsletter, reader=wish.reader, at=at, links=wish.links)


def _read(wish: _Wish) -> bytes:
    return wish.file.read_bytes() if wish.file else b""


def _show(linted: Linted, *, as_json: bool) -> None:
    report = linted.report
    if as_json:
        show_json(_as_json(linted))
        return
    if linted.reason:
        click.echo(f"This is about a letter of made-up articles: {printable(linted.reason)}.")
    if sys.stdout.isatty():
        for finding in report.findings:
            click.echo("\n".join(_block(finding)) + "\n")
    else:
        _TABLE.show([_row(finding) for finding in report.findings])
    if odd := [(each.status, each.url, each.detail) for each in linted.links if each.status != "ok"]:
        _LINKS.show(odd)
    click.echo(summary(report))


def _block(finding: Finding) -> Iterator[str]:
    """A finding as a terminal shows it."""
    sign, colour = _SIGNS[finding.severity]
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    yield f"{click.style(f'{sign} {finding.severity}', fg=colour, bold=True)}  {printable(finding.what)}{times}"
    snippet = f"  {click.style(printable(finding.place.snippet), dim=True)}" if finding.place.snippet else ""
    lines = {"where": where(finding.place) + snippet, "hits": finding.readers, "mend": finding.mend}
    lines["rule"] = f"{finding.rule}{f', {finding.source}' if finding.source else ''}"
    for name, words in lines.items():
        yield f"  {name:<5}  {words if name == 'where' else printable(words)}"


def _row(finding: Finding) -> Sequence[object]:
    place = where(finding.place)
    return (finding.severity, finding.rule, place, finding.what, finding.readers, finding.mend, finding.count)


def where(place: Place) -> str:
    """As in ``classic/story.html.j2:12``, and ``html, line 40`` where the template is not known."""
    if place.template:
        return f"{place.template}:{place.template_line}" if place.template_line else place.template
    return f"{place.part}, line {place.line}" if place.line else place.part


def summary(report: Report) -> str:
    """Size, support and findings in one line."""
    from digest.editions.lint import CLIPPED_AT, Severity

    counts = {severity: sum(each.severity is severity for each in report.findings) for severity in Severity}
    size = f"HTML {report.html_bytes:,} of {CLIPPED_AT:,} bytes ({report.html_bytes / CLIPPED_AT:.0%})"
    shares = f"{report.supported:.1f} % yes, {report.partial:.1f} % partly, {report.unsupported:.1f} % no"
    found = ", ".join(counted(count, str(severity)) for severity, count in counts.items())
    return f"{size}; mail programs {shares}; {found}"


def _as_json(linted: Linted) -> dict[str, object]:
    report = linted.report
    return {
        "made_up": linted.reason,
        "at": linted.at,
        "html_bytes": report.html_bytes,
        "style_bytes": report.style_bytes,
        "supported": report.supported,
        "partial": report.partial,
        "unsupported": report.unsupported,
        "links": [dataclasses.asdict(each) for each in linted.links],
        "findings": [dataclasses.asdict(finding) for finding in report.findings],
    }
