"""What a server says is cut into replies, however it is split over packets, and nonsense is never taken for one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.replies import Garbled, Replies, Reply

_TEXT = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=30)


@st.composite
def said(draw):
    """Replies, and the octets that say them."""
    replies, octets = [], b""
    for _ in range(draw(st.integers(1, 5))):
        code, lines = draw(st.integers(200, 599)), draw(st.lists(_TEXT, min_size=1, max_size=4))
        replies.append(Reply(code, "\n".join(lines)))
        octets += b"".join(f"{code}-{line}\r\n".encode() for line in lines[:-1])
        octets += f"{code} {lines[-1]}\r\n".encode()
    return replies, octets


@given(said(), st.lists(st.integers(0, 400), max_size=12))
def test_however_the_octets_are_split_the_replies_are_the_same(what, cuts):
    replies, octets = what
    places = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    parser, found = Replies(), []
    for start, end in pairwise(places):
        found += parser.feed(octets[start:end])
    assert found == replies
    assert not parser.amid


def test_a_code_alone_is_a_reply_and_lines_may_end_in_lf():
    assert Replies().feed(b"250\r\n354\n") == [Reply(250, ""), Reply(354, "")]


def test_what_is_no_utf8_is_shown_as_such():
    assert Replies().feed(b"250 gr\xfc\xdfe\r\n") == [Reply(250, "gr\ufffd\ufffde")]


@pytest.mark.parametrize(
    "octets",
    [b"hello\r\n", b"25 ok\r\n", b"\r\n", b"2x0 ok\r\n", b"250_ok\r\n", b"\xff\xfe\r\n", b"250-a\r\n251 b\r\n"],
)
def test_what_is_no_reply_is_refused(octets):
    with pytest.raises(Garbled):
        Replies().feed(octets)


@pytest.mark.parametrize("octets", [b"250 " + b"x" * 40_000, b"250-x\r\n" * 600, (b"250-" + b"y" * 900 + b"\r\n") * 60])
def test_a_reply_without_an_end_is_not_waited_for(octets):
    with pytest.raises(Garbled):
        _fed(octets)


def _fed(octets):
    parser = Replies()
    for start in range(0, len(octets), 1_000):
        parser.feed(octets[start : start + 1_000])


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_whatever_comes_gives_replies_of_three_digits_or_is_refused(packets):
    parser = Replies()
    try:
        codes = [reply.code for packet in packets for reply in parser.feed(packet)]
    except Garbled:
        codes = []
    assert all(0 <= code <= 999 for code in codes)
