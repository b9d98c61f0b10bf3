"""Which slots have come and are not settled, for whom, and what becomes of those that were missed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.editions.slots import next_slot, offset_at, previous_slot, reader_schedule, slots, takes
from digest.model import Frequency, Newsletter, Rhythm, Schedule, Site, Slot

#: A slot that was missed longer ago than this is not even recorded as missed.
LOOK_BACK = timedelta(days=7)
#: Nobody looks at the very instant: a slot that came no longer ago than this is on time, whatever the grace.
ON_TIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSlot:
    """A slot that has come and is not settled."""

    slot: Slot
    #: Those whose latest slot it is: nobody is caught up twice.
    rhythms: tuple[Rhythm, ...]
    #: Why nothing is to be sent for it; empty: publish it.
    skip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingSlot:
    """A slot and all rhythms that take it."""

    slot: Slot
    rhythms: tuple[Rhythm, ...]


def slot_now(newsletter: Newsletter, site: Site, now: datetime) -> Slot:
    """The moment `now` as a slot of its own."""
    zone = zone_of(newsletter, site, "")
    return Slot(at=now, local=now.astimezone(zone).replace(tzinfo=None), offset=offset_at(zone, now))


def looking_since(known: datetime | None, after: datetime | None, now: datetime) -> datetime:
    """From when on slots of a newsletter may be unsettled, where `now` is what the clock shows, right or wrong.

    `known`: since when there is the newsletter, None: it has never been known; `after`: up to when its slots are known
    to be settled, None: it is not known, and a week is looked through.
    """
    if known is None or known > now:
        # Known by a clock that has been put back since: nothing was missed before, and what comes now counts.
        return after or now
    return max(known, after or now - LOOK_BACK)


def due_slots(
    newsletter: Newsletter,
    site: Site,
    rhythms: Sequence[Rhythm],
    settled: Iterable[datetime],
    window: tuple[datetime, datetime],
) -> list[DueSlot]:
    """The slots within `window` (after, until], until being now, that are not among `settled`; oldest first.

    A slot is published for the rhythms that have had no later one since, so that each is caught up once for all that
    it missed; where there is none of those, or the slot came longer ago than the newsletter's grace, it is skipped.
    """
    after, now = window
    done = set(settled)
    takers = _takers(newsletter, site, rhythms or [Rhythm()], (after, now))
    latest = {rhythm: at for at, (_, some) in sorted(takers.items()) for rhythm in some}
    due = []
    for at, (slot, some) in sorted(takers.items()):
        served = tuple(rhythm for rhythm in some if latest[rhythm] == at)
        skip = ""
        if now - at > max(newsletter.grace, ON_TIME):
            skip = "too late: the service was not running at its time"
        elif not served:
            skip = "made up for by a later edition"
        elif not rhythms:
            skip = "nobody is subscribed"
        if at not in done:
            due.append(DueSlot(slot=slot, rhythms=() if skip else served, skip=skip))
    return due


def coming_slots(
    newsletter: Newsletter, site: Site, rhythms: Sequence[Rhythm], window: tuple[datetime, datetime]
) -> list[ComingSlot]:
    """The slots within `window` (after, until] and who takes them, in order; those of the site's zone for nobody."""
    takers = _takers(newsletter, site, rhythms or [Rhythm()], window)
    return [ComingSlot(slot=slot, rhythms=tuple(some) if rhythms else ()) for _, (slot, some) in sorted(takers.items())]


def _takers(
    newsletter: Newsletter, site: Site, rhythms: Sequence[Rhythm], window: tuple[datetime, datetime]
) -> dict[datetime, tuple[Slot, list[Rhythm]]]:
    """Each instant's slot and the rhythms that take it.

    Zones that agree share their slots. Where clocks show several times at one instant, the slot has the earliest.
    """
    found: dict[datetime, tuple[Slot, list[Rhythm]]] = {}
    # An hour of a reader's own that does not count makes no other slots.
    slots_of = cache(lambda schedule, zone, frequency: _slots_of(schedule, zone, frequency, window))
    for rhythm in rhythms:
        zone = zone_of(newsletter, site, rhythm.timezone)
        for slot in slots_of(reader_schedule(newsletter.schedule, rhythm.send_at), zone, rhythm.frequency):
            first, some = found.get(slot.at, (slot, []))
            some.append(rhythm)
            found[slot.at] = min(first, slot), some
    return found


def _slots_of(
    schedule: Schedule, zone: ZoneInfo, frequency: Frequency, window: tuple[datetime, datetime]
) -> list[Slot]:
    return [slot for slot in slots(schedule, zone, *window) if takes(schedule, zone, slot, frequency)]


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
