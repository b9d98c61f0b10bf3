"""WHEN: what an operator types for a moment."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.when import moment, span
from digest.errors import UsageError

LONDON = ZoneInfo("Europe/London")
#: 23:30 in London, where it is summer.
NOW = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("today 18:00", datetime(2026, 6, 10, 17, 0, tzinfo=UTC)),
        ("tomorrow 07:00", datetime(2026, 6, 11, 6, 0, tzinfo=UTC)),
        (" Tomorrow  7:05 ", datetime(2026, 6, 11, 6, 5, tzinfo=UTC)),
        ("yesterday 00:00", datetime(2026, 6, 8, 23, 0, tzinfo=UTC)),
        ("2026-01-05T07:00", datetime(2026, 1, 5, 7, 0, tzinfo=UTC)),
        ("2026-07-05 07:00", datetime(2026, 7, 5, 6, 0, tzinfo=UTC)),
        ("2026-07-05T07:00+05:30", datetime(2026, 7, 5, 1, 30, tzinfo=UTC)),
        ("2026-07-05T07:00:00Z", datetime(2026, 7, 5, 7, 0, tzinfo=UTC)),
        # The night when clocks go forward has no 01:30; the one when they go back has two.
        ("2026-03-29T01:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-10-25T01:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_by_the_sites_clock_unless_it_says_otherwise(text, expected):
    assert moment(text, NOW, LONDON) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "tomorrow", "tomorrow 25:00", "today 7", "2026-13-01T07:00", "0001-01-01T00:00+14:00", "07:00"]
)
def test_what_is_no_moment_is_said_with_what_would_be(text):
    with pytest.raises(UsageError, match="write ISO 8601"):
        moment(text, NOW, LONDON)


@pytest.mark.parametrize("text", ["2026-06-10", "20260610", "2026-W24-3"])
def test_a_day_alone_is_no_moment(text):
    with pytest.raises(UsageError, match="without a time"):
        moment(text, NOW, LONDON)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_an_error(text):
    with suppress(UsageError):
        assert moment(text, NOW, LONDON).tzinfo is UTC


@given(st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_what_is_written_with_an_offset_comes_back(at):
    assert moment(at.isoformat(), NOW, LONDON) == at


@pytest.mark.parametrize(
    ("text", "expected"), [("36h", timedelta(hours=36)), ("365d", timedelta(days=365)), ("2W", timedelta(weeks=2))]
)
def test_a_span_is_a_number_and_a_unit(text, expected):
    assert span(text) == expected


@pytest.mark.parametrize("text", ["", "365", "d", "1y", "-1d", "1.5d", "1d2h"])
def test_what_is_no_span_is_said(text):
    with pytest.raises(UsageError, match="write a number and h, d or w"):
        span(text)
