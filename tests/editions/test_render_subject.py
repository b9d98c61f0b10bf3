"""The subject of a letter: news, in one line that a phone can show, and never twice the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.render_plain import one_line, width
from digest.editions.render_subject import SUBJECT, subject_of
from digest.model import SubjectField

VALUES = {
    SubjectField.NEWSLETTER: "The Daily",
    SubjectField.SITE: "My Views on News",
    SubjectField.DATE: "Nov 23, 2026",
    SubjectField.NUMBER: "42",
    SubjectField.STORIES: "12",
}


def subject(headlines: list[str], template: str = "{headlines}", taken: frozenset[str] = frozenset()) -> str:
    return subject_of(template, headlines, VALUES, taken, "No. 42")


@pytest.mark.parametrize(
    ("headlines", "said"),
    [
        (["Ferries return"], "Ferries return"),
        (["Ferries return", "A moon hums", "Bees"], "Ferries return; A moon hums"),
        (
            ["Night ferries return to the northern strait", "A moon of Saturn hums a tune"],
            "Night ferries return to the northern strait",
        ),
        (
            ["The repairable kettle that nobody expected to sell is sold out until spring"],
            "The repairable kettle that nobody expected to sell is sold…",
        ),
        (["渡し船が夜の北の海峡に帰る" * 3], "渡し船が夜の北の海峡に帰る渡し船が夜の北の海峡に帰る渡し船…"),
    ],
)
def test_the_subject_is_the_first_headline_and_the_second_if_it_fits(headlines: list[str], said: str) -> None:
    assert subject(headlines) == said


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{lead}", "Ferries return"),
        ("{newsletter}: {lead}", "The Daily: Ferries return"),
        ("[{site}] {headlines}", "[My Views on News] Ferries return; A moon hums"),
        ("{stories} stories for {date}, {number}", "12 stories for Nov 23, 2026, 42"),
    ],
)
def test_the_operator_says_what_a_subject_speaks_of(template: str, said: str) -> None:
    assert subject(["Ferries return", "A moon hums"], template) == said


def test_a_letter_without_stories_is_called_by_its_newsletter_and_day() -> None:
    assert subject([]) == "The Daily, Nov 23, 2026"
    assert subject([], "{newsletter}: {lead}") == "The Daily, Nov 23, 2026"


def test_what_surrounds_a_long_headline_stays_whole() -> None:
    said = subject(["The repairable kettle that nobody expected to sell is sold out until spring"], "[Daily] {lead} !")
    assert said.startswith("[Daily] The repairable kettle")
    assert said.endswith("… !")
    assert width(said) <= SUBJECT


def test_a_subject_that_another_edition_has_gets_the_edition_s_number() -> None:
    assert subject(["Live: the storm"], taken=frozenset({"Live: the storm"})) == "Live: the storm (No. 42)"
    long = "The repairable kettle that nobody expected to sell is sold out until spring"
    said = subject([long], taken=frozenset({subject([long])}))
    assert said.endswith("… (No. 42)")
    assert width(said) <= SUBJECT


@given(
    st.lists(st.text(min_size=1, max_size=90), max_size=3),
    st.sampled_from(["{headlines}", "{lead}", "{newsletter}: {lead}", "{number} · {headlines} · {date}", "{site}"]),
)
def test_a_subject_is_one_short_line_and_never_one_that_is_taken(headlines: list[str], template: str) -> None:
    headlines = [one_line(headline) or "x" for headline in headlines]
    first = subject(headlines, template)
    again = subject(headlines, template, frozenset({first}))
    assert again != first
    for said in (first, again):
        assert said
        assert width(said) <= SUBJECT
        assert "\n" not in said
