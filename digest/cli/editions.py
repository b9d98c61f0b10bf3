"""`digest editions`: what was sent, what comes, and the operator's hand on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import doors
from digest.cli.base import Group, json_option
from digest.cli.show import Row, Table, counted, details, show_json
from digest.errors import UnknownName, UsageError
from digest.model import DeliveryState, Edition, EditionState, Newsletter

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.store import Connection
    from digest.store.outbox import Tally
    from digest.store.overview import LetterFigures, Refusal

_LIST = ("id", "newsletter", "no", "slot", "state", "sent", "failed", "open", "in doubt", "other", "reason")
_NEXT = ("at", "newsletter", "local time", "zone", "readers")
#: How far `next` looks, wider until there are enough.
_HORIZONS = (timedelta(days=2), timedelta(days=15), timedelta(days=100), timedelta(days=400))


@click.group(cls=Group)
def editions() -> None:
    """Show, pause, cancel and retry editions."""


@editions.command("list")
@click.argument("newsletter", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def list_(newsletter: str | None, limit: int, *, as_json: bool) -> None:
    """The last editions, newest first."""
    with doors.house(read_only=True) as house:
        name = house.newsletter(newsletter).name if newsletter else ""
        rows = house.database.call(_rows, name, limit)
        Table(_LIST, empty="there is no edition yet", zone=house.zone).show(rows, as_json=as_json)


def _rows(connection: Connection, newsletter: str, limit: int) -> Sequence[Row]:
    from digest.store import editions as store
    from digest.store import outbox

    found = store.latest(connection, newsletter, limit)
    return [_row(edition, outbox.tally(connection, edition.id)) for edition in found]


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
        table = Table(_NEXT, empty="no newsletter has a slot to come", zone=house.zone)
        table.show(rows, as_json=as_json)


def _coming(connection: Connection, house: House, count: int) -> Sequence[Row]:
    now = house.clock()
    for horizon in _HORIZONS:
        rows = [
            row for each in house.newsletters.values() for row in _slots(connection, house, each, (now, now + horizon))
        ]
        if len(rows) >= count:
            break
    return sorted(rows, key=lambda row: row[:2])[:count]


def _slots(
    connection: Connection, house: House, newsletter: Newsletter, window: tuple[datetime, datetime]
) -> list[tuple[datetime, str, str, tuple[str, ...], int]]:
    from digest.editions.due import due_slots
    from digest.store import overview

    readers = overview.readers_by_rhythm(connection, newsletter.name)
    rows = []
    for due in due_slots(newsletter, house.site, list(readers), (), window):
        own = newsletter.schedule.timezone
        zones = {own or rhythm.timezone or house.site.timezone for rhythm in due.rhythms} or {own or "each reader's"}
        rows.append(
            (
                due.slot.at,
                newsletter.name,
                f"{due.slot.local:%a %Y-%m-%d %H:%M}",
                tuple(sorted(zones)),
                sum(readers[rhythm] for rhythm in due.rhythms),
            )
        )
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
