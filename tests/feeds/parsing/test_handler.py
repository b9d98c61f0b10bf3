"""The handler that leaves work out gives what feedparser's own one gives with all of it."""

import io
from typing import Any
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.xmlreader import InputSource

from feedparser.api import StrictFeedParser
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.parsing.handler import read_mended
from digest.feeds.parsing.mend import mend

NAMES = st.sampled_from((
    "title", "description", "summary", "content", "content:encoded", "subtitle", "abstract", "fullitem", "body",
    "xhtml:body", "media:title", "media:description", "itunes:summary", "dc:title", "DC:Description", "x:title",
    "author", "dc:creator", "DC:creator", "managingEditor", "itunes:author", "name", "category", "dc:subject",
    "itunes:keywords", "media:category", "link", "atom:link", "x:link", "guid", "id", "pubDate", "dc:date",
    "published", "issued", "created", "updated", "modified", "dcterms:issued", "dcterms:created", "comments",
    "language", "dc:language", "feedburner:origLink", "enclosure", "media:thumbnail", "media:content", "itunes:image",
    "media:group", "source", "image", "channel", "div",
))  # fmt: skip
ATTRIBUTES = st.sampled_from((
    'rel="enclosure"', 'rel="Alternate"', 'rel="self"', 'type="html"', 'type="xhtml"', 'type="text/plain"',
    'mode="base64"', 'type="IMAGE/png"', 'href="/a"', 'url="http://p.example/p.jpg"', 'isPermaLink="false"',
    'xml:lang="de_AT"', 'lang="fr"', 'xml:lang=""', 'xml:base="http://b.example/x/"', 'base="/y/"',
    'xml:base="javascript:x"', 'term="a"', 'label="b"', 'rdf:about="/c"', 'x:href="/d"', 'X:lang="nl"',
    'lastmod="2020"', 'version="0.91"', 'src="/e"', 'media:url="/f"', "",
))  # fmt: skip
TEXTS = st.sampled_from((
    "Plain", "", " ", "a &amp; b", "<![CDATA[<p>x</p>]]>", "&lt;b&gt;x&lt;/b&gt;", "<p>raw</p>", "2026-01-02",
    "/relative", "Ada (a@b.cd)", "one, two", "Ã©tÃ©", "Caf\x92s", "SGVsbG8=", "http://e.example/?a=1&amp;b=2",
    "Mon, 23 Nov 2026 07:30 EST",
))  # fmt: skip
SPACES = st.sampled_from((
    'xmlns="http://www.w3.org/2005/Atom"', 'xmlns="http://purl.org/rss/1.0/"', 'xmlns="http://unknown.example"', "",
    'xmlns:x="http://purl.org/dc/elements/1.1/"', 'xmlns:dc="http://unknown.example"', 'xmlns:x="http://x.example"',
    'xmlns:DC="http://Search.Yahoo.com/mrss"', 'xmlns:media="http://backend.userland.com/rss2"',
))  # fmt: skip


def written(element: tuple[str, list[str], str]) -> str:
    name, attributes, inside = element
    return f"<{name} {' '.join(attributes)}>{inside}</{name}>"


def elements(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(NAMES, st.lists(ATTRIBUTES, max_size=2), inside).map(written)


TREES = st.recursive(elements(TEXTS), lambda inner: elements(st.lists(inner, max_size=3).map("".join)), max_leaves=4)
FEEDS = st.tuples(
    st.sampled_from(("rss", "feed", "rdf:RDF")),
    st.lists(SPACES, max_size=2, unique_by=lambda space: space.partition("=")[0]).map(" ".join),
    st.lists(TREES, max_size=4).map("".join),
    st.lists(st.lists(TREES, max_size=8).map(lambda inside: f"<item>{''.join(inside)}</item>"), max_size=2).map(
        "".join
    ),
).map(lambda parts: "<{0} {1}>{2}{3}</{0}>".format(*parts))


def whole(text: str) -> list[Any]:
    """What feedparser's handler reads of `text`, as the library itself makes it read."""
    handler = StrictFeedParser("", None, "utf-8")
    handler.sanitize_html = handler.resolve_relative_uris = False
    reader = ExpatParser()
    reader.setFeature(feature_namespaces, 1)
    reader.setFeature(feature_external_ges, 0)
    reader.setContentHandler(handler)
    source = InputSource()
    source.setByteStream(io.BytesIO(text.encode()))
    reader.parse(source)
    return [handler.feeddata, handler.entries]


def without_parsed_dates(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: without_parsed_dates(value) for key, value in thing.items() if not key.endswith("_parsed")}
    return [without_parsed_dates(one) for one in thing] if isinstance(thing, list) else thing


@settings(max_examples=300)
@given(FEEDS)
def test_nothing_that_feedparser_reads_is_lost_but_the_dates_that_it_reads_itself(feed: str) -> None:
    text = mend(feed).text
    read = read_mended(text)
    assert not read.stumble
    assert without_parsed_dates([read.feed, read.entries]) == without_parsed_dates(whole(text))


def test_markup_that_stands_in_a_text_is_part_of_it() -> None:
    entry = read_mended("<digest><feed><entry><content type='xhtml'><p>a<b>c</b></p></content></entry></feed></digest>")
    assert entry.entries[0]["content"][0]["value"] == "<p>a<b>c</b></p>"


def test_what_cannot_be_read_to_its_end_says_so_and_gives_what_came_before() -> None:
    read = read_mended("<digest><rss><item><title>One</title></item><item>")
    assert read.stumble == "it cannot be parsed to its end: ExpatError"
    assert read.entries[0]["title"] == "One"
