"""`digest editions`: what was sent, what comes, and the operator's hand on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import doors, plans
from digest.cli.base import Group, json_option, printable
from digest.cli.show import Row, Table, counted, details, show_json
from digest.errors import UnknownName, UsageError
from digest.model import DeliveryState, Edition, EditionState, Newsletter, Rhythm

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.store import Connection
    from digest.store.outbox import Tally
    from digest.store.overview import LetterFigures, Refusal

#: When, of which newsletter, what clocks show, zones, readers.
_Coming = tuple[datetime, str, str, tuple[str, ...], int]

_LIST = ("id", "newsletter", "no", "slot", "state", "sent", "failed", "open", "in doubt", "other", "reason")
_NEXT = ("at", "newsletter", "local time", "zone", "readers")
#: How far `next` looks, wider until there are enough.
_HORIZONS = (timedelta(hours=3), *(timedelta(days=days) for days in (2, 15, 100, 400)))
#: So many zones of one slot are named in a table, the others counted.
_ZONES_SHOWN = 4


@click.group(cls=Group)
def editions() -> None:
    """Show, plan, pause, cancel and retry editions."""


for _command in (plans.note, plans.pin, plans.unpin, plans.plan):
    editions.add_command(_command)


@editions.command("list")
@click.argument("newsletter", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def list_(newsletter: str | None, limit: int, *, as_json: bool) -> None:
    """The last editions, newest first."""
    with doors.house(read_only=True) as house:
        name = house.newsletter(newsletter).name if newsletter else ""
        found = house.database.call(_listed, name, limit)
        table = Table(_LIST, empty="there is no edition yet", zone=house.zone)
        table.show([_row(*each) for each in found], as_json=as_json)
        for edition, tally in found:
            _say_ways_out(edition, tally)


def _listed(connection: Connection, newsletter: str, limit: int) -> list[tuple[Edition, Tally]]:
    from digest.store import editions as store
    from digest.store import outbox

    found = store.latest(connection, newsletter, limit)
    return [(edition, outbox.tally(connection, edition.id)) for edition in found]


def ways_out(edition: Edition) -> str:
    """What an operator may do with an edition that is paused, and why it is."""
    return (
        f"{edition.reason or 'paused'}; look at it with `digest preview {edition.newsletter} --at "
        f"{edition.slot.isoformat()}`, send it with `digest editions resume {edition.id}`, or call it off with "
        f"`digest editions cancel {edition.id}`"
    )


def _say_ways_out(edition: Edition, tally: Tally) -> None:
    # Of one that a later edition has made up for, nothing is left to be sent.
    if edition.state is EditionState.PAUSED and tally.open:
        click.echo(f"edition {edition.id} is {printable(ways_out(edition))}", err=True)


def _row(edition: Edition, tally: Tally) -> Row:
    figures = _figures(tally)
    number = edition.number or None
    return (
        edition.id,
        edition.newsletter,
        number,
        edition.slot,
        edition.state,
        *figures.values(),
        edition.reason,
    )


def _figures(tally: Tally) -> dict[str, int]:
    sent, failed = (tally.states.get(state, 0) for state in (DeliveryState.SENT, DeliveryState.FAILED))
    other = tally.total - sent - failed - tally.open - tally.in_doubt
    return {"sent": sent, "failed": failed, "open": tally.open, "in_doubt": tally.in_doubt, "other": other}


@editions.command()
@click.argument("edition", metavar="ID", type=int)
@json_option
def show(edition: int, *, as_json: bool) -> None:
    """One edition: its figures, its letters, and why deliveries did not go out."""
    with doors.house(read_only=True) as house:
        found, tally, letters, refusals = house.database.call(_all_about, edition)
        site, zone = house.site.url, house.zone
    facts: dict[str, object] = {
        "id": found.id,
        "newsletter": found.newsletter,
        "no": found.number or None,
        "slot": found.slot,
        "frozen": found.frozen_at,
        "state": found.state,
        "reason": found.reason,
        "deliveries": {state.value: count for state, count in sorted(tally.states.items())},
        "in_doubt": tally.in_doubt,
    }
    if as_json:
        show_json({**facts, "letters": list(map(asdict, letters)), "refusals": list(map(asdict, refusals))})
        return
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(tally.states.items()))
    details({**facts, "deliveries": states}, zone=zone)
    click.echo()
    rows = [(each.readers, each.articles, each.language, each.subject, f"{site}/read/{each.nonce}") for each in letters]
    Table(("readers", "articles", "language", "subject", "page"), empty="it has no letter").show(rows)
    _say_ways_out(found, tally)
    if refusals:
        click.echo()
        Table(("count", "state", "reply"), empty="").show([(each.count, each.state, each.reply) for each in refusals])


def _all_about(connection: Connection, edition: int) -> tuple[Edition, Tally, list[LetterFigures], list[Refusal]]:
    from digest.store import outbox, overview

    found = _found(connection, edition)
    return (
        found,
        outbox.tally(connection, edition),
        overview.letters_of(connection, edition),
        overview.refusals(connection, edition),
    )


@editions.command("next")
@click.argument("count", metavar="[N]", type=click.IntRange(1, 1000), default=10)
@json_option
def next_(count: int, *, as_json: bool) -> None:
    """The next N slots, when they are where, and how many readers each has."""
    with doors.house(read_only=True) as house:
        rows = house.database.call(_coming, house, count)
        shown: Sequence[Row] = rows if as_json else [(*row[:3], _few(row[3]), row[4]) for row in rows]
        table = Table(_NEXT, empty="no newsletter has a slot to come", zone=house.zone)
        table.show(shown, as_json=as_json)


def _few(zones: Sequence[str]) -> str:
    left = len(zones) - _ZONES_SHOWN
    return ", ".join(zones) if left < 2 else f"{', '.join(zones[:_ZONES_SHOWN])} and {left} more"


def _coming(connection: Connection, house: House, count: int) -> list[_Coming]:
    from digest.store import overview

    now = house.clock()
    readers = {name: overview.readers_by_rhythm(connection, name) for name in house.newsletters}
    rows: list[_Coming] = []
    for horizon in _HORIZONS:
        window = (now, now + horizon)
        rows = [row for each in house.newsletters.values() for row in _slots(house, each, readers[each.name], window)]
        if len(rows) >= count:
            break
    return sorted(rows, key=lambda row: row[:2])[:count]


def _slots(
    house: House, newsletter: Newsletter, readers: Mapping[Rhythm, int], window: tuple[datetime, datetime]
) -> list[_Coming]:
    from digest.editions.due import coming_slots, zone_of

    rows = []
    for coming in coming_slots(newsletter, house.site, list(readers), window):
        at = coming.slot.at
        zones = {zone_of(newsletter, house.site, rhythm.timezone) for rhythm in coming.rhythms or [Rhythm()]}
        # Readers who choose their hour share an instant with others whose clocks show another one.
        clocks = sorted({at.astimezone(zone).replace(tzinfo=None) for zone in zones})
        names = {zone.key for zone in zones}
        if not (coming.rhythms or newsletter.schedule.timezone):
            names = {"each reader's"}
        local = ", ".join(f"{clock:%a %Y-%m-%d %H:%M}" for clock in clocks)
        rows.append((at, newsletter.name, local, tuple(sorted(names)), sum(readers[each] for each in coming.rhythms)))
    return rows


@editions.command()
@click.argument("edition", metavar="ID", type=int)
def pause(edition: int) -> None:
    """Send no more of an edition until it is resumed."""
    _move(edition, EditionState.SENDING, EditionState.PAUSED)
    click.echo(f"edition {edition} is paused; what is in flight just now still arrives")


@editions.command()
@click.argument("edition", metavar="ID", type=int)
def resume(edition: int) -> None:
    """Go on with an edition that was paused."""
    _move(edition, EditionState.PAUSED, EditionState.SENDING)
    click.echo(f"edition {edition} is resumed: `digest run` goes on with it, or `digest send NEWSLETTER --resume`")


@editions.command()
@click.argument("edition", metavar="ID", type=int)
def cancel(edition: int) -> None:
    """Call off what has not been sent of an edition; its stories go into the readers' next letters."""
    from digest.store import editions as store

    with doors.house() as house:
        state = house.database.call(_found, edition).state
        if state not in (EditionState.SENDING, EditionState.PAUSED):
            raise UsageError(f"edition {edition} is {state}: there is nothing to call off")
        count = house.database.call(store.cancel, edition, house.clock())
    click.echo(f"edition {edition} is cancelled; {_deliveries(count)} called off")


