"""What is personal, put into a letter's bytes: in quoted-printable, and in 8bit where a server takes it."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.compose import Envelope, Personal, prepare
from digest.mail.encode import quoted_printable
from digest.mail.splice import softly
from digest.model import Format, Letter, Mailbox
from tests.mail.test_compose import ADDRESS, CHOOSE, DATE, LEAVE, NONCE, contents, filled, flowed
from tests.mail.unflow import unflowed

ENVELOPE = Envelope(
    sender=Mailbox(address="digest@news.example"),
    return_path="bounces@news.example",
    list_name="The Daily",
    list_id="daily.news.example",
    date=DATE,
    message_domain="news.example",
)
PERSONAL = Personal(
    address="ada@reader.example",
    message_id="1@news.example",
    leave_url="https://news.example/leave/17.abc-_",
    choose_url="https://news.example/choose/17.def",
    one_click_url="https://news.example/leave/17.abc-_",
)
#: What a URL or an address may be, and what it should not be but might.
values = (
    st.text("abcXYZ019-_.~/?&=%'@+", min_size=1, max_size=260)
    | st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=80)
    | st.sampled_from([".", "..x", "From x", ">x", "x y", "=2E", "é" * 150, "\0x", "\x85", "x" * 2000, "--", "&<>"])
).filter(lambda value: value.strip(" ").replace("\0", ""))


def written(text: str, html: str, personal: Personal = PERSONAL, **changes: object) -> bytes:
    """The message as 8bit, after DATA has taken its doubled dots back."""
    letter = Letter(nonce=NONCE, subject="News", html=html, text=text, language="en")
    return received(prepare(letter, replace(ENVELOPE, **changes)).message(personal, eight_bit=True))


def received(message: bytes) -> bytes:
    """`message` as the other side of SMTP has it."""
    assert message.endswith(b"\r\n")
    assert message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r")
    assert b"\0" not in message
    lines = message.split(b"\r\n")
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in lines)
    assert max(map(len, lines)) <= 999
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


def told(message: bytes) -> list[tuple[str, str, str]]:
    """Of each part its type, its encoding and its text."""
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert all(part.defects == [] for part in parsed.walk())
    return [
        (
            part.get_content_type(),
            part["Content-Transfer-Encoding"],
            part.get_payload(decode=True).decode(part.get_content_charset()),
        )
        for part in (parsed.iter_parts() if parsed.is_multipart() else [parsed])
    ]


@given(contents, contents, values, values)
@example("..", ".", "x", "x")
@example(f"{LEAVE}.\n.{LEAVE}", f".{LEAVE}\n..{LEAVE}.\n.", ".x", "x")
@example("", f"{LEAVE}\r\n.\r\n{CHOOSE}", "x" * 300, "y" * 300)
@example("x" * 998, "x" * 999, "x", "x")
@example(f"{'x' * 790} {LEAVE}", f"{'é' * 490} {LEAVE}", "x" * 200, "x")
def test_whatever_stands_in_a_letter_comes_back_from_8bit_as_it_was(
    text: str, html: str, leave: str, choose: str
) -> None:
    own = replace(PERSONAL, leave_url=leave, choose_url=choose)
    # Surrounding spaces are no part of a value.
    meant = replace(own, leave_url=leave.strip(" "), choose_url=choose.strip(" "))
    (kind, _, plain), (other, _, shown) = told(written(text, html, own))
    assert (kind, unflowed(plain, delsp=True)) == ("text/plain", flowed(filled(text, meant, html=False)))
    assert (other, shown) == ("text/html", filled(html, meant, html=True))
    ((_, _, alone),) = told(written(text, html, replace(own, format=Format.TEXT)))
    assert alone.removesuffix("\r\n") == plain.removesuffix("\r\n")


def test_where_it_may_a_letter_goes_as_it_is_and_its_whole_says_so() -> None:
    message = written(f"Río {LEAVE}\n.\n", f"<p>Río {ADDRESS}</p>\n.dot")
    assert "<p>Río ada@reader.example</p>\r\n.dot".encode() in message
    assert [encoding for _, encoding, _ in told(message)] == ["8bit", "8bit"]
    assert message_from_bytes(message)["Content-Transfer-Encoding"] == "8bit"
    assert not message.isascii()


def test_dots_that_begin_lines_are_doubled_once() -> None:
    letter = Letter(nonce=NONCE, subject="News", html=".\n..\nx.", text=f".{LEAVE}.\n", language="en")
    message = prepare(letter, ENVELOPE).message(PERSONAL, eight_bit=True)
    assert b"\r\n\r\n..https://news.example/leave/17.abc-_.\r\n" in message
    assert b"\r\n\r\n..\r\n...\r\nx." in message


def test_without_8bit_the_same_letter_is_quoted_and_ascii() -> None:
    letter = Letter(nonce=NONCE, subject="News", html="Río", text="Río\n", language="en")
    message = prepare(letter, ENVELOPE).message(PERSONAL)
    assert message.isascii()
    assert [encoding for _, encoding, _ in told(message)] == ["quoted-printable"] * 2
    assert "Content-Transfer-Encoding" not in message_from_bytes(message)


@pytest.mark.parametrize(
    "html", ["x" * 999, "é" * 500, f"{'x' * 799}{LEAVE}", f"{'x' * 599}{LEAVE}{ADDRESS}", "x\nFrom me"]
)
def test_a_part_that_8bit_cannot_carry_stays_quoted_beside_one_that_it_can(html: str) -> None:
    message = written("Río\n", html)
    assert [encoding for _, encoding, _ in told(message)] == ["8bit", "quoted-printable"]
    assert message_from_bytes(message)["Content-Transfer-Encoding"] == "8bit"


def test_where_no_part_can_be_8bit_the_whole_is_not() -> None:
    message = written("x" * 999, "x" * 999)
    assert message.isascii()
    assert "Content-Transfer-Encoding" not in message_from_bytes(message)


@pytest.mark.parametrize("leave", ["https://n.example/" + "x" * 400, ".x", "From x", "https://n.example/a b"])
def test_a_value_that_does_not_fit_into_its_line_is_quoted_with_all_the_rest(leave: str) -> None:
    message = written("Río\n", f"{'x' * 790}{LEAVE}", replace(PERSONAL, leave_url=leave))
    assert [encoding for _, encoding, _ in told(message)] == ["quoted-printable"] * 2
    assert told(message)[1][2] == "x" * 790 + leave


def test_a_body_that_holds_the_boundary_stays_quoted() -> None:
    boundary = message_from_bytes(written("x", "x")).get_boundary()
    for text in (f"--{boundary}--", f"a\n--{boundary}\n\nb\n"):
        (_, encoding, plain), _ = told(written(text, "x"))
        assert (encoding, plain) == ("quoted-printable", text.replace("\n", "\r\n"))


@pytest.mark.parametrize("eight_bit", [False, True])
@pytest.mark.parametrize("value", ["", " ", "a\r\nb", "a\nb", "a\rb"])
def test_a_value_that_is_empty_or_no_single_line_is_refused(value: str, eight_bit: bool) -> None:
    letter = Letter(nonce=NONCE, subject="News", html=CHOOSE, text="x", language="en")
    with pytest.raises(ValueError, match="not a value for"):
        prepare(letter, ENVELOPE).message(replace(PERSONAL, choose_url=value), eight_bit=eight_bit)


@given(values)
@example("x" * 75)
@example("x" * 76)
@example("x" * 74 + "." * 9)
def test_a_usual_value_is_written_as_any_other(value: str) -> None:
    """The quick way gives what the careful way gives."""
    letter = Letter(nonce=NONCE, subject="News", html=CHOOSE, text="x", language="en")
    message = prepare(letter, ENVELOPE).message(replace(PERSONAL, choose_url=value))
    assert b"=\r\n" + quoted_printable(escape(value.strip(" "))) + b"=\r\n" in message


def test_a_long_line_is_encoded_in_time_that_grows_with_it_alone() -> None:
    # Hours, were each of its lines to copy what is left.
    encoded = quoted_printable("é" * 2_000_000)
    assert len(encoded) > 12_000_000
    assert encoded.endswith(b"=C3=A9")


def test_the_literals_between_blanks_are_encoded_once() -> None:
    letter = Letter(nonce=NONCE, subject="News", html="", text="", language="en")
    pieces = softly(letter, f"a{LEAVE}é{CHOOSE}", html=True)
    assert [piece for piece in pieces if isinstance(piece, bytes)] == [b"a", b"=C3=A9", b""]
