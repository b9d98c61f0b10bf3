"""The page behind an article: its text, its picture and where it belongs, or nothing."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.pages.full_text import FullText, read_page
from digest.feeds.reading import Source
from digest.model import Image

URL = "https://www.harbour.example/2026/11/pier?utm_source=rss"
OWN = "https://www.harbour.example/2026/11/pier"
TITLE = "Ferry pier to be rebuilt"

LEAD = "The council voted on Tuesday to rebuild the old ferry pier, which a storm had damaged in March."
NEXT = "Work is to begin in spring and will take two years, the mayor said after the vote."
THIRD = "Until then the boats will leave from the fish market, where a pontoon has been in use since April."
PROSE = (
    f"<p>{LEAD} {NEXT}</p><p>{THIRD}</p><p>Some <a href='/x'>older plans</a> had been given up for want of money.</p>"
)

HEAD = """<title>Ferry pier to be rebuilt | Harbour Times</title>
<link rel="canonical" href="https://www.harbour.example/2026/11/pier">
<meta property="og:type" content="article"><meta property="og:title" content="Ferry pier to be rebuilt">
<meta property="og:description" content="The council has decided. The pier comes back.">
<meta property="og:image" content="https://img.harbour.example/pier.jpg">
<meta property="og:image:width" content="1200"><meta property="og:image:height" content="675">
<meta property="article:published_time" content="2026-11-23T07:30:00+01:00">
<meta name="author" content="Ada Example">"""

BANNER = """<div class="cookie-banner" role="dialog"><p>We and our 812 partners store and access information on your
device to show you personalised advertising and content. You may accept or refuse this.</p>
<button>Accept all</button></div>"""


def page(body: str, head: str = HEAD, language: str = "en") -> str:
    return f"""<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">{head}</head><body>
    <header><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav></header>{BANNER}
    <main><article><h1>{TITLE}</h1>{body}</article>
    <section class="related"><h2>Related stories</h2><ul><li><a href="/1">The fish market is to be painted blue</a></li>
    <li><a href="/2">Storm warning for the weekend in all harbours</a></li></ul></section></main>
    <footer><p>2026 Harbour Times. All rights reserved by the publisher.</p></footer></body></html>"""


def read(html: str | bytes, *, url: str = URL, title: str = TITLE, content_type: str = "text/html") -> FullText | None:
    body = html if isinstance(html, bytes) else html.encode()
    return read_page(Source(body=body, content_type=content_type, url=url, feed_name="news"), title, "")


def found(html: str | bytes, **more: str) -> FullText:
    got = read(html, **more)
    assert got is not None
    return got


def test_an_article_is_found_on_its_page_without_what_surrounds_it() -> None:
    assert found(page(PROSE)) == FullText(
        excerpt=f"{LEAD} {NEXT} {THIRD}",
        image=Image(url="https://img.harbour.example/pier.jpg", width=1200, height=675),
        url=OWN,
        words=70,
        language="en",
        author="Ada Example",
        published_at=datetime(2026, 11, 23, 6, 30, tzinfo=UTC),
    )


def test_captions_bylines_and_share_bars_are_no_text() -> None:
    furniture = (
        "<p class=byline>By Ada Example</p><figure><img src=/a.jpg><figcaption>The pier in March, as seen from the"
        " tower.</figcaption></figure><div class=sharedaddy><ul><li>Facebook</li></ul></div>"
    )
    assert found(page(furniture + PROSE)).excerpt == f"{LEAD} {NEXT} {THIRD}"


GERMAN = """<p>Der Gemeinderat hat am Dienstag beschlossen, die alte Fährbrücke wieder aufzubauen. Sie war im März bei
einem Sturm am 12. März schwer beschädigt worden.</p><p>Die Arbeiten sollen im Frühjahr beginnen und zwei Jahre dauern,
sagte Bürgermeisterin Dr. Meier nach der Abstimmung. Bis dahin legen die Boote am Fischmarkt ab.</p>"""
JAPANESE = """<p>市議会は火曜日、3月の嵐で損傷した古いフェリー桟橋を再建することを決めた。工事は来年の春に始まり、
二年かかる見通しだと市長は述べた。</p><p>それまでの間、船は魚市場から出発する。市場には四月から浮き桟橋が設けられている。</p>"""


def test_a_german_page_in_a_declared_8_bit_encoding_is_read() -> None:
    title = "Fährbrücke wird wieder aufgebaut"
    html = page(GERMAN, f"<title>{title}</title>", "de").replace("utf-8", "iso-8859-1").encode("cp1252")
    got = found(html, title=title)
    assert got.language == "de"
    assert got.excerpt.startswith(
        "Der Gemeinderat hat am Dienstag beschlossen, die alte Fährbrücke wieder aufzubauen. Sie"
    )


def test_a_japanese_page_in_shift_jis_is_read() -> None:
    title = "フェリー桟橋の再建が決定"
    html = page(JAPANESE, f"<title>{title}</title>", "ja").replace("utf-8", "Shift_JIS").encode("cp932")
    got = found(html.replace(TITLE.encode(), title.encode("cp932")), title=title)
    assert got.excerpt.startswith("市議会は火曜日、3月の嵐で損傷した古いフェリー桟橋を再建することを決めた。")
    assert got.words > 40


JS_ONLY = "<div id=root></div><noscript><p>You need to enable JavaScript to run this app.</p></noscript>"
WALL = "<div class=wall><p>Subscribe to continue reading this article.</p><p>Already a subscriber? Sign in.</p></div>"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("", id="nothing"),
        pytest.param("plain words", id="text"),
        pytest.param(f"<html><head><title>Times</title></head><body>{JS_ONLY}</body></html>", id="made by a script"),
        pytest.param(f"<title>Times</title><main><h1>{TITLE}</h1>{WALL}</main>", id="paywall stub"),
        pytest.param(
            f"<title>Page not found</title><main><h1>Not found</h1><p>Ferry pier {NEXT * 4}</p></main>", id="error page"
        ),
        pytest.param(
            f"<title>Before you continue</title><main>{BANNER}<p>{'We use cookies. ' * 40}</p></main>", id="wall"
        ),
        pytest.param(
            f"<title>Sign in</title><main><p>{'Please give your name and password. ' * 12}</p></main>", id="login"
        ),
        pytest.param("<div>" * 5_000 + PROSE, id="too deep"),
    ],
)
def test_where_there_is_no_article_nothing_is_said(html: str) -> None:
    assert read(html) is None


def test_an_article_about_what_notices_are_called_is_an_article() -> None:
    title = "Cookies: how the ferry pier got its bakery"
    assert read(page(PROSE, f"<title>{title}</title>"), title=title) is not None


def test_the_beginning_before_a_wall_is_told_and_not_called_the_whole() -> None:
    got = found(page(f"{PROSE}{WALL}"))
    assert got.excerpt == f"{LEAD} {NEXT} {THIRD}"
    assert got.words == 0


def test_what_its_publisher_calls_paid_is_not_called_the_whole() -> None:
    paid = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>'
    assert found(page(PROSE, HEAD + paid)).words == 0


def test_where_only_the_head_speaks_an_article_is_told_by_its_description() -> None:
    got = found(page(WALL))
    assert (got.excerpt, got.words) == ("The council has decided. The pier comes back.", 0)
    assert got.image == Image(url="https://img.harbour.example/pier.jpg", width=1200, height=675)


def test_the_description_of_a_page_that_is_no_article_is_the_sites_own() -> None:
    head = HEAD.replace('content="article"', 'content="website"')
    assert read(page(WALL, head)) is None


def with_canonical(href: str, more: str = "") -> str:
    return page(PROSE, f'<title>{TITLE}</title><link rel="canonical" href="{href}">{more}')


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/2026/11/pier", OWN),
        ("http://www.harbour.example/2026/11/pier", OWN),
        ("https://harbour.example/2026/11/pier-rebuilt", "https://harbour.example/2026/11/pier-rebuilt"),
        ("https://news.harbour.example/pier", "https://news.harbour.example/pier"),
    ],
)
def test_where_the_page_says_it_belongs_is_its_address(href: str, url: str) -> None:
    assert found(with_canonical(href)).url == url


@pytest.mark.parametrize(
    "href",
    [
        "https://www.harbour.example/", "https://www.harbour.example", "/2026/11", "/2026/11/",
        "https://elsewhere.example/2026/11/pier", "https://harbour.example.evil.example/2026/11/pier",
        "https://other-harbour.example/2026/11/pier", "javascript:alert(1)", "https://user@harbour.example/x", "",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_the_articles_is_passed_over(href: str) -> None:
    assert found(with_canonical(href)).url == ""
    assert found(with_canonical(href, f'<meta property="og:url" content="{OWN}">')).url == OWN


@pytest.mark.parametrize(
    ("url", "href", "own"),
    [
        ("https://harbour.example/story/amp/", "/story", "https://harbour.example/story"),
        ("https://harbour.example/story/2", "/story", "https://harbour.example/story"),
        ("https://m.harbour.example/story", "https://www.harbour.example/story", "https://www.harbour.example/story"),
        ("https://harbour.example/read?id=5", "/read", ""),
        ("https://harbour.example/read?id=5&utm_source=x", "/read?id=5", "https://harbour.example/read?id=5"),
    ],
)
def test_other_views_of_an_article_lead_to_it_and_other_articles_do_not(url: str, href: str, own: str) -> None:
    assert found(with_canonical(href), url=url).url == own


def test_without_a_named_picture_the_articles_first_is_taken() -> None:
    head = f'<title>{TITLE}</title><meta property="og:image" content="http://img.harbour.example/insecure.jpg">'
    html = page(f'<img src="/logo.svg"><img src="/pier.jpg" width="800" height="450">{PROSE}', head)
    assert found(html).image == Image(url="https://www.harbour.example/pier.jpg", width=800, height=450)


def test_author_and_date_are_found_where_publishers_put_them() -> None:
    data = """<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "x"},
    {"@type": ["NewsArticle"], "datePublished": "2026-11-23", "author": [{"name": "Ada &amp; Co"}, {"name": "Ben"},
    "https://x.example"]}]}</script>"""
    got = found(page(PROSE, f"<title>{TITLE}</title>{data}"))
    assert (got.author, got.published_at) == ("Ada & Co, Ben", datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize("data", ["{", "[" * 9_999, '{"@type": 5}', '{"@graph": {"@type": "Article"}}', "9" * 9_999])
def test_data_that_is_none_is_passed_over(data: str) -> None:
    got = found(page(PROSE, f'<title>{TITLE}</title><script type="application/ld+json">{data}</script>'))
    assert got.author == ""


@settings(max_examples=30)
@given(st.text("<>/&='\" \nahrefdivpmtcontent", max_size=300) | st.binary(max_size=300))
def test_whatever_the_page_it_is_read_or_passed_over(wild: str | bytes) -> None:
    raw = wild if isinstance(wild, bytes) else wild.encode()
    for body in (raw, page(PROSE).encode().replace(b"</article>", raw + b"</article>"), raw + page(PROSE).encode()):
        got = read(body)
        assert got is None or (got.url in {"", OWN} and got.excerpt)


@pytest.mark.parametrize("piece", ["<p>x</p>", "<h2>x</h2>", "<div>", "<br>", "<aaaaaaaa", "<meta name=a content=b>"])
def test_a_hostile_page_costs_little(piece: str) -> None:
    html = (piece * 100_000)[:300_000]
    began = time.process_time()
    read(html)
    read(page(piece * 500))
    assert time.process_time() - began < 3
