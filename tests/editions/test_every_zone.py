"""Every zone of the time zone data, by two oracles that know nothing of how slots are found.

One is arithmetic on the list of a zone's changes of offset, the other walks the clock minute by minute. Names of one
zone, and zones whose clocks agree in these years, are told apart by nothing but their names: they are tried once.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from digest.editions.slots import next_slot, slots
from digest.model import Schedule

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
#: Days to spare, since local days begin up to a day earlier or later than those of UTC.
BEGIN, END = (datetime.combine(day, time(), UTC) for day in (FIRST - 3 * DAY, LAST + 3 * DAY))
DAYS = [BEGIN + n * DAY for n in range((END - BEGIN).days + 1)]
WISHES = ("00:00", "00:30", "02:30", "07:00", "23:59")

#: Since when which offset holds; ascending, the first from `BEGIN` on.
Offsets = tuple[tuple[datetime, timedelta], ...]


def offsets(name: str) -> Offsets:
    """By looking each day at midnight UTC, and after a change for its minute; no clock changes twice between."""
    zone = ZoneInfo(name)
    daily = [(day, offset(zone, day)) for day in DAYS]
    found = [daily[0]]
    for (before, old), (_, new) in pairwise(daily):
        if old != new:
            minute = bisect_left(range(1440), 1, key=lambda n: offset(zone, before + n * MINUTE) != old)
            found.append((before + minute * MINUTE, new))
    return tuple(found)


def offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


@cache
def zones() -> dict[Offsets, list[str]]:
    """All names there are, by the changes of their clocks."""
    found = defaultdict(list)
    for name in sorted(available_timezones()):
        found[offsets(name)].append(name)
    return found


def expected(changes: Offsets, wish: datetime) -> datetime:
    """The first instant at which the clock shows `wish` or later: in each time of one offset there is one candidate."""
    near = max(0, bisect_right(changes, (wish.replace(tzinfo=UTC) - 2 * DAY, timedelta.max)) - 1)
    shown = wish.replace(tzinfo=UTC)
    for (start, ahead), (end, _) in pairwise([*changes[near : near + 6], (END, timedelta())]):
        reached = max(start, shown - ahead)
        if reached < end:
            return reached
    raise AssertionError("no clock stops")


def local_days() -> list[date]:
    return [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]


@pytest.mark.slow
@pytest.mark.parametrize("at", WISHES)
def test_in_every_zone_a_daily_slot_comes_once_each_local_day_at_its_time_or_the_first_moment_after(at: str):
    wish, days, names = time.fromisoformat(at), local_days(), 0
    for changes, same in zones().items():
        found = slots(Schedule(at=(wish,)), ZoneInfo(same[0]), BEGIN, END)
        met = {slot.local.date(): slot.at for slot in found}
        assert len(met) == len(found), same
        wanted = {day: expected(changes, datetime.combine(day, wish)) for day in days}
        assert {day: met.get(day) for day in days} == wanted, same
        names += len(same)
    assert names == len(available_timezones())


@pytest.mark.slow
def test_around_every_change_of_every_clock_a_walk_by_the_minute_finds_the_same_slots():
    changes_tried = 0
    for changes, (name, *_) in zones().items():
        zone = ZoneInfo(name)
        for change, ahead in changes[1:]:
            start = change - 3 * HOUR
            clock = [(start + n * MINUTE, start + n * MINUTE + offset(zone, start + n * MINUTE)) for n in range(361)]
            shown = [(instant, wall.replace(tzinfo=None)) for instant, wall in clock]
            for at in ("00:00", "00:30", "01:15", "02:00", "02:30", "03:00"):
                wish = datetime.combine((change + ahead).date(), time.fromisoformat(at))
                if shown[0][1] < wish <= shown[-1][1]:
                    walked = next(instant for instant, wall in shown if wall >= wish)
                    assert wish in {
                        slot.local for slot in slots(daily(at), zone, walked - MINUTE, walked) if slot.at == walked
                    }, (name, wish)
            changes_tried += 1
    assert changes_tried > 300


def daily(at: str) -> Schedule:
    return Schedule(at=(time.fromisoformat(at),))


@pytest.mark.parametrize(
    ("old", "new"),
    [("Europe/Kiev", "Europe/Kyiv"), ("Asia/Calcutta", "Asia/Kolkata"), ("US/Pacific", "America/Los_Angeles")],
)
def test_the_old_and_the_new_name_of_a_zone_have_the_same_slots(old: str, new: str):
    assert slots(daily("02:30"), ZoneInfo(old), BEGIN, END) == slots(daily("02:30"), ZoneInfo(new), BEGIN, END)


@pytest.mark.parametrize(
    ("zone", "skipped", "hour"), [("Pacific/Apia", "2011-12-30", 10), ("Pacific/Kwajalein", "1993-08-21", 12)]
)
def test_a_day_that_a_zone_left_out_has_its_slot_at_the_first_moment_after_it(zone: str, skipped: str, hour: int):
    midnight = datetime.fromisoformat(skipped).replace(tzinfo=UTC)
    around = slots(daily("07:00"), ZoneInfo(zone), midnight - DAY, midnight + 2 * DAY)
    days = [slot.local.date() for slot in around]
    assert days[0] <= midnight.date() - DAY
    assert days == [days[0] + n * DAY for n in range(len(days))]
    (missing,) = (slot for slot in around if slot.local.date() == midnight.date())
    assert missing.at == midnight + hour * HOUR
    # The clock shows the beginning of the day after, whose own slot comes at its own time.
    assert next_slot(daily("07:00"), ZoneInfo(zone), missing.at).at == missing.at + 7 * HOUR
