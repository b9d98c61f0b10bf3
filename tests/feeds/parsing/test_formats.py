"""Every format of feed in every state in which it is met: the same article is read from all of them."""

from datetime import UTC, datetime
from html import escape

import pytest

from digest.feeds.parsing.parse import parse
from digest.feeds.parsing.parsed import FeedUnreadable, ParsedItem

URL = "https://news.example/feed"
DAY = datetime(2026, 2, 28, 9, 30, tzinfo=UTC)
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
HTML = "<p>It sails <b>twice</b> a day.</p>"
LINK = "<link>https://news.example/ferry</link>"
PLAIN = f"<item><title>The ferry is back</title>{LINK}<description>{escape(HTML)}</description></item>"
FULL = (
    f"<item><title>The ferry is back</title>{LINK}<guid isPermaLink='false'>ferry-1</guid>"
    "<pubDate>Sat, 28 Feb 2026 09:30:00 GMT</pubDate><dc:creator>Ada Quay</dc:creator><category>Boats</category>"
    f"<description><![CDATA[{HTML}]]></description></item>"
)
ENTRY = (
    "<title>The ferry is back</title><link rel='self' href='https://news.example/self'/>"
    "<link rel='alternate' type='text/html' href='https://news.example/ferry'/><id>ferry-1</id>{date}"
    "<author><name>Ada Quay</name></author><category term='Boats'/>{content}"
)
ATOM = ENTRY.format(
    date="<published>2026-02-28T09:30:00Z</published><updated>2026-03-01T00:00:00Z</updated>",
    content=f"<content type='html'>{escape(HTML)}</content>",
)


def rss(inside: str, version: str = "2.0") -> str:
    return (
        f'<?xml version="1.0"?><rss version="{version}" {DC}><channel><title>Harbour News</title>'
        f"<link>https://news.example/</link><description>News</description>{inside}</channel></rss>"
    )


def atom(inside: str, namespace: str = "http://www.w3.org/2005/Atom") -> str:
    return f'<?xml version="1.0"?><feed xmlns="{namespace}"><title>Harbour News</title><entry>{inside}</entry></feed>'


RSS_090 = (
    f'<rdf:RDF {RDF} xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Harbour News</title></channel>'
    f"<image><title>Logo</title><url>http://x.example/i</url></image>{PLAIN}</rdf:RDF>"
)
RSS_091_NETSCAPE = (
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/x.dtd">'
    + rss(PLAIN, "0.91")[21:]
)
RSS_10 = (
    f'<rdf:RDF {RDF} {DC} xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://news.example/">'
    '<title>Harbour News</title><items><rdf:Seq><rdf:li rdf:resource="https://news.example/ferry"/></rdf:Seq></items>'
    f'</channel><item rdf:about="ferry-1"><title>The ferry is back</title>{LINK}<dc:date>2026-02-28T10:30:00+01:00'
    "</dc:date><dc:creator>Ada Quay</dc:creator><dc:subject>Boats</dc:subject>"
    f"<content:encoded><![CDATA[{HTML}]]></content:encoded></item></rdf:RDF>"
)
ATOM_03 = atom(
    ENTRY.format(
        date="<issued>2026-02-28T09:30:00Z</issued><modified>2026-03-01T00:00:00Z</modified>",
        content=f"<content type='text/html' mode='escaped'>{escape(HTML)}</content>",
    ),
    "http://purl.org/atom/ns#",
)
ATOM_PREFIXED = (
    atom(ATOM)
    .replace("</", "</a:")
    .replace("<", "<a:")
    .replace("<a:/a:", "</a:")
    .replace("<a:?", "<?")
    .replace("xmlns=", "xmlns:a=")
)
ATOM_XHTML = atom(ATOM).replace(
    f"<content type='html'>{escape(HTML)}</content>",
    f"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{HTML}</div></content>",
)
JSON = (
    '{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour News", "items": [{"id": "ferry-1", '
    '"url": "https://news.example/ferry", "title": "The ferry is back", "date_published": "2026-02-28T09:30:00Z", '
    f'"authors": [{{"name": "Ada Quay"}}], "tags": ["Boats"], "content_html": "{HTML}"}}]}}'
)

