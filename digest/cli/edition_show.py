"""`digest editions show`: one edition, how far it is, and what the servers said."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from threading import Event
from typing import TYPE_CHECKING

import click

from digest.cli import doors, edition_words
from digest.cli.base import Command, json_option, printable
from digest.cli.show import Table, cell, details, show_json
from digest.model import Edition, EditionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from digest.app.house import House
    from digest.store import Connection
    from digest.store.guarding import Guard
    from digest.store.overview import LetterFigures
    from digest.store.standing import Said, Standing

#: Seconds between two looks.
_EVERY = 1.0
#: Characters of a bar.
_BAR = 40
_UNDER_WAY = (EditionState.SENDING, EditionState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """An edition at one moment."""

    edition: Edition
    standing: Standing
    guard: Guard
    #: How many of its canary are settled, and how many there are; None: it has none.
    first: tuple[int, int] | None


@click.command(cls=Command)
@click.argument("edition", metavar="ID", type=int)
@click.option("--watch", is_flag=True, help="Show how it goes on, until it is over or you press Ctrl-C.")
@json_option
def show(edition: int, *, watch: bool, as_json: bool) -> None:
    """One edition: how far it is, its letters, and what the servers said."""
    with doors.house(read_only=True) as house:
        if watch and not as_json:
            _watch(house, edition)
        look, letters, replies = house.database.call(_all_about, edition, house.clock())
        if as_json:
            show_json(_as_json(house, look, letters, replies))
        else:
            _show(house, look, letters, replies)


def _take(connection: Connection, edition: int, now: datetime) -> _Look:
    from digest.store import guarding
    from digest.store.standing import standing

    found = edition_words.found(connection, edition)
    return _Look(
        edition=found,
        standing=standing(connection, edition, now),
        guard=guarding.guard(connection, edition),
        first=guarding.first(connection, edition),
    )


def _all_about(connection: Connection, edition: int, now: datetime) -> tuple[_Look, list[LetterFigures], list[Said]]:
    from digest.store import overview
    from digest.store.standing import said

    look = _take(connection, edition, now)
    replies = said(connection, edition, now, look.standing.counts)
    return look, overview.letters_of(connection, edition), replies


def _watch(house: House, edition: int) -> None:
    """On a terminal a bar, in a pipe a line whenever something has changed."""
    look = house.database.call(_take, edition, house.clock())
    if not sys.stdout.isatty():
        before = ""
        while look.edition.state in _UNDER_WAY:
            if (line := _line(house, look)) != before:
                click.echo(line)
            before = line
            look = _later(house, edition)
        return
    from rich.live import Live
    from rich.text import Text

    with Live(Text(_line(house, look)), transient=True) as live:
        while look.edition.state in _UNDER_WAY:
            look = _later(house, edition)
            live.update(Text(_line(house, look)))


def _later(house: House, edition: int) -> _Look:
    Event().wait(_EVERY)
    return house.database.call(_take, edition, house.clock())


def _line(house: House, look: _Look) -> str:
    waits = edition_words.waits(look.edition, look.guard, look.first, house.zone)
    parts = [edition_words.pace(look.standing, waits), edition_words.figures(look.standing), waits]
    line = printable("; ".join(filter(None, parts)))
    return f"{_bar(look.standing)} {line}" if sys.stdout.isatty() else line


def _bar(standing: Standing) -> str:
    full = _BAR * (standing.total - standing.open) // max(1, standing.total)
    return "━" * full + "╌" * (_BAR - full)


def _show(house: House, look: _Look, letters: Sequence[LetterFigures], replies: Sequence[Said]) -> None:
    details(_facts(house, look), zone=house.zone)
    click.echo()
    site = house.site.url
    rows = [(each.readers, each.articles, each.language, each.subject, f"{site}/read/{each.nonce}") for each in letters]
    Table(("readers", "articles", "language", "subject", "page"), empty="it has no letter").show(rows)
    if look.edition.state is EditionState.PAUSED and look.standing.open + look.standing.deferred:
        click.echo(f"edition {look.edition.id} is {printable(edition_words.ways_out(look.edition))}", err=True)
    if replies:
        click.echo()
        told = [(f"about {each.count:,}" if each.about else each.count, each.state, each.reply) for each in replies]
        Table(("count", "state", "reply"), empty="").show(told)


def _facts(house: House, look: _Look) -> dict[str, object]:
    edition, standing, guard = look.edition, look.standing, look.guard
    seen = f"{guard.refused:,} of the first {guard.counted:,}; paused at {guard.stop_after:,}" if guard.counted else ""
    facts: dict[str, object] = {
        "id": edition.id,
        "newsletter": edition.newsletter,
        "no": edition.number or None,
        "slot": edition.slot,
        "frozen": edition.frozen_at,
        "state": edition.state,
        "reason": edition.reason,
        "deliveries": edition_words.figures(standing),
    }
    if edition.state in _UNDER_WAY:
        bar = f"{_bar(standing)} " if sys.stdout.isatty() else ""
        waits = edition_words.waits(edition, guard, look.first, house.zone)
        facts |= {
            "progress": bar + edition_words.pace(standing, waits),
            "waits for": waits,
            "refused": seen if guard.stop_after else "",
            "next attempts": edition_words.next_attempts(standing, house.zone),
        }
    return {name: value for name, value in facts.items() if cell(value) != "-" or name in ("no", "reason")}


def _as_json(house: House, look: _Look, letters: Sequence[LetterFigures], replies: Sequence[Said]) -> dict[str, object]:
    edition, standing = look.edition, look.standing
    waits = edition_words.waits(edition, look.guard, look.first, house.zone)
    refusals = [{"state": it.state, "reply": it.reply, "count": it.count} for it in replies if it.state != "sent"]
    return {
        "id": edition.id,
        "newsletter": edition.newsletter,
        "no": edition.number or None,
        "slot": edition.slot,
        "frozen": edition.frozen_at,
        "state": edition.state,
        "reason": edition.reason,
        "deliveries": {name: count for name, count in standing.counts.items() if name != "in doubt"},
        "in_doubt": standing.in_doubt,
        "open": standing.open,
        "rate": round(standing.rate, 2),
        "left": None if waits else standing.left,
        "waits_for": waits,
        "next_attempts": {"count": standing.deferred, "first": standing.next_at, "last": standing.last_at},
        "guard": asdict(look.guard) | {"first": look.first},
        "letters": list(map(asdict, letters)),
        "replies": list(map(asdict, replies)),
        "refusals": refusals,
    }