@editions.command()
@click.argument("edition", metavar="ID", type=int)
@click.option("--failed", "what", flag_value="failed", help="What the server refused or we gave up.")
@click.option("--in-doubt", "what", flag_value="in doubt", help="What may have arrived: some readers may get it twice.")
def retry(edition: int, what: str | None) -> None:
    """Put deliveries of an edition into the outbox once more."""
    from digest.store import outbox

    if what is None:
        raise UsageError("say which: --failed or --in-doubt")
    with doors.house() as house:
        house.database.call(_found, edition)
        count = house.database.call(outbox.retry, edition, house.clock(), doubtful=what == "in doubt")
    click.echo(
        f"edition {edition}: {_deliveries(count)} that {'was' if count == 1 else 'were'} {what} to be tried again"
    )


def _move(edition: int, before: EditionState, after: EditionState) -> None:
    from digest.store import editions as store

    with doors.house() as house:
        found = house.database.call(_found, edition)
        if not house.database.call(store.move, edition, before, after):
            raise UsageError(f"edition {edition} is {found.state}, not {before}")


def _found(connection: Connection, edition: int) -> Edition:
    from digest.store import editions as store

    found = store.find(connection, edition)
    if found is None:
        known = [str(each.id) for each in store.latest(connection, most=8)]
        raise UnknownName("edition", str(edition), known)
    return found


def _deliveries(count: int) -> str:
    return counted(count, "delivery", "deliveries")
