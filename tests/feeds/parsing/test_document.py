"""Bytes of a feed -> text, whatever the encoding and whatever stands around it."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.parsing.document import read_document
from digest.feeds.parsing.encoding import decode
from digest.feeds.parsing.parsed import FeedUnreadable, WebPageServed

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
        (codecs.BOM_UTF8 * 2 + "Київ".encode(), "", "Київ"),
        (codecs.BOM_UTF32_BE + "Київ".encode("utf-32-be"), "", "Київ"),
        ("<Київ".encode("utf-16-be"), "", "<Київ"),
        ("\n <Київ".encode("utf-16-le"), "", "\n <Київ"),
        ("<Київ".encode("utf-32-le"), "", "<Київ"),
        ("<Київ".encode("utf-32-be"), "", "<Київ"),
        (b"<?xml version='1.0' encoding='utf-16'?>" + "Київ".encode(), "", None),
        (b"<?xml version='1.0' encoding='utf-16'?>caf\xe9", "", "<?xml version='1.0' encoding='utf-16'?>café"),
        (codecs.BOM_UTF16_LE + b"<?xml version='1.0'?><rss>" + "Київ".encode(), "", None),
        ("Київ".encode("cp1251"), "text/xml; charset=win-1251", "Київ"),
        (
            b"<?xml version='1.0' encoding='windows-1251'?>" + "Київ".encode("cp1251"),
            "text/xml; charset=iso-8859-1",
            None,
        ),
        ("北京".encode("gb18030"), "text/xml; charset=gb2312", "北京"),
        ("臺北".encode("big5"), "text/xml; charset=big5", "臺北"),
        ("東京".encode("euc_jp"), "text/xml; charset=euc-jp", "東京"),
        ("서울".encode("euc_kr"), "text/xml; charset=ks_c_5601-1987", "서울"),
        ("Αθήνα".encode("cp1253"), "text/xml; charset=windows-1253", "Αθήνα"),
        ("İzmir".encode("cp1254"), "text/xml; charset=iso-8859-9", "İzmir"),
        (("Київ" * 50).encode() + b"\xd0", "text/xml; charset=windows-1251", "Київ" * 50 + "\ufffd"),
        (b"caf\xe9", "text/xml; charset=punycode", "café"),
        (b"caf\xe9", "text/xml; charset=no-such-thing", "café"),
    ],
)
def test_text_is_decoded_as_it_was_meant(body: bytes, content_type: str, text: str | None) -> None:
    decoded = decode(body, content_type)
    assert decoded.endswith("Київ") if text is None else decoded == text


@pytest.mark.parametrize(
    ("language", "text", "encoding"),
    [
        ("ru", "Москва, столица", "cp1251"),
        ("ja", "東京の天気です", "shift_jis"),
        ("ja-JP", "東京の天気です", "euc_jp"),
        ("zh-cn", "北京的天气", "gb18030"),
        ("zh-TW", "臺北的天氣", "big5"),
        ("ko", "서울 날씨", "euc_kr"),
        ("pl", "Łódź", "iso8859-2"),
        ("fr", "“Orléans”", "cp1252"),
    ],
)
def test_text_that_is_not_declared_is_in_what_its_language_is_written_in(
    language: str, text: str, encoding: str
) -> None:
    body = f"<rss><channel><language>{language}</language><title>{text}".encode(encoding)
    assert decode(body, "text/xml").endswith(text)


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
        "\ufeff\ufeff\x00{}",
        "<script>document.write('<p>')</script>\n{}",
        "Notice: Undefined index in feed.php{}",
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


@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "<!-- x --><HTML>", "Warning: x<br><!doctype html>", "<head>"])
def test_a_web_page_is_known_as_one(start: str) -> None:
    with pytest.raises(WebPageServed):
        read_document(f"{start}<link rel=alternate href=/feed><p>&lt;rss>".encode(), "application/rss+xml")


def test_what_breaks_off_is_said() -> None:
    assert read_document(ROOT.encode(), "").remarks == ()
    assert read_document(ROOT[:-3].encode(), "").remarks == ("it breaks off before its end",)


@pytest.mark.parametrize("guard", ["", "\ufeff\n", ")]}',\n", "while(1);"])
def test_json_is_known_behind_what_guards_it(guard: str) -> None:
    assert read_document(f'{guard}{{"version": 1}}\n'.encode(), "text/html").text == '{"version": 1}'
