"""When a newsletter is due: a pure function of schedule, zone and time, right across changes of the clock.

A schedule wishes for wall times. Each becomes the first instant at which the zone's clock shows that time or a later
one: in the night when clocks go forward the first instant after the gap, in the night when they go back the first of
the two. So wishes in order make instants in order, and every wish is met exactly once (the rule of Vixie cron for
jobs at fixed times, and here for every cron expression). A day that a zone left out altogether, as Samoa did with
2011-12-30, is a long gap: what is wished for on it is met at the first instant after it, as one slot.

Which days count is decided by the dates of the wishes. A wish on a quiet day does not exist, so that what it would have
told is in the next.
"""

from bisect import bisect_left
from calendar import monthrange
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby, islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.editions.quiet import is_quiet
from digest.model import DayOfMonth, Frequency, Schedule, Slot

#: The most slots that one call gives: more than a week has minutes.
MOST_SLOTS = 12_000
#: How far `next_slot` and `previous_slot` look.
HORIZON = timedelta(days=400)
#: The steps in which `previous_slot` goes back: short at first, for schedules with many slots a day.
_FIRST_STEP, _LAST_STEP = timedelta(hours=1), timedelta(days=8)
#: No clock was ever put back by more: a wish that comes so long after a moment's wall time is met after that moment.
_FARTHEST_BACK = timedelta(days=2)
#: After so long the calendar repeats itself, leap days and all (until 2099).
_CYCLE = timedelta(days=28 * 366)


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
    first = next(_wishes(schedule, monday - datetime.resolution, slot.local), None)
    return first is not None and _instant(first, zone) == slot.at


def reader_schedule(schedule: Schedule, send_at: time | None) -> Schedule:
    """The schedule as it holds for a reader who chose an hour.

    The choice counts where the newsletter goes by its readers' zones and has one time of day; else it is ignored.
    """
    if send_at is None or schedule.timezone or schedule.cron or len(schedule.at) != 1:
        return schedule
    return replace(schedule, at=(send_at,))


def ever_due(schedule: Schedule) -> bool:
    """Whether the schedule has a slot at all; looks through 28 years from its start."""
    start = datetime.combine(schedule.start, time()) - datetime.resolution
    return next(_wishes(schedule, start, start + _CYCLE), None) is not None


def offset_at(zone: tzinfo, instant: datetime) -> int:
    """Minutes that the zone's clock is ahead of UTC at `instant`; rounded down, for zones of old had seconds."""
    return (_local(instant, zone) - _local(instant, UTC)) // timedelta(minutes=1)


def _between(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots with after < at <= until."""
    # The instant of a wish is later than `after` only if the wish is later than the wall clock then:
    # nothing is missed by starting there.
    wishes = _wishes(schedule, _local(after, zone), _local(until, zone) + _FARTHEST_BACK)
    met = ((_instant(wish, zone), wish) for wish in wishes)
    inside = takewhile(lambda pair: pair[0] <= until, met)
    for at, pairs in groupby(inside, key=lambda pair: pair[0]):
        *_, (_, wish) = pairs
        # A wish that the clock shows again (autumn) has been met the first time.
        if at > after:
            yield Slot(at, wish, offset_at(zone, at))


def _wishes(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """The wall times later than `start` and not later than `end` that the schedule wishes for, naive, ascending."""
    if schedule.cron:
        yield from _cron_wishes(schedule, start, end)
        return
    for ordinal in _days(schedule, start.toordinal(), end.toordinal()):
        day = date.fromordinal(ordinal)
        if not is_quiet(schedule, day):
            yield from (wish for at in schedule.at if start < (wish := datetime.combine(day, at)) <= end)


def _days(schedule: Schedule, first: int, last: int) -> Iterator[int]:
    """The days from `first` to `last` on which the schedule wishes, quiet or not; proleptic Gregorian ordinals."""
    begin = schedule.start.toordinal()
    if schedule.monthly:
        yield from (day for day in _days_of_months(schedule.monthly, first, last) if first <= day <= last)
    elif schedule.days:
        late = max(0, first - begin)
        yield from range(begin + late + -late % schedule.days, last + 1, schedule.days)
    else:
        first = max(first, begin) if schedule.weeks else first
        monday, step = begin - (begin - 1) % 7, 7 * (schedule.weeks or 1)
        weeks = range(monday + (first - monday) // step * step, last + 1, step)
        yield from (day for week in weeks for day in _days_of_week(schedule, week) if first <= day <= last)


def _days_of_week(schedule: Schedule, monday: int) -> Iterator[int]:
    return (monday + weekday for weekday in range(7) if weekday in schedule.weekdays)


def _days_of_months(wanted: tuple[DayOfMonth, ...], first: int, last: int) -> Iterator[int]:
    """The days wanted of each month from that of `first` to that of `last`."""
    month, end = date.fromordinal(first).replace(day=1), date.fromordinal(last)
    while month <= end:
        days = monthrange(month.year, month.month)[1]
        found = {_day_of_month(each, month.weekday(), days) for each in wanted}
        yield from sorted(month.toordinal() + day for day in found if day is not None)
        month += timedelta(days=days)


def _day_of_month(wanted: DayOfMonth, weekday: int, days: int) -> int | None:
    """The day, counted from 0, in a month of so many that begins on `weekday`; None where it has no such day."""
    offset = 0 if wanted.weekday is None else (wanted.weekday - weekday) % 7
    candidates = range(offset, days, 1 if wanted.weekday is None else 7)
    if wanted.nth < 0:
        return candidates[-1]
    return candidates[wanted.nth - 1] if wanted.nth <= len(candidates) else None


def _cron_wishes(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    moments = _cron(schedule.cron, start)
    while (wish := next(moments, None)) and wish <= end:
        if is_quiet(schedule, wish.date()):
            moments = _cron(schedule.cron, datetime.combine(wish.date(), time.max))
        else:
            yield wish


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
