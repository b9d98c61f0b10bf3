"""Gathers what is looked at, in one read of the store."""

import shutil
from datetime import datetime, timedelta

from digest import publish
from digest.app.alerts.conditions import Figures
from digest.app.house import House, database_file
from digest.app.vitals import Vitals
from digest.editions.due import due_slots
from digest.model import EditionState, Newsletter, SubscriptionState
from digest.store import Connection, editions, feeds, fence, gauges, outbox, readership, trouble

_DAY = timedelta(days=1)
#: Slots older than this are told of by what became of them.
_FAR = timedelta(hours=12)
_LOOK_BACK = 100


def gather(connection: Connection, house: House, vitals: Vitals, step: timedelta) -> Figures:
    """As of now; `vitals` and `step` are what this process knows."""
    now = house.clock()
    known = gauges.gauges(connection, now)
    active = SubscriptionState.ACTIVE
    slots = [publish.coming(connection, each, house.site, now) for each in house.newsletters.values()]
    back = trouble.since(connection, now - _DAY)
    return Figures(
        now=now,
        feeds=tuple(feeds.states(connection, list(house.feeds)).values()),
        paused=tuple(
            each
            for each in editions.latest(connection, most=_LOOK_BACK)
            if each.state is EditionState.PAUSED and outbox.tally(connection, each.id).open
        ),
        overdue=_overdue(connection, house, now),
        oldest_due=known.oldest_due,
        held=fence.held(connection),
        relay=vitals.trouble,
        refused=vitals.refused,
        certificate_ends=vitals.certificate_ends,
        readers=sum(count for (_, state), count in known.readers.items() if state is active),
        bounces=back.bounces,
        complaints=back.complaints,
        free=_free(house),
        next_slot=min((slot.at for slot in slots if slot), default=None),
        has_newsletters=bool(house.newsletters),
        step=step,
    )


def _overdue(connection: Connection, house: House, now: datetime) -> dict[str, datetime]:
    found = {name: _oldest(connection, house, each, now) for name, each in house.newsletters.items()}
    return {name: slot for name, slot in found.items() if slot}


def _oldest(connection: Connection, house: House, newsletter: Newsletter, now: datetime) -> datetime | None:
    since = editions.known_since(connection, newsletter.name)
    if since is None:
        return None
    after = max(now - _FAR, since)
    settled = editions.slots(connection, newsletter.name, after)
    rhythms = readership.rhythms(connection, newsletter.name)
    due = due_slots(newsletter, house.site, rhythms, settled, (after, now))
    return min((each.slot.at for each in due), default=None)


def _free(house: House) -> float | None:
    file = database_file(house.settings)
    if file is None:
        return None
    room = shutil.disk_usage(file.parent)
    return room.free / room.total
