"""Which selectors would find the articles of a page."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.pages.guess import guess
from digest.feeds.pages.page import parse_page, selector_problem
from digest.model import Selectors

URL = "https://harbour.example/news/"

MENU = """<header><ul class=menu><li><a href=/a>All the news of the town</a><li><a href=/b>Weather of the next days</a>
<li><a href=/c>Who we are and what we do</a><li><a href=/d>How to write to the editor</a></ul></header>"""
POPULAR = "".join(f"<li class=pop><a href=/q{n}>A story that many people read {n}</a></li>" for n in range(12))
POSTS = "".join(
    f"""<div class="post p-{n}"><h2><a href="/post/{n}">Post {n}</a></h2><span class="post-date">2{n}.11.2026</span>
    <p>What the post is about, in a few words more than forty.</p><a href="/post/{n}#more">Read more</a></div>"""
    for n in range(6)
)
CARDS = "".join(
    f"<a class=card href=/c/{n}><img src={n}.jpg><h3>Card {n}</h3><time datetime=2026-11-0{n}></time></a>"
    for n in range(1, 6)
)
LINES = "".join(f"<li><i>2026</i> <a href=/l/{n}>A note about something, number {n}</a></li>" for n in range(5))


@pytest.mark.parametrize(
    ("main", "selectors", "first"),
    [
        (f"<div class=list>{POSTS}</div>", Selectors(item="div.post", time=".post-date", excerpt="p"), "Post 0"),
        (f"<div class=grid>{CARDS}</div>", Selectors(item="a.card"), "Card 1"),
        (f"<ul>{LINES}</ul>", None, ""),
    ],
)
def test_the_articles_of_a_page_are_found_beside_its_menus(main: str, selectors: Selectors | None, first: str) -> None:
    html = f"{MENU}<main>{main}</main><aside><ul>{POPULAR}</ul></aside>"
    assert guess(html, URL) == selectors
    if selectors:
        assert parse_page(html, selectors, URL).items[0].title == first


def test_a_bare_list_of_links_is_enough() -> None:
    assert guess(f"<h1>Notes</h1><ul>{LINES}</ul>", URL) == Selectors(item="li")


@pytest.mark.parametrize("html", ["", "<p>Words.</p>", MENU, "<div>" * 5_000, "<ul><li><a href=/a>One</a></ul>"])
def test_where_there_is_no_list_of_articles_nothing_is_guessed(html: str) -> None:
    assert guess(html, URL) is None


@given(
    st.lists(st.sampled_from([POSTS, CARDS, LINES, MENU, "<div class='a b'>", "</div>", "<a href=/x>", "<nav>", "é"]))
)
def test_whatever_is_guessed_finds_articles(pieces: list[str]) -> None:
    html = "".join(pieces)
    found = guess(html, URL)
    if found:
        assert not any(map(selector_problem, filter(None, (found.item, found.time, found.excerpt))))
        assert parse_page(html, found, URL).items


@pytest.mark.parametrize("piece", ["<div class=abc>", "<li><a href=/x>A link text that is long enough</a>"])
def test_a_hostile_page_costs_little(piece: str) -> None:
    began = time.process_time()
    guess((piece * 100_000)[:1_000_000], URL)
    assert time.process_time() - began < 2
