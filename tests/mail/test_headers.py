"""Header fields: whatever the text, one field comes back, and it says what was meant."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.headers import (
    address,
    bracketed_url,
    clean,
    date,
    encode_phrase,
    encode_unstructured,
    header,
    list_id,
    mailbox,
    message_id,
    needs_smtputf8,
)
from digest.model import Mailbox

#: What attackers write into titles, names and categories.
TITLES = [
    "x\rBcc: e@evil.example",
    "x\nBcc: e@evil.example",
    "x\r\nBcc: e@evil.example",
    "x\r\n\r\n<h1>body</h1>",
    "x\n\n<h1>body</h1>",
    "x\r\r<h1>body</h1>",
    "x\r\n Bcc: e@evil.example",
    "x\r\n\tBcc: e@evil.example",
    "\r\nBcc: e@evil.example",
    "x\n\rBcc: e@evil.example",
    "x\u2028Bcc: e@evil.example",
    "x\u2029Bcc: e@evil.example",
    "x\u0085Bcc: e@evil.example",
    "x\vBcc: e@evil.example",
    "x\fBcc: e@evil.example",
    "x\x1cBcc: e@evil.example",
    "x\x1dBcc: e@evil.example",
    "x\x1eBcc: e@evil.example",
    "x\x1fBcc: e@evil.example",
    "x\0Bcc: e@evil.example",
    "x\0\r\n\0Bcc: e@evil.example",
    "x\x7f\x08\x1b[31mBcc: e@evil.example",
    "=?utf-8?q?x=0D=0ABcc=3A_e?=",
    "=?utf-8?q?x=0ABcc=3A_e?=",
    "=?utf-8?Q?=0D=0A=0D=0A<h1>body?=",
    "=?utf-8?b?DQpCY2M6IGVAZXZpbC5leGFtcGxlDQoNCjxoMT4=?=",
    "=?us-ascii?q?x=0D=0ABcc:e?= =?utf-8?b?DQpCY2M6?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3D0D=3D0ABcc=3F=3D?=",
    "a=?utf-8?q?=0D=0ABcc:e?=b",
    "=?utf-8?q?unfinished",
    "?==?=?utf-8?q??=",
    "=?utf-8*en?q?=0D=0ABcc:e?=",
    "é =?utf-8?q?x=0D=0ABcc=3A_e?=",
    "嘊Bcc: e@evil.example嘍",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "\ud800\udc00\udfff lone",
    "x" * 2000 + "\r\nBcc: e@evil.example",
    "x " * 1000 + "\r\n\r\nBcc: e@evil.example",
    '"\r\nBcc: e@evil.example" <e@evil.example>',
    '\\"\\\r\nBcc: e@evil.example, <e@evil.example>',
    "e@evil.example, f@evil.example; Bcc: g@evil.example",
    "(comment\r\nBcc: e)",
]
texts = st.text(max_size=300) | st.text(
    st.sampled_from('aé日👩‍👩‍👧 \r\n\t=?_"\\,.:;<>@()[]\0\u202e\ud800'), max_size=200
)


def fields(block: bytes) -> list[tuple[str, str]]:
    """The fields of `block` as the standard library reads them with its strictest modern policy."""
    assert block.count(b"\r\n") == block.count(b"\n") == block.count(b"\r")
    assert all(len(line) <= 78 for line in block.split(b"\r\n"))
    message = message_from_bytes(block + b"\r\n", policy=policy.default)
    assert message.get_payload() == ""
    assert message.defects == []
    return [(name, str(value)) for name, value in message.items()]


def old_fields(block: bytes) -> list[tuple[str, str]]:
    """The same by the old policy and `decode_header`."""
    message = message_from_bytes(block + b"\r\n", policy=policy.compat32)
    unfolded = [(name, value.replace("\r\n", "")) for name, value in message.items()]
    return [(name, str(make_header(decode_header(value)))) for name, value in unfolded]


def name_and_address(block: bytes) -> tuple[str, str]:
    """The one mailbox in `block`; by the old reader, as the new one puts spaces between the words of a phrase."""
    (field,) = message_from_bytes(block + b"\r\n", policy=policy.compat32).values()
    ((name, found),) = getaddresses([field.replace("\r\n", "")])
    return str(make_header(decode_header(name))), found


def test_there_are_forty_titles() -> None:
    assert len(TITLES) >= 40


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_no_title_becomes_a_second_field_or_a_body(title: str) -> None:
    intended = clean(title)
    assert fields(header("Subject", encode_unstructured(title))) == [("Subject", intended)]
    assert old_fields(header("Subject", encode_unstructured(title))) == [("Subject", intended)]


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_no_name_becomes_a_second_field_or_another_address(title: str) -> None:
    block = header("To", mailbox(Mailbox(address="ada@reader.example", name=title)))
    assert len(fields(block)) == 1
    assert name_and_address(block) == (clean(title), "ada@reader.example")


@given(texts)
@example("=?utf-8?q?x=0D=0ABcc=3A_e?=")
@example(" " * 80)
@example("x" * 75 + " y")
def test_any_text_comes_back_as_one_field(text: str) -> None:
    block = header("Subject", encode_unstructured(text))
    assert fields(block) == [("Subject", clean(text))]
    assert old_fields(block) == [("Subject", clean(text))]


@given(texts)
def test_any_name_comes_back_with_its_address(text: str) -> None:
    block = header("From", mailbox(Mailbox(address="ada@reader.example", name=text)))
    assert len(fields(block)) == 1
    (parsed,) = message_from_bytes(block + b"\r\n", policy=policy.default)["From"].addresses
    assert parsed.addr_spec == "ada@reader.example"
    assert name_and_address(block) == (clean(text), "ada@reader.example")


@given(texts)
def test_encoded_words_are_short_whole_and_of_whole_characters(text: str) -> None:
    for word in encode_unstructured(text + "é").split(" "):
        assert len(word) <= 75
        ((octets, charset),) = decode_header(word)
        assert charset == "utf-8"
        octets.decode("utf-8")


@given(st.text())
def test_what_is_clean_is_one_printable_line(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned.splitlines() in ([], [cleaned])
    cleaned.encode()


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("Ten stories", "Ten stories"),
        ("  Ten\t\r\n stories ", "Ten stories"),
        ("", ""),
        ("Größe", "=?utf-8?b?R3LDtsOfZQ==?="),
        ("A long title with one é", "=?utf-8?q?A_long_title_with_one_=C3=A9?="),
        ("1 =? 2", "=?utf-8?b?MSA9PyAy?="),
        ("a\u202eb\u200fc", "abc"),
    ],
)
def test_titles_are_encoded_only_where_they_must_be(text: str, encoded: str) -> None:
    assert encode_unstructured(text) == encoded


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Lovelace, Ada", '"Lovelace, Ada"'),
        ("A. Lovelace", '"A. Lovelace"'),
        ('the "Countess" \\', '"the \\"Countess\\" \\\\"'),
        ("Zoë", "=?utf-8?q?Zo=C3=AB?="),
        ("", ""),
    ],
)
def test_names_are_quoted_or_encoded_only_where_they_must_be(name: str, encoded: str) -> None:
    assert encode_phrase(name) == encoded


@pytest.mark.parametrize(
    ("given_as", "written"),
    [
        ("Ada@Reader.Example", "Ada@reader.example"),
        ("ada+news@bücher.example", "ada+news@xn--bcher-kva.example"),
        ("ada@BÜCHER。example", "ada@xn--bcher-kva.example"),
        ("jörg@reader.example", "jörg@reader.example"),
        ("o'brien@localhost", "o'brien@localhost"),
    ],
)
def test_an_address_has_its_domain_in_a_labels(given_as: str, written: str) -> None:
    assert address(given_as) == written
    assert needs_smtputf8(written) is (written.startswith("j"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "@x.example",
        "ada@",
        "a b@x.example",
        "a@x.example\r\n",
        "a@x .example",
        "<a@x.example>",
        "a@b@x.example",
        "a,b@x.example",
        '"a"@x.example',
        "a(c)@x.example",
        "a..b@x.example",
        ".a@x.example",
        "a@x..example",
        "a@-x.example",
        "a@x.example.",
        "a@[127.0.0.1]",
        "a@x_y.example",
        "a\0@x.example",
        "a\u202e@x.example",
        "a\u3000b@x.example",
        "a\ud800@x.example",
        "=?utf-8?q?x?=@x.example",
        "x" * 65 + "@x.example",
        "é" * 33 + "@x.example",
        "a@" + "x" * 64 + ".example",
        "a@" + ".".join(["x" * 60] * 5),
        "a@" + "é" * 300,
        "a@xn--\ud800.example",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an? (address|domain)"):
        address(text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_an_address_is_refused_or_safe(local: str, domain: str) -> None:
    try:
        found = address(f"{local}@{domain}")
    except ValueError:
        return
    (parsed,) = message_from_bytes(header("To", found) + b"\r\n", policy=policy.default)["To"].addresses
    assert parsed.domain == found.rpartition("@")[2]
    assert not set(found) & set(' <>\r\n\0,;"')


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 11, 23, 7, 5, 9, tzinfo=UTC), datetime(2026, 11, 23, 9, 5, 9, tzinfo=timezone(timedelta(hours=2)))],
)
def test_a_date_is_written_in_utc(moment: datetime) -> None:
    assert date(moment) == "Mon, 23 Nov 2026 07:05:09 +0000"


def test_a_naive_date_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="aware"):
        date(datetime(2026, 11, 23, 7, 5))  # noqa: DTZ001


def test_a_list_id_has_a_name_for_people() -> None:
    assert list_id("The Daily, mornings", "daily.news.example") == '"The Daily, mornings" <daily.news.example>'
    assert list_id("", "daily.news.example") == "<daily.news.example>"


@pytest.mark.parametrize("identity", ["daily", "", "a b.c", "a..b", "a.b>\r\n", "é.example", "a." + "b" * 254])
def test_what_is_no_list_id_is_refused(identity: str) -> None:
    with pytest.raises(ValueError, match="list id"):
        list_id("The Daily", identity)


@pytest.mark.parametrize(
    "identity", ["x", "@", "a@", "@b", "a@b@c", "a b@c", "a@b>\r\n", "é@b", "<a@b>", "=?utf-8?q?x?=@b"]
)
def test_what_is_no_message_id_is_refused(identity: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        message_id(identity)


@pytest.mark.parametrize("length", [30, 77, 78, 100, 300, 900])
def test_a_url_of_any_length_stands_whole_on_one_line(length: int) -> None:
    url = "https://news.example/u/".ljust(length, "x")
    assert header("List-Unsubscribe", bracketed_url(url)) == f"List-Unsubscribe: <{url}>\r\n".encode()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "mailto:a@b.example",
        "https://x.example/a b",
        "https://x.example/<a>",
        "https://x.example/a,b",
        "https://x.example/\r\nBcc:",
        "https://x.example/é",
        "https://x.example/?a=?utf-8?q?=0D?=",
        "https://x.example/" + "x" * 900,
    ],
)
def test_what_is_no_url_for_a_header_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        bracketed_url(url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Subject", "a\r\nBcc: b"),
        ("Subject", "a\nb"),
        ("Subject", "a\rb"),
        ("Subject", "a\0b"),
        ("Subject", "a\tb"),
        ("Subject", "é"),
        ("Subject", "x" * 1000),
        ("Subject", "=?utf-8?q?x=0D=0ABcc?="),
        ("Subject", "=?utf-8?b?DQpCY2M6?="),
        ("Subject", "=?utf-8?q?x"),
        ("Subject", "a=?utf-8?q?x?="),
        ("Subject", "=?latin-1?q?x?="),
        ("Subject", ("x" * 75 + " ") * 2 + " " * 80 + "y"),
        ("To", "\u0085@x"),
        ("", "x"),
        ("A B", "x"),
        ("A:", "x"),
        ("A\r\nB", "x"),
        ("É", "x"),
    ],
)
def test_what_would_break_out_is_never_written(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="not a safe header"):
        header(name, value)


def test_a_long_field_is_folded_at_its_spaces() -> None:
    text = " ".join(["word"] * 40)
    block = header("Subject", encode_unstructured(text))
    assert block.count(b"\r\n ") == 2
    assert fields(block) == [("Subject", text)]
