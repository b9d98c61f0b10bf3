"""The slots to come of all newsletters, by whose clock, and how many readers each has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.app.house import House
from digest.editions.due import coming_slots, zone_of
from digest.model import Newsletter, Rhythm
from digest.store import Connection, overview

#: How far it is looked, wider until there are enough.
_HORIZONS = (timedelta(hours=3), *(timedelta(days=days) for days in (2, 15, 100, 400)))


@dataclass(frozen=True, slots=True, order=True)
class Coming:
    """A slot to come."""

    at: datetime
    newsletter: str
    #: What the clocks of its zones show then.
    clocks: str
    zones: tuple[str, ...]
    readers: int


def coming(connection: Connection, house: House, most: int) -> list[Coming]:
    """The next slots, at most so many, in their order."""
    now = house.clock()
    readers = {name: overview.readers_by_rhythm(connection, name) for name in house.newsletters}
    found: list[Coming] = []
    for horizon in _HORIZONS:
        window = (now, now + horizon)
        found = [
            slot for each in house.newsletters.values() for slot in _slots(house, each, readers[each.name], window)
        ]
        if len(found) >= most:
            break
    return sorted(found, key=lambda slot: (slot.at, slot.newsletter))[:most]


def _slots(
    house: House, newsletter: Newsletter, readers: Mapping[Rhythm, int], window: tuple[datetime, datetime]
) -> list[Coming]:
    found = []
    for slot in coming_slots(newsletter, house.site, list(readers), window):
        at = slot.slot.at
        zones = {zone_of(newsletter, house.site, rhythm.timezone) for rhythm in slot.rhythms or [Rhythm()]}
        # Readers who choose their hour share an instant with others whose clocks show another one.
        clocks = sorted({at.astimezone(zone).replace(tzinfo=None) for zone in zones})
        names = {zone.key for zone in zones}
        if not (slot.rhythms or newsletter.schedule.timezone):
            names = {"each reader's"}
        local = ", ".join(f"{clock:%a %Y-%m-%d %H:%M}" for clock in clocks)
        found.append(
            Coming(at, newsletter.name, local, tuple(sorted(names)), sum(readers[each] for each in slot.rhythms))
        )
    return found
