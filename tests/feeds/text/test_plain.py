"""HTML from outside -> plain text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.text.plain import Block, Body, Kind, html_line, one_line, read_html
from digest.model import Image

BASE = "https://news.example/a/"


def texts(html: str) -> list[str]:
    return [block.text for block in read_html(html).blocks]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
        ("<div>One<div>Two</div>Three</div>", ["One", "Two", "Three"]),
        ("One<br>still one<br><br>Two", ["One still one", "Two"]),
        ("a <b>bold</b>, <i>thin</i>word", ["a bold, thinword"]),
        ("<p>a\n   b\t c&nbsp;d</p>", ["a b c d"]),
        ("<ul><li>One</li><li>Two</li></ul>", ["One", "Two"]),
        ("<table><tr><td>One</td><td>Two</td></tr></table>", ["One", "Two"]),
        ("Zero<table><caption>One</caption><tr><td>Two</td></tr></table>", ["Zero", "One", "Two"]),
        ("<p class='a > b' style='c: \"</p><p>\"' hidden-not>One</p>", ["One"]),
        ("a &amp;lt;b&amp;gt; &amp; c", ["a &lt;b&gt; & c"]),
        ("1 < 2 and 3 > 2", ["1 < 2 and 3 > 2"]),
        ("plain text", ["plain text"]),
        ("AT&T", ["AT&T"]),
        ("", []),
        ("<p> </p><p>&nbsp;</p>", []),
        ("<p>One</p>Two", ["One", "Two"]),
        ("<unknown>One</unknown>", ["One"]),
        ("&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;Three&lt;/p&gt;", ["One & two", "Three"]),
        ("&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;", ["One"]),
        ('<p>host = &lt;a href="https://h.example"&gt;h.example&lt;/a&gt;</p>', ["host = h.example"]),
        ("<pre>&lt;p&gt;One&lt;/p&gt; &amp;amp;</pre>", ["<p>One</p> &amp;"]),
        ("Use &lt;b&gt;, &lt;/b&gt; and a &lt; b", ["Use <b>, </b> and a < b"]),
    ],
)
def test_text_comes_block_by_block(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


@pytest.mark.parametrize(
    "unwanted",
    [
        "<script>alert(1)</script>",
        "<style>p{color:red}</style>",
        "<iframe src='x'>frame</iframe>",
        "<form><input><button>Send</button></form>",
        "<svg><text>svg</text></svg>",
        "<noscript>Turn it on</noscript>",
        "<!-- comment -->",
        "<!--[if mso]><p>mso</p><![endif]-->",
        "<figure><img src='a.jpg'><figcaption>A caption</figcaption></figure>",
        "<p class='wp-caption-text'>A caption</p>",
        "<div class='sharedaddy sd-block'><ul><li>Tweet</li></ul></div>",
        "<a class='more-link' href='x'>Weiterlesen</a>",
        "<p style='display: none'>hidden</p>",
        "<p hidden>hidden</p>",
        "<div hidden>hidden<br><div>hidden</div><img src='a.jpg'><p>hidden</p>hidden</div>",
        "<p hidden><marquee><p>hidden</p></marquee></p>",
        "<img class='wp-smiley' src='a.jpg'>",
        "<nav>Home</nav>",
    ],
)
def test_what_is_no_text_goes_with_its_content(unwanted: str) -> None:
    assert texts(f"<p>before</p>{unwanted}<p>after</p>") == ["before", "after"]


def test_a_picture_in_what_is_hidden_is_none() -> None:
    assert read_html("<div hidden><p>a</p><img src='b.jpg'></div><img hidden src='c.jpg'>", BASE).images == ()


def test_blocks_know_what_they_are() -> None:
    html = "<h2>Head</h2><p>A <a href=x>link</a>.</p><ul><li>Item</li></ul><pre>code</pre><p><a href=x>All</a></p>"
    kinds = [block.kind for block in read_html(html).blocks]
    assert kinds == [Kind.HEADING, Kind.PROSE, Kind.ITEM, Kind.CODE, Kind.LINKS]


def test_pictures_are_resolved_and_lazy_ones_found() -> None:
    html = (
        "<img src='b.jpg' width=640 height='480px' alt=' The\nferry '>"
        "<img src='data:image/gif;base64,x' data-src='/c.jpg'>"
        "<img src='javascript:x'>"
    )
    assert read_html(html, BASE).images == (
        Image(url="https://news.example/a/b.jpg", width=640, height=480, alt="The ferry"),
        Image(url="https://news.example/c.jpg"),
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nBcc: b@c.example", "a Bcc: b@c.example"),
        ("a\x00b\x1b[31mc\x07", "ab[31mc"),
        ("a\u202eevil\u202c b", "aevil b"),
        ("a\u2066b\u2069c", "abc"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
        ("lone \ud800 half", "lone half"),
        ("cafe\u0301", "café"),
        ("Z\u0335\u0322\u0321\u0300\u0301algo", "Z\u0335\u0322algo"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_line_is_one_line_of_what_can_be_seen(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text() | st.text("<>/&;!-abpdiv='\" \n", max_size=200))
def test_whatever_the_html_its_text_is_clean_lines(html: str) -> None:
    for block in read_html(html).blocks:
        assert block.text == one_line(block.text) != ""
        block.text.encode()


@given(st.text(st.characters(exclude_characters="<&"), max_size=80))
def test_text_without_markup_is_itself(text: str) -> None:
    assert html_line(text) == one_line(text)


@pytest.mark.parametrize(
    "piece", ["<div>", "<b><i>", "&", "<", "<!--", "<table><tr><td>", "<br>", "<p><font>", "<ul><li>"]
)
def test_hostile_html_costs_little(piece: str) -> None:
    html = (piece * 60_000)[: 128 * 1024] + "end"
    began = time.process_time()
    read_html(html)
    assert time.process_time() - began < 2


def test_formatting_that_is_never_closed_is_not_opened_again_in_every_paragraph() -> None:
    html = f"<p>{''.join(f'<font size={n}>' for n in range(190))}</p>{'<p>x' * 20_000}"
    began = time.process_time()
    assert len(read_html(html).blocks) == 20_000
    assert time.process_time() - began < 2


def test_an_attribute_is_not_taken_for_markup() -> None:
    html = "<p>a</p><img src='b.jpg?c&amp;d' alt='1 < 2 > 0 \"<p>\" &amp;amp;'>c"
    image = Image(url="https://news.example/a/b.jpg?c&d", alt='1 < 2 > 0 "<p>" &amp;')
    assert read_html(html, BASE) == Body((Block("a"), Block("c")), (image,))


def test_only_a_pictures_own_sources_count() -> None:
    html = (
        "<picture><source srcset='b.jpg 800w'><source srcset='c.jpg 700w'><img alt='one'></picture>"
        "<source srcset='d.jpg 800w'><img alt='two'>"
    )
    assert read_html(html, BASE).images == (Image(url="https://news.example/a/c.jpg", width=700, alt="one"),)
