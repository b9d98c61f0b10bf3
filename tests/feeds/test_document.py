"""Bytes of a feed -> text, whatever the encoding and whatever stands around it."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.document import decode, read_document
from digest.feeds.parsed import FeedUnreadable

ROOT = "<rss version='2.0'><channel/></rss>"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Київ".encode(), "", "Київ"),
        ("Київ".encode(), "text/xml; charset=iso-8859-1", "Київ"),
        ("Київ".encode("cp1251"), "text/xml; charset=windows-1251", "Київ"),
        ("Київ".encode("cp1251"), 'text/xml; charset="WINDOWS-1251"', "Київ"),
        (b"<?xml version='1.0' encoding='windows-1251'?>" + "Київ".encode("cp1251"), "text/xml", None),
        ("Київ".encode("koi8-u"), "text/xml; charset=koi8-u", "Київ"),
        ("東京".encode("shift_jis"), "text/xml; charset=Shift_JIS", "東京"),
        ("東京".encode("iso2022_jp"), "text/xml; charset=iso-2022-jp", "東京"),
        ("“café”".encode("cp1252"), "text/xml; charset=iso-8859-1", "“café”"),
        ("“café”".encode("cp1252"), "text/xml", "“café”"),
        (codecs.BOM_UTF8 + "Київ".encode(), "text/xml; charset=koi8-u", "Київ"),
        (codecs.BOM_UTF16_LE + "Київ".encode("utf-16-le"), "text/xml; charset=utf-8", "Київ"),
        (codecs.BOM_UTF16_BE + "Київ".encode("utf-16-be"), "", "Київ"),
        ("<Київ".encode("utf-16-le"), "", "<Київ"),
        (codecs.BOM_UTF32_LE + "Київ".encode("utf-32-le"), "", "Київ"),
        (("ї" * 50).encode() + b"\xff", "text/xml", "ї" * 50 + "\ufffd"),
        (b"caf\xe9", "text/xml; charset=punycode", "café"),
        (b"caf\xe9", "text/xml; charset=no-such-thing", "café"),
    ],
)
def test_text_is_decoded_as_it_was_meant(body: bytes, content_type: str, text: str | None) -> None:
    decoded = decode(body, content_type)
    assert decoded.endswith("Київ") if text is None else decoded == text


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=utf-16", "a/b; charset=shift_jis", "charset="]))
def test_every_byte_string_is_some_text(body: bytes, content_type: str) -> None:
    decode(body, content_type).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "\n\n  {}\n",
        "<?xml version='1.0'?>{}",
        "<!-- <rss> --><?xml-stylesheet href='a'?>{}<!-- made in 3 ms -->",
        "<br />\n<b>Warning</b>: include() in /srv/feed.php on line 3<br />\n<?xml version='1.0'?>{}",
        '<!DOCTYPE rss [<!ENTITY a "b">]>{}',
        '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://netscape.example/rss.dtd">{}',
        "{}<script>track()</script>",
    ],
)
def test_what_stands_around_a_feed_goes(around: str) -> None:
    assert read_document(around.format(ROOT).encode(), "").text == ROOT


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the answer is empty"),
        (" \n ", "the answer is empty"),
        ("<!DOCTYPE html><html><body>no</body></html>", "this is a web page, not a feed"),
        ("<!-- x --><HTML><head></head></HTML>", "this is a web page, not a feed"),
        ("<sitemapindex></sitemapindex>", "this is no feed: its first element is <sitemapindex>"),
        ("Not found", "this is no feed: neither XML nor JSON"),
    ],
)
def test_what_is_no_feed_is_named(body: str, reason: str) -> None:
    with pytest.raises(FeedUnreadable) as raised:
        read_document(body.encode(), "")
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("a &amp; b &lt; &#233; &#x20ac;", "a &amp; b &lt; &#233; &#x20ac;"),
        ("caf&eacute;&nbsp;&hellip;", "café\xa0…"),
        ("Q&A", "Q&amp;A"),
        ("?a=1&b=2", "?a=1&amp;b=2"),
        ("&unknown;", "&amp;unknown;"),
        ("&LT;b", "&amp;LT;b"),
        ("&#xD800;&#0;&#x110000;&#1;&#65;", "\ufffd" * 4 + "&#65;"),
        ("<![CDATA[Q&A &eacute;]]>", "<![CDATA[Q&A &eacute;]]>"),
        ("\x00bell\x07", "bell"),
    ],
)
def test_entities_and_ampersands_are_mended_outside_of_cdata(written: str, mended: str) -> None:
    assert read_document(f"<rss>{written}</rss>".encode(), "").text == f"<rss>{mended}</rss>"