FEEDS = {
    "RSS 0.92": rss(FULL, "0.92"),
    "RSS 0.93": rss(FULL, "0.93"),
    "RSS 0.94": rss(FULL, "0.94"),
    "RSS 1.0": RSS_10,
    "RSS 2.0": rss(FULL),
    "RSS 2.0 without a version": rss(FULL).replace('version="2.0" ', ""),
    "Atom 0.3": ATOM_03,
    "Atom 1.0": atom(ATOM),
    "Atom 1.0 with XHTML": ATOM_XHTML,
    "Atom 1.0 with a prefix": ATOM_PREFIXED,
    "Atom 1.0, one entry": f'<entry xmlns="http://www.w3.org/2005/Atom">{ATOM}</entry>',
    "JSON Feed": JSON,
}


def only(text: str | bytes, content_type: str = "") -> ParsedItem:
    feed = parse(text if isinstance(text, bytes) else text.encode(), content_type, URL)
    assert len(feed.items) == 1
    return feed.items[0]


def is_whole(item: ParsedItem) -> bool:
    assert item.guid == "ferry-1"
    assert (item.title, item.url) == ("The ferry is back", "https://news.example/ferry")
    assert (item.author, item.tags, item.published_at) == ("Ada Quay", ("Boats",), DAY)
    assert HTML in (item.content_html or item.summary_html)
    return True


@pytest.mark.parametrize("text", FEEDS.values(), ids=FEEDS)
def test_an_article_is_read_whole_from_every_format(text: str) -> None:
    assert is_whole(only(text))


@pytest.mark.parametrize("text", [RSS_090, RSS_091_NETSCAPE, rss(PLAIN, "0.91")], ids=["0.90", "0.91 N", "0.91 U"])
def test_the_formats_without_dates_are_read_too(text: str) -> None:
    item = only(text)
    assert (item.title, item.url, item.summary_html) == ("The ferry is back", "https://news.example/ferry", HTML)
    assert parse(text.encode(), "", URL).title == "Harbour News"


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/plain; charset=us-ascii", "application/octet-stream", "application/json", ""]
)
@pytest.mark.parametrize("text", [FEEDS["RSS 2.0"], FEEDS["Atom 1.0"], JSON], ids=["RSS", "Atom", "JSON"])
def test_the_type_that_it_is_served_as_does_not_matter(text: str, content_type: str) -> None:
    assert is_whole(only(text, content_type))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp1251", "koi8-r"]
)
def test_the_declared_encoding_is_kept(encoding: str) -> None:
    text = rss(FULL).replace("1.0", f'1.0" encoding="{encoding}', 1).replace("Ada Quay", "Ада Причал")
    assert only(text.encode(encoding)).author == "Ада Причал"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "\n\n  " + text,
        lambda text: "\ufeff\ufeff" + text,
        lambda text: "<br />\n<b>Warning</b>: Cannot modify header in <b>/srv/x.php</b><br />" + text,
        lambda text: "<!-- cached -- twice -->" + text + "<!-- 3 ms -->\n<script>track()</script>",
        lambda text: text + text,
        lambda text: text.replace("</channel></rss>", ""),
        lambda text: text.replace("</item></channel></rss>", ""),
        lambda text: text.replace(DC, ""),
        lambda text: text.replace('version="2.0"', "version=2.0 hidden"),
        lambda text: text.replace("item>", "ITEM>").replace("<pubDate>", "<PubDate>"),
        lambda text: text.replace("</title>", ""),
        lambda text: text.replace("</dc:creator>", "").replace("</category>", ""),
        lambda text: text.replace("]]></description>", "</description>"),
        lambda text: text.replace("<![CDATA[", "").replace("]]>", ""),
        lambda text: text.replace("</description>", ""),
        lambda text: text.replace("<item>", "<item><x:y><!-- -- --></z></x:y></b><?php ?>&nbsp;& <"),
        lambda text: text.replace("<item>", "</channel><item>"),
        lambda text: text.replace("<item>", "<items><item>").replace("</item>", "</item></items>"),
        lambda text: text.replace("<item>", "<item>\x00\x08<enclosure url=x length=1>"),
        lambda text: text.replace("<title>The", "<title> <![CDATA[The").replace("back</", "back]]>\n</"),
        lambda text: text.replace("<guid ", "<guid xmlns:dc='' xmlns:xml='urn:x' xmlns:xmlns='urn:x' dc:a='1' "),
    ],
)  # fmt: skip
def test_what_is_wrong_around_an_article_takes_nothing_from_it(damage) -> None:  # type: ignore[no-untyped-def]
    feed = parse(damage(rss(FULL)).encode(), "", URL)
    assert is_whole(feed.items[0])


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<title>Q&A</title>", "Q&A"),
        ("<title>a < b &amp; c</title>", "a &lt; b & c"),
        ("<title>caf&eacute;&nbsp;&hellip; &#8220;x&#x201d;</title>", "café\xa0… “x”"),
        ("<title>&unknown; &LT;b</title>", "&unknown; &LT;b"),
        ("<title>&#xD800;&#0;&#x110000;&#1;&#65;</title>", "\ufffd" * 4 + "A"),
        ("<title><![CDATA[Q&A &eacute;]]></title>", "Q&A &eacute;"),
        ("<title>The <i>ferry</i></title>", "The <i>ferry</i>"),
        ("<title>The &lt;i&gt;ferry&lt;/i&gt;</title>", "The <i>ferry</i>"),
        ("<title>The &amp;lt;i&amp;gt;</title>", "The &lt;i&gt;"),
        ("<title type='html'>1 &amp;lt; 2</title>", "1 &lt; 2"),
        ("<title type='xhtml'><div>The <i>ferry</i></div></title>", "<div>The <i>ferry</i></div>"),
        ("<title type='xhtml'><x:div>The <x:i>ferry</x:i></x:div></title>", "<div>The <i>ferry</i></div>"),
        ("<title/><media:title>The ferry</media:title>", "The ferry"),
        ("<title>The ferry</title><media:title>ferry.jpg</media:title>", "The ferry"),
        ("<ns:object><title>no</title></ns:object><title>yes</title>", "yes"),
        ("<title>yes</title><ns:object><title>no</title><link>/no</link></ns:object>", "yes"),
    ],
)
def test_a_title_is_what_was_meant(written: str, title: str) -> None:
    assert only(rss(f"<item>{written}</item>")).title == title


