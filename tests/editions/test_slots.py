from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.slots import MOST_SLOTS, next_slot, offset_at, previous_slot, reader_schedule, slots, takes
from digest.model import Frequency, Schedule

ZONES = sorted(available_timezones())
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def daily(*at: str, weekdays: str = "0123456", **more: str) -> Schedule:
    return Schedule(at=tuple(map(time.fromisoformat, at)), weekdays=frozenset(map(int, weekdays)), **more)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


@cache
def changes(zone: ZoneInfo) -> list[datetime]:
    """The days of 2024 to 2030 (midnight UTC) before the offset changes."""
    days = [utc("2024-01-01") + n * DAY for n in range(7 * 365)]
    return [
        day for day, after in pairwise(days) if day.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    ]


zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.integers(0, 7 * 365 * 1440).map(lambda minutes: utc("2024-01-01") + minutes * MINUTE)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
schedules = st.one_of(
    st.builds(
        lambda at, days: Schedule(at=tuple(sorted(at)), weekdays=days), st.sets(times, min_size=1, max_size=4), weekdays
    ),
    st.sampled_from(["30 2 * * *", "*/20 * * * *", "0 0 * * 0", "15 1,3 1-7 * MON", "0 9 L * *"]).map(
        lambda cron: Schedule(cron=cron)
    ),
)


