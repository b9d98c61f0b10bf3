"""`digest plan`: what a changed configuration would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import json_option, printable
from digest.cli.show import cell, show_json

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.app.planning import Effect

#: Titles of each kind that are shown of one edition.
_SHOWN = 5


@click.command
@click.option(
    "--config",
    "changed",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The changed configuration; the one before is that of $DIGEST_CONFIG, or `digest --config`.",
)
@click.option("--newsletter", metavar="NAME", help="Only this one.")
@click.option("--last", type=click.IntRange(0, 1000), default=30, help="Editions to look back on; default: 30.")
@json_option
def plan(changed: Path, newsletter: str | None, last: int, *, as_json: bool) -> None:
    """Say what a changed configuration would do, before it is taken over.

    Which settings differ; what would be otherwise about the coming edition of each newsletter; and what would have been
    about the last ones, had it been in force then: articles in, out, and under another heading, and for how many
    readers. What a new feed would have brought is not known. Nothing is written, fetched or sent.
    """
    import os

    from digest.app import planning
    from digest.app.house import furnished
    from digest.app.soundness import require_sound
    from digest.settings import load
    from digest.settings.comparing import differences

    with doors.house(read_only=True) as old:
        new = furnished(changed, load(changed, os.environ), old.database, old.clock)
        require_sound(new)
        if newsletter and newsletter not in old.newsletters:
            new.newsletter(newsletter)
        names = [newsletter] if newsletter else sorted({*old.newsletters, *new.newsletters})
        settings = differences(old.settings, new.settings)
        found = [effect for name in names for effect in _effects(old, new, name, last, planning.effects)]
    if as_json:
        show_json({"settings": settings, "editions": [asdict(each) for each in found]})
        return
    for line in (*_settings(settings), *_notes(old, new), *_editions(found, old)):
        click.echo(printable(line))


def _effects(old: House, new: House, name: str, last: int, effects: Any) -> list[Effect]:
    return old.database.call(lambda connection: list(effects(connection, old, new, name, last)))


def _settings(found: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    lines = [f"  {place}: {before} -> {after}" for place, before, after in found]
    yield f"{counted(len(lines), 'setting')} otherwise" if lines else "no setting is otherwise"
    yield from lines


def _notes(old: House, new: House) -> Iterator[str]:
    for name in new.feeds.keys() - old.feeds.keys():
        yield f"feed {name} is new: what it brings is not known yet; `digest feeds try` shows it"
    for name in old.feeds.keys() - new.feeds.keys():
        yield f"feed {name} is not polled any more; what it brought before is still told where it stood"
    for name in old.newsletters.keys() - new.newsletters.keys():
        yield f"newsletter {name} is gone: its readers get nothing more"


def _editions(found: Iterable[Effect], old: House) -> Iterator[str]:
    same: dict[str, int] = {}
    for each in found:
        if each.is_none and each.number:
            same[each.newsletter] = same.get(each.newsletter, 0) + 1
            continue
        yield _head(each, old)
        yield from _some("+", [f"{title} ({heading})" for title, heading in each.added])
        yield from _some("-", [f"{title} ({heading})" for title, heading in each.dropped])
        yield from _some("~", [f"{title}: {before} -> {after}" for title, before, after in each.moved])
    for name, count in same.items():
        yield f"{name}: {counted(count, 'past edition')} would have been the same"


def _head(effect: Effect, old: House) -> str:
    before, after = (cell(at, old.zone) if at else "never" for at in (effect.before, effect.after))
    when = before if before == after else f"{before} -> {after}"
    which = f"no. {effect.number}," if effect.number else "next,"
    if effect.is_none:
        return f"{effect.newsletter} {which} {when}: the same for all {counted(effect.readers, 'reader')}"
    changes = f"{len(effect.added)} in, {len(effect.dropped)} out, {len(effect.moved)} moved"
    return f"{effect.newsletter} {which} {when}: {changes}, for {effect.touched} of {counted(effect.readers, 'reader')}"


def _some(sign: str, lines: list[str]) -> Iterator[str]:
    yield from (f"  {sign} {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  {sign} and {len(lines) - _SHOWN} more"
