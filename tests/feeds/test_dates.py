"""Dates in other languages than English."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.dates import local_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Seg, 24 Set 2018 19:42:40 -0300", datetime(2018, 9, 24, 22, 42, 40, tzinfo=UTC)),
        ("lun., 5 févr. 2024 08:00:00 +0100", datetime(2024, 2, 5, 7, 0, tzinfo=UTC)),
        ("Mittwoch, 3. März 2021 07:15", datetime(2021, 3, 3, 7, 15, tzinfo=UTC)),
        ("Пт, 12 серпня 2022 10:00:00 +03:00", datetime(2022, 8, 12, 7, 0, tzinfo=UTC)),
        ("12 de enero de 2020", datetime(2020, 1, 12, tzinfo=UTC)),
        ("mer, 01 ott 2025 23:59:59 +0200", datetime(2025, 10, 1, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_in_the_language_of_its_feed_is_read(text, moment):
    assert local_date(text) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "24 Foo 2018", "32 März 2021", "30 février 2024 08:00", "12 mai 2024 27:00"]
)
def test_what_names_no_moment_is_none(text):
    assert local_date(text) is None


@given(st.text(max_size=300) | st.from_regex(r"\d{1,2} (maj|set|août) \d{4} \d\d:\d\d [+-]\d{4}", fullmatch=True))
def test_no_text_raises_and_every_moment_is_utc(text):
    found = local_date(text)
    assert found is None or found.tzinfo is UTC
