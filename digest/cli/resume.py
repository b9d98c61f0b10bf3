"""`digest resume`: the operator's word that a restored or moved store may send again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import Command
from digest.cli.when import moment
from digest.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from digest.app.house import House
    from digest.store import Connection


@click.command(cls=Command)
@click.option(
    "--from", "since", required=True, metavar="WHEN", help="Since when the store knows nothing; `now`: it knows all."
)
@click.option(
    "--outbox",
    type=click.Choice(["drop", "resend"]),
    default="drop",
    show_default=True,
    help="What becomes of what waits there: it may have been sent after WHEN.",
)
def resume(since: str, outbox: str) -> None:
    """Let a restored or moved store send again.

    WHEN is the moment of the backup. What had arrived by then counts as told to the readers of each newsletter that had
    a slot since, and what was published up to that slot is not told when it arrives. Readers who have left since the
    backup are unknown to it: record them first, with `digest subscribers remove` or `digest suppressions add`.
    """
    with doors.house() as house:
        now = house.clock()
        at = moment(since, now, house.zone)
        if at > now:
            raise UsageError(f"--from {since} is still to come")
        told, dropped = house.database.call(_resume, house, at, drop=outbox == "drop")
        house.database.call(house.fence.write)
    if told:
        click.echo(f"taken as told until now: {', '.join(told)}")
    click.echo(f"{counted(dropped, 'delivery', 'deliveries')} called off; the store sends from now on")


def _resume(connection: Connection, house: House, since: datetime, *, drop: bool) -> tuple[list[str], int]:
    from digest.app.house import nonce
    from digest.store import restored

    now = house.clock()
    slots = {name: slot for name in house.newsletters if (slot := _last_slot(connection, house, name)) > since}
    until = min(slots.values()) - house.settings.collect.every if slots else None
    names, dropped = sorted(slots), 0
    if since < now:
        names = sorted({*slots, *(restored.being_sent(connection) if drop else ())})
        dropped = restored.take_as_told(connection, names, now, drop=drop)
    house.fence.adopt(connection, nonce(), now, until)
    return names, dropped


def _last_slot(connection: Connection, house: House, name: str) -> datetime:
    """When the newsletter last went out to any of its readers, by its schedule."""
    from datetime import UTC, datetime

    from digest.editions.due import last_due
    from digest.store import readership

    newsletter, now = house.newsletters[name], house.clock()
    slots = (last_due(newsletter, house.site, each, now) for each in readership.rhythms(connection, name))
    return max((slot.at for slot in slots if slot), default=datetime.min.replace(tzinfo=UTC))
