"""Paragraphs that a mail program may fit to its window, by a decoder of the standard and by Python's own parser."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.editions.render_plain import COLUMNS, tidy, width, wrap
from digest.mail.compose import Envelope, Personal, prepare
from digest.mail.flowed import PARAMETERS, flowing
from digest.model import Blank, Format, Letter, blank
from tests.mail.unflow import unflowed

words = st.sampled_from(
    [
        *(
            "a",
            "word",
            ">",
            ">>",
            "From",
            "from",
            "--",
            "-",
            "- ",
            "é",
            "x" * 71,
            "x" * 100,
            "https://n.example/?a=1&b=2",
        ),
        *("新聞は夜の海峡に", "（", "「", "」", "。", "ー", "👩\u200d👧", "e\u0301", "שלום", "\u2068", "\u00a0"),
    ]
)
paragraphs = st.lists(words, min_size=1, max_size=60).map(lambda found: " ".join(" ".join(found).split()))
lines = st.lists(
    words | st.sampled_from([" ", "  ", "\t", "\r\n", "\r", "\n", "\n\n", " \n", "\n ", "-- \n"]), max_size=40
)


def sent(text: str) -> list[str]:
    """The paragraphs that a decoder finds in `text`; none of them a quotation."""
    found = unflowed(flowing(text).replace("\n", "\r\n"), delsp=True)
    assert {depth for depth, _ in found} <= {0}
    return [paragraph for _, paragraph in found]


@given(st.lists(paragraphs.filter(bool), min_size=1, max_size=6))
@example(["> quoted, as it seems", "From here on", "--"])
@example(["夜の海峡に渡し船が帰る。" * 9])
def test_what_is_wrapped_softly_is_read_as_the_paragraphs_that_it_was(given_ones: list[str]) -> None:
    text = tidy("\n\n".join(wrap(each, soft=True) for each in given_ones))
    assert all(width(line.rstrip()) <= COLUMNS for line in text.split("\n"))
    assert [paragraph for paragraph in sent(text) if paragraph] == given_ones


@given(lines.map("".join))
@example("-- \nUnsubscribe")
@example("a \n\nb")
@example("a \n \nb")
@example(" \n>")
def test_whatever_a_letter_holds_flows_only_where_it_says_so(text: str) -> None:
    encoded = flowing(text).split("\n")
    assert not any(line.strip(" ") == "" and line for line in encoded)
    assert "-- " not in encoded
    assert sent(text) == as_meant(text)


def as_meant(text: str) -> list[str]:
    """Where a line ends in a space and another follows, the two are one without that space."""
    found: list[str] = []
    goes_on = False
    written = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for line, after in zip(written, [*written[1:], ""], strict=True):
        soft = line.endswith(" ") and after.strip(" ") != "" and line.strip(" ") != "" and line != "-- "
        content = line[:-1] if soft else line.rstrip(" ")
        found = [*found[:-1], found[-1] + content] if goes_on else [*found, content]
        goes_on = soft
    # The last line's end is the message's.
    return found[:-1] if found[-1] == "" and len(found) > 1 else found


def test_a_break_in_a_script_without_spaces_leaves_none() -> None:
    said = "時隔十一年，夜間渡輪重返海峽。" * 6
    text = tidy(wrap(said, soft=True))
    assert text.count(" \n") == 2
    assert sent(text) == [said]


def test_a_heading_an_address_and_a_letter_of_before_keep_their_lines() -> None:
    before = (
        "The Daily\n=========\n\n1. A headline\nhttps://post.example/1\nThe Post, 2 h ago\nA paragraph that was\nbroken"
    )
    assert sent(before) == before.split("\n")


NONCE = "0123456789abcdef0123456789abcdef"
ADDRESS, LEAVE, CHOOSE = (blank(NONCE, which) for which in (Blank.ADDRESS, Blank.LEAVE_URL, Blank.CHOOSE_URL))


@pytest.fixture(scope="module")
def of_letter() -> Letter:
    text = f"Before\n\n{LEAVE}\nIt goes \non with {CHOOSE} \nand ends\nUnsubscribe: {LEAVE}\n{LEAVE}{CHOOSE}"
    return Letter(nonce=NONCE, subject="News", html=f"<p>{LEAVE}</p>", text=text, language="en")


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    "value", ["https://n.example/1", ">quoted", " indented", "From me", "ends in a space ", "--", "-- ", "x" * 300]
)
def test_what_is_filled_in_neither_begins_nor_ends_a_flow(
    of_letter: Letter, envelope: Envelope, personal: Personal, value: str, form: Format
) -> None:
    filled = replace(personal, leave_url=value, choose_url=value, format=form)
    whole = value.strip(" ")
    assert read_text(prepare(of_letter, envelope).message(filled)) == [
        "Before",
        "",
        whole,
        f"It goeson with {whole}and ends",
        f"Unsubscribe: {whole}",
        f"{whole}{whole}",
    ]


def read_text(message: bytes) -> list[str]:
    """The paragraphs of the text part, by Python's parser and then by ours."""
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert body is not None
    assert dict(body["Content-Type"].params) == {"charset": "utf-8", "format": "flowed", "delsp": "yes"}
    content: str = body.get_payload(decode=True).decode("utf-8")
    found = unflowed(content, delsp=True)
    assert {depth for depth, _ in found} == {0}
    return [paragraph for _, paragraph in found]


@pytest.mark.parametrize("value", ["", " ", "https://n.example/\r\n> x", "a\nb", "a\rb"])
def test_a_value_that_is_none_or_more_than_a_line_is_not_filled_in(
    of_letter: Letter, envelope: Envelope, personal: Personal, value: str
) -> None:
    with pytest.raises(ValueError, match="not a value for LEAVE"):
        prepare(of_letter, envelope).message(replace(personal, leave_url=value))


def test_the_parameters_are_those_of_the_standard() -> None:
    assert PARAMETERS == "format=flowed; delsp=yes"


def test_what_no_mail_can_hold_is_gone_before_lines_are_told_apart() -> None:
    assert flowing("\r.\r\0\n") == "\n.\n"
    assert flowing("\0> said") == " > said"
