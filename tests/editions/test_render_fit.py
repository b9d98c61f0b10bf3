"""A letter keeps within its bytes: excerpts get shorter, then stories fewer; never is the foot cut off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer
from digest.model import (
    Appearance,
    Article,
    Blank,
    Category,
    Letter,
    Limits,
    Logo,
    Newsletter,
    Schedule,
    Section,
    Site,
    Story,
    View,
    blank,
)

SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NONCE = "00c0ffee" * 4
WORLD = Category(name="world", title="World")
SITE = Site(name="My Views", url="https://news.example", postal_address="1 High St")
VIEW = View(mark=0, categories=("world",), language="en", offset=0)
NEWSLETTER = Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=(WORLD,))
RENDERER = Renderer()
EXCERPT = "The first boats left at dusk with forty cars on board, and the harbour master waved. " * 4


def _story(number: int) -> Story:
    return Story(
        lead=Article(
            number=number,
            feeds=("post",),
            source="The Post",
            title=f"Night ferries return to strait {number}",
            url=f"https://post.example/{number}",
            arrived_at=SLOT - timedelta(hours=2),
            excerpt=EXCERPT,
            words=500,
        )
    )


def _letter(stories: int, html: int, **more: object) -> tuple[Letter, bool]:
    section = Section(category=WORLD, stories=tuple(map(_story, range(1, stories + 1))))
    newsletter = replace(NEWSLETTER, limits=Limits(stories=500, per_section=500, html=html), **more)  # type: ignore[arg-type]
    setting = RENDERER.edition(Brief(site=SITE, newsletter=newsletter, number=42, slot=SLOT))
    letter = setting.letter(VIEW, Arrangement(sections=(section,), shown=stories, minutes=9), NONCE)
    return letter, setting.fits(letter)


def test_a_letter_with_room_keeps_its_excerpts_whole() -> None:
    letter, fits = _letter(20, 95_000)
    assert fits
    assert letter.html.count("The first boats left at dusk") >= 20 * 3


@pytest.mark.parametrize("share", [0.98, 0.9, 0.8])
def test_excerpts_get_shorter_until_a_letter_fits(share: float) -> None:
    whole, _ = _letter(30, 1_000_000)
    budget = round(len(whole.html.encode()) * share)
    letter, fits = _letter(30, budget)
    assert fits
    assert len(letter.html.encode()) <= budget
    for number in range(1, 31):
        assert f'href="https://post.example/{number}"' in letter.html
        assert f"\nhttps://post.example/{number}\n" in letter.text


def test_a_letter_that_fits_with_no_excerpt_at_all_says_so() -> None:
    letter, fits = _letter(200, 95_000)
    assert not fits
    assert "The first boats" not in letter.html


@pytest.mark.parametrize("budget", [1_000, 20_000, 60_000])
def test_the_foot_is_never_cut_off(budget: int) -> None:
    letter, _ = _letter(60, budget)
    for which in Blank:
        assert blank(NONCE, which) in letter.html
    assert "1 High St" in letter.html
    assert letter.html.rstrip().endswith("</html>")


def test_the_bytes_of_a_letter_leave_room_for_what_is_filled_in() -> None:
    whole, _ = _letter(30, 1_000_000)
    budget = len(whole.html.encode()) + 100
    letter, fits = _letter(30, budget)
    assert fits
    filled = letter.html
    for which, value in ((Blank.ADDRESS, "a" * 254), (Blank.LEAVE_URL, "u" * 160), (Blank.CHOOSE_URL, "u" * 160)):
        filled = filled.replace(blank(NONCE, which), value, 1)
    assert len(filled.encode()) <= budget


def test_a_logo_stands_in_the_masthead_with_its_size_and_words() -> None:
    logo = Logo(url="https://news.example/logo.png", width=180, height=40, alt="My Views")
    letter, _ = _letter(1, 95_000, appearance=Appearance(logo=logo))
    tag = letter.html.partition('src="https://news.example/logo.png"')
    opening = tag[0].rpartition("<img")[2] + tag[2].partition(">")[0]
    assert 'width="180"' in opening
    assert 'height="40"' in opening
    assert 'alt="My Views"' in opening


def test_the_colours_of_the_configuration_are_those_of_the_letter() -> None:
    letter, _ = _letter(1, 95_000, appearance=Appearance(variables=(("accent", "#0b4fa8"),)))
    assert "#0b4fa8" in letter.html
    assert "#96281b" not in letter.html
