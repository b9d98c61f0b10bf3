"""Every format of feed, and what people serve under their names."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.feeds.parsing.parse import parse
from digest.feeds.parsing.parsed import MAX_HTML, MAX_ITEMS, FeedUnreadable, ParsedFeed, ParsedItem
from digest.model import Image

URL = "https://news.example/feeds/all.xml"
DAY = datetime(2026, 2, 28, 9, 30, tzinfo=UTC)

RSS_091 = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://netscape.example/rss-0.91.dtd">
<rss version="0.91"><channel><title>Harbour News</title><link>http://news.example/</link><language>en</language>
<item><title>The ferry is back</title><link>http://news.example/ferry</link>
<description>It sails twice a day.</description></item></channel></rss>"""

RSS_10 = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="http://news.example/"><title>Harbour News</title><link>http://news.example/</link>
<dc:language>en</dc:language></channel>
<item rdf:about="http://news.example/ferry"><title>The ferry is back</title><link>http://news.example/ferry</link>
<description>It sails twice a day.</description><dc:date>2026-02-28T10:30:00+01:00</dc:date>
<dc:creator>Ada Quay</dc:creator><dc:subject>Boats</dc:subject></item></rdf:RDF>"""

RSS_20 = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Harbour &amp;amp; Sea</title><link>https://news.example/</link><language>en-gb</language>
<item><title>The ferry is back</title><link>https://news.example/ferry</link><guid isPermaLink="false">ferry-1</guid>
<dc:creator>Ada Quay</dc:creator><category>Boats</category><category domain="x">Islands</category>
<pubDate>Sat, 28 Feb 2026 09:30:00 GMT</pubDate><comments>https://news.example/ferry#comments</comments>
<description>&lt;p&gt;It sails twice a day.&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>It sails twice a day, at nine & at five.</p>]]></content:encoded>
<media:content url="/big.jpg" medium="image" width="900" height="600"/>
<media:content url="/clip.mp4" medium="video"/><media:thumbnail url="https://img.example/small.jpg" width="120"/>
<enclosure url="https://img.example/last.png" type="image/png" length="9"/></item></channel></rss>"""

ATOM_03 = """<?xml version="1.0"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="en"><title>Harbour News</title>
<link rel="alternate" type="text/html" href="http://news.example/"/>
<entry><title mode="escaped" type="text/html">The &lt;i&gt;ferry&lt;/i&gt; is back</title>
<link rel="alternate" type="text/html" href="http://news.example/ferry"/><id>tag:news.example,2026:1</id>
<issued>2026-02-28T09:30:00Z</issued><modified>2026-03-01T00:00:00Z</modified>
<content type="text/html" mode="escaped">&lt;p&gt;It sails twice a day.&lt;/p&gt;</content></entry></feed>"""

ATOM_10 = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour News</title><id>urn:1</id>
<author><name>Ada Quay</name></author>
<entry xml:base="https://cdn.example/a/"><title>1 &lt; 2</title><id>urn:uuid:1</id>
<link rel="self" href="https://news.example/self"/><link href="ferry"/>
<updated>2026-03-01T00:00:00Z</updated><published>2026-02-28T09:30:00Z</published>
<category term="boats" label="Boats"/><category term="http://schemas.example/kind#post"/>
<summary>It sails &amp; sails.

