"""Which slots have come and are not settled, for whom, and what becomes of those that were missed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.editions.slots import next_slot, offset_at, previous_slot, reader_schedule, slots, takes
from digest.model import Newsletter, Rhythm, Site, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSlot:
    """A slot that has come and is not settled."""

    slot: Slot
    rhythms: tuple[Rhythm, ...]
    #: Why nothing is to be sent for it; empty: publish it.
    skip: str = ""


def slot_now(newsletter: Newsletter, site: Site, now: datetime) -> Slot:
    """The moment `now` as a slot of its own."""
    zone = zone_of(newsletter, site, "")
    return Slot(at=now, local=now.astimezone(zone).replace(tzinfo=None), offset=offset_at(zone, now))


def due_slots(
    newsletter: Newsletter,
    site: Site,
    rhythms: Sequence[Rhythm],
    settled: Iterable[datetime],
    window: tuple[datetime, datetime],
) -> list[DueSlot]:
    """The slots within `window` (after, until], until being now, that are not among `settled`; oldest first."""
    after, now = window
    done = set(settled)
    takers: dict[datetime, list[Rhythm]] = {}
    found: dict[datetime, Slot] = {}
    latest: set[datetime] = set()
    for rhythm in rhythms or [Rhythm()]:
        coming = [slot for slot in _slots_of(newsletter, site, rhythm, after, now) if slot.at not in done]
        for slot in coming:
            found.setdefault(slot.at, slot)
            takers.setdefault(slot.at, []).append(rhythm)
        latest.update(slot.at for slot in coming[-1:])
    due = []
    for at, slot in sorted(found.items()):
        skip = ""
        if now - at > newsletter.grace:
            skip = "too late: the service was not running at its time"
        elif at not in latest:
            skip = "made up for by a later edition"
        elif not rhythms:
            skip = "nobody is subscribed"
        due.append(DueSlot(slot=slot, rhythms=tuple(takers[at]) if rhythms else (), skip=skip))
    return due


def _slots_of(newsletter: Newsletter, site: Site, rhythm: Rhythm, after: datetime, until: datetime) -> list[Slot]:
    zone = zone_of(newsletter, site, rhythm.timezone)
    schedule = reader_schedule(newsletter.schedule, rhythm.send_at)
    return [slot for slot in slots(schedule, zone, after, until) if takes(schedule, zone, slot, rhythm.frequency)]


def zone_of(newsletter: Newsletter, site: Site, timezone: str) -> ZoneInfo:
    """The zone whose wall clock counts for a reader of `timezone`."""
    try:
        return ZoneInfo(newsletter.schedule.timezone or timezone or site.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        # A zone that the time zone data no longer has, or never had, must not hold up everybody else.
        return ZoneInfo("UTC")


def next_due(newsletter: Newsletter, site: Site, rhythms: Sequence[Rhythm], after: datetime) -> Slot | None:
    """The newsletter's next slot for any of the rhythms; None where none ever comes."""
    coming = [coming_slot(newsletter, site, rhythm, after) for rhythm in rhythms or [Rhythm()]]
    return min((slot for slot in coming if slot), default=None)


def coming_slot(newsletter: Newsletter, site: Site, rhythm: Rhythm, after: datetime) -> Slot | None:
    """The first slot later than `after` that a subscription of this rhythm takes; None where none comes."""
    zone = zone_of(newsletter, site, rhythm.timezone)
    schedule = reader_schedule(newsletter.schedule, rhythm.send_at)
    slot = next_slot(schedule, zone, after)
    if slot and not takes(schedule, zone, slot, rhythm.frequency):
        return next_slot(schedule, zone, _before_week(slot, zone, 1))
    return slot


def last_due(newsletter: Newsletter, site: Site, rhythm: Rhythm, at: datetime) -> Slot | None:
    """The newest slot of the rhythm that has come by `at`; None where there was none."""
    zone = zone_of(newsletter, site, rhythm.timezone)
    schedule = reader_schedule(newsletter.schedule, rhythm.send_at)
    slot = previous_slot(schedule, zone, at)
    if slot and not takes(schedule, zone, slot, rhythm.frequency):
        return next_slot(schedule, zone, _before_week(slot, zone, 0))
    return slot


def _before_week(slot: Slot, zone: ZoneInfo, later: int) -> datetime:
    """The last moment before the ISO week of `slot`, or before the one so many weeks later."""
    monday = slot.local.date() + timedelta(weeks=later, days=-slot.local.weekday())
    return datetime.combine(monday, time(), zone).astimezone(UTC) - datetime.resolution