@st.composite
def moments(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """Some moment; where the zone's clock changes, mostly one close to a change."""
    if near := changes(zone):
        return draw(st.sampled_from(near)) + draw(st.integers(-2 * 1440, 3 * 1440)) * MINUTE
    return draw(instants)


@given(st.data(), zones, times)
def test_a_daily_slot_happens_exactly_once_each_local_day(data: st.DataObject, zone: ZoneInfo, at: time):
    start = data.draw(moments(zone))
    found = slots(Schedule(at=(at,)), zone, start, start + 30 * DAY)
    assert len(found) in {29, 30, 31}
    for before, slot in pairwise(found):
        assert slot.local - before.local == DAY
        assert slot.at > before.at
    assert {slot.local.time() for slot in found} == {at}


@given(st.data(), zones, times)
def test_a_slot_is_the_first_instant_whose_wall_clock_has_reached_the_wish(
    data: st.DataObject, zone: ZoneInfo, at: time
):
    start = data.draw(moments(zone))
    slot = next_slot(Schedule(at=(at,)), zone, start)
    scan = (slot.local.replace(tzinfo=UTC) + n * MINUTE for n in range(-27 * 60, 27 * 60))
    assert slot.at == next(instant for instant in scan if wall(instant, zone) >= slot.local)
    assert slot.offset == (wall(slot.at, zone) - slot.at.replace(tzinfo=None)) // MINUTE


@given(st.data(), schedules, zones)
def test_splitting_an_interval_anywhere_changes_nothing(data: st.DataObject, schedule: Schedule, zone: ZoneInfo):
    start = data.draw(moments(zone))
    cut, end = sorted(data.draw(st.tuples(*[st.integers(0, 6 * 1440)] * 2)))
    middle, until = start + cut * MINUTE, start + end * MINUTE
    whole = slots(schedule, zone, start, until)
    assert slots(schedule, zone, start, middle) + slots(schedule, zone, middle, until) == whole
    assert all(start < slot.at <= until for slot in whole)
    assert list(whole) == sorted(set(whole))
    assert len({slot.at for slot in whole}) == len(whole)


@given(st.data(), schedules, zones)
def test_next_and_previous_agree_with_slots(data: st.DataObject, schedule: Schedule, zone: ZoneInfo):
    start = data.draw(moments(zone))
    found = slots(schedule, zone, start, start + 5 * DAY)
    walked, slot = [], next_slot(schedule, zone, start)
    while slot and slot.at <= start + 5 * DAY:
        walked.append(slot)
        assert previous_slot(schedule, zone, slot.at) == slot
        slot = next_slot(schedule, zone, slot.at)
    assert tuple(walked) == found
    for before, after in pairwise(found):
        assert previous_slot(schedule, zone, after.at - timedelta(seconds=1)) == before


@given(st.data(), schedules, zones)
def test_a_weekly_reader_takes_the_first_slot_of_each_week_and_no_other(
    data: st.DataObject, schedule: Schedule, zone: ZoneInfo
):
    start = data.draw(moments(zone)) - 10 * DAY
    found = slots(schedule, zone, start, start + 28 * DAY)
    # The first week may have begun before.
    whole = [slot for slot in found if slot.local.isocalendar()[:2] != wall(start, zone).isocalendar()[:2]]
    first = {slot.local.isocalendar()[:2]: slot for slot in reversed(whole)}
    assert {slot for slot in whole if takes(schedule, zone, slot, Frequency.WEEKLY)} == set(first.values())
    assert all(takes(schedule, zone, slot, Frequency.EVERY) for slot in found)


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        # plain days
        ("Europe/London", "2024-07-01", "07:00", "2024-07-01T06:00"),
        ("Asia/Kathmandu", "2024-07-01", "07:00", "2024-07-01T01:15"),
        ("Asia/Tehran", "2024-07-01", "07:00", "2024-07-01T03:30"),
        ("Australia/Lord_Howe", "2024-07-01", "07:00", "2024-06-30T20:30"),
        # clocks go forward: the first instant after the gap
        ("Europe/London", "2024-03-31", "01:30", "2024-03-31T01:00"),
        ("Europe/Berlin", "2024-03-31", "02:30", "2024-03-31T01:00"),
        ("Europe/Berlin", "2024-03-31", "03:00", "2024-03-31T01:00"),
        ("America/New_York", "2024-03-10", "02:00", "2024-03-10T07:00"),
        ("America/New_York", "2024-03-10", "02:59", "2024-03-10T07:00"),
        ("America/New_York", "2024-03-10", "01:59", "2024-03-10T06:59"),
        ("Australia/Lord_Howe", "2024-10-06", "02:15", "2024-10-05T15:30"),
        ("Africa/Casablanca", "2024-04-14", "02:30", "2024-04-14T02:00"),
        ("America/Santiago", "2024-09-08", "00:30", "2024-09-08T04:00"),
        ("Asia/Tehran", "2021-03-22", "00:30", "2021-03-21T20:30"),
        ("Africa/Cairo", "2024-04-26", "00:30", "2024-04-25T22:00"),
        # clocks go back: the first of the two
        ("Europe/London", "2024-10-27", "01:30", "2024-10-27T00:30"),
        ("Europe/Berlin", "2024-10-27", "02:30", "2024-10-27T00:30"),
        ("Europe/Berlin", "2024-10-27", "03:00", "2024-10-27T02:00"),
        ("America/New_York", "2024-11-03", "01:00", "2024-11-03T05:00"),
        ("Australia/Lord_Howe", "2024-04-07", "01:45", "2024-04-06T14:45"),
        ("Africa/Casablanca", "2024-03-10", "02:30", "2024-03-10T01:30"),
        ("America/Santiago", "2024-04-06", "23:30", "2024-04-07T02:30"),
        ("Africa/Cairo", "2024-10-31", "23:30", "2024-10-31T20:30"),
        # a day that never was
        ("Pacific/Apia", "2011-12-30", "07:00", "2011-12-30T10:00"),
        ("Pacific/Kwajalein", "1993-08-21", "07:00", "1993-08-21T12:00"),
    ],
)
@pytest.mark.parametrize("as_cron", [False, True])
def test_the_instant_of_a_wish(zone: str, day: str, at: str, instant: str, as_cron: bool):
    hour, minute = map(int, at.split(":"))
    schedule = Schedule(cron=f"{minute} {hour} * * *") if as_cron else daily(at)
    around = slots(schedule, ZoneInfo(zone), utc(day) - 3 * DAY, utc(day) + 3 * DAY)
    assert [slot.at for slot in around if slot.local.date().isoformat() == day] == [utc(instant)]


def test_wishes_that_fall_on_one_instant_are_one_slot_under_the_time_that_the_clock_shows():
    found = slots(daily("02:15", "02:30", "03:00"), ZoneInfo("Europe/Berlin"), utc("2024-03-31"), utc("2024-04-01"))
    assert [(slot.at, slot.local.time()) for slot in found] == [(utc("2024-03-31T01:00"), time(3, 0))]


@pytest.mark.parametrize(("at", "days"), [("07:00", [29, 30, 31]), ("00:00", [29, 31])])
def test_a_skipped_day_has_its_slot_unless_another_has_that_instant(at: str, days: list[int]):
    found = slots(daily(at), ZoneInfo("Pacific/Apia"), utc("2011-12-29T09:00"), utc("2011-12-30T20:00"))
    assert [slot.local.day for slot in found] == days


def test_a_day_that_comes_twice_has_one_slot():
    found = slots(daily("07:00"), ZoneInfo("Pacific/Kwajalein"), utc("1969-09-28"), utc("1969-10-03"))
    assert [slot.local.day for slot in found] == [29, 30, 1, 2]


