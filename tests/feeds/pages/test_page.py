"""Articles on a page that is no feed."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.pages.page import parse_page, selector_problem
from digest.feeds.parsing.parsed import MAX_ITEMS, FeedUnreadable, ParsedItem
from digest.model import Image, Selectors

URL = "https://harbour.example/news/"

FRONT = """<!DOCTYPE html>
<html lang="en-GB"><head><title>News &amp; Notices - Harbour Office</title><script>var x = "<div><div>";</script></head>
<body><nav><a href="/">Home</a><a href="/about">About</a></nav>
<main>
 <article class="teaser big">
  <a class="topic" href="/topics/piers">Piers</a>
  <h2><a href="/news/pier?utm_source=front">Ferry pier to be <em>rebuilt</em></a></h2>
  <time datetime="2026-11-23T07:30:00+01:00">today</time>
  <p class="lead">The council voted on <b>Tuesday</b>. Work begins in spring.</p>
  <img src="/i/pier.jpg" width="640" height="360" alt="The pier">
 </article>
 <article class="teaser">
  <a href="boats"><img src="data:image/gif;base64,R0" data-src="/i/boats.jpg">
  <h3>Boats &lt;for sale&gt;</h3><p>Six of them.</p></a>
  <span class="date">22.11.2026</span>
 </article>
 <article class="teaser"><h3>An advertisement</h3><p>Without a link</p></article>
 <article class="teaser"><a href="/news/pier"><img src="/i/small.jpg" alt="Again"></a></article>