@pytest.mark.parametrize(
    ("feed_base", "entry_base", "content_base", "url", "base"),
    [
        ("", "", "", "https://news.example/ferry", "https://news.example/ferry"),
        ("https://a.example/x/", "", "", "https://a.example/x/ferry", "https://a.example/x/"),
        ("https://a.example/x/", "y/", "", "https://a.example/x/y/ferry", "https://a.example/x/y/"),
        ("https://a.example/", "", "z/", "https://a.example/ferry", "https://a.example/z/"),
    ],
)
def test_relative_addresses_have_their_base(
    feed_base: str, entry_base: str, content_base: str, url: str, base: str
) -> None:
    def said(value: str) -> str:
        return f' xml:base="{value}"' if value else ""

    item = only(
        f'<feed xmlns="http://www.w3.org/2005/Atom"{said(feed_base)}><entry{said(entry_base)}><title>t</title>'
        f'<link href="ferry"/><content type="html"{said(content_base)}>x</content></entry></feed>'
    )
    assert (item.url, item.base) == (url, base)


def test_an_item_that_is_not_closed_ends_where_the_next_begins() -> None:
    feed = parse(rss("<item><title>One</title><item><title>Two</title>").encode(), "", URL)
    assert [item.title for item in feed.items] == ["One", "Two"]


def test_a_cdata_that_never_ends_takes_no_other_item_with_it() -> None:
    broken = FULL.replace("]]>", "").replace("ferry-1", "ferry-0")
    feed = parse(rss(broken + FULL).encode(), "", URL)
    assert [item.guid for item in feed.items] == ["ferry-0", "ferry-1"]
    assert is_whole(feed.items[1])


@pytest.mark.parametrize("text", FEEDS.values(), ids=FEEDS)
def test_a_feed_that_breaks_off_anywhere_raises_nothing_else_than_that_it_is_unreadable(text: str) -> None:
    for end in range(0, len(text), 7):
        try:
            items = parse(text[:end].encode(), "", URL).items
        except FeedUnreadable:
            continue
        assert all(item.url in {"", "https://news.example/ferry", "https://news.example/self"} for item in items)
