"""`digest editions note`, `pin`, `unpin` and `plan`: the operator's hand on the edition that is made next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import doors
from digest.cli.base import Command, json_option, printable
from digest.cli.show import cell, show_json
from digest.errors import UsageError
from digest.model import Newsletter, Slot, Verdict

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.store import Connection
    from digest.store.plans import Plan

#: The longest note, in characters.
_LONGEST = 2_000
#: How far the next slot is looked for, wider until there is one.
_HORIZONS = tuple(timedelta(days=days) for days in (2, 15, 100, 400))
#: Why an article that is pinned would not be told.
_OBSTACLES = {
    Verdict.HELD: "is held: `digest feeds release FEED` tells it",
    Verdict.WITHDRAWN: "was taken back by its feed",
    Verdict.EXCLUDED: "is not told",
    Verdict.UNPLACED: "is in no category of this newsletter",
    Verdict.SETTLING: "has just changed, and waits",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """The edition that is made next, and what is set down for it."""

    newsletter: str
    number: int
    #: None: the schedule has no slot to come.
    due: datetime | None
    plan: Plan
    #: Of each article that is pinned, by number.
    titles: dict[int, str]
    warnings: tuple[str, ...]


@click.command(cls=Command)
@click.argument("newsletter")
@click.argument("text", required=False)
@click.option("--clear", is_flag=True, help="Take the note back.")
def note(newsletter: str, text: str | None, *, clear: bool) -> None:
    """Put the note TEXT at the head of the next edition; `-` reads it from standard input."""
    if clear == (text is not None):
        raise UsageError("give a text, `-` for standard input, or --clear")
    if text == "-":
        text = sys.stdin.read(2 * _LONGEST)
    said = "" if text is None else _note(text)
    with doors.house() as house:
        _show(house, house.database.call(_change, house, house.newsletter(newsletter), note=said))


@click.command(cls=Command)
@click.argument("newsletter")
@click.argument("articles", metavar="ARTICLE...", nargs=-1, required=True)
def pin(newsletter: str, articles: tuple[str, ...]) -> None:
    """Put articles first in their sections of the next edition, in this order.

    ARTICLE is its number, its address, or words of its title. What is pinned already stays before it.
    """
    with doors.house() as house:
        _show(house, house.database.call(_change, house, house.newsletter(newsletter), pinned=articles))


@click.command(cls=Command)
@click.argument("newsletter")
@click.argument("articles", metavar="[ARTICLE...]", nargs=-1)
def unpin(newsletter: str, articles: tuple[str, ...]) -> None:
    """Take articles back that were pinned; all where none is named."""
    with doors.house() as house:
        _show(house, house.database.call(_unpin, house, house.newsletter(newsletter), articles))


@click.command(cls=Command)
@click.argument("newsletter")
@json_option
def plan(newsletter: str, *, as_json: bool) -> None:
    """Show what is set down for the next edition."""
    with doors.house(read_only=True) as house:
        coming = house.database.call(_next, house, house.newsletter(newsletter))
        if not as_json:
            _show(house, coming)
            return
        show_json(
            {
                "newsletter": coming.newsletter,
                "no": coming.number,
                "due": coming.due,
                "note": coming.plan.note,
                "pins": [{"article": number, "title": coming.titles.get(number)} for number in coming.plan.pins],
                "warnings": coming.warnings,
            }
        )


def _note(text: str) -> str:
    """`text` as it is kept. Raises UsageError."""
    lines = text.replace("\r\n", "\n").strip()
    if not lines:
        raise UsageError("the note is empty: --clear takes one back")
    if len(lines) > _LONGEST:
        raise UsageError(f"the note has more than {_LONGEST:,} characters")
    # Tabs and other controls, and what turns the direction of text, do no good in a mail.
    refused = next((char for char in lines if char != "\n" and not char.isprintable()), "")
    if refused:
        raise UsageError(f"the note has a control character, U+{ord(refused):04X}")
    return lines


def _change(
    connection: Connection,
    house: House,
    newsletter: Newsletter,
    *,
    note: str | None = None,
    pinned: Sequence[str] = (),
) -> _Next:
    """Sets down a note, where one is given, and pins articles. Raises UsageError."""
    from digest.app.finding import find
    from digest.store import plans

    wanted = [find(connection, each) for each in pinned]
    number = plans.next_number(connection, newsletter.name)
    before = plans.find(connection, newsletter.name, number)
    pins = tuple(dict.fromkeys((*before.pins, *wanted)))
    after = replace(before, pins=pins, note=before.note if note is None else note)
    plans.save(connection, newsletter.name, number, after)
    return _next(connection, house, newsletter)


def _unpin(connection: Connection, house: House, newsletter: Newsletter, articles: Sequence[str]) -> _Next:
    from digest.app.finding import find
    from digest.store import plans

    number = plans.next_number(connection, newsletter.name)
    before = plans.find(connection, newsletter.name, number)
    gone = [find(connection, each) for each in articles] or before.pins
    if missing := [str(each) for each in gone if each not in before.pins]:
        raise UsageError(f"not pinned in {newsletter.name} no. {number}: {', '.join(missing)}")
    left = tuple(each for each in before.pins if each not in gone)
    plans.save(connection, newsletter.name, number, replace(before, pins=left))
    return _next(connection, house, newsletter)


def _next(connection: Connection, house: House, newsletter: Newsletter) -> _Next:
    from digest.store import plans, trail

    number = plans.next_number(connection, newsletter.name)
    found, slot = plans.find(connection, newsletter.name, number), _slot(connection, house, newsletter, number)
    return _Next(
        newsletter=newsletter.name,
        number=number,
        due=slot.at if slot else None,
        plan=found,
        titles=trail.titles_of(connection, found.pins),
        warnings=_warnings(connection, house, newsletter, slot, found.pins) if slot and found.pins else (),
    )


def _slot(connection: Connection, house: House, newsletter: Newsletter, number: int) -> Slot | None:
    """The first slot whose edition has this number; those before it belong to one whose first zones have had theirs."""
    from digest.editions.due import coming_slots
    from digest.store import editions, readership

    rhythms, now = readership.rhythms(connection, newsletter.name), house.clock()
    for horizon in _HORIZONS:
        for coming in coming_slots(newsletter, house.site, rhythms, (now, now + horizon)):
            if editions.next_number(connection, newsletter.name, coming.slot.local.isoformat()) == number:
                return coming.slot
    return None


def _warnings(
    connection: Connection, house: House, newsletter: Newsletter, slot: Slot, pins: Sequence[int]
) -> tuple[str, ...]:
    """Which articles that are pinned the edition would not tell, and why, as things stand."""
    from digest import publish
    from digest.store import trail

    judged = publish.composer_for(connection, house.press(), newsletter, slot, house.clock()).board.judged
    found = []
    for number in pins:
        article, one = trail.article(connection, number), judged.get(number)
        if article is None:
            found.append(f"article {number} is there no more")
        elif article.backlog:
            found.append(f"article {number} was old when its feed was first polled: no letter tells it")
        elif one is None:
            found.append(f"article {number} will be too old by then (max_age: {newsletter.max_age})")
        elif one.verdict in _OBSTACLES:
            found.append(f"article {number} {_OBSTACLES[one.verdict]}" + (f": {one.detail}" if one.detail else ""))
    return tuple(found)


def _show(house: House, coming: _Next) -> None:
    due = f"due {cell(coming.due, house.zone)}" if coming.due else "for which the schedule has no slot"
    click.echo(f"{coming.newsletter} no. {coming.number}, {due}, or made sooner by `digest send`")
    for line in coming.plan.note.splitlines():
        click.echo(f"  note: {printable(line)}")
    for number in coming.plan.pins:
        click.echo(f"  pinned: {number} {printable(coming.titles.get(number, ''))}")
    if not coming.plan.note and not coming.plan.pins:
        click.echo("  nothing is set down for it")
    sys.stdout.flush()
    for warning in coming.warnings:
        click.echo(f"warning: {printable(warning)}", err=True)
