"""A feed from its bytes to its articles."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.reading import FeedReading, ReadFailed, Source, WebPage, read
from digest.model import ArticleDraft, Image, Selectors, Wishes

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
    assert len(got.keys) == len(set(got.keys)) > 1


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
    assert read(source(b"hello"), NOW) == ReadFailed("this is no feed: neither XML nor JSON")


def test_a_page_says_where_its_feeds_are() -> None:
    page = b"""<!doctype html><title>News &amp; more</title>
        <link rel=alternate type=application/rss+xml href=/rss><a href="/feed.atom">Atom</a>"""
    urls = ("https://news.example/rss", "https://news.example/feed.atom")
    assert read(source(page), NOW) == WebPage(title="News & more", feeds=urls)


def test_a_page_without_a_feed_is_read_by_selectors() -> None:
    page = b"""<!doctype html><html lang=en><title>Hall</title><ul>
        <li><a href=/roads>New roads</a> <time datetime=2026-02-28>yesterday</time><p>The council will build roads.</p>
        <li><a href=/rates>New rates</a><p>The council will raise rates.</p></ul>"""
    got = read(replace(source(page), selectors=Selectors(item="li", excerpt="p")), NOW)
    assert isinstance(got, FeedReading)
    assert (got.title, got.language) == ("Hall", "en")
    assert [(a.title, a.url, a.excerpt) for a in got.articles] == [
        ("New roads", "https://news.example/roads", "The council will build roads."),
        ("New rates", "https://news.example/rates", "The council will raise rates."),
    ]
    assert [a.published_at for a in got.articles] == [datetime(2026, 2, 28, tzinfo=UTC), None]


def test_selectors_that_match_nothing_are_said() -> None:
    got = read(replace(source(b"<!doctype html><p>Hello"), selectors=Selectors(item="article")), NOW)
    assert isinstance(got, ReadFailed)
    assert "article" in got.reason


def test_a_feed_that_does_not_say_its_language_is_read_for_it() -> None:
    items = "".join(
        f"<item><title>{title}</title><description>{text}</description></item>"
        for title, text in (
            ("Die Fähre fährt wieder", "Am Montag hat die Fähre ihren Betrieb nach langer Pause wieder aufgenommen."),
            ("Der Hafen wird größer", "Der Stadtrat hat beschlossen, den alten Hafen bis zum Herbst auszubauen."),
        )
    )
    got = read(source(f"<rss><channel><title>Nachrichten</title>{items}</channel></rss>".encode()), NOW)
    assert isinstance(got, FeedReading)
    assert (got.language, {article.language for article in got.articles}) == ("de", {"de"})


def test_what_is_left_out_of_the_texts_is_told_on_request() -> None:
    body = "".join(
        f"<item><title>Number {n}</title><description>&lt;p&gt;Text no {n} is here.&lt;/p&gt;"
        "&lt;p&gt;Follow the Harbour Post every day&lt;/p&gt;</description></item>"
        for n in "abcd"
    )
    feed = source(f"<rss><channel>{body}</channel></rss>".encode())
    asked, unasked = read(replace(feed, explain=True), NOW), read(feed, NOW)
    assert isinstance(asked, FeedReading)
    assert asked.removed == ("Follow the Harbour Post every day",)
    assert isinstance(unasked, FeedReading)
    assert (unasked.removed, unasked.articles) == ((), asked.articles)


def test_items_that_were_read_before_are_passed_over() -> None:
    def served(*names: str) -> Source:
        items = "".join(
            f"<item><title>{n}</title><link>/{n}</link><pubDate>Sun, 01 Mar 2026 0{len(n)}:00:00 GMT</pubDate>"
            f"<description>All of {n}.</description></item>"
            for n in names
        )
        return source(f"<rss><channel><title>News</title>{items}</channel></rss>".encode())

    first = read(served("a", "bb"), NOW)
    assert isinstance(first, FeedReading)
    again = read(replace(served("ccc", "a", "bb"), known=frozenset(first.fingerprints)), NOW)
    assert isinstance(again, FeedReading)
    assert ([article.title for article in again.articles], again.unchanged) == (["ccc"], 2)
    assert again.fingerprints[1:] == first.fingerprints
    assert len(again.dates) == 3
    whole = read(served("ccc", "a", "bb"), NOW)
    assert isinstance(whole, FeedReading)
    assert again.articles[0] == whole.articles[0]


def test_what_a_feed_says_every_time_is_seen_in_items_that_were_read_before() -> None:
    def item(name: str) -> str:
        text = f"&lt;p&gt;The story of {name} is told here.&lt;/p&gt;&lt;p&gt;Follow the Harbour Post&lt;/p&gt;"
        return f"<item><title>{name}</title><description>{text}</description></item>"

    def served(names: str) -> Source:
        return source(f"<rss><channel>{''.join(map(item, names))}</channel></rss>".encode())

    first = read(served("abcdef"), NOW)
    assert isinstance(first, FeedReading)
    again = read(replace(served("gabcde"), known=frozenset(first.fingerprints)), NOW)
    assert isinstance(again, FeedReading)
    assert [article.excerpt for article in again.articles] == ["The story of g is told here."]


def test_a_link_that_several_items_have_names_none_of_them_be_they_known_or_not() -> None:
    def served(*names: str) -> Source:
        items = (f"<item><title>Story {n}</title><link>https://news.example/all</link></item>" for n in names)
        return source(f"<rss><channel>{''.join(items)}</channel></rss>".encode())

    first = read(served("a", "b"), NOW)
    assert isinstance(first, FeedReading)
    again = read(replace(served("c", "a", "b"), known=frozenset(first.fingerprints)), NOW)
    assert isinstance(again, FeedReading)
    assert not any(name.startswith("url:") for name in again.articles[0].keys)


def test_an_item_that_says_anything_else_is_read_again() -> None:
    plain = "<item><guid>1</guid><title>t</title><description>One.</description></item>"
    first = read(source(f"<rss><channel>{plain}</channel></rss>".encode()), NOW)
    assert isinstance(first, FeedReading)
    for changed in (plain.replace("One", "Two"), plain.replace("<title>t", "<title>T"), plain.replace(">1<", ">2<")):
        again = read(
            replace(source(f"<rss><channel>{changed}</channel></rss>".encode()), known=frozenset(first.fingerprints)),
            NOW,
        )
        assert isinstance(again, FeedReading)
        assert len(again.articles) == 1


def test_how_a_feed_wishes_to_be_polled_comes_with_it() -> None:
    got = read(source(b"<rss><channel><ttl>90</ttl><item><title>t</title></item></channel></rss>"), NOW)
    assert isinstance(got, FeedReading)
    assert got.wishes == Wishes(every=timedelta(minutes=90))


def test_what_of_a_feed_is_not_read_is_said() -> None:
    items = "".join(f"<item><title>t{n}</title></item>" for n in range(2_100))
    got = read(source(f"<rss><channel>{items}</channel></rss>".encode()), NOW)
    assert isinstance(got, FeedReading)
    assert len(got.articles) == 2_000
    assert any("2,000" in remark and "2,100" in remark for remark in got.remarks)


def test_a_link_that_only_forwards_is_replaced_by_where_it_leads() -> None:
    forward = "https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://news.example/ferry&amp;ct=ga"
    (got,) = articles(f"<title>Ferry</title><link>{forward}</link>")
    assert got.url == "https://news.example/ferry"


def test_a_title_that_the_site_ends_with_its_name_is_known_again_whatever_else_the_feed_holds() -> None:
    many = articles(*(f"<title>Story {n} - Harbour Post</title>" for n in "abcdef"))
    one = articles("<title>Story a - Harbour Post</title>")
    assert (many[0].title, one[0].title) == ("Story a", "Story a - Harbour Post")
    assert set(many[0].keys) & set(one[0].keys)


FRAGMENTS = st.sampled_from(
    ["<rss>", "</rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "<feed>", "<entry>", "&amp;",
     "&", "<![CDATA[", "]]>", "<!--", "-->", "text", "\x00", "<link href='x'/>", "<description>", "</description>",
     "<content type='xhtml'>", "{", '"items":[', "<guid>", "<pubDate>", "&#x0;", "&#xD800;", "<media:content url='x'/>"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=40).map("".join).map(str.encode) | st.binary(max_size=200))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    for prefix in (b"", b"<rss><channel><item>"):
        assert isinstance(read(source(prefix + body), NOW), FeedReading | WebPage | ReadFailed)


def dated(*days: int | None) -> str:
    dates = ("" if day is None else f"<pubDate>{day:02} Feb 2026 09:00:00 GMT</pubDate>" for day in days)
    items = (f"<item><guid>{n}</guid><title>No. {n}</title>{date}</item>" for n, date in enumerate(dates))
    return f"<rss version='2.0'><channel><title>News</title>{''.join(items)}</channel></rss>"


@pytest.mark.parametrize(
    ("days", "oldest"),
    [((9, 8, 7), 7), ((9, 9, 9), 9), ((9,), 9), ((9, 7, 8), None), ((9, None, 7), None), ((), None), ((7, 8), None)],
)
def test_a_feed_goes_by_its_dates_where_each_item_has_one_and_none_is_newer_than_that_above(days, oldest) -> None:
    got = read(source(dated(*days).encode()), NOW)
    assert isinstance(got, FeedReading)
    assert got.oldest == (oldest and datetime(2026, 2, oldest, 9, tzinfo=UTC))


def test_a_feed_that_breaks_off_has_no_last_item() -> None:
    text = dated(9, 8, 7)
    got = read(source(text[: text.index("<guid>2")].encode()), NOW)
    assert isinstance(got, FeedReading)
    assert (got.breaks_off, got.oldest) == (True, None)


def test_each_article_has_the_fingerprints_of_all_its_items() -> None:
    text = dated(9, 8).replace("</channel>", "<item><guid>0</guid><title>No. 0</title></item></channel>")
    first = read(source(text.encode()), NOW)
    assert isinstance(first, FeedReading)
    assert [mark for marks in first.marks for mark in marks] == [first.fingerprints[place] for place in (0, 1, 2)]
    twice = text.replace(
        "<item><guid>1", text[text.index("<item><guid>0") : text.index("<item><guid>1")] + "<item><guid>1"
    )
    got = read(source(twice.encode()), NOW)
    assert isinstance(got, FeedReading)
    assert len(got.marks) == len(got.articles) == 3
    assert got.marks[0] == (got.fingerprints[0], got.fingerprints[1])
