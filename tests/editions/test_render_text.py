"""The text of a letter: written for people who read nothing else, and for programs that know where it may be broken."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from unicodedata import bidirectional

import pytest

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer, Unreached
from digest.editions.render_plain import COLUMNS, width
from digest.model import Article, Category, Newsletter, Schedule, Section, Site, Story, View

NONCE = "00c0ffee" * 4
SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SITE = Site(name="My Views", url="https://news.example", tagline="Unflinching", postal_address="1 High St, London")
RENDERER = Renderer()

#: By language: titles of sections, a headline, a paragraph, a source.
SAID = {
    "en": (
        ("World", "Science", "Technology", "Culture"),
        "Night ferries return to the strait after eleven years of waiting for them",
        "The first boat left at dusk with forty passengers and a cat. It will sail every night until the spring comes.",
        "Post",
    ),
    "uk": (
        ("Світ", "Наука", "Технології", "Культура"),
        "Нічні пороми повертаються до протоки після одинадцяти років перерви",
        "Перший човен вирушив у сутінках із сорока пасажирами та котом. Компанія каже, що ходитиме щоночі до весни.",
        "Гавань",
    ),
    "zh": (
        ("世界", "科学", "技术", "文化"),
        "时隔十一年，夜间渡轮重返海峡，四十名乘客和一只猫在黄昏时分登上了第一艘船出发了",
        "第一艘船在黄昏时分出发，载有四十名乘客和一只猫。该公司表示，如果天气允许，渡轮将每晚航行直到春天。",
        "港口日报",
    ),
    "ar": (
        ("العالم", "العلوم", "التقنية", "الثقافة"),
        "عودة العبّارات الليلية إلى المضيق بعد أحد عشر عاماً",
        "غادر أول قارب عند الغسق وعلى متنه أربعون راكباً وقطة. تقول الشركة إنها ستبحر كل ليلة حتى الربيع إذا سمح الطقس.",
        "صحيفة الميناء",
    ),
}


def text_of(language: str, stories: int, sections: int = 4, *, direction_mix: bool = False, note: str = "") -> str:
    titles, headline, paragraph, source = SAID[language]
    categories = tuple(Category(name=f"c{n}", title=title) for n, title in enumerate(titles[:sections]))
    told = []
    for number in range(1, stories + 1):
        article = Article(
            number=number,
            feeds=("post",),
            source="The Courier" if direction_mix and number % 2 else source,
            title=f"iPhone: {headline}" if direction_mix and number % 3 == 0 else headline,
            url=f"https://post.example/{number}",
            arrived_at=SLOT - timedelta(hours=number),
            excerpt=paragraph,
            words=700,
        )
        also = (replace(article, number=1000 + number, source="Coast Wire", url=f"https://wire.example/{number}"),)
        told.append(Story(lead=article, also=also if number % 5 == 0 else (), is_update=number % 7 == 0))
    newsletter = Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=categories)
    unreached = (Unreached(title="Orbit", categories=()),)
    brief = Brief(site=SITE, newsletter=newsletter, number=42, slot=SLOT, note=note, unreached=unreached)
    groups = tuple(Section(category=c, stories=tuple(told[n::sections]), more=n) for n, c in enumerate(categories))
    arrangement = Arrangement(lead=told[0], sections=groups, shown=stories, minutes=3 * stories)
    view = View(mark=0, categories=(), language=language, offset=0)
    return RENDERER.edition(brief).letter(view, arrangement, NONCE).text


@pytest.mark.parametrize("stories", [10, 60])
@pytest.mark.parametrize("language", SAID)
def test_only_paragraphs_are_broken_softly_and_each_of_them_is_whole(language: str, stories: int) -> None:
    titles, _, paragraph, _ = SAID[language]
    lines = text_of(language, stories, note="A word before. " * 9).split("\n")
    assert all(width(line.rstrip()) <= COLUMNS for line in lines if not line.startswith(("http", "zq")))
    flows = [line for line in lines if line.endswith(" ")]
    assert flows
    for line in flows:
        assert not re.match(r"\d+\. |https?:|zq|[-=\u200f]+ ?$", line)
        assert line.strip("\u200f ") not in titles
    for line, after in pairwise(lines):
        assert after.strip() or not line.endswith(" ")
    # As a program reads it that joins such lines.
    joined = "\n".join(lines).replace(" \n", "").replace("\u200f", "")
    assert joined.count(f"\n{paragraph}\n") == stories
    assert "\n\n\n" not in joined
    assert not re.search(r"&\w+;|-- $", joined, re.MULTILINE)


def test_the_first_words_tell_the_news_as_an_inbox_shows_them() -> None:
    shown = " ".join(text_of("en", 10)[:140].split())
    assert shown.startswith("Night ferries return")
    assert "===" not in shown[:100]


def test_sections_are_listed_with_their_counts_from_four_on() -> None:
    listed = "\nIn this letter:\nWorld (3)\nScience (4)\nTechnology (4)\nCulture (5)\n\n"
    assert listed in text_of("en", 10)
    assert "In this letter" not in text_of("en", 10, sections=3)


def test_what_is_more_who_else_and_each_way_out_have_an_address_on_a_line_of_its_own() -> None:
    text = text_of("en", 10)
    assert f"\n\n1 more in Science:\nhttps://news.example/read/{NONCE}/all#section-c1\n\n" in text
    assert "\nAlso covered by Coast Wire:\nhttps://wire.example/5\n" in text
    assert f"\nUnsubscribe:\nzq{NONCE}LEAVEqz\n" in text
    assert f"\nView in browser:\nhttps://news.example/read/{NONCE}\n" in text
    assert f"\n\nYou get this letter because you are subscribed to The Daily as\nzq{NONCE}ADDRESSqz\n\n" in text
    assert re.search(rf"\n[^\n]+:\nzq{NONCE}CHOOSEqz\n", text)
    assert all(line == line.strip() for line in text.split("\n") if "://" in line or line.startswith("zq"))


def test_in_a_letter_from_right_to_left_every_line_of_words_runs_so() -> None:
    lines = text_of("ar", 60, direction_mix=True).split("\n")
    words = [line for line in lines if line and not line.startswith(("http", "zq"))]
    assert {_first_strong(line) for line in words} <= {"R", "AL"}
    # A name that runs the other way is set apart, so that what stands beside it keeps its place.
    assert any(re.match("\u2068The Courier\u2069، ", line) for line in words)


def _first_strong(line: str) -> str:
    """What UAX 9 P2 goes by."""
    outside = re.sub("\u2068[^\u2069]*\u2069", "", line)
    return next((kind for kind in map(bidirectional, outside) if kind in {"L", "R", "AL"}), "none")
