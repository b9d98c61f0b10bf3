"""When a newsletter is due: a pure function of schedule, zone and time, right across changes of the clock.

A schedule wishes for wall times. Each becomes the first instant at which the zone's clock shows that time or a later
one: in the night when clocks go forward the first instant after the gap, in the night when they go back the first of
the two. So wishes in order make instants in order, and every wish is met exactly once (the rule of Vixie cron for
jobs at fixed times, and here for every cron expression).
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import groupby, islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.model import Frequency, Schedule, Slot

#: The most slots that one call gives.
MOST_SLOTS = 10_000
#: How far `next_slot` and `previous_slot` look.
HORIZON = timedelta(days=400)
#: The steps in which `previous_slot` goes back: short at first, for schedules with many slots a day.
_FIRST_STEP, _LAST_STEP = timedelta(hours=1), timedelta(days=8)


def slots(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> tuple[Slot, ...]:
    """All slots with after < at <= until, ascending, but no more than the first `MOST_SLOTS`.

    Wishes that fall on one instant are one slot, under the latest of them: the one that the clock really shows, if
    there is one. Raises ValueError for a cron expression that cannot be read.
    """
    return tuple(islice(_between(schedule, zone, after, until), MOST_SLOTS))


def next_slot(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Slot | None:
    """The first slot later than `after`; None: none within `HORIZON`."""
    return next(_between(schedule, zone, after, after + HORIZON), None)


def previous_slot(schedule: Schedule, zone: ZoneInfo, at: datetime) -> Slot | None:
    """The last slot not later than `at`; None: none within `HORIZON`."""
    until, earliest, step = at, at - HORIZON, _FIRST_STEP
    while until > earliest:
        after = max(until - step, earliest)
        last = deque(_between(schedule, zone, after, until), maxlen=1)
        if last:
            return last[0]
        until, step = after, min(step * 2, _LAST_STEP)
    return None


def takes(schedule: Schedule, zone: ZoneInfo, slot: Slot, frequency: Frequency) -> bool:
    """Whether a subscription with this frequency takes this slot of the schedule.

    A week is the ISO week of the wall time that was wished for.
    """
    if frequency is Frequency.EVERY:
        return True
    monday = datetime.combine(slot.local.date() - timedelta(days=slot.local.weekday()), time())
    first = next(_wishes(schedule, monday - datetime.resolution), None)
    return first is not None and _instant(first, zone) == slot.at


def reader_schedule(schedule: Schedule, send_at: time | None) -> Schedule:
    """The schedule as it holds for a reader who chose an hour.

    The choice counts where the newsletter goes by its readers' zones and has one time of day; else it is ignored.
    """
    if send_at is None or schedule.timezone or schedule.cron or len(schedule.at) != 1:
        return schedule
    return replace(schedule, at=(send_at,))


def offset_at(zone: tzinfo, instant: datetime) -> int:
    """Minutes that the zone's clock is ahead of UTC at `instant`; rounded down, for zones of old had seconds."""
    return (_local(instant, zone) - _local(instant, UTC)) // timedelta(minutes=1)


def _between(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots with after < at <= until; ends for any schedule, since wishes never stand still."""
    # The instant of a wish is later than `after` only if the wish is later than the wall clock then:
    # nothing is missed by starting there.
    met = ((_instant(wish, zone), wish) for wish in _wishes(schedule, _local(after, zone)))
    inside = takewhile(lambda pair: pair[0] <= until, met)
    for at, pairs in groupby(inside, key=lambda pair: pair[0]):
        *_, (_, wish) = pairs
        # A wish that the clock shows again (autumn) has been met the first time.
        if at > after:
            yield Slot(at, wish, offset_at(zone, at))


def _wishes(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    """The wall times later than `start` that the schedule wishes for, naive, ascending."""
    if schedule.cron:
        yield from _cron(schedule.cron, start)
        return
    if not schedule.at or schedule.weekdays.isdisjoint(range(7)):
        return
    day = start.date()
    while True:
        if day.weekday() in schedule.weekdays:
            yield from (wish for at in schedule.at if (wish := datetime.combine(day, at)) > start)
        day += timedelta(days=1)


def _cron(expression: str, start: datetime) -> CronSim:
    # cronsim would take six fields too, the first of them seconds.
    if len(expression.split()) != 5:
        raise ValueError(f"cron expression {expression!r}: five fields are needed, as in '0 7 * * 1-5'")
    try:
        return CronSim(expression, start)
    except CronSimError as error:
        raise ValueError(f"cron expression {expression!r}: {error}") from error


def _instant(wish: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the zone's clock shows `wish` or later."""
    # PEP 495: where a time comes twice, fold 0 is the first; where it never comes, fold 0 reads it with the offset
    # before the gap, which lands behind the gap, and fold 1 lands before it.
    first = wish.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _local(first, zone) == wish:
        return first
    before = wish.replace(tzinfo=zone, fold=1).astimezone(UTC)
    gap = range(int((first - before).total_seconds()))
    reached = bisect_left(gap, wish, key=lambda second: _local(before + timedelta(seconds=second), zone))
    return before + timedelta(seconds=reached)


def _local(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
