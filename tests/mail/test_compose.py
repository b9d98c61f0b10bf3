"""Messages: what comes out of a mail program is what went into the letter, for every recipient his own."""

import re
from base64 import b64decode
from binascii import a2b_qp
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.compose import Envelope, Personal, message_identity, notice, prepare
from digest.mail.encode import quoted_printable, stuffed
from digest.mail.flowed import flowing
from digest.mail.headers import clean
from digest.model import Blank, Format, Letter, Mailbox, blank
from tests.mail.unflow import unflowed

DATE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NONCE = "0123456789abcdef0123456789abcdef"
ADDRESS, LEAVE, CHOOSE = (blank(NONCE, which) for which in (Blank.ADDRESS, Blank.LEAVE_URL, Blank.CHOOSE_URL))
FIELDS = [
    "From",
    "Subject",
    "To",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Precedence",
    "Date",
    "Reply-To",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]

awkward = st.sampled_from(
    [
        *(".", "..", "\r\n.\r\n", "\n.\n", "\r.\r", "From ", "\nFrom me", "--", "--=_", "=", "=3D", "=\r\n"),
        *(" ", "\t", " \n", "\r", "\n", "\r\n", "\0", "\x85", "\u2028", "x" * 100, "a b " * 50),
        *("é", "日本", "👩\u200d👧", "<b>&amp;", ADDRESS, LEAVE, CHOOSE),
    ]
)
contents = st.lists(awkward | st.text(max_size=20), max_size=30).map("".join)
urls = st.integers(0, 270).flatmap(
    lambda size: st.text("abcXYZ019-_.~/?&=%'", min_size=size, max_size=size).map(
        lambda path: f"https://n.example/{path}"
    )
)
names = st.text(max_size=100)


def read(message: bytes) -> EmailMessage:
    """`message` as a modern reader has it, once it is certain that SMTP carries it unchanged."""
    assert message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r")
    assert message.isascii()
    assert b"\0" not in message
    head, _, body = message.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert not any(line.startswith((b".", b"From ")) for line in message.split(b"\r\n"))
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    return parsed


def parts(message: EmailMessage) -> list[tuple[str, str]]:
    """The type and the text of each part."""
    assert all(
        part.defects == [] and part["Content-Transfer-Encoding"] == "quoted-printable" for part in message.iter_parts()
    )
    return [
        (part.get_content_type(), part.get_payload(decode=True).decode(part.get_content_charset()))
        for part in message.iter_parts()
    ]


def lines_as_sent(text: str) -> str:
    """`text` as it must come back: every line end CRLF, without NUL, lone surrogates as question marks."""
    return re.sub("\r\n|\r|\n", "\r\n", text.replace("\0", "")).encode("utf-8", "replace").decode()


def filled(content: str, personal: Personal, *, html: bool) -> str:
    for mark, value in ((ADDRESS, personal.address), (LEAVE, personal.leave_url), (CHOOSE, personal.choose_url)):
        content = content.replace(mark, escape(value) if html else value)
    return lines_as_sent(content)


def flowed(content: str) -> list[tuple[int, str]]:
    """The paragraphs of the text part that `content` must become."""
    return unflowed(flowing(lines_as_sent(content)).replace("\n", "\r\n"), delsp=True)


