"""DKIM signatures: a verifier that is not ours believes them, and believes nothing that was changed or added."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.mail.compose import Envelope, Personal, notice, prepare
from digest.mail.dkim import SIGNED, BodyHash, DomainKey
from digest.mail.dkim_keys import PrivateKey, generate, read, zone_line
from digest.model import Blank, Format, Letter, Mailbox, blank
from tests.mail.test_compose import DATE, NONCE, contents, names

LEAVE = blank(NONCE, Blank.LEAVE_URL)
KINDS = ("rsa", "ed25519")


@cache
def private(kind: str) -> PrivateKey:
    return generate(ed25519=kind == "ed25519")


def key(kind: str) -> DomainKey:
    return private(kind).domain_key("news.example", kind)


BOTH = tuple(map(key, KINDS))


def in_the_dns(name: bytes, timeout: float = 0) -> bytes:
    """The record at SELECTOR._domainkey.news.example."""
    selector, _, rest = name.decode().partition(".")
    assert rest.rstrip(".") == "_domainkey.news.example"
    return private(selector).record().encode()


def verified(message: bytes) -> list[bool]:
    """Whether each signature holds, the uppermost first."""
    verifier = dkim.DKIM(message)
    found = []
    for place in range(message.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")):
        try:
            found.append(verifier.verify(idx=place, dnsfunc=in_the_dns))
        except dkim.DKIMException:
            found.append(False)
    return found


def signed_names(message: bytes) -> list[str]:
    """What h= of the uppermost signature names."""
    field = re.sub(rb"\r\n[ \t]+", b" ", message).partition(b"\r\n")[0].decode()
    return [name.strip() for name in re.search(r"; h=([^;]+);", field)[1].split(":")]


@pytest.fixture
def long_letter(letter: Letter) -> Letter:
    line = "Ten stories, and a river named Río Grande. " * 3
    return replace(
        letter, text=f"{line}\n" * 50 + LEAVE, html=f"<p>{line}</p>\n" * 100 + f'<a href="{LEAVE}">Leave</a>'
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", list(Format))
def test_the_messages_of_a_letter_are_believed(
    long_letter: Letter, envelope: Envelope, personal: Personal, kind: str, form: Format
) -> None:
    prepared = prepare(long_letter, replace(envelope, keys=(key(kind),)))
    for number in range(100):
        own = replace(personal, address=f"r{number}@reader.example", message_id=f"{number}@news.example", format=form)
        assert verified(prepared.message(own)) == [True]


def test_each_key_adds_a_signature_that_holds_beside_the_other(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    assert verified(prepare(letter, replace(envelope, keys=BOTH)).message(personal)) == [True, True]


@settings(max_examples=60)
@given(subject=names, sender=names, name=names, html=contents, text=contents, form=st.sampled_from(Format))
@example(subject="", sender="", name="", html="", text="", form=Format.TEXT)
@example(subject="", sender="", name="", html="", text="\n\n\n", form=Format.TEXT)
@example(subject="", sender="", name="", html="", text=f"{LEAVE}\n\n\n", form=Format.TEXT)
def test_whatever_stands_in_a_letter_is_believed(
    subject: str, sender: str, name: str, html: str, text: str, form: Format
) -> None:
    envelope = Envelope(
        sender=Mailbox(address="digest@news.example", name=sender),
        return_path="bounces@news.example",
        list_name=subject,
        list_id="daily.news.example",
        date=DATE,
        message_domain="news.example",
        keys=BOTH,
    )
    personal = Personal(
        address="jörg@bücher.example",
        name=name,
        message_id="1@news.example",
        leave_url="https://n.example/leave",
        choose_url="https://n.example/choose",
        one_click_url="https://n.example/one-click",
        format=form,
    )
    letter = Letter(nonce=NONCE, subject=subject, html=html, text=text, language="en")
    assert verified(prepare(letter, envelope).message(personal)) == [True, True]


def test_a_notice_is_signed_too(envelope: Envelope, personal: Personal) -> None:
    message = notice("Please confirm", "<p>Yes?</p>", "Yes?\n", replace(envelope, keys=BOTH), personal)
    assert verified(message) == [True, True]


@pytest.mark.parametrize("name", SIGNED)
def test_one_more_of_a_signed_field_on_top_breaks_it_even_where_there_was_none(
    letter: Letter, envelope: Envelope, personal: Personal, name: str
) -> None:
    message = prepare(letter, replace(envelope, keys=(key("ed25519"),))).message(personal)
    fields_end = message.index(b"\r\nFrom:") + 2
    assert verified(f"{name}: x@evil.example\r\n".encode() + message) == [False]
    assert verified(message[:fields_end] + f"{name}: x@evil.example\r\n".encode() + message[fields_end:]) == [False]


def test_every_field_that_a_reader_or_a_mailbox_provider_acts_on_is_signed_once_more_than_it_stands_there(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    message = prepare(letter, replace(envelope, keys=BOTH[:1])).message(personal)
    names = signed_names(message)
    there = {line.partition(b":")[0].decode().lower() for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    assert {name: names.count(name) for name in SIGNED} == {name: 1 + (name in there) for name in SIGNED}
    assert {"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"} < set(SIGNED)


def test_any_changed_octet_of_the_body_and_of_a_signed_field_breaks_it(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    message = prepare(letter, replace(envelope, keys=(key("ed25519"),))).message(personal)
    head = message.index(b"\r\n\r\n") + 4
    places = [*range(head, len(message) - 2), message.index(b"Subject: News") + 9, message.index(b"one-click/17") + 11]
    for place in places:
        changed = message[:place] + bytes([message[place] ^ 1]) + message[place + 1 :]
        assert verified(changed) == [False], place


def test_a_relay_that_folds_fields_anew_and_changes_the_case_of_their_names_does_not_break_it(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    message = prepare(letter, replace(envelope, keys=BOTH[:1])).message(personal)
    folded = message.replace(b"From: My Views on", b"FROM:\r\n\t My \r\n Views   on").replace(b"Date: ", b"date:")
    assert folded != message
    assert verified(folded) == [True]


def test_the_same_message_has_the_same_signature_whenever_it_is_made(
    letter: Letter, envelope: Envelope, personal: Personal
) -> None:
    keyed = replace(envelope, keys=BOTH)
    assert prepare(letter, keyed).message(personal) == prepare(letter, keyed).message(personal)
    assert f"t={int(DATE.timestamp())};".encode() in prepare(letter, keyed).message(personal)


def test_nothing_limits_the_body_and_nothing_expires(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    message = prepare(letter, replace(envelope, keys=BOTH)).message(personal)
    assert not re.search(rb"[;\s][lxi]=", message.partition(b"\r\nFrom:")[0])
    assert verified(message[:-2] + b"\r\nand more\r\n") == [False, False]


def test_what_is_signed_is_never_8bit(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    prepared = prepare(replace(letter, text="Río\n", html="Río"), replace(envelope, keys=BOTH))
    assert prepared.message(personal, eight_bit=True) == prepared.message(personal)


def test_lines_of_the_signature_are_folded(letter: Letter, envelope: Envelope, personal: Personal) -> None:
    message = prepare(letter, replace(envelope, keys=BOTH)).message(personal)
    assert all(len(line) <= 78 for line in message.partition(b"\r\nFrom:")[0].split(b"\r\n"))


@given(
    st.binary(max_size=200) | st.text("\r\nx", max_size=8).map(str.encode),
    st.sampled_from([b"", b"\n\r\n", b"\n", b"\r\n", b"\r\n\r\n", b"x\r\n", b"\r\nx\r\n\r\n\r\n"]),
)
@example(b"\r", b"\r\n")
@example(b"x\r", b"\n\r\n")
def test_a_body_is_hashed_the_same_wherever_it_is_cut(opening: bytes, rest: bytes) -> None:
    whole = opening + rest
    assert BodyHash(opening).digest(rest) == BodyHash(b"").digest(whole)
    # RFC 6376 3.4.3: all empty lines at the end count as none.
    assert BodyHash(b"").digest(whole) == sha256(re.sub(rb"(?:\r\n)*\Z", b"\r\n", whole, count=1)).digest()


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_read_as_it_was_written_and_with_breaks_as_a_variable_may_have_them(kind: str) -> None:
    pem = private(kind).pem
    for written in (pem, pem.rstrip(), pem.replace("\n", "\\n"), pem.replace("\n", "\r\n")):
        assert read(written).record() == private(kind).record()


def pem_of(own, encryption=None) -> str:
    return own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


#: 512 bits: the libraries of today make none so short any more.
SHORT = """-----BEGIN PRIVATE KEY-----
MIIBUwIBADANBgkqhkiG9w0BAQEFAASCAT0wggE5AgEAAkEApWnTm2mX8jBvpSEU
VUSrIbtMmrmjLTt7PuawscM9BCqGRzOKZfxAOjeaWdO5xoDqqrlDuRv6rbmi+xX2
tjhkSQIDAQABAkAVRaK83bt4ndn9tl9TB92qHNghHbZqXrfewvP+KEl0e357jdPb
4ieGTfrdX0heFRyNe8s+aCBkqm8NeUMvVM5xAiEA2ncjDh5mAXJHYAiP5iw5nd7i
cHZdafYmpW1zvwXB30cCIQDB1UeK7dvh8PWo5uMucWjgGLzsd0BdDj04XKjhSPIH
7wIgNHxE5sJ03UoYTcEg2TqsyPngSwaU4L0rgbjvAuieMEcCIFvDTrVU2g3i90nY
1KB+DDpbO8Vux0fGn/D43PKaiAp9AiAcUDPAid1uRTnS5/eT0L2OKO6nN6BRXL5U
Wc3a1BYdXw==
-----END PRIVATE KEY-----"""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: "", "not a private key in PEM"),
        (lambda: "-----BEGIN PRIVATE KEY-----\n\ud800\n-----END PRIVATE KEY-----", "not a private key in PEM"),
        (lambda: private("rsa").pem[:300], "not a private key in PEM"),
        (lambda: pem_of(ec.generate_private_key(ec.SECP256R1())), "RSA or Ed25519"),
        (lambda: pem_of(dsa.generate_private_key(1024)), "not a private key|RSA or Ed25519"),
        (lambda: pem_of(private("rsa")._own, BestAvailableEncryption(b"x")), "passphrase"),
        (lambda: SHORT, "512 bits"),
    ],
)
def test_what_cannot_sign_is_refused_in_plain_words(make: Callable[[], str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(make())


def test_a_key_of_1024_bits_signs_and_is_called_weak() -> None:
    weak = read(pem_of(rsa.generate_private_key(65537, 1024)))
    assert (weak.bits, weak.is_weak, private("rsa").is_weak, private("ed25519").is_weak) == (1024, True, False, False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record, ""),
        (lambda record: record.replace("; ", ";") + ";", ""),
        (lambda record: f"{record}; t=y; s=email; h=sha1:sha256; n=a note = of ours", ""),
        (lambda record: record[:60] + " \t" + record[60:], ""),
        (lambda record: record.split("p=", 1)[0] + "p=", "revoked"),
        (lambda record: record[:-8] + "AAAAAAA=", "another key"),
        (lambda record: "v=DKIM1; k=dsa;" + record.rpartition(";")[2], "another key"),
        (lambda record: "v=spf1 -all", "no key"),
        (lambda record: record.replace("DKIM1", "DKIM2"), "no key"),
        (lambda record: f"{record}; h=sha1", "sha256"),
        (lambda record: "", "no key"),
    ],
)
def test_a_record_is_believed_where_receivers_would(kind: str, change: Callable[[str], str], said: str) -> None:
    trouble = private(kind).trouble(change(private(kind).record()))
    assert said in trouble
    assert bool(said) == bool(trouble)


@given(st.text())
def test_no_record_breaks_the_reader(record: str) -> None:
    assert private("ed25519").trouble(record)


def test_a_zone_line_has_strings_of_at_most_255_octets_that_make_up_the_record() -> None:
    line = zone_line("s._domainkey.news.example", private("rsa").record())
    assert line.startswith("s._domainkey.news.example. IN TXT (")
    strings = re.findall(r'"([^"]*)"', line)
    assert "".join(strings) == private("rsa").record()
    assert len(strings) == 2
    assert max(map(len, strings)) <= 255


def test_a_key_does_not_show_itself() -> None:
    assert "PRIVATE" not in f"{private('rsa')!r}{key('rsa')!r}"
    assert "object at" not in f"{key('rsa')!r}"