</main></body></html>"""

GERMAN = """<html lang=de><title>Amtsblatt</title><ul>
<li class=eintrag><span>23. März 2026</span> <a href="a.pdf">Bebauungsplan Nr. 12</a></li>
<li class=eintrag><span>2.4.2026, 14:30 Uhr</span> <a href="b.pdf">Straßensperrung</a></li>
<li class=eintrag><span>vor 2 Stunden</span> <a href="c.pdf">Wochenmarkt</a></li></ul>"""

JAPANESE = """<html lang=ja><title>お知らせ</title><dl>
<div class=row><dt>2026年11月23日</dt><dd><a href="/n/1">フェリー桟橋の再建について</a></dd></div>
<div class=row><dt>2026/11/20</dt><dd><a href="/n/2">市場の休業日</a></dd></div></dl>"""


def items(html: str, url: str = URL, **selectors: str) -> tuple[ParsedItem, ...]:
    return parse_page(html, Selectors(**selectors), url).items


def refusal(html: str, **selectors: str) -> str:
    with pytest.raises(FeedUnreadable) as caught:
        parse_page(html, Selectors(**selectors), URL)
    return str(caught.value)


def test_a_front_page_becomes_articles() -> None:
    feed = parse_page(FRONT, Selectors(item="article.teaser", excerpt="p.lead", time="time, .date"), URL)
    assert feed.title == "News &amp; Notices - Harbour Office"
    assert feed.language == "en-GB"
    pier, boats = feed.items
    assert pier.url == "https://harbour.example/news/pier?utm_source=front"
    assert pier.title == "Ferry pier to be rebuilt"
    assert pier.published_at == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    assert pier.summary_html == '<p class="lead">The council voted on <b>Tuesday</b>. Work begins in spring.</p>'
    assert pier.images == (Image(url="https://harbour.example/i/pier.jpg", width=640, height=360, alt="The pier"),)
    assert (pier.guid, pier.base) == ("", URL)
    assert boats.url == "https://harbour.example/news/boats"
    assert boats.title == "Boats &lt;for sale&gt;"
    assert boats.published_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert [image.url for image in boats.images] == ["https://harbour.example/i/boats.jpg"]
    assert boats.summary_html == ""


def test_what_could_not_be_read_is_said() -> None:
    feed = parse_page(FRONT, Selectors(item="article.teaser", excerpt=".intro", time="time"), URL)
    assert feed.remarks == (
        "1 of 4 items have no link and were left out",
        "select.excerpt: '.intro' matches nothing in any item",
    )


@pytest.mark.parametrize(
    ("html", "days"),
    [
        (GERMAN, [datetime(2026, 3, 23, tzinfo=UTC), datetime(2026, 4, 2, 14, 30, tzinfo=UTC), None]),
        (JAPANESE, [datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)]),
    ],
)
def test_dates_are_read_as_people_write_them(html: str, days: list[datetime | None]) -> None:
    found = items(html, item=".eintrag, .row", time="span, dt")
    assert [one.published_at for one in found] == days


@pytest.mark.parametrize(
    "markup",
    [
        "<time datetime=2026-11-23>x</time>", "<time>23 November 2026</time>", "<time>November 23, 2026</time>",
        "<time datetime=''>Mon, 23 Nov 2026 00:00:00 +0000</time>", "<time title='2026-11-23 00:00'>yesterday</time>",
        "<time>not a date</time><time>23.11.2026</time>",
    ],
)  # fmt: skip
def test_a_time_is_what_its_attribute_or_its_text_says(markup: str) -> None:
    (one,) = items(f"<li><a href=/a>A</a>{markup}", item="li")
    assert one.published_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_the_time_may_be_within_what_the_selector_finds() -> None:
    (one,) = items("<li><a href=/a>A</a><p class=d>on <time datetime=2026-11-23>Mo</time></p>", item="li", time=".d")
    assert one.published_at == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<a href=/a>The <b>ferry</b></a>", "The ferry"),
        ("<a href=/a><h3>The ferry</h3><p>It sinks.</p></a>", "The ferry"),
        ("<a href=/a><img src=x.jpg alt='The ferry'></a>", "The ferry"),
        ("<a href=/a aria-label='The ferry'><svg></svg></a>", "The ferry"),
        ("<a href=/a title='The ferry'></a>", "The ferry"),
        ("<a href=/a><img src=x.jpg></a><a href=/a>The ferry</a>", "The ferry"),
        ("<a href=/a><script>x</script>The ferry<span class=sr-only> (read)</span></a>", "The ferry"),
    ],
)
def test_a_title_is_found_where_it_is_shown(markup: str, title: str) -> None:
    assert [one.title for one in items(f"<div class=i>{markup}</div>", item=".i")] == [title]


def test_selectors_say_where_title_and_link_are() -> None:
    html = "<li><a href=/tag>Tag</a><b>Real title</b><span class=more><a href=/real>More</a></span></li>"
    (one,) = items(html, item="li", title="b", link=".more")
    assert (one.title, one.url) == ("Real title", "https://harbour.example/real")


def test_the_item_may_be_the_link_or_be_within_it() -> None:
    assert [one.url for one in items("<a class=i href=/a>A</a>", item="a.i")] == ["https://harbour.example/a"]
    html = "<a href=/b><div class=i><b>B</b></div></a>"
    assert [(one.url, one.title) for one in items(html, item=".i")] == [("https://harbour.example/b", "B")]


def test_addresses_are_relative_to_the_base_of_the_page() -> None:
    assert items("<base href=/x/><li><a href=a>A</a>", item="li")[0].url == "https://harbour.example/x/a"


@pytest.mark.parametrize("href", ["#top", "/news/#comments", "javascript:void(0)", "mailto:a@b.example", "", "//"])
def test_a_link_that_leads_nowhere_is_passed_over(href: str) -> None:
    assert items(f"<li><a href='{href}'>Jump</a> <a href=/a>A</a>", item="li")[0].url == "https://harbour.example/a"


def test_of_several_items_with_one_link_the_first_with_a_title_counts() -> None:
    html = "<li><a href=/a><img src=x.jpg></a><li><a href='http://harbour.example/a'>A</a><li><a href=/a>Again</a>"
    assert [one.title for one in items(html, item="li")] == ["A"]


def test_no_more_items_are_read_than_of_a_feed() -> None:
    feed = parse_page("".join(f"<li><a href=/{n}>{n}</a>" for n in range(MAX_ITEMS + 5)), Selectors(item="li"), URL)
    assert len(feed.items) == MAX_ITEMS
    assert feed.remarks == ("only the first 2,000 of 2,005 items were read",)


@pytest.mark.parametrize("name", ["item", "title", "link", "time", "excerpt"])
def test_a_wrong_selector_is_named(name: str) -> None:
    got = refusal(FRONT, **{"item": "article", name: "div >"})
    assert got == f"select.{name}: 'div >' is not a CSS selector that can be used"


@pytest.mark.parametrize("text", ["div >", "div[", "a::before", "p!", "//div", "a:unknown", "h1,,h2", "{}", "\ud800>"])
def test_a_selector_can_be_checked_without_a_page(text: str) -> None:
    assert "is not a CSS selector" in selector_problem(text)
    assert selector_problem(" ") == "it is empty"


@pytest.mark.parametrize("text", ["div > a", "article.teaser:not(.ad)", "li:has(a[href^='/news'])", "*", "ul li + li"])
def test_a_right_selector_has_no_problem(text: str) -> None:
    assert selector_problem(text) == ""


@pytest.mark.parametrize(
    ("selector", "nearest"),
    [
        ("section > article.teaser", "; 4 match 'article.teaser'"),
        ("main article.story", "; 4 match 'article'"),
        ("div.big", "; 1 matches '.big'"),
        (".story", ""),
    ],
)
def test_where_nothing_matches_the_nearest_that_does_is_said(selector: str, nearest: str) -> None:
    assert refusal(FRONT, item=selector) == f"select.item: no element of the page matches {selector!r}{nearest}"


def test_a_page_that_a_script_fills_in_is_recognised() -> None:
    html = "<html><body><div id=root></div><script src=/app.js></script></body></html>"
    assert "a script seems to fill it in" in refusal(html, item=".teaser")


def test_items_without_any_link_are_refused_with_what_to_change() -> None:
    html = "<li>A<li>B"
    assert refusal(html, item="li") == "select.item: none of the 2 that match 'li' has a link to another page"
    assert refusal(FRONT, item="article", link="h5") == "select.link: 'h5' finds no link in the 4 that match 'article'"


def test_a_page_nested_deeper_than_people_write_is_refused() -> None:
    assert refusal("<div>" * 5_000, item="div") == "the page cannot be read: its elements are nested too deep"


@given(st.text("<>/&='\" \nahrefdivlt", max_size=200) | st.text(), st.text(max_size=20))
def test_whatever_the_page_and_the_selector_it_is_read_or_refused(html: str, selector: str) -> None:
    for chosen in ("a, li, *", selector):
        try:
            found = items(f"<li><a href='/a{html}'>{html}</a>{html}", item=chosen, title=selector)
        except FeedUnreadable:
            continue
        assert all(one.url.startswith(("http://", "https://")) for one in found)


@pytest.mark.parametrize(
    "piece", ["<div>", "<p>x</p>", "<li><a href=x>", "<time>", "<base href=/a/>", "<", "<aaaaaaaa"]
)
def test_a_hostile_page_costs_little(piece: str) -> None:
    html = (piece * 100_000)[:300_000]
    began = time.process_time()
    with suppress(FeedUnreadable):
        items(html, item="div, li, p, time")
    assert time.process_time() - began < 2


def test_a_selector_for_the_time_that_finds_no_date_is_said() -> None:
    html = "<!doctype html><article><a href=/a>A story</a><p class=when>soon</p></article>"
    got = parse_page(html, Selectors(item="article", time="p.when"), "https://hall.example/")
    assert got.remarks == ("select.time: what 'p.when' matches is no date that can be read",)