@pytest.mark.parametrize("schedule", [daily("02:30"), Schedule(cron="30 2 * * *")], ids=["daily", "cron"])
def test_a_wish_that_the_clock_shows_again_has_been_met(schedule: Schedule):
    second_time_round = utc("2024-10-27T01:10")
    zone = ZoneInfo("Europe/Berlin")
    assert next_slot(schedule, zone, second_time_round).at == utc("2024-10-28T01:30")
    assert previous_slot(schedule, zone, second_time_round).at == utc("2024-10-27T00:30")
    assert slots(schedule, zone, second_time_round, second_time_round + timedelta(hours=20)) == ()


def test_an_interval_is_open_on_the_left_and_closed_on_the_right():
    due, second = utc("2024-05-01T07:00"), timedelta(seconds=1)
    zone = ZoneInfo("UTC")
    assert slots(daily("07:00"), zone, due, due + DAY - second) == ()
    assert [slot.at for slot in slots(daily("07:00"), zone, due - second, due)] == [due]
    assert next_slot(daily("07:00"), zone, due).at == due + DAY
    assert previous_slot(daily("07:00"), zone, due).at == due
    assert previous_slot(daily("07:00"), zone, due - timedelta(microseconds=1)).at == due - DAY


def test_days_of_the_week_are_local():
    found = slots(daily("07:00", weekdays="0"), ZoneInfo("Pacific/Auckland"), utc("2024-07-01"), utc("2024-07-09"))
    assert [slot.at for slot in found] == [utc("2024-07-07T19:00")]


@pytest.mark.parametrize("expression", ["", "0 7 * *", "0 0 7 * * *", "61 * * * *", "0 0 30 2 *", "gibberish x y z w"])
def test_a_cron_expression_that_cannot_be_read_is_named(expression: str):
    schedule = Schedule(cron=expression or " ")
    with pytest.raises(ValueError, match="cron expression"):
        next_slot(schedule, ZoneInfo("UTC"), utc("2024-01-01"))


def test_a_far_interval_gives_no_more_than_the_most():
    found = slots(Schedule(cron="* * * * *"), ZoneInfo("UTC"), utc("2024-01-01"), utc("2026-01-01"))
    assert len(found) == MOST_SLOTS
    assert found[-1].at == utc("2024-01-01") + MOST_SLOTS * MINUTE


@pytest.mark.parametrize(
    "schedule",
    [Schedule(cron="0 0 29 2 *"), Schedule(at=()), Schedule(weekdays=frozenset())],
    ids=["leap day", "no time", "no day"],
)
def test_none_within_four_hundred_days_is_none(schedule: Schedule):
    assert next_slot(schedule, ZoneInfo("UTC"), utc("2025-06-01")) is None
    assert previous_slot(schedule, ZoneInfo("UTC"), utc("2027-06-01")) is None


def test_the_previous_slot_is_found_across_most_of_a_year():
    schedule = Schedule(cron="0 7 1 1 *")
    assert previous_slot(schedule, ZoneInfo("UTC"), utc("2024-12-31")).at == utc("2024-01-01T07:00")


@pytest.mark.parametrize(
    ("schedule", "at"),
    [
        (daily("07:00"), "18:30"),
        (daily("07:00", timezone="Europe/London"), "07:00"),
        (daily("07:00", "19:00"), "07:00"),
        (daily("07:00", cron="0 7 * * *"), "07:00"),
    ],
    ids=["subscriber's zone", "fixed zone", "twice a day", "cron"],
)
def test_a_readers_own_hour_counts_only_where_there_is_one_to_replace(schedule: Schedule, at: str):
    chosen = reader_schedule(schedule, time(18, 30))
    assert chosen.at[0] == time.fromisoformat(at)
    assert (chosen.at[1:], chosen.weekdays, chosen.cron) == (schedule.at[1:], schedule.weekdays, schedule.cron)
    assert reader_schedule(schedule, None) == schedule


@pytest.mark.parametrize(
    ("zone", "instant", "minutes"),
    [
        ("Asia/Kathmandu", "2024-01-01", 345),
        ("America/St_Johns", "2024-01-01", -210),
        ("Europe/London", "2024-07-01", 60),
        ("Europe/Amsterdam", "1900-01-01", 17),  # 17 min 30 s in this zone, or 19 min 32 s, by the age of the database
        ("America/New_York", "1800-01-01", -297),  # -4:56:02
    ],
)
def test_the_offset_in_whole_minutes(zone: str, instant: str, minutes: int):
    expected = {17, 19} if minutes == 17 else {minutes}
    assert offset_at(ZoneInfo(zone), utc(instant)) in expected
