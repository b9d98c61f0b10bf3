"""A feed from its bytes to its articles."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.reading import FeedReading, ReadFailed, Source, read
from digest.model import ArticleDraft, Image

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def source(body: bytes) -> Source:
    return Source(body=body, content_type="text/xml", url="https://news.example/feed", feed_name="news")


def articles(*items: str) -> tuple[ArticleDraft, ...]:
    inside = "".join(f"<item>{item}</item>" for item in items)
    text = (
        "<rss xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>News</title>"
        f"<language>en_gb</language>{inside}</channel></rss>"
    )
    got = read(source(text.encode()), NOW)
    assert isinstance(got, FeedReading)
    assert (got.title, got.language) == ("News", "en-GB")
    return got.articles


def test_a_post_of_a_blog_is_told_from_its_first_sentence() -> None:
    (got,) = articles(
        """<title>The ferry &amp;amp; the harbour</title><link>https://news.example/ferry/</link>
        <guid isPermaLink="false">https://news.example/?p=1</guid><author>ada@news.example (Ada Quay)</author>
        <category>Boats</category><category>Boats</category><category>Islands &amp;amp; coasts</category>
        <pubDate>Sat, 28 Feb 2026 09:30:00 +0000</pubDate>
        <description><![CDATA[<p>Spread the loveThe ferry sails twice a [&#8230;]</p>
        <p>The post <a href="#">The ferry</a> appeared first on <a href="#">News</a>.</p>]]></description>
        <content:encoded><![CDATA[<div>Spread the love</div><p><img src="/ferry.jpg" width="800"></p>
        <p>The ferry sails twice a day.</p><p>It leaves at nine and at five.</p>]]></content:encoded>"""
    )
    assert got == ArticleDraft(
        keys=got.keys,
        title="The ferry & the harbour",
        url="https://news.example/ferry/",
        author="Ada Quay",
        published_at=datetime(2026, 2, 28, 9, 30, tzinfo=UTC),
        excerpt="The ferry sails twice a day. It leaves at nine and at five.",
        image=Image(url="https://news.example/ferry.jpg", width=800),
        tags=("Boats", "Islands & coasts"),
        language="en-GB",
        words=13,
    )
    assert len(got.keys) == 3


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("Sun, 01 Mar 2026 11:00:00 GMT", True),
        ("Mon, 02 Mar 2026 11:00:00 GMT", True),
        ("Tue, 03 Mar 2026 11:00:00 GMT", False),
        ("Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("Fri, 31 Dec 2099 00:00:00 GMT", False),
    ],
)
def test_absurd_dates_are_none(date: str, kept: bool) -> None:
    (got,) = articles(f"<title>t</title><pubDate>{date}</pubDate>")
    assert (got.published_at is not None) == kept


def test_an_item_without_a_title_is_named_by_its_first_words() -> None:
    (got,) = articles("<description>The ferry sails. It leaves at nine.</description>")
    assert got.title == "The ferry sails. It leaves at nine."


def test_an_item_with_nothing_but_a_link_is_named_by_it() -> None:
    (got,) = articles("<link>https://news.example/ferry</link>")
    assert got.title == "https://news.example/ferry"


def test_an_empty_item_is_no_article_and_one_twice_is_one() -> None:
    assert len(articles("", "<title>a</title>", "<title>a</title>", "<title>b</title>")) == 2


def test_ten_items_with_one_link_are_ten_articles() -> None:
    items = (f"<title>Story {n}</title><link>https://news.example/all</link>" for n in range(10))
    assert len(articles(*items)) == 10


@pytest.mark.parametrize(
    "title",
    [
        "Hello&#13;&#10;Bcc: everyone@news.example",
        "Hello&#x202E;dlrow&#x2028;x",
        "<![CDATA[<script>alert(1)</script>Hello<img src=x onerror=alert(1)>]]>",
        "Hello &lt;b onclick=alert(1)&gt;world&lt;/b&gt;",
    ],
)
def test_a_hostile_title_is_one_plain_line(title: str) -> None:
    (got,) = articles(f"<title>{title}</title><link>javascript:alert(1)</link>")
    assert got.title.startswith("Hello")
    assert got.title.isprintable()
    assert "<" not in got.title
    assert "alert" not in got.title
    assert got.url == ""


def test_what_is_no_feed_is_a_value() -> None:
    assert read(source(b"<html></html>"), NOW) == ReadFailed("this is a web page, not a feed")


FRAGMENTS = st.sampled_from(
    ["<rss>", "</rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "<feed>", "<entry>", "&amp;",
     "&", "<![CDATA[", "]]>", "<!--", "-->", "text", "\x00", "<link href='x'/>", "<description>", "</description>",
     "<content type='xhtml'>", "{", '"items":[', "<guid>", "<pubDate>", "&#x0;", "&#xD800;", "<media:content url='x'/>"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=40).map("".join).map(str.encode) | st.binary(max_size=200))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    for prefix in (b"", b"<rss><channel><item>"):
        assert isinstance(read(source(prefix + body), NOW), FeedReading | ReadFailed)
