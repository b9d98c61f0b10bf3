"""`digest editions`: what was sent, what comes, and the operator's hand on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import doors, plans
from digest.cli.base import Group, json_option, printable
from digest.cli.edition_export import export
from digest.cli.edition_show import show
from digest.cli.edition_words import deliveries, found, waits, ways_out
from digest.cli.show import Row, Table
from digest.cli.withdraw import withdraw
from digest.errors import UsageError
from digest.model import DeliveryState, Edition, EditionState

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.store import Connection
    from digest.store.outbox import Tally

__all__ = ["editions", "ways_out"]

#: When, of which newsletter, what clocks show, zones, readers.

_LIST = ("id", "newsletter", "no", "slot", "state", "sent", "failed", "open", "in doubt", "other", "reason")
_NEXT = ("at", "newsletter", "local time", "zone", "readers")
#: So many zones of one slot are named in a table, the others counted.
_ZONES_SHOWN = 4


@click.group(cls=Group)
def editions() -> None:
    """Show, plan, pause, cancel and retry editions."""


for _command in (plans.note, plans.pin, plans.unpin, plans.plan, show, export, withdraw):
    editions.add_command(_command)


@editions.command("list")
@click.argument("newsletter", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def list_(newsletter: str | None, limit: int, *, as_json: bool) -> None:
    """The last editions, newest first."""
    with doors.house(read_only=True) as house:
        name = house.newsletter(newsletter).name if newsletter else ""
        listed = house.database.call(_listed, house, name, limit)
        table = Table(_LIST, empty="there is no edition yet", zone=house.zone)
        table.show([_row(*each) for each in listed], as_json=as_json)
        for edition, tally, _ in listed:
            _say_ways_out(edition, tally)


def _listed(connection: Connection, house: House, newsletter: str, limit: int) -> list[tuple[Edition, Tally, str]]:
    from digest.store import editions as store
    from digest.store import outbox

    latest = store.latest(connection, newsletter, limit)
    tallies = [outbox.tally(connection, edition.id) for edition in latest]
    return [(each, tally, _why(connection, house, each, tally)) for each, tally in zip(latest, tallies, strict=True)]


def _why(connection: Connection, house: House, edition: Edition, tally: Tally) -> str:
    """Why it is as it is: what it waits for, or what the server said where nobody got it."""
    from digest.store import guarding, overview

    if edition.state is EditionState.SENDING:
        guard = guarding.guard(connection, edition.id)
        return waits(edition, guard, guarding.first(connection, edition.id), house.zone)
    failed = tally.states.get(DeliveryState.FAILED, 0)
    if edition.state is EditionState.DONE and failed and not tally.states.get(DeliveryState.SENT, 0):
        said = overview.refusals(connection, edition.id, 1)
        return f"nobody got it: {said[0].reply}" if said else "nobody got it"
    return edition.reason


def _say_ways_out(edition: Edition, tally: Tally) -> None:
    # Of one that a later edition has made up for, nothing is left to be sent.
    if edition.state is EditionState.PAUSED and tally.open:
        click.echo(f"edition {edition.id} is {printable(ways_out(edition))}", err=True)


def _row(edition: Edition, tally: Tally, why: str) -> Row:
    figures = _figures(tally)
    number = edition.number or None
    return (
        edition.id,
        edition.newsletter,
        number,
        edition.slot,
        edition.state,
        *figures.values(),
        why,
    )


def _figures(tally: Tally) -> dict[str, int]:
    sent, failed = (tally.states.get(state, 0) for state in (DeliveryState.SENT, DeliveryState.FAILED))
    other = tally.total - sent - failed - tally.open - tally.in_doubt
    return {"sent": sent, "failed": failed, "open": tally.open, "in_doubt": tally.in_doubt, "other": other}


@editions.command("next")
@click.argument("count", metavar="[N]", type=click.IntRange(1, 1000), default=10)
@json_option
def next_(count: int, *, as_json: bool) -> None:
    """The next N slots, when they are where, and how many readers each has."""
    from digest.app.coming import coming

    with doors.house(read_only=True) as house:
        found = house.database.call(coming, house, count)
        rows: Sequence[Row] = [(each.at, each.newsletter, each.clocks, each.zones, each.readers) for each in found]
        shown = (
            rows if as_json else [(*row[:3], _few(each.zones), row[4]) for row, each in zip(rows, found, strict=True)]
        )
        table = Table(_NEXT, empty="no newsletter has a slot to come", zone=house.zone)
        table.show(shown, as_json=as_json)


def _few(zones: Sequence[str]) -> str:
    left = len(zones) - _ZONES_SHOWN
    return ", ".join(zones) if left < 2 else f"{', '.join(zones[:_ZONES_SHOWN])} and {left} more"


@editions.command()
@click.argument("edition", metavar="ID", type=int)
def pause(edition: int) -> None:
    """Send no more of an edition until it is resumed."""
    from digest.store import editions as store

    with doors.house() as house:
        it = house.database.call(found, edition)
        if not house.database.call(store.move, edition, EditionState.SENDING, EditionState.PAUSED):
            raise UsageError(f"edition {edition} is {it.state}, not sending")
    click.echo(f"edition {edition} is paused; what is in flight just now still arrives")


@editions.command()
@click.argument("edition", metavar="ID", type=int)
def resume(edition: int) -> None:
    """Go on with an edition that was paused, is under review, or has its first readers only."""
    from digest.store import guarding

    with doors.house() as house:
        it = house.database.call(found, edition)
        if not house.database.call(guarding.resume, edition):
            raise UsageError(f"edition {edition} is {it.state}, not paused")
    click.echo(f"edition {edition} is resumed: `digest run` goes on with it, or `digest send NEWSLETTER --resume`")


@editions.command()
@click.argument("edition", metavar="ID", type=int)
def cancel(edition: int) -> None:
    """Call off what has not been sent of an edition; its stories go into the readers' next letters."""
    from digest.store import editions as store

    with doors.house() as house:
        state = house.database.call(found, edition).state
        if state not in (EditionState.SENDING, EditionState.PAUSED):
            raise UsageError(f"edition {edition} is {state}: there is nothing to call off")
        count = house.database.call(store.cancel, edition, house.clock())
    click.echo(f"edition {edition} is cancelled; {deliveries(count)} called off")


@editions.command()
@click.argument("edition", metavar="ID", type=int)
@click.option("--failed", "what", flag_value="failed", help="What the server refused or we gave up.")
@click.option("--in-doubt", "what", flag_value="in doubt", help="What may have arrived: some readers may get it twice.")
@click.option("--deferred", "what", flag_value="deferred", help="What the server put off: now, not at its time.")
def retry(edition: int, what: str | None) -> None:
    """Put deliveries of an edition into the outbox once more. Who has got it does not get it again."""
    if what is None:
        raise UsageError("say which: --failed, --in-doubt or --deferred")
    with doors.house() as house:
        state = house.database.call(found, edition).state
        if state in (EditionState.CANCELLED, EditionState.SKIPPED):
            raise UsageError(f"edition {edition} is {state}: nothing of it is sent any more")
        count = house.database.call(_again, edition, what, house.clock())
    click.echo(
        f"edition {edition}: {deliveries(count)} that {'was' if count == 1 else 'were'} {what} to be tried again"
    )


def _again(connection: Connection, edition: int, what: str, now: datetime) -> int:
    from digest.store import once_more

    if what == "deferred":
        return once_more.hasten(connection, edition, now)
    return once_more.retry(connection, edition, now, doubtful=what == "in doubt")
