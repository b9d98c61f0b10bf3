"""What the headers of an answer say, however odd they are."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.wire.headers import fresh_for, one_line, retry_after, told, validator, without_credentials

SUNDAY = "Sun, 01 Mar 2026 12:00:00 GMT"
LATER = "Sun, 01 Mar 2026 13:00:00 GMT"
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta()),
        ("Sun, 01 Mar 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta()),
        ("Sunday, 01-Mar-26 12:30:00 GMT", timedelta(minutes=30)),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
        ("9" * 400, timedelta(seconds=999_999_999)),
        ("Sun, 99 Mar 99999 13:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, expected, now) -> None:
    assert retry_after(value, now) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, timedelta()),
        ({"cache-control": "max-age=3600"}, HOUR),
        ({"cache-control": 'public, MAX-AGE = "3600"'}, HOUR),
        ({"cache-control": "max-age=3600", "age": "600"}, timedelta(minutes=50)),
        ({"cache-control": "max-age=60", "age": "600"}, timedelta()),
        ({"cache-control": "max-age=3600", "age": "old"}, HOUR),
        ({"cache-control": "max-age=3600", "age": "-1"}, HOUR),
        ({"cache-control": "max-age=3600, max-age=0"}, HOUR),
        ({"cache-control": "max-age=3600, no-cache"}, timedelta()),
        ({"cache-control": "no-store,max-age=3600"}, timedelta()),
        ({"cache-control": "max-age=3600", "expires": "0"}, HOUR),
        ({"cache-control": "max-age=soon", "expires": LATER, "date": SUNDAY}, timedelta()),
        ({"cache-control": "max-age=-5", "expires": LATER, "date": SUNDAY}, timedelta()),
        ({"cache-control": "s-maxage=60, x-max-age=5, max-age-of=7"}, timedelta()),
        ({"cache-control": "private", "expires": LATER, "date": SUNDAY}, HOUR),
        ({"expires": LATER}, HOUR),
        ({"expires": LATER, "date": "yesterday"}, HOUR),
        ({"expires": LATER, "date": SUNDAY, "age": "1800"}, timedelta(minutes=30)),
        ({"expires": SUNDAY, "date": LATER}, timedelta()),
        ({"expires": "0"}, timedelta()),
        ({"expires": "-1"}, timedelta()),
        ({"cache-control": f"max-age={'9' * 400}"}, timedelta(seconds=2**31)),
        ({"cache-control": "max-age=3600", "age": "9" * 400}, timedelta()),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT", "date": SUNDAY}, timedelta(seconds=2**31)),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 -2359", "date": SUNDAY}, timedelta()),
    ],
)
def test_how_long_an_answer_stays_good(headers, expected, now) -> None:
    assert fresh_for(headers, now) == expected


_VALUES = st.text(max_size=60) | st.sampled_from(
    ["max-age=", "no-cache", SUNDAY, LATER, "9" * 50, "\udc80", "\x00", "²"]
)


@given(st.dictionaries(st.sampled_from(["cache-control", "expires", "date", "age"]), _VALUES))
def test_no_header_makes_an_answer_good_for_less_than_nothing_or_raises(headers) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert timedelta() <= fresh_for(headers, now) <= timedelta(seconds=2**31)
    wish = retry_after(headers.get("age", ""), now)
    assert wish is None or wish >= timedelta()


def test_what_matters_is_told_in_bounded_lines() -> None:
    got = told(
        [
            ("Content-Type", "text/xml"),
            ("Content-Type", "text/html"),
            ("Set-Cookie", "secret"),
            ("Link", "<a>"),
            ("link", "<b>"),
            ("Server", "x\x1b[31m\ny" + "z" * 5_000),
            ("Location", "https://me:pa@ss@host/path@2"),
        ]
    )
    assert got.pop("server").startswith("x [31m yzzz")
    assert got == {"content-type": "text/xml", "link": "<a>, <b>", "location": "https://host/path@2"}


def test_a_header_said_a_hundred_times_is_told_within_its_bound() -> None:
    assert len(told([("Vary", "x" * 300)] * 100)["vary"]) == 1_000


@given(st.text(max_size=300))
def test_a_line_is_one_line_that_can_be_stored(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 200
    line.encode()


@pytest.mark.parametrize("text", ["//u:p@h", "http://u@h/", "a http://u:p@h/ b //x@y", "//:p@h?q=a@b"])
def test_credentials_are_taken_out_of_addresses(text: str) -> None:
    assert "u" not in without_credentials(text).replace("http", "")
    assert "p@" not in without_credentials(text)


def test_a_validator_is_kept_as_it_came_or_not_at_all() -> None:
    assert validator('W/"a, b "') == 'W/"a, b "'
    assert validator("é") == validator("\x00") == validator("x" * 2_000) == ""
