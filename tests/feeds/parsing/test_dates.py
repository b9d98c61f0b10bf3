"""Dates in every form that feeds write."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.feeds.parsing.dates import read_date

MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
DAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Seg, 24 Set 2018 19:42:40 -0300", datetime(2018, 9, 24, 22, 42, 40, tzinfo=UTC)),
        ("lun., 5 févr. 2024 08:00:00 +0100", datetime(2024, 2, 5, 7, 0, tzinfo=UTC)),
        ("Mittwoch, 3. März 2021 07:15", datetime(2021, 3, 3, 7, 15, tzinfo=UTC)),
        ("Пт, 12 серпня 2022 10:00:00 +03:00", datetime(2022, 8, 12, 7, 0, tzinfo=UTC)),
        ("12 de enero de 2020", datetime(2020, 1, 12, tzinfo=UTC)),
        ("mer, 01 ott 2025 23:59:59 +0200", datetime(2025, 10, 1, 21, 59, 59, tzinfo=UTC)),
        ("2026. november 23., 07:30", MORNING),
        ("mardi 23 novembre 2026 à 07h30", MORNING),
    ],
)
def test_a_date_in_the_language_of_its_feed_is_read(text: str, moment: datetime) -> None:
    assert read_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 23 Nov 2026 07:30:00 GMT",
        "Fri, 23 Nov 2026 02:30:00 EST",
        "Mon, 23 Nov 2026 09:30:00 EET",
        "Mon, 23 Nov 2026 09:30:00 CEST",
        "Mon, 23 Nov 2026 08:30:00 +01:00",
        "Mon, 23 Nov 2026 09:30:00 GMT+2",
        "Mon, 23 Nov 2026 09:30:00 UTC+02:00",
        "Mon, 23 Nov 2026 13:00:00 +0530 (IST)",
        "Mon,23 Nov 2026 07:30 Z",
        "23 Nov 26 07:30:00",
        "Monday, 23-Nov-26 07:30:00 GMT",
        "Mon Nov 23 07:30:00 2026",
        "Mon Nov 23 02:30:00 EST 2026",
        "Mon Nov 23 2026 08:30:00 GMT+0100 (Central European Standard Time)",
        "Mon, 23 Nov 2026, 07:30 Uhr",
    ],
)
def test_rfc_822_is_read_as_it_is_written(text: str) -> None:
    assert read_date(text) == MORNING


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T07:30:00Z",
        "2026-11-23T07:30Z",
        "2026-11-23 07:30:00",
        "2026-11-23T07:30:00.123456",
        "2026-11-23T08:30:00,5+0100",
        "2026-11-23T08:30:00+01",
        "2026-11-23T02:30:00 EST",
        "2026-11-23T073000Z",
        "20261123T073000Z",
        "20261123T0830+0100",
        "20261123073000",
        "2026/11/23 07:30",
        "\n 2026-11-23T02:30:00-05:00\t",
    ],
)
def test_iso_8601_is_read_as_it_is_written(text: str) -> None:
    assert read_date(text) == MORNING


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-23", DAY),
        ("20261123", DAY),
        ("2026-327", DAY),
        ("23 Nov 2026", DAY),
        ("2026-11-22T24:00:00Z", DAY),
        ("Sat, 31 Dec 2016 23:59:60 GMT", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Sun, 6 Nov 94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
    ],
)
def test_what_is_left_out_is_the_first(text: str, moment: datetime) -> None:
    assert read_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月23日 07:30",
        "2026年11月23日 上午7:30",
        "2026年11月23日7時30分",
        "２０２６年１１月２３日 ０７：３０",
        "2026. 11. 23. 오전 7:30",
        "2026년 11월 23일 07:30:00",
        "23/11/2026 07:30",
        "11/23/2026 7:30 AM",
        "23.11.2026 07:30",
        "23.11.26, 07:30",
        "07:30 23.11.2026",
        "Nov 23, 2026 7:30 AM",
        "November 23rd, 2026 at 7:30 a.m.",
        "1795419000",
        "1795419000000",
    ],
)
def test_what_else_people_and_programs_write_is_read(text: str) -> None:
    assert read_date(text) == MORNING


def test_the_afternoon_and_the_hours_of_twelve() -> None:
    assert read_date("Nov 23, 2026 7:30 PM") == MORNING.replace(hour=19)
    assert read_date("2026年11月23日 下午7:30") == MORNING.replace(hour=19)
    assert read_date("Nov 23, 2026 12:30 AM") == MORNING.replace(hour=0)
    assert read_date("Nov 23, 2026 12:30 PM") == MORNING.replace(hour=12)


def test_the_day_comes_first_where_it_can() -> None:
    assert read_date("03/04/2026") == datetime(2026, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "yesterday", "12", "24 Foo 2018", "32 März 2021", "30 février 2024 08:00", "12 mai 2024 27:00",
        "2026-W48-1", "2026-13-45", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+00:00", "Mon, 30 Nov -0001 00:00:00",
        "3026-11-23", "il y a 3 jours", "13/13/2026", "9" * 14,
    ],
)  # fmt: skip
def test_what_names_no_moment_is_none(text: str) -> None:
    assert read_date(text) is None


SCRAPS = st.lists(
    st.sampled_from([*"0123456789:-/.+ ,TZ年月日", "2026", "Nov", "Mon, ", "GMT", "PM", "+0100", "août", "오후"]),
    max_size=25,
).map("".join)


@given(st.text(max_size=300) | SCRAPS)
@example("1" * 5_000)
@example("9999999999")
def test_no_text_raises_and_every_moment_is_utc_and_sane(text: str) -> None:
    found = read_date(text)
    assert found is None or (found.tzinfo is UTC and 1970 <= found.year < 2100)


@given(st.integers(631_152_000, 4_102_000_000), st.integers(-12 * 60, 14 * 60))
def test_every_moment_is_read_from_both_standards(seconds: int, ahead: int) -> None:
    whole = datetime.fromtimestamp(seconds, UTC)
    zone = f"{'-' if ahead < 0 else '+'}{abs(ahead) // 60:02}{abs(ahead) % 60:02}"
    local = datetime.fromtimestamp(seconds + ahead * 60, UTC)
    assert read_date(f"{local:%Y-%m-%dT%H:%M:%S}{zone}") == whole
    assert read_date(f"{local:%a, %d %b %Y %H:%M:%S} {zone}") == whole
