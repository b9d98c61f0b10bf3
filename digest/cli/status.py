"""`digest status`: what ran, what is due, what fails, on one screen."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from digest.app.sayings import counted, lasting
from digest.cli import doors
from digest.cli.base import Command, json_option, printable
from digest.cli.editions import ways_out
from digest.cli.show import Row, Table, cell, show_json
from digest.errors import UsageError
from digest.model import DeliveryState, Edition, EditionState, FeedState, SubscriptionState

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.store import Connection
    from digest.store.incidents import Incident
    from digest.store.overview import OutboxFigures

_NEWSLETTERS = (
    "newsletter",
    "readers",
    "next slot",
    "last edition",
    "state",
    "sent",
    "failed",
    "open",
    "in doubt",
    "reason",
)
#: The same for a person, on a line of 80 characters.
_BRIEFLY = ("newsletter", "readers", "next slot", "last edition", "outcome")
#: Among how many editions those that are paused are looked for.
_LOOK_BACK = 100
#: Seconds between two looks.
_EVERY = 2.0
_FEEDS = ("feed", "failures", "last success", "error")


@dataclass(frozen=True, slots=True)
class _Picture:
    """Everything as it stands at one moment."""

    newsletters: Sequence[Row]
    feeds: Mapping[str, FeedState]
    articles: int
    #: Of each feed that has some, how many are held.
    held: Mapping[str, int]
    #: Editions that wait for the operator.
    paused: Sequence[Edition]
    last_arrival: datetime | None
    outbox: OutboxFigures
    suppressed: int
    #: What operators were told, or will be.
    incidents: Sequence[Incident]


@click.command(cls=Command)
@json_option
@click.option("--watch", is_flag=True, help="Again every two seconds, until Ctrl-C.")
def status(*, as_json: bool, watch: bool) -> None:
    """Say what ran, what is due and what fails."""
    from digest.store import fence

    if watch and as_json:
        raise UsageError("--watch is for people: --json says it once")
    with doors.house(read_only=True) as house:
        if watch:
            _watch(house)
            return
        picture = house.database.call(_take, house)
        if held := house.database.call(fence.held):
            click.echo(f"nothing is sent until `digest resume --from WHEN`: {printable(held)}", err=True)
        failing = [state for state in picture.feeds.values() if state.failures]
        rows = [(it.name, it.failures, it.succeeded_at, it.last_error) for it in failing]
        if as_json:
            show_json(_as_json(house, picture, rows))
        else:
            _show(house, picture, rows)


def _watch(house: House) -> None:
    """The same screen again and again; on a terminal at its own place, in a pipe only when it says something new."""
    before = ""
    with suppress(KeyboardInterrupt):
        while True:
            picture = house.database.call(_take, house)
            failing = [state for state in picture.feeds.values() if state.failures]
            shown = io.StringIO()
            with redirect_stdout(shown):
                _show(house, picture, [(it.name, it.failures, it.succeeded_at, it.last_error) for it in failing])
            text = shown.getvalue()
            if sys.stdout.isatty():
                click.clear()
                click.echo(f"{cell(house.clock(), house.zone)}   Ctrl-C ends it\n\n{text}", nl=False)
            elif text != before:
                click.echo(text)
            before = text
            Event().wait(_EVERY)


def _take(connection: Connection, house: House) -> _Picture:
    from digest.store import articles, feeds, holding, incidents, overview

    return _Picture(
        newsletters=[_newsletter(connection, house, name) for name in house.newsletters],
        feeds=feeds.states(connection, list(house.feeds)),
        articles=articles.stored(connection),
        held=holding.held(connection),
        paused=_paused(connection),
        last_arrival=overview.last_arrival(connection),
        outbox=overview.outbox(connection),
        suppressed=overview.suppressed(connection),
        incidents=incidents.current(connection),
    )


def _paused(connection: Connection) -> list[Edition]:
    from digest.store import editions, outbox

    found = editions.latest(connection, most=_LOOK_BACK)
    paused = [edition for edition in found if edition.state is EditionState.PAUSED]
    return [edition for edition in paused if outbox.tally(connection, edition.id).open]


def _newsletter(connection: Connection, house: House, name: str) -> tuple[object, ...]:
    from digest import publish
    from digest.store import editions, outbox, subscribers
    from digest.store.outbox import Tally

    slot = publish.coming(connection, house.newsletters[name], house.site, house.clock())
    readers = subscribers.counts(connection).get((name, SubscriptionState.ACTIVE), 0)
    last: Edition | None = next(iter(editions.latest(connection, name, 1)), None)
    tally = outbox.tally(connection, last.id) if last else Tally()
    return (
        name,
        readers,
        slot.at if slot else None,
        last.slot if last else None,
        last.state if last else None,
        tally.states.get(DeliveryState.SENT, 0),
        tally.states.get(DeliveryState.FAILED, 0),
        tally.open,
        tally.in_doubt,
        last.reason if last else None,
    )


def _as_json(house: House, picture: _Picture, failing: Sequence[Row]) -> dict[str, object]:
    keys = [column.replace(" ", "_") for column in _NEWSLETTERS]
    waiting = picture.outbox
    return {
        "now": house.clock(),
        "newsletters": [dict(zip(keys, row, strict=True)) for row in picture.newsletters],
        "feeds": {
            "configured": len(house.feeds),
            "polled": sum(state.polled_at is not None for state in picture.feeds.values()),
            "failing": [dict(zip(("feed", "failures", "last_success", "error"), row, strict=True)) for row in failing],
            "held": dict(picture.held),
        },
        "articles": {"stored": picture.articles, "last_arrival": picture.last_arrival},
        "outbox": {
            **{state.value: count for state, count in waiting.states.items()},
            "in_doubt": waiting.in_doubt,
            "next_attempt": waiting.next_at,
        },
        "suppressed": picture.suppressed,
        "incidents": [
            {"kind": each.kind, "subject": each.subject, "detail": each.detail, "opened_at": each.opened_at}
            for each in picture.incidents
        ],
        "paused": [{"id": each.id, "newsletter": each.newsletter, "reason": each.reason} for each in picture.paused],
    }


def _show(house: House, picture: _Picture, failing: Sequence[Row]) -> None:
    from digest.feeds import flood

    zone, now = house.zone, house.clock()
    briefly = [(*row[:4], _outcome(row[4:])) for row in picture.newsletters]
    Table(_BRIEFLY, empty="no newsletter is configured", zone=zone).show(briefly)
    click.echo()
    arrived = f", the last {lasting(now - picture.last_arrival)} ago" if picture.last_arrival else ""
    click.echo(f"articles: {picture.articles:,}{arrived}")
    for feed, count in picture.held.items():
        said = f"{counted(count, 'article')} of {feed}, since they became new at once: {flood.choice(feed)}"
        click.echo(f"held: {printable(said)}")
    for each in picture.incidents:
        named = ": ".join(filter(None, (each.kind, each.subject, each.detail)))
        click.echo(f"since {cell(each.opened_at, zone)}: {printable(named)}")
    for edition in picture.paused:
        click.echo(f"edition {edition.id} is {printable(ways_out(edition))}")
    click.echo(f"outbox: {_waiting(picture.outbox, zone)}")
    click.echo(f"suppressed: {counted(picture.suppressed, 'address', 'addresses')}")
    never = len(house.feeds) - sum(state.polled_at is not None for state in picture.feeds.values())
    asleep = f", {never:,} never polled" if never else ""
    click.echo(f"feeds: {len(house.feeds):,} configured, {len(failing):,} failing{asleep}")
    if failing:
        Table(_FEEDS, empty="", zone=zone).show(failing)


def _outcome(last: Row) -> str:
    """What became of an edition: state, the figures that are not nought, and the reason where there is one."""
    state, *figures, reason = last
    told = [f"{count:,} {name}" for count, name in zip(figures, _NEWSLETTERS[5:-1], strict=True) if count]
    told += [str(reason)] if reason else []
    return f"{state}: {', '.join(told)}" if told else str(state or "")


def _waiting(figures: OutboxFigures, zone: ZoneInfo) -> str:
    parts = [f"{count:,} {state}" for state, count in sorted(figures.states.items())]
    if figures.in_doubt:
        parts.append(f"{figures.in_doubt:,} in doubt and left to you (digest editions retry ID --in-doubt)")
    if figures.next_at:
        parts.append(f"next attempt {cell(figures.next_at, zone)}")
    return ", ".join(parts) or "empty"
