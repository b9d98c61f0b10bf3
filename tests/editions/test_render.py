"""Letters: what they hold, that nothing from a feed changes their form, and that both parts say the same."""

import re
import socket
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer
from digest.editions.render_inline import inline
from digest.editions.render_plain import COLUMNS, one_line, width
from digest.model import (
    Article,
    Blank,
    Category,
    Correction,
    Image,
    Letter,
    Newsletter,
    Schedule,
    Section,
    Site,
    Story,
    View,
    blank,
)

NONCE = "00c0ffee" * 4
SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SITE = Site(name="My Views", url="https://news.example", tagline="Unflinching", postal_address="1 High St, London")
NAMES = ("World", "Science", "Technology", "Culture")
CATEGORIES = tuple(Category(name=name.lower(), title=name) for name in NAMES)
NEWSLETTER = Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=CATEGORIES)
RENDERER = Renderer()
VIEW = View(mark=0, categories=("world",), language="en-GB", offset=0)
BRIEF = Brief(site=SITE, newsletter=NEWSLETTER, number=42, slot=SLOT)


def article(number: int, **more: object) -> Article:
    plain = Article(
        number=number,
        feeds=("post",),
        source="The Post",
        title=f"Headline {number}",
        url=f"https://post.example/{number}",
        arrived_at=SLOT - timedelta(hours=number),
        excerpt=f"What happened in story {number}, told in a sentence of the usual length for one.",
        words=700,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def arrangement(sections: Iterable[Iterable[Story]], *, more: int = 0, led: bool = False) -> Arrangement:
    """Of one section for each group of stories, the first story the lead if `led`."""
    groups = [tuple(group) for group in sections]
    stories = [story for group in groups for story in group]
    return Arrangement(
        lead=stories[0] if led else None,
        sections=tuple(
            Section(category=category, stories=group, more=more)
            for category, group in zip(CATEGORIES, groups, strict=False)
        ),
        told=tuple(a.number for story in stories for a in story.articles),
        linked=(30, 31),
        carried=(40,),
        shown=len(stories),
        minutes=3 * len(stories),
    )


def usual() -> Arrangement:
    """Ten stories in four sections, with a lead, pictures, coverage and more than is shown."""
    ferry = Image(url="https://images.example/1.jpg", width=1200, height=675, alt="A ferry")
    stories = [Story(lead=article(n)) for n in range(1, 11)]
    also = tuple(article(n, source=f"Source {n}", url=f"https://wire.example/{n}") for n in range(20, 25))
    stories[0] = Story(lead=article(1, image=ferry), also=also)
    stories[3] = Story(lead=article(4, image=replace(ferry, url="https://images.example/4.jpg", alt="")))
    return arrangement([stories[:3], stories[3:5], stories[5:8], stories[8:]], more=4, led=True)


def letter(of: Arrangement, view: View = VIEW, brief: Brief = BRIEF) -> Letter:
    return RENDERER.edition(brief).letter(view, of, NONCE)


class Outline(HTMLParser):
    """The elements of a document in order, their attributes, and what each kind of them says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.said: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.elements and data.strip():
            self.said.append((self.elements[-1][0], data.strip()))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_a_letter_says_who_what_when_and_how_much() -> None:
    made = letter(usual())
    for part in (made.html, made.text):
        said = " ".join(part.split())
        for words in ("The Daily", "My Views", "Monday, 23 November 2026", "No. 42", "10 stories", "about 30 minutes"):
            assert words in said
        assert "1 High St, London" in said
        assert "The Post" in said
        assert "1 h ago" in said
        assert "3 min read" in said
        assert "4 more in Science" in said
    assert made.told == usual().told
    assert (made.linked, made.carried) == ((30, 31), (40,))
    assert (made.nonce, made.language) == (NONCE, "en-GB")


def test_the_date_is_the_readers() -> None:
    view = View(mark=0, categories=("world",), language="de", offset=18 * 60)
    assert "Dienstag, 24. November 2026" in letter(usual(), view).html


def test_markup_in_a_headline_arrives_as_text() -> None:
    made = letter(arrangement([[Story(lead=article(1, title="<script>alert(1)</script> & {{ site }}"))]]))
    assert "<script" not in made.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ site }}" in made.html
    assert "1. <script>alert(1)</script> & {{ site }}" in made.text
    assert "&amp;" not in made.text


def test_a_correction_is_a_heading_and_its_words_are_text_in_the_order_of_withdrawal() -> None:
    told = {
        1: Correction(number=3, slot=BRIEF.slot, title="<b>Ferries</b>\r\nBcc: x"),
        2: Correction(number=4, slot=BRIEF.slot, title="never shown", text="<i>Not</i> sold"),
    }
    made = letter(usual(), replace(VIEW, corrections=(1, 2, 99)), replace(BRIEF, corrections=told))
    assert re.search(r"<h2[^>]*>Corrections</h2>", made.html)
    first, second = made.html.index("&lt;b&gt;Ferries&lt;/b&gt; Bcc: x"), made.html.index("&lt;i&gt;Not&lt;/i&gt; sold")
    assert made.html.index("Corrections") < first < second < made.html.index("<h2", second)
    text = " ".join(made.text.split())
    assert text.index("<b>Ferries</b> Bcc: x") < text.index("<i>Not</i> sold")
    assert "never shown" not in made.html + text
    assert "Correction" not in letter(usual()).html


def test_an_address_that_is_not_http_is_no_link() -> None:
    made = letter(arrangement([[Story(lead=article(1, url="javascript:alert(1)"))]]))
    assert "javascript" not in made.html + made.text
    assert "Headline 1" in made.html


@pytest.mark.parametrize("which", Blank)
def test_every_blank_is_whole_in_both_parts(which: Blank) -> None:
    made = letter(usual())
    placeholder = blank(NONCE, which)
    assert placeholder in made.html
    assert made.text.count(placeholder) == 1
    if which is not Blank.ADDRESS:
        assert f'href="{placeholder}"' in made.html
        assert placeholder in made.text.split("\n")


def test_html_and_text_lead_to_the_same_places() -> None:
    made = letter(usual())
    in_html = {a["href"] for a in Outline(made.html).all("a") if not a.get("href", "#").startswith("#")}
    in_text = {line for line in made.text.split("\n") if re.match(r"https?://|zq", line)}
    in_text.remove(blank(NONCE, Blank.ADDRESS))
    assert in_html == in_text
    assert f"https://news.example/read/{NONCE}" in in_text
    assert "https://wire.example/20" in in_text


def test_no_story_is_told_twice_and_numbers_run_through() -> None:
    text = letter(usual()).text
    assert re.findall(r"^(\d+)\. Headline (\d+)$", text, re.MULTILINE) == [(str(n), str(n)) for n in range(1, 11)]


def test_a_letter_is_made_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a letter reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    hostile = (
        '<link rel="stylesheet" href="https://evil.example/x.css"><style>@import "https://evil.example/y";</style>'
    )
    assert "evil" in inline(f"<!DOCTYPE html><html><head>{hostile}</head><body></body></html>")
    assert not Outline(letter(arrangement([[Story(lead=article(1, title=hostile))]])).html).all("link")


def test_every_picture_is_https_with_its_size_and_a_description() -> None:
    pictures = Outline(letter(usual()).html).all("img")
    assert [(p["src"], p["width"], p["height"], p["alt"]) for p in pictures] == [
        ("https://images.example/1.jpg", "536", "302", "A ferry"),
        ("https://images.example/4.jpg", "96", "54", ""),
    ]


def test_headings_are_in_order_with_one_title() -> None:
    levels = [int(tag[1]) for tag, _ in Outline(letter(usual()).html).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_contents_are_listed_from_four_sections_on() -> None:
    four = Outline(letter(usual()).html)
    targets = {a["id"] for a in four.all("a") if "id" in a}
    assert [a["href"] for a in four.all("a") if a.get("href", "").startswith("#")] == [
        f"#section-{name.lower()}" for name in NAMES
    ]
    assert targets == {f"section-{name.lower()}" for name in NAMES}
    three = Outline(letter(arrangement([[Story(lead=article(n))] for n in range(3)])).html)
    assert not [a for a in three.all("a") if a.get("href", "").startswith("#")]


def test_the_style_sheet_that_is_kept_is_small_bare_and_still_important() -> None:
    html = letter(usual()).html
    kept = [
        style
        for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        if "mso" not in style and "@media" in style
    ]
    assert len(kept) == 1
    assert len(kept[0].encode()) <= 2048
    assert "/*" not in kept[0]
    assert "prefers-color-scheme:dark" in kept[0].replace(" ", "")
    assert "[data-ogsc]" in kept[0]
    dark = kept[0].partition("prefers-color-scheme")[2]
    assert all("!important" in body for body in re.findall(r"\{([^{}]+)\}", dark))


def test_a_letter_of_ten_stories_stays_near_20_kilobytes() -> None:
    assert len(letter(usual()).html.encode()) <= 20_000


def test_the_document_is_in_standards_mode_and_names_its_language_twice() -> None:
    html = letter(usual()).html
    assert html.startswith("<!DOCTYPE html>")
    assert html.count('lang="en-GB" dir="ltr"') == 2
    assert all(table["role"] == "none" for table in Outline(html).all("table"))


def test_a_letter_in_arabic_runs_from_right_to_left_and_an_english_headline_in_it_does_not() -> None:
    view = View(mark=0, categories=("world",), language="ar", offset=0)
    outline = Outline(letter(arrangement([[Story(lead=article(1, language="en-US"))]]), view).html)
    assert outline.all("html")[0]["dir"] == "rtl"
    heading = outline.all("h3")[0]
    assert (heading["lang"], heading["dir"]) == ("en-US", "ltr")


def test_also_covered_by_names_three_other_sources_once_and_counts_the_rest() -> None:
    others = [article(n, source=s) for n, s in enumerate(("A", "B", "A", "The Post", "C", "D", "E"), start=2)]
    text = letter(arrangement([[Story(lead=article(1), also=tuple(others))]])).text
    addresses = "https://post.example/2\nhttps://post.example/3\nhttps://post.example/6\n"
    assert f"\nAlso covered by A, B, C and 2 more:\n{addresses}\n" in text


def test_a_letter_without_news_says_so_kindly() -> None:
    made = letter(arrangement([]))
    assert made.subject == "The Daily, 23 Nov 2026"
    for part in (made.html, made.text):
        assert "no new stories in your topics" in " ".join(part.split())
        assert blank(NONCE, Blank.LEAVE_URL) in part


def test_the_inbox_shows_after_the_subject_what_the_subject_does_not_say() -> None:
    made = letter(usual())
    hidden = re.search(r'class="hidden"[^>]*>([^<]*)<', made.html)
    assert hidden
    assert made.subject == "Headline 1; Headline 2"
    assert hidden[1].startswith("Headline 3 · Headline 4")


def test_text_has_lines_of_72_columns_headings_with_rules_and_no_entities() -> None:
    text = letter(usual()).text
    lines = text.split("\n")
    assert all(width(line.rstrip()) <= COLUMNS for line in lines if not line.startswith(("http", "zq")))
    assert "World\n-----\n" in text
    assert "\n\n\n" not in text
    assert not re.search(r"&\w+;", text)


unusual = st.text(min_size=1, max_size=60)


@settings(max_examples=40, deadline=None)
@given(title=unusual, excerpt=unusual, source=unusual)
def test_nothing_that_a_feed_says_changes_the_form_of_a_letter(title: str, excerpt: str, source: str) -> None:
    said = {"title": f"x{title}", "excerpt": f"x{excerpt}", "source": f"x{source}"}
    told = arrangement([[Story(lead=article(1, **said)), Story(lead=article(2))]])
    plain = arrangement([[Story(lead=article(1)), Story(lead=article(2))]])
    outline, expected = Outline(letter(told).html), Outline(letter(plain).html)
    form = [(tag, sorted(attributes)) for tag, attributes in outline.elements]
    assert form == [(tag, sorted(attributes)) for tag, attributes in expected.elements]
    assert ("a", one_line(said["title"])) in outline.said
    assert ("div", one_line(said["excerpt"])) in outline.said
    assert letter(told).subject.splitlines() == [letter(told).subject]
