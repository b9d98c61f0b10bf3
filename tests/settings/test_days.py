"""The days of a schedule, value by value."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from digest.model import DayOfMonth
from digest.settings import days
from digest.settings.days import Interval

PARSERS = [days.interval, days.day, days.span, days.day_of_month, days.place]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (days.interval, "2 weeks", Interval(2, in_weeks=True)),
        (days.interval, "1 week", Interval(1, in_weeks=True)),
        (days.interval, "52 Weeks", Interval(52, in_weeks=True)),
        (days.interval, " 366 days ", Interval(366, in_weeks=False)),
        (days.day, "2028-02-29", date(2028, 2, 29)),
        (days.span, "2026-12-25", (date(2026, 12, 25), date(2026, 12, 25))),
        (days.span, "2026-12-24 .. 2027-01-01", (date(2026, 12, 24), date(2027, 1, 1))),
        (days.span, "2026-01-01..2026-12-31", (date(2026, 1, 1), date(2026, 12, 31))),
        (days.day_of_month, "15", DayOfMonth(nth=15)),
        (days.day_of_month, "first day", DayOfMonth(nth=1)),
        (days.day_of_month, "last day", DayOfMonth(nth=-1)),
        (days.day_of_month, "First Monday", DayOfMonth(nth=1, weekday=0)),
        (days.day_of_month, "fifth sun", DayOfMonth(nth=5, weekday=6)),
        (days.day_of_month, "last friday", DayOfMonth(nth=-1, weekday=4)),
        (days.place, "de-be", "DE-BE"),
    ],
)
def test_what_is_written_becomes_a_value(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *(
            (days.interval, text)
            for text in ("0 days", "367 days", "53 weeks", "2", "2w", "2 months", "-1 day", "² days")
        ),
        *((days.day, text) for text in ("2026-02-29", "26-01-01", "2026-1-1", "2026-01-01T07:00", "9999-12-31")),
        *((days.span, text) for text in ("2027-01-01..2026-12-24", "2026-01-01..2027-01-02", "2026-01-01..", "..", "")),
        *((days.day_of_month, text) for text in ("0", "32", "first", "sixth monday", "last someday", "first  monday")),
        *((days.place, text) for text in ("", "XX", "DE-", "DE-XX", "Germany")),
    ],
)
def test_anything_else_is_said_to_be_wrong(parse, text):
    with pytest.raises(PydanticCustomError):
        parse(text)


@given(st.sampled_from(PARSERS), st.one_of(st.text(max_size=30), st.none(), st.integers(), st.lists(st.text())))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_is_a_value_or_wrong(parse, value):
    with suppress(PydanticCustomError):
        parse(value)


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("UK", "there is GB"),
        ("GB-XX", "there is GB-ENG, GB-NIR, GB-SCT, GB-WLS"),
        ("DE-BER", "did you mean 'DE-BE'?"),
        ("nowhere", "write a country, or one and its part, as ISO 3166 does: DE, DE-BE or GB-ENG"),
    ],
)
def test_a_place_that_is_not_known_is_said_once_with_those_that_are_meant(folder, place, hint):
    (problem,) = folder.problems(newsletters=f"{{daily: {{schedule: {{holidays: {place}}}}}}}")
    assert problem.message == f"'{place}' is no place whose holidays are known"
    assert (problem.key, problem.hint) == ("newsletters.daily.schedule.holidays", hint)


def test_a_wrong_date_in_a_list_is_named_by_its_place(folder):
    written = "[2026-12-25, 2027-01-01..2026-12-24]"
    (problem,) = folder.problems(newsletters=f"{{daily: {{schedule: {{except: {written}}}}}}}")
    assert problem.key == "newsletters.daily.schedule.except[1]"
