"""In which order a letter tells its stories."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.arrange import led, minutes, shares
from digest.model import Article, Category, Image, Section, Story

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def story(number, **more):
    known = {"feeds": ("world",), "source": "World", "title": f"No. {number}", "url": "", "arrived_at": NOON}
    return Story(lead=Article(**{"number": number, **known, **more}))


def section(name, *stories):
    return Section(category=Category(name=name, title=name.title()), stories=stories)


def test_sections_take_turns_until_the_limit_is_spent():
    assert shares([5, 1, 3], 6) == [3, 1, 2]
    assert shares([2, 2], 9) == [2, 2]
    assert shares([], 3) == []


@given(st.lists(st.integers(0, 20), max_size=8), st.integers(0, 60))
def test_no_section_gets_more_than_it_has_and_nothing_is_left_that_somebody_wants(sizes, total):
    given_ = shares(sizes, total)
    assert all(0 <= share <= size for share, size in zip(given_, sizes, strict=True))
    assert sum(given_) == min(total, sum(sizes))


def test_the_lead_is_the_first_story_with_a_picture_of_the_first_section_and_comes_first_there():
    picture = Image(url="https://world.example/1.jpg")
    second = story(2, image=picture)
    sections = [section("world", story(1), second), section("sport", story(3, image=picture))]
    lead, arranged = led(sections, ())
    assert lead is second
    assert [each.lead.number for each in arranged[0].stories] == [2, 1]
    assert arranged[1] == sections[1]


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param([section("world", story(1, image=Image(url="https://x.example/1.jpg")), story(2))], id="few"),
        pytest.param([section("world", story(1), story(2), story(3))], id="without a picture"),
    ],
)
def test_few_stories_or_none_with_a_picture_have_no_lead(sections):
    assert led(sections, ()) == (None, tuple(sections))


def test_the_reading_time_counts_the_excerpt_where_the_length_is_not_known_and_is_rounded_up():
    assert minutes([story(1, words=230), story(2, excerpt="one more word")]) == 2
    assert minutes([]) == 0