Twice a day.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>It <b>sails</b>.</p></div></content>
</entry></feed>"""


def only(text: str | bytes, content_type: str = "") -> ParsedItem:
    feed = parse(text if isinstance(text, bytes) else text.encode(), content_type, URL)
    assert len(feed.items) == 1
    return feed.items[0]


def item(inside: str) -> ParsedItem:
    return only(f"<rss version='2.0'><channel><title>N</title><item>{inside}</item></channel></rss>")


@pytest.mark.parametrize("text", [RSS_091, RSS_10, ATOM_03], ids=["RSS 0.91", "RSS 1.0", "Atom 0.3"])
def test_the_old_formats(text: str) -> None:
    feed = parse(text.encode(), "application/octet-stream", URL)
    article = feed.items[0]
    assert (feed.title, feed.language) == ("Harbour News", "en")
    assert article.url == "http://news.example/ferry"
    assert "ferry" in article.title
    assert "It sails twice a day." in article.summary_html + article.content_html


def test_rss_1_has_its_dublin_core() -> None:
    article = only(RSS_10)
    assert (article.author, article.tags, article.published_at) == ("Ada Quay", ("Boats",), DAY)


def test_rss_2() -> None:
    feed = parse(RSS_20.encode(), "application/rss+xml", URL)
    assert feed == ParsedFeed(
        title="Harbour &amp; Sea",
        language="en-gb",
        items=(
            ParsedItem(
                guid="ferry-1",
                url="https://news.example/ferry",
                title="The ferry is back",
                author="Ada Quay",
                published_at=DAY,
                summary_html="<p>It sails twice a day.</p>",
                content_html="<p>It sails twice a day, at nine & at five.</p>",
                base="https://news.example/ferry",
                tags=("Boats", "Islands"),
                images=(
                    Image(url="https://news.example/big.jpg", width=900, height=600),
                    Image(url="https://img.example/small.jpg", width=120),
                    Image(url="https://img.example/last.png"),
                ),
                comments_url="https://news.example/ferry#comments",
            ),
        ),
    )


def test_atom_1_has_its_base_its_text_and_its_own_dates() -> None:
    article = only(ATOM_10)
    assert article.url == "https://cdn.example/a/ferry"
    assert article.base == "https://cdn.example/a/"
    assert article.title == "1 &lt; 2"
    assert article.summary_html == "<p>It sails &amp; sails.</p><p>Twice a day.</p>"
    assert "<b>sails</b>" in article.content_html
    assert (article.published_at, article.author, article.tags) == (DAY, "Ada Quay", ("Boats",))


def test_utf_16_and_windows_1251() -> None:
    text = "<?xml version='1.0' encoding='{}'?><rss><channel><item><title>Київ</title></item></channel></rss>"
    assert only(text.format("utf-16").encode("utf-16")).title == "Київ"
    assert only(text.format("windows-1251").encode("cp1251"), "text/xml").title == "Київ"


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link>/a</link>", "https://news.example/a"),
        ("<link>b.html</link>", "https://news.example/feeds/b.html"),
        ("<guid>https://news.example/c</guid>", "https://news.example/c"),
        ("<guid>12345</guid>", ""),
        ("<guid isPermaLink='false'>https://news.example/d</guid>", "https://news.example/d"),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>https://news.example/?a=1&b=2</link>", "https://news.example/?a=1&b=2"),
        ("<enclosure url='https://pod.example/1.mp3' type='audio/mpeg'/>", "https://pod.example/1.mp3"),
        ("<link>  https://news.example/e\n</link>", "https://news.example/e"),
        ("<link><![CDATA[ https://news.example/f?a=1&b=2 ]]></link>", "https://news.example/f?a=1&b=2"),
        ("<link>//cdn.example/g</link>", "https://cdn.example/g"),
        ("<link href='https://news.example/h'/>", "https://news.example/h"),
        ("<link rel='self' href='/s'/><link rel='alternate' href='/i'/>", "https://news.example/i"),
        (
            "<link rel='alternate' type='text/html' href='/j'/><link rel='alternate' href='/en/j'/>",
            "https://news.example/j",
        ),
        ("<link rel='replies' href='/r'/><guid>https://news.example/k</guid>", "https://news.example/k"),
        ("<link rel='alternate' type='application/pdf' href='/l.pdf'/>", "https://news.example/l.pdf"),
        (
            "<feedburner:origLink>https://news.example/m</feedburner:origLink><link>https://fb.example/1</link>",
            "https://news.example/m",
        ),
    ],
)
def test_where_the_article_is(inside: str, url: str) -> None:
    assert item(f"<title>t</title>{inside}").url == url


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sat, 28 Feb 2026 09:30:00 GMT", DAY),
        ("Sat, 28 Feb 2026 04:30:00 EST", DAY),
        ("Sat, 28 Feb 2026 10:30:00 +0100", DAY),
        ("2026-02-28T09:30:00Z", DAY),
        ("28 Feb 2026 09:30 +0000", DAY),
        ("yesterday", None),
        ("", None),
        ("Sat, 99 Feb 2026 09:30:00 GMT", None),
        ("0000-00-00T00:00:00Z", None),
        ("Sat, 28 Feb 2026 10:30:00 CET", DAY),
        ("28/02/2026 09:30", DAY),
    ],
)
def test_dates_are_utc_or_none(date: str, expected: datetime | None) -> None:
    assert item(f"<title>t</title><pubDate>{date}</pubDate>").published_at == expected


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("ada@news.example (Ada Quay)", "Ada Quay"),
        ("Ada Quay", "Ada Quay"),
        ("ada@news.example", ""),
        ("Ada Quay &lt;ada@news.example&gt;", "Ada Quay"),
        ("Ada Quay</author><author>ben@news.example (Ben Pier)", "Ada Quay, Ben Pier"),
        ("<name>Ada Quay</name><email>ada@news.example</email>", "Ada Quay"),
        ("<![CDATA[Ada &amp; Ben]]>", "Ada & Ben"),
    ],
)
def test_authors_are_names_without_addresses(author: str, name: str) -> None:
    assert item(f"<title>t</title><author>{author}</author>").author == name


@pytest.mark.parametrize(
    "body",
    [
        "<rss version=2.0><channel><item><title>One</title></item></channel></rss>",
        "<rss><channel><item><title>One</title></item>",
        "<rss><channel><item><title>One</title><description>Q&A</description></item></channel></rss>",
        "<rss><channel><item><title>One</title><description><p>a<br>b</description></item></channel></rss>",
        "<rss><rss:channel><rss:item><rss:title>One</rss:title></rss:item></rss:channel></rss>",
        "\ufeff<rss><channel><item><title>One</title></item></channel></rss>",
        "<channel><item><title>One</title></item></channel>",
    ],
    ids=["unquoted", "cut off", "ampersand", "stray markup", "undeclared prefix", "mark", "no root"],
)
def test_what_a_person_could_read_is_read(body: str) -> None:
    assert only(body, "text/html").title == "One"


@pytest.mark.parametrize("text", [RSS_10, RSS_20, ATOM_10], ids=["RSS 1.0", "RSS 2.0", "Atom 1.0"])
def test_a_feed_that_breaks_off_gives_the_items_before(text: str) -> None:
    last = max(text.rfind("</item>") + len("</item>"), text.rfind("</entry>") + len("</entry>"))
    feed = parse(f"{text[:last]}<item><title>Half a ti".encode(), "", URL)
    assert "ferry" in feed.items[0].url


def test_nothing_is_expanded_from_a_document_type() -> None:
    text = """<!DOCTYPE rss [<!ENTITY inner "EXPANDED"><!ENTITY file SYSTEM "file:///etc/hostname">]>
    <rss><channel><item><title>&inner; &file; &eacute;</title></item></channel></rss>"""
    assert only(text).title == "&inner; &file; é"


def test_a_feed_without_items_is_a_feed() -> None:
    assert parse(b"<rss><channel><title>Quiet</title></channel></rss>", "", URL) == ParsedFeed(title="Quiet")


def test_where_nothing_can_be_read_the_line_is_said() -> None:
    with pytest.raises(FeedUnreadable, match="line 4"):
        parse(b"<?xml version='1.0'?>\n\n<rss>\n<channel></rss>", "", URL)


def test_what_feedparser_once_stumbled_over_is_read() -> None:
    assert only("<rss><channel><image></width></image><item><title>One</title><b></item>").title == "One"


def test_bytes_that_look_like_a_path_are_not_opened() -> None:
    with pytest.raises(FeedUnreadable):
        parse(b"/etc/hostname", "", URL)


def test_items_and_their_text_are_capped() -> None:
    assert len(item("<title>t</title><description>" + "a" * (MAX_HTML + 9) + "</description>").summary_html) == MAX_HTML
    many = "<rss><channel>" + "<item><title>t</title></item>" * (MAX_ITEMS + 1) + "</channel></rss>"
    assert len(parse(many.encode(), "", URL).items) == MAX_ITEMS


def test_the_author_of_the_feed_that_an_entry_was_copied_from_is_the_entrys() -> None:
    entry = "<entry><title>t</title><source><title>S</title><author><name>Ben</name></author></source></entry>"
    assert only(f"<feed><author><name>Ada</name></author>{entry}</feed>").author == "Ben"
    assert only(f"<feed><author><name>Ada</name></author>{entry}</feed>").title == "t"


def test_labels_are_divided_at_semicolons_and_not_at_commas() -> None:
    inside = "<dc:subject>Boats; Islands</dc:subject><category>Arts, Culture</category><category>R&amp;amp;D</category>"
    assert item(inside).tags == ("Boats", "Islands", "Arts, Culture", "R&D")


@pytest.mark.parametrize(
    ("inside", "summary", "content"),
    [
        ("<itunes:subtitle>a</itunes:subtitle>", "<p>a</p>", ""),
        ("<itunes:summary>a</itunes:summary>", "<p>a</p>", ""),
        ("<media:group><media:description>a</media:description></media:group>", "<p>a</p>", ""),
        ("<description>a</description><media:description>b</media:description>", "a", ""),
        (
            "<media:content><media:description>b</media:description></media:content><description>a</description>",
            "a",
            "",
        ),
        ("<content:encoded>b</content:encoded><description>a</description>", "a", "b"),
    ],
)
def test_a_caption_is_the_text_only_where_there_is_no_other(inside: str, summary: str, content: str) -> None:
    article = item(inside)
    assert (article.summary_html, article.content_html) == (summary, content)


def test_an_episodes_picture_is_the_last_to_be_taken() -> None:
    article = item("<itunes:image href='/episode.jpg'/><media:thumbnail url='/small.jpg'/>")
    assert [image.url for image in article.images] == [
        "https://news.example/small.jpg",
        "https://news.example/episode.jpg",
    ]


def test_what_was_not_read_is_said() -> None:
    many = "<rss><channel>" + "<item><title>t</title></item>" * 3 * MAX_ITEMS + "</channel></rss>"
    assert parse(many.encode(), "", URL).remarks == ("only the first 2,000 of 6,000 items were read",)
    whole = RSS_20[: RSS_20.rfind("</channel>")]
    assert parse(whole.encode(), "", URL).remarks == ("it breaks off before its end",)
    assert parse(RSS_20.encode(), "", URL).remarks == ()


def test_the_half_item_at_the_end_of_a_feed_that_breaks_off_is_left_until_it_is_whole() -> None:
    begun = "<rss><channel><item><title>One</title><guid>1</guid></item><item>"
    assert [each.title for each in parse(f"{begun}<title>Two</title><link>http://n".encode(), "", URL).items] == ["One"]
    half = parse(f"{begun}<guid>2</guid><title>Two</title><description>It wa".encode(), "", URL).items[1]
    assert (half.title, half.summary_html) == ("Two", "It wa")


def test_how_a_feed_wishes_to_be_polled_is_read() -> None:
    text = "<rss><channel><title>N</title><ttl>120</ttl></channel></rss>"
    assert parse(text.encode(), "", URL).wishes.every == timedelta(minutes=120)
