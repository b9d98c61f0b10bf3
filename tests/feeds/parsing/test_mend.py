"""What is broken, or made to break a reader, becomes a small well-formed feed, in time that grows with its length."""

import time
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.parsing.mend import mend
from digest.feeds.parsing.parse import parse
from digest.feeds.parsing.parsed import FeedUnreadable

PIECES = (
    "<rss>", "<channel>", "<item>", "</item>", "<item ", "<title>", "</title>", "<![CDATA[", "]]>", "]]", "<!--", "-->",
    "<a:b c='d'>", "<media:content url='x'>", "</media:content>", "<media:description>", "&", "&amp;", "&eacute;",
    "&#0;", "&#x41;", "&am", "<author>", "<name>", "</author>", "<link/>", "<link href=x>", "<", "'", '"', ">", "/",
    " xmlns:p='u'", " xmlns=''", " p:q='1' r:q='2'", " xmlns:xml='u' ", " xmlns:a='http://www.w3.org/2000/xmlns/' ",
    " type=xhtml", " xml:base='h'", "x", "\n", "é", "<description>", "</description>", "<p>", "<?x", "?>",
    "<content type='xhtml'>", "</content>", "<category>", "a@b.c", "<source>", "<entry>", "<dc:creator>", "<body>",
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=3)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES) | TEXT, max_size=40).map("".join))
def test_whatever_is_mended_is_well_formed(text: str) -> None:
    expat.ParserCreate("utf-8", " ").Parse(mend(f"<rss>{text}").text.encode(), True)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES) | TEXT, max_size=40).map("".join))
def test_whatever_is_mended_is_parsed_to_its_end(text: str) -> None:
    feed = parse(f"<rss><channel><item><guid>1</guid></item>{text}".encode(), "", "https://news.example/feed")
    assert feed.items[0].guid == "1"
    assert not any("cannot be parsed" in remark for remark in feed.remarks)


MILLION = 1_000_000
HOSTILE = {
    "items": "<item><title>t</title><link>/x</link><description>d</description></item>" * 60_000,
    "title": f"<item><title>{'t' * 5 * MILLION}</title></item>",
    "author": f"<item><author>{'a' * 5 * MILLION}</author></item>",
    "addresses": f"<item><author>{'a@' * MILLION}</author></item>",
    "date": f"<item><pubDate>{'1' * 5 * MILLION}</pubDate></item>",
    "nesting": f"<item>{'<a>' * MILLION}</item>",
    "nesting in a text": f"<item><description>{'<div>' * MILLION}</description></item>",
    "titles in titles": f"<item>{'<title>' * MILLION}</item>",
    "attributes": f"<item {' '.join(f'a{number}=1' for number in range(500_000))}></item>",
    "labels": "".join(
        f"<item>{''.join(f'<category>{number}</category>' for number in range(390))}</item>" for _ in range(300)
    ),
    "comments without an end": f"<item>{'<!--' * MILLION}</item>",
    "instructions without an end": f"<item>{'<?' * MILLION}</item>",
    "CDATA without an end": "<item><description><![CDATA[x</description></item>" * 100_000,
    "CDATA with one end": "<item><description><![CDATA[x</description></item>" * 100_000 + "]]>",
    "ends of CDATA": f"<item><description>{']]>' * MILLION}</description></item>",
    "ampersands": f"<item><description>{'& ' * MILLION}</description></item>",
    "opening brackets": f"<item><description>{'<' * 5 * MILLION}</description></item>",
    "half tags": f"<item>{'<a' * 2 * MILLION}</item>",
    "quotes": f"<item><a {chr(34) * MILLION}{chr(39) * MILLION}></item>",
    "closing tags": f"<item>{'</x>' * MILLION}</item>",
    "prefixes": "".join(f"<item><p{number}:title>t</p{number}:title></item>" for number in range(100_000)),
}


@pytest.mark.parametrize("inside", HOSTILE.values(), ids=HOSTILE)
def test_what_is_made_to_take_minutes_takes_a_moment(inside: str) -> None:
    text = f"<rss version='2.0'><channel><title>T</title>{inside}</channel></rss>"
    began = time.process_time()
    mended = mend(text)
    assert time.process_time() - began < 2
    assert len(mended.text) < 2 * MILLION


def test_entities_that_a_document_declares_are_never_expanded() -> None:
    declared = '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    text = f"{declared}<rss><channel><item><title>&b;</title></item></channel></rss>"
    assert parse(text.encode(), "", "https://news.example/feed").items[0].title == "&b;"


def test_the_line_where_a_feed_breaks_is_known() -> None:
    assert mend("<rss>\n<channel></channel></rss>").broken_line == 0
    assert mend("<rss>\n<channel>\n</rss>").broken_line == 3
    with pytest.raises(FeedUnreadable, match="at line 2, and without items"):
        parse(b"<rss>\n<channel></rss>", "", "https://news.example/feed")


def test_of_one_crowded_item_the_first_elements_are_read_and_the_next_item_whole() -> None:
    crowded = f"<item>{'<link>/x</link>' * 1_000}</item>"
    feed = parse(
        f"<rss><channel>{crowded}<item><title>t</title></item></channel></rss>".encode(), "", "https://n.example/"
    )
    assert [item.title for item in feed.items] == ["", "t"]
    assert feed.remarks == ("of what has too many elements only the first were read",)