def test_a_message_says_what_the_letter_says_to_one_reader(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    html = f'<a href="{LEAVE}">Leave</a> <a href="{CHOOSE}">Choose</a> {ADDRESS} <a href="{LEAVE}">Leave</a>'
    text = f"Leave: {LEAVE}\nChoose: {CHOOSE}\nTo {ADDRESS}, {ADDRESS}\n"
    message = read(prepare(replace(letter, html=html, text=text), envelope).message(personal))
    assert message.keys() == FIELDS
    assert message.get_content_type() == "multipart/alternative"
    leave, escaped = "https://news.example/leave/17.abc?a=1&b=2", "https://news.example/leave/17.abc?a=1&amp;b=2"
    choose, ada = "https://news.example/choose/17.def", "ada@reader.example"
    link = f'<a href="{escaped}">Leave</a>'
    assert parts(message) == [
        ("text/plain", f"Leave: {leave}\r\nChoose: {choose}\r\nTo {ada}, {ada}\r\n"),
        ("text/html", f'{link} <a href="{choose}">Choose</a> {ada} {link}'),
    ]


def test_the_fields_are_those_that_a_list_needs(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    message = message_from_bytes(prepare(letter, envelope).message(personal), policy=policy.compat32)
    assert dict(message.items()) | {"Content-Type": ""} == {
        "From": "My Views on News <digest@news.example>",
        "Subject": "News",
        "To": "Ada Lovelace <ada@reader.example>",
        "Message-ID": "<one.17@news.example>",
        "List-Unsubscribe": "<https://news.example/one-click/17.ghi>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "The Daily <daily.news.example>",
        "Precedence": "bulk",
        "Date": "Mon, 23 Nov 2026 07:00:00 +0000",
        "Reply-To": "editor@news.example",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


@given(subject=names, sender=names, list_name=names, name=names, html=contents, text=contents, url=urls, leave=urls)
@example(
    subject="", sender="", list_name="", name="", html="", text="", url="https://n.example/", leave="https://n.example/"
)
def test_whatever_stands_in_a_letter_comes_back_as_it_was(
    subject: str, sender: str, list_name: str, name: str, html: str, text: str, url: str, leave: str
) -> None:
    # The fixtures of a test live longer than one of its examples, so these are made here.
    url = re.sub(r"=+\?", "", url)
    letter = Letter(nonce=NONCE, subject=subject, html=html, text=text, language="en")
    envelope = Envelope(
        sender=Mailbox(address="digest@news.example", name=sender),
        return_path="bounces@news.example",
        reply_to="editor@news.example",
        list_name=list_name,
        list_id="daily.news.example",
        date=DATE,
        message_domain="news.example",
    )
    personal = Personal(
        address="ada@reader.example",
        name=name,
        message_id="one.17@news.example",
        leave_url=leave,
        choose_url=url,
        one_click_url=url,
    )
    written = prepare(letter, envelope).message(personal)
    message = read(written)
    assert message.keys() == FIELDS
    assert message["Subject"] == clean(subject)
    assert [each.addr_spec for each in message["To"].addresses] == ["ada@reader.example"]
    assert [each.addr_spec for each in message["From"].addresses] == ["digest@news.example"]
    (kind, plain), shown = parts(message)
    assert (kind, unflowed(plain, delsp=True)) == ("text/plain", flowed(filled(text, personal, html=False)))
    assert shown == ("text/html", filled(html, personal, html=True))
    alone = read(prepare(letter, envelope).message(replace(personal, format=Format.TEXT)))
    assert alone.keys() == [*FIELDS, "Content-Transfer-Encoding"]
    assert alone.get_payload(decode=True).decode().removesuffix("\r\n") == plain.removesuffix("\r\n")
    old = message_from_bytes(written, policy=policy.compat32)
    assert old["List-Unsubscribe"] == f"<{url}>"
    assert str(make_header(decode_header(old["Subject"].replace("\r\n", "")))) == clean(subject)
    assert [part.get_payload(decode=True) for part in old.get_payload()] == [
        content.encode() for _, content in parts(message)
    ]


def test_who_wishes_for_plain_text_gets_a_message_of_nothing_else(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    text = f"Read \nthis\n\nLeave:\n{LEAVE}\n{ADDRESS}\n"
    prepared = prepare(replace(letter, html=f"<b>{LEAVE}", text=text), envelope)
    both, alone = prepared.message(personal), prepared.message(replace(personal, format=Format.TEXT))
    message = read(alone)
    assert not message.is_multipart()
    assert message.keys() == [*FIELDS, "Content-Transfer-Encoding"]
    assert {name: message[name] for name in FIELDS[:-1]} == {name: read(both)[name] for name in FIELDS[:-1]}
    assert b"\r\nContent-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n" in alone
    leave = "https://news.example/leave/17.abc?a=1&b=2"
    said = message.get_payload(decode=True).decode()
    assert said == f"Read \r\nthis\r\n\r\nLeave:\r\n{leave}\r\nada@reader.example\r\n"
    # Word for word the part that others get beside their HTML.
    assert alone.partition(b"\r\n\r\n")[2] in both
    assert stuffed(alone) == alone


def test_a_text_whose_last_line_does_not_end_is_a_message_whose_last_line_does(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    for text in ("Hi", f"Leave {LEAVE}", ""):
        message = prepare(replace(letter, text=text), envelope).message(replace(personal, format=Format.TEXT))
        assert stuffed(message)
        assert read(message).get_payload(decode=True).decode() == filled(text, personal, html=False) + "\r\n"


@given(contents)
@example("x" * 75 + "é")
@example("x" * 74 + "=" * 10)
@example("." * 200)
@example(" " * 76 + "\n")
def test_quoted_printable_is_read_back_and_keeps_to_its_lines(content: str) -> None:
    encoded = quoted_printable(content)
    # A soft break may follow at once, where a value is spliced in.
    assert all(len(line) <= 76 for line in (encoded + b"=\r\n").split(b"\r\n"))
    assert not any(line.startswith((b".", b"From ")) or line.endswith((b" ", b"\t")) for line in encoded.split(b"\r\n"))
    message = message_from_bytes(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded)
    assert message.get_payload(decode=True) == lines_as_sent(content).encode()


def test_each_recipient_gets_his_own_and_nobody_elses(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    prepared = prepare(replace(letter, text=f"{LEAVE}", html=f"{ADDRESS}"), envelope)
    other = replace(personal, address="bob@reader.example", name="Bob", leave_url="https://news.example/leave/18.zzz")
    first, second, again = prepared.message(personal), prepared.message(other), prepared.message(personal)
    assert first == again
    assert b"ada@" not in second
    assert b"17.abc" not in second
    assert parts(read(second)) == [
        ("text/plain", "https://news.example/leave/18.zzz"),
        ("text/html", "bob@reader.example"),
    ]


@pytest.mark.parametrize("broken", [LEAVE.lower(), LEAVE[:-1], LEAVE.replace("LEAVE", "LE\nAVE"), f"zq{NONCE}SECRETqz"])
@pytest.mark.parametrize("part", ["html", "text"])
def test_a_broken_blank_is_not_sent(letter: Letter, envelope: Envelope, broken: str, part: str) -> None:
    with pytest.raises(ValueError, match="did not survive whole"):
        prepare(replace(letter, **{part: f"one {LEAVE} two {broken} three"}), envelope)


def test_a_blank_in_a_subject_is_not_sent(letter: Letter, envelope: Envelope) -> None:
    with pytest.raises(ValueError, match="subject"):
        prepare(replace(letter, subject=f"For {ADDRESS}"), envelope)


def test_another_letters_blank_is_only_text(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    foreign = blank("f" * 32, Blank.LEAVE_URL)
    message = read(prepare(replace(letter, text=foreign), envelope).message(personal))
    assert parts(message)[0] == ("text/plain", foreign)


def test_a_value_that_looks_like_a_blank_is_not_filled_in_again(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    prepared = prepare(replace(letter, text=f"{CHOOSE}"), envelope)
    message = read(prepared.message(replace(personal, choose_url=f"https://n.example/{LEAVE}")))
    assert parts(message)[0] == ("text/plain", f"https://n.example/{LEAVE}")


def test_the_boundary_follows_from_the_letter_alone_and_does_not_give_it_away(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    boundaries = {
        read(prepare(each, envelope).message(personal)).get_boundary()
        for each in (letter, letter, replace(letter, nonce="f" * 32))
    }
    assert len(boundaries) == 2
    assert all(NONCE not in boundary for boundary in boundaries)


def test_a_body_cannot_hold_the_boundary(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    boundary = read(prepare(letter, envelope).message(personal)).get_boundary()
    text = f"a\r\n--{boundary}--\r\nb"
    message = read(prepare(replace(letter, text=text), envelope).message(personal))
    assert parts(message) == [("text/plain", text), ("text/html", "<p>Hi</p>")]


def test_a_trial_says_so(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    message = read(prepare(letter, replace(envelope, test=True)).message(personal))
    assert message.get_all("X-Digest-Test") == ["yes"]


def test_without_an_address_for_answers_there_is_no_reply_to(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    assert "Reply-To" not in read(prepare(letter, replace(envelope, reply_to="")).message(personal))


def test_one_click_is_promised_over_https_alone(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    trial = replace(personal, one_click_url="http://localhost:8000/one-click/17.ghi")
    message = read(prepare(letter, envelope).message(trial))
    assert message["List-Unsubscribe"] == "<http://localhost:8000/one-click/17.ghi>"
    assert "List-Unsubscribe-Post" not in message


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "ada@reader.example\r\nBcc: e@evil.example"},
        {"address": "ada@reader.example, e@evil.example"},
        {"message_id": "x@y>\r\nBcc: e"},
        {"one_click_url": "https://n.example/\r\nBcc: e"},
        {"one_click_url": "javascript:alert(1)"},
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(
    letter: Letter, envelope: Envelope, personal: Personal, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="not a"):
        prepare(letter, envelope).message(replace(personal, **wrong))


def test_a_local_part_outside_ascii_stands_as_it_is(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    message = prepare(letter, envelope).message(replace(personal, address="jörg@bücher.example", name="Jörg"))
    assert "To: =?utf-8?b?SsO2cmc=?= <jörg@xn--bcher-kva.example>\r\n".encode() in message


def fields_by_the_rfc(message: bytes) -> dict[str, str]:
    """The fields, each of which stands once, decoded by RFC 2047 6.2 alone: no two interpreters read them alike."""
    head = message.partition(b"\r\n\r\n")[0].decode()
    pairs = [line.partition(":")[::2] for line in head.replace("\r\n ", " ").split("\r\n")]
    assert len(dict(pairs)) == len(pairs)
    return {name: decoded(value.removeprefix(" ")) for name, value in pairs}


def decoded(value: str) -> str:
    """`value` with its encoded words read, and the spaces between two of them gone."""
    together = re.sub(r"(=\?utf-8\?[qb]\?[!-~]+\?=) (?==\?utf-8\?[qb]\?[!-~]+\?=(?: |$))", r"\1", value)
    return re.sub(r"=\?utf-8\?([qb])\?([^? ]+)\?=", lambda word: _read_word(word[1], word[2]), together)


def _read_word(method: str, payload: str) -> str:
    octets = b64decode(payload) if method == "b" else a2b_qp(payload, header=True)
    return octets.decode()


def unquoted(phrase: str) -> str:
    return re.sub(r"\\(.)", r"\1", phrase[1:-1]) if phrase.startswith('"') and phrase.endswith('"') else phrase


harmless = awkward.filter(lambda text: NONCE not in text)
any_text = st.text(max_size=200) | st.lists(harmless | st.text(max_size=9), max_size=20).map("".join)


@given(subject=any_text, sender=any_text, list_name=any_text, name=any_text, url=urls)
@example(subject="=?utf-8?q?x=0D=0ABcc:_e?=", sender='"', list_name="a, b", name="é\r\nBcc: e@evil.example", url="x")
def test_the_head_says_exactly_what_is_meant_whatever_the_names(
    subject: str, sender: str, list_name: str, name: str, url: str
) -> None:
    url = f"https://n.example/{re.sub(r'=+[?]', '', url)}".ljust(880, "x")
    envelope = Envelope(
        sender=Mailbox(address="digest@news.example", name=sender),
        return_path="bounces@news.example",
        list_name=list_name,
        list_id="daily.news.example",
        date=DATE,
        message_domain="news.example",
    )
    personal = Personal(
        address="ada@reader.example",
        name=name,
        message_id="one.17@news.example",
        leave_url=url,
        choose_url=url,
        one_click_url=url,
    )
    letter = Letter(nonce=NONCE, subject=subject, html="Hi", text="Hi", language="en")
    message = prepare(letter, envelope).message(personal)
    head = message.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= (76 if b"=?" in line else 998) for line in head.split(b"\r\n"))
    assert max(map(len, re.findall(rb"=\?[^ \r]*\?=", head)), default=0) <= 75
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in head
    found = fields_by_the_rfc(message)
    assert list(found) == [field for field in FIELDS if field != "Reply-To"]
    assert found["Subject"] == clean(subject)
    for field, meant, address in (
        ("From", sender, "digest@news.example"),
        ("To", name, "ada@reader.example"),
        ("List-Id", list_name, "daily.news.example"),
    ):
        phrase, _, rest = found[field].rpartition(" ")
        assert rest in ({address, f"<{address}>"} if not clean(meant) else {f"<{address}>"})
        assert unquoted(phrase) == clean(meant)
    for reader in (policy.default, policy.compat32):
        parsed = message_from_bytes(message, policy=reader)
        assert parsed.keys() == list(found)
        assert [part.get_payload(decode=True) for part in parsed.get_payload()] == [b"Hi", b"Hi"]


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada@bücher.example", b"ada@xn--bcher-kva.example"),
        ("Ada.B+c@BÜCHER.example", b"Ada.B+c@xn--bcher-kva.example"),
        ("jörg@reader.example", "jörg@reader.example".encode()),
        ("用户@例え.example", "用户@xn--r8jz45g.example".encode()),
    ],
)
@pytest.mark.parametrize(("name", "phrase"), [("", b""), ("Jörg", b"=?utf-8?b?SsO2cmc=?= ")])
def test_an_international_address_stands_as_the_envelope_has_it(
    letter: Letter, envelope: Envelope, personal: Personal, address: str, written: bytes, name: str, phrase: bytes
) -> None:
    message = prepare(letter, envelope).message(replace(personal, address=address, name=name))
    whole = phrase + (b"<%b>" % written if phrase else written)
    assert b"\r\nTo: " + whole + b"\r\n" in message
    assert message.isascii() is written.isascii()
    assert message_from_bytes(message, policy=policy.SMTPUTF8).keys() == FIELDS


def test_a_notice_is_no_part_of_a_list(envelope: Envelope, personal: Personal) -> None:
    message = read(notice("Please confirm", "<p>Yes?</p>", "Yes?\n", envelope, personal))
    assert message.keys() == [name for name in FIELDS if not name.startswith("List-") and name != "Precedence"]
    assert parts(message) == [("text/plain", "Yes?\r\n"), ("text/html", "<p>Yes?</p>")]


@given(subject=names, html=contents, text=contents)
def test_whatever_stands_in_a_notice_comes_back_as_it_was(subject: str, html: str, text: str) -> None:
    envelope = Envelope(
        sender=Mailbox(address="d@n.example"),
        return_path="",
        list_name="",
        list_id="",
        date=DATE,
        message_domain="n.example",
    )
    personal = Personal(address="a@r.example", message_id="1@n.example", leave_url="", choose_url="", one_click_url="")
    message = read(notice(subject, html, text, envelope, personal))
    assert message["Subject"] == clean(subject)
    (kind, plain), shown = parts(message)
    assert (kind, unflowed(plain, delsp=True)) == ("text/plain", flowed(text))
    assert shown == ("text/html", lines_as_sent(html))


def test_a_message_id_is_the_same_on_every_try_and_tells_nothing() -> None:
    identity = message_identity(NONCE, 17, "news.example")
    assert identity == message_identity(NONCE, 17, "news.example")
    assert identity.endswith("@news.example")
    assert NONCE not in identity
    others = {message_identity(NONCE, 18, "news.example"), message_identity("f" * 32, 17, "news.example")}
    assert len(others | {identity}) == 3


def test_dots_are_stuffed_and_nothing_else_is_changed() -> None:
    assert stuffed(b"a\r\n.\r\n..b\r\n") == b"a\r\n..\r\n...b\r\n"


@pytest.mark.parametrize("message", [b"", b"a", b"a\n", b"a\r", b"a\n.\r\n", b"a\r.\r\n\r\n", b"a\r\r\n"])
def test_a_bare_line_end_is_never_carried(message: bytes) -> None:
    with pytest.raises(ValueError, match="CRLF"):
        stuffed(message)
