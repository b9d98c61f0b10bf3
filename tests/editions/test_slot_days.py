"""On which days a schedule is due: every so often, by the month, and never on a quiet day."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.quiet import is_quiet, known_place, places_like
from digest.editions.slots import HORIZON, ever_due, next_slot, previous_slot, slots, takes
from digest.model import DayOfMonth, Frequency, Schedule

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ZONE = ZoneInfo("Europe/Berlin")
FIRST_MONDAY, LAST_FRIDAY = DayOfMonth(nth=1, weekday=0), DayOfMonth(nth=-1, weekday=4)
LAST_DAY, THE_31ST = DayOfMonth(nth=-1), DayOfMonth(nth=31)
CHRISTMAS = (date(2026, 12, 24), date(2027, 1, 1))


def midnight(day: date | str) -> datetime:
    return datetime.combine(date.fromisoformat(str(day)), time(), UTC)


def days(schedule: Schedule, first: str, last: str) -> list[str]:
    """The days from `first` to `last` on which the schedule is due, as in ``01-05``."""
    found = slots(schedule, ZONE, midnight(first), midnight(last) + DAY)
    return [f"{slot.local:%m-%d}" for slot in found]


def monday_of(day: date) -> date:
    return day - day.weekday() * DAY


def falls_on(wanted: DayOfMonth, day: date) -> bool:
    """The definition in the words of a calendar, read off the day itself."""
    if wanted.weekday is None:
        return (day + DAY).day == 1 if wanted.nth < 0 else day.day == wanted.nth
    is_nth = (day + WEEK).month != day.month if wanted.nth < 0 else (day.day - 1) // 7 + 1 == wanted.nth
    return is_nth and day.weekday() == wanted.weekday


@cache
def calendar(place: str) -> holidays.HolidayBase:
    return holidays.country_holidays(place, years=range(2024, 2033))


def counts(schedule: Schedule, day: date) -> bool:
    if any(first <= day <= last for first, last in schedule.quiet):
        return False
    if any(day in calendar(place) for place in schedule.holidays):
        return False
    if schedule.monthly:
        return any(falls_on(wanted, day) for wanted in schedule.monthly)
    if schedule.days:
        return day >= schedule.start and (day - schedule.start).days % schedule.days == 0
    if schedule.weeks and (day < schedule.start or weeks_since_start(schedule, day) % schedule.weeks):
        return False
    return day.weekday() in schedule.weekdays


def weeks_since_start(schedule: Schedule, day: date) -> int:
    return (monday_of(day) - monday_of(schedule.start)) // WEEK


some_day = st.dates(date(2025, 1, 1), date(2029, 12, 31))
days_of_month = st.one_of(
    st.builds(DayOfMonth, nth=st.integers(1, 31) | st.just(-1)),
    st.builds(DayOfMonth, nth=st.integers(1, 5) | st.just(-1), weekday=st.integers(0, 6)),
)
rhythms_of_days = st.one_of(
    st.builds(
        Schedule,
        weekdays=st.frozensets(st.integers(0, 6), min_size=1),
        weeks=st.integers(0, 52),
        start=some_day,
    ),
    st.builds(Schedule, days=st.integers(1, 366), start=some_day),
    st.builds(Schedule, monthly=st.lists(days_of_month, min_size=1, max_size=3).map(tuple)),
)
spans = st.tuples(some_day, st.integers(0, 60)).map(lambda pair: (pair[0], pair[0] + pair[1] * DAY))
schedules = st.builds(
    lambda schedule, quiet, places: replace(schedule, quiet=quiet, holidays=places),
    rhythms_of_days,
    st.lists(spans, max_size=3).map(tuple),
    st.sampled_from([(), (), ("DE",), ("GB", "JP")]),
)


@given(schedules, some_day, st.integers(0, 500))
@settings(max_examples=200, deadline=None)
def test_a_schedule_is_due_on_exactly_the_days_that_count(schedule: Schedule, first: date, length: int):
    last = first + length * DAY
    due = [slot.local.date() for slot in slots(schedule, ZONE, midnight(first), midnight(last))]
    assert due == [day for n in range(length) if counts(schedule, day := first + n * DAY)]


@given(schedules, some_day, st.integers(0, 400), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_next_and_previous_find_the_same_slots_as_looking_through_them(
    schedule: Schedule, first: date, one: int, two: int
):
    start, cut, end = midnight(first), *(midnight(first) + n * DAY for n in sorted((one, two)))
    whole = slots(schedule, ZONE, start, end)
    assert slots(schedule, ZONE, start, cut) + slots(schedule, ZONE, cut, end) == whole
    assert next_slot(schedule, ZONE, start) == next(iter(slots(schedule, ZONE, start, start + HORIZON)), None)
    assert previous_slot(schedule, ZONE, end) == next(iter(slots(schedule, ZONE, end - HORIZON, end)[::-1]), None)


@given(schedules, some_day)
@settings(max_examples=100, deadline=None)
def test_a_weekly_reader_takes_the_first_slot_that_a_week_has_left(schedule: Schedule, first: date):
    found = slots(schedule, ZONE, midnight(monday_of(first)) - 3 * DAY, midnight(first) + 60 * DAY)
    whole = [slot for slot in found if slot.local.date() >= monday_of(first)]
    firsts = {monday_of(slot.local.date()): slot for slot in reversed(whole)}
    assert {slot for slot in whole if takes(schedule, ZONE, slot, Frequency.WEEKLY)} == set(firsts.values())


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(weeks=2, weekdays=frozenset({0}), start=date(2026, 1, 5)), ["01-05", "01-19", "02-02"]),
        # Wednesday is the start, so that Monday of its week is before everything.
        (
            Schedule(weeks=2, weekdays=frozenset({0, 3}), start=date(2026, 1, 7)),
            ["01-08", "01-19", "01-22", "02-02", "02-05"],
        ),
        (Schedule(days=10, start=date(2026, 1, 5)), ["01-05", "01-15", "01-25", "02-04"]),
        (Schedule(days=10, start=date(2026, 1, 30)), ["01-30"]),
        (Schedule(monthly=(FIRST_MONDAY, LAST_FRIDAY)), ["01-05", "01-30", "02-02"]),
        (Schedule(monthly=(LAST_DAY, THE_31ST, DayOfMonth(nth=15))), ["01-15", "01-31"]),
        (Schedule(cron="0 7 * * 1", quiet=((date(2026, 1, 12), date(2026, 1, 25)),)), ["01-05", "01-26", "02-02"]),
    ],
    ids=["weeks", "weeks from a Wednesday", "days", "days from later on", "monthly", "days of months", "cron"],
)
def test_the_days_of_a_schedule(schedule: Schedule, expected: list[str]):
    assert days(schedule, "2026-01-01", "2026-02-05") == expected


def test_a_month_without_that_day_is_passed_over():
    found = days(Schedule(monthly=(THE_31ST,)), "2026-01-01", "2026-12-31")
    assert found == ["01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"]
    leap = slots(
        Schedule(monthly=(DayOfMonth(nth=5, weekday=3),)), ZONE, midnight("2024-02-01"), midnight("2024-03-01")
    )
    assert [slot.local.day for slot in leap] == [29]


def test_weeks_are_counted_from_a_monday_that_is_the_same_for_all():
    # 2024-01-01 and every second Monday after it.
    found = days(Schedule(weeks=2, weekdays=frozenset({0})), "2026-11-01", "2026-11-30")
    assert [(date(2026, 11, int(day[-2:])) - date(2024, 1, 1)).days % 14 for day in found] == [0] * len(found) != []


def test_weeks_go_on_across_the_end_of_a_year_of_53_weeks():
    found = days(Schedule(weeks=2, weekdays=frozenset({0}), start=date(2026, 12, 14)), "2026-12-01", "2027-01-31")
    assert found == ["12-14", "12-28", "01-11", "01-25"]


def test_on_quiet_days_nothing_is_due_at_any_time_of_day_and_the_days_around_are_as_ever():
    schedule = Schedule(at=(time(0, 0), time(23, 59)), quiet=(CHRISTMAS,))
    found = slots(schedule, ZONE, midnight("2026-12-23"), midnight("2027-01-03"))
    assert sorted({slot.local.date().isoformat() for slot in found}) == ["2026-12-23", "2027-01-02", "2027-01-03"]


def test_a_day_is_quiet_by_the_date_that_the_schedule_wishes_for():
    # Seven o'clock of Christmas Day in Auckland is still the day before in UTC.
    schedule = Schedule(holidays=("NZ",))
    found = slots(schedule, ZoneInfo("Pacific/Auckland"), midnight("2026-12-23"), midnight("2026-12-29"))
    assert [f"{slot.local:%m-%d}" for slot in found] == ["12-24", "12-27", "12-29"]


@pytest.mark.parametrize(
    ("place", "day", "quiet"),
    [
        ("DE", "2026-10-03", True),
        ("DE", "2026-03-08", False),
        ("DE-BE", "2026-03-08", True),
        # Boxing Day is a Saturday and made up for on Monday.
        ("GB-ENG", "2026-12-28", True),
        ("GB-ENG", "2026-11-30", False),
        ("GB-SCT", "2026-11-30", True),
    ],
)
def test_public_holidays_are_those_of_the_place(place: str, day: str, quiet: bool):
    assert is_quiet(Schedule(holidays=(place,)), date.fromisoformat(day)) is quiet


def test_any_of_several_places_makes_a_day_quiet():
    both = Schedule(holidays=("US", "FR"))
    assert [is_quiet(both, date(2026, 7, day)) for day in (2, 3, 4, 14)] == [False, True, True, True]


def test_a_place_that_nobody_knows_is_named():
    with pytest.raises(ValueError, match="'DE-XX'"):
        is_quiet(Schedule(holidays=("DE-XX",)), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [("DE", "DE"), ("de-be", "DE-BE"), ("fr-zone a", "FR-Zone A"), ("DE-", None), ("XX", None), ("-BE", None)],
)
def test_a_place_is_known_in_whatever_case_it_is_written(text: str, code: str | None):
    assert known_place(text) == code


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("UK", ("GB",)),
        ("Germany", ("DE",)),
        ("united states", ("US",)),
        ("GB-XX", ("GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS")),
        ("de-ber", ("DE-BE",)),
        ("DE-?!", ("DE",)),
        ("nowhere", ()),
    ],
)
def test_what_is_meant_by_a_place_that_is_not_known(text: str, meant: tuple[str, ...]):
    assert places_like(text) == meant


@given(st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_text_for_a_place_is_known_or_is_not(text: str):
    assert known_place(text) is None or places_like(text)
    assert isinstance(places_like(text), tuple)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        (Schedule(), True),
        (Schedule(monthly=(THE_31ST,)), True),
        (Schedule(cron="0 7 29 2 *"), True),
        (Schedule(days=366, start=date(2100, 1, 1)), True),
        (Schedule(cron="0 7 25 12 *", holidays=("GB",)), False),
        (Schedule(weekdays=frozenset({6}), holidays=("SE",)), True),
        (Schedule(weekdays=frozenset()), False),
    ],
    ids=["daily", "the 31st", "leap days", "from later on", "a holiday alone", "Sundays", "no day"],
)
def test_a_schedule_that_never_comes_is_told_from_one_that_seldom_does(schedule: Schedule, due: bool):
    assert ever_due(schedule) is due


def test_a_schedule_for_every_minute_jumps_over_its_quiet_days():
    schedule = Schedule(cron="* * * * *", quiet=((date(2026, 1, 1), date(2026, 12, 31)),))
    assert next_slot(schedule, ZoneInfo("UTC"), midnight("2026-01-01")).at == midnight("2027-01-01")
    assert previous_slot(schedule, ZoneInfo("UTC"), midnight("2026-12-31")).at == midnight("2026-01-01") - DAY / 1440


def test_where_all_days_within_the_horizon_are_quiet_there_is_no_slot():
    schedule = Schedule(quiet=((date(2026, 1, 1), date(2027, 12, 31)),))
    assert next_slot(schedule, ZONE, midnight("2026-06-01")) is None
    assert previous_slot(schedule, ZONE, midnight("2027-12-01")) is None
