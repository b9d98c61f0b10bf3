"""A letter becomes bytes once; the message for one recipient is a splice of those bytes.

The bodies are quoted-printable, so a relay has no reason to re-encode them (RFC 6376 5.3). Between two blanks they are
encoded once, by `prepare`. `Prepared.message` encodes only what is personal and puts soft line breaks around it. Who
wishes for plain text alone gets the same bytes of it that stand beside the HTML for all others.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from html import escape

from digest.mail import headers
from digest.mail.flowed import PARAMETERS, flowing, space_stuffed
from digest.mail.headers import header
from digest.model import Blank, Format, Letter, Mailbox, blank

#: The longest line of an encoded body, with the `=` of its soft break, without CRLF (RFC 2045 6.7, rule 5).
_LINE = 76
_SOFT_BREAK = b"=\r\n"
_LITERAL = frozenset(range(0x20, 0x7F)) - {ord("=")} | {ord("\t")}
_ENCODED = tuple(bytes([octet]) if octet in _LITERAL else b"=%02X" % octet for octet in range(256))
_PLAIN = re.compile(rb"[\t -<>-~]*")
_BREAK = re.compile(rb"\r\n|\r|\n")
_KINDS = {False: f"text/plain; charset=utf-8; {PARAMETERS}", True: "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is the same for all recipients of a letter."""

    sender: Mailbox
    #: Where bounces go: MAIL FROM.
    return_path: str
    #: Empty: answers go to the sender.
    reply_to: str = ""
    #: For people, as in ``The Daily``.
    list_name: str
    #: RFC 2919, as in ``daily.news.example``.
    list_id: str
    #: Aware; the same on every try.
    date: datetime
    #: The right side of every Message-ID.
    message_domain: str
    #: A trial for the operator's own eyes; the message says so in X-Digest-Test.
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What is one recipient's own."""

    address: str
    name: str = ""
    #: Without the angle brackets; see `message_identity`.
    message_id: str
    #: Opens a page that asks; for a person to follow.
    leave_url: str
    choose_url: str
    #: Takes a POST and leaves at once (RFC 8058).
    one_click_url: str
    format: Format = Format.HTML


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where in the encoded bodies a value belongs, and whether it is escaped for HTML there."""

    blank: Blank
    html: bool
    #: It begins a line of the text part.
    opens: bool = False


_Pieces = tuple[bytes | _Slot, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter as bytes, with slots for what is personal; made by `prepare`."""

    #: The fields before and after the recipient's own.
    opening: bytes
    closing: bytes
    #: What follows, from Content-Type on; what the forms have in common are the same objects.
    forms: Mapping[Format, _Pieces]
    #: The slots that occur in each form, each once.
    slots: Mapping[Format, frozenset[_Slot]]

    def message(self, personal: Personal) -> bytes:
        """The message for one recipient (RFC 5322), CRLF only, ready for DATA: no line begins with a dot.

        Raises ValueError where the address, the message id or the URL cannot stand in a header, or a value is empty or
        no single line.
        """
        own = _personal_headers(personal) + _leaving(personal.one_click_url)
        given = {
            Blank.ADDRESS: personal.address,
            Blank.LEAVE_URL: personal.leave_url,
            Blank.CHOOSE_URL: personal.choose_url,
        }
        values = {slot: _spliced(given[slot.blank], slot) for slot in self.slots[personal.format]}
        pieces = self.forms[personal.format]
        body = [piece if isinstance(piece, bytes) else values[piece] for piece in pieces]
        return b"".join((self.opening, _checked(own), self.closing, *body))


def prepare(letter: Letter, envelope: Envelope) -> Prepared:
    """`letter` encoded once, for any number of recipients.

    Raises ValueError where a blank is broken, stands in the subject, or `envelope` cannot stand in headers.
    """
    if _mark(letter) in letter.subject.lower():
        raise ValueError("a blank stands in the subject, which is the same for all readers")
    boundary = _boundary(letter.nonce)
    text = tuple(_segments(letter, flowing(letter.text), html=False))
    both = tuple(_bodies(text, _segments(letter, letter.html, html=True), boundary))
    forms: Mapping[Format, _Pieces] = {Format.HTML: both, Format.TEXT: tuple(_text_alone(text))}
    listing = header("List-Id", headers.list_id(envelope.list_name, envelope.list_id)) + header("Precedence", "bulk")
    # Checked here once, and the recipients' parts in `message`: looking through each message took most of its time.
    _checked(b"\r\n".join(piece for piece in both if isinstance(piece, bytes)))
    return Prepared(
        opening=_opening(envelope, letter.subject),
        closing=listing + _closing(envelope),
        forms=forms,
        slots={form: frozenset(it for it in pieces if isinstance(it, _Slot)) for form, pieces in forms.items()},
    )


def notice(subject: str, html: str, text: str, envelope: Envelope, personal: Personal) -> bytes:
    """A one-off message, as the request to confirm: no part of a list, so without List-* and Precedence.

    Nothing is filled in: `html` and `text` are whole. Raises ValueError as `Prepared.message` does.
    """
    boundary = _boundary(personal.message_id)
    body = _bodies([quoted_printable(flowing(text))], [quoted_printable(html)], boundary)
    fields = _opening(envelope, subject) + _personal_headers(personal) + _closing(envelope)
    return _checked(fields + b"".join(piece for piece in body if isinstance(piece, bytes)))


def message_identity(nonce: str, delivery: int, domain: str) -> str:
    """The Message-ID, without brackets, of one delivery of the letter `nonce`: the same on every try.

    It does not give the nonce away: a Message-ID is seen in bounces and in other people's archives.
    """
    return f"{_hash(f'{nonce}:{delivery}')}@{domain}"


def quoted_printable(text: str) -> bytes:
    """`text` as quoted-printable (RFC 2045 6.7): UTF-8, lines of at most 76, every line break CRLF, NUL left out.

    No line begins with a dot, nor with the "From " that some mailboxes change. Lone surrogates become "?".
    """
    octets = text.replace("\0", "").encode("utf-8", "replace")
    return b"\r\n".join(_encoded_line(line) for line in _BREAK.split(octets))


def _encoded_line(line: bytes) -> bytes:
    """One line without its break, in as many lines as it needs; white space at its end is encoded."""
    rest = line if _PLAIN.fullmatch(line) else b"".join([_ENCODED[octet] for octet in line])
    if rest.endswith((b" ", b"\t")):
        rest = rest[:-1] + b"=%02X" % rest[-1]
    lines = []
    while True:
        if rest.startswith((b".", b"From ")):
            rest = b"=%02X" % rest[0] + rest[1:]
        # A soft break may follow the last line too, where a value is spliced in.
        if len(rest) < _LINE:
            lines.append(rest)
            return _SOFT_BREAK.join(lines)
        # A break never parts the three characters of an encoded octet.
        end = next(end for end in (_LINE - 1, _LINE - 2, _LINE - 3) if b"=" not in rest[end - 2 : end])
        lines.append(rest[:end])
        rest = rest[end:]


def _spliced(value: str, slot: _Slot) -> bytes:
    """`value` between soft breaks, so that no line grows too long whatever stands beside it.

    It takes no part in how lines flow: no space ends it, and it is never empty, which would let one before it end them.
    """
    whole = value.strip(" ")
    if not whole or _BREAK.search(whole.encode("utf-8", "replace")):
        raise ValueError(f"not a value for {slot.blank.value}: {value!r}")
    encoded = quoted_printable(escape(whole) if slot.html else space_stuffed(whole) if slot.opens else whole)
    return _checked(_SOFT_BREAK + encoded + _SOFT_BREAK)


def _segments(letter: Letter, content: str, *, html: bool) -> Iterator[bytes | _Slot]:
    """`content` encoded between its blanks."""
    by_text = {blank(letter.nonce, which): which for which in Blank}
    parts = re.split("(" + "|".join(map(re.escape, by_text)) + ")", content)
    for literal in parts[::2]:
        if _mark(letter) in literal.lower():
            raise ValueError(f"a blank did not survive whole, near {literal[:60]!r}")
    yield quoted_printable(parts[0])
    before = f"\n{parts[0]}"
    for which, literal in zip(parts[1::2], parts[2::2], strict=True):
        yield _Slot(by_text[which], html, opens=not html and before.endswith("\n"))
        yield quoted_printable(literal)
        before = literal


def _mark(letter: Letter) -> str:
    """How every blank of `letter` begins, in lower case."""
    return blank(letter.nonce, Blank.ADDRESS).removesuffix(f"{Blank.ADDRESS.value}qz").lower()


def _bodies(text: Iterable[bytes | _Slot], html: Iterable[bytes | _Slot], boundary: str) -> Iterator[bytes | _Slot]:
    """The two parts, plain text first: the last is the one that a reader prefers (RFC 2046 5.1.4)."""
    yield header("Content-Type", f'multipart/alternative; boundary="{boundary}"') + b"\r\n"
    for content, is_html in ((text, False), (html, True)):
        yield f"--{boundary}\r\n".encode("ascii") + _part_fields(html=is_html)
        yield from content
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode("ascii")


def _text_alone(text: _Pieces) -> Iterator[bytes | _Slot]:
    """A message of one part; its last line ends, which in a message of several the boundary's own break sees to."""
    yield _part_fields(html=False)
    yield from text
    if not (isinstance(text[-1], bytes) and text[-1].endswith(b"\r\n")):
        yield b"\r\n"


def _part_fields(*, html: bool) -> bytes:
    return f"Content-Type: {_KINDS[html]}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")


def _boundary(seed: str) -> str:
    """A boundary that no body can hold: `=_` is never written by quoted-printable."""
    return f"=_{_hash(seed)}"


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16, person=b"digest.mail").hexdigest()


def _opening(envelope: Envelope, subject: str) -> bytes:
    return header("From", headers.mailbox(envelope.sender)) + header("Subject", headers.encode_unstructured(subject))


def _personal_headers(personal: Personal) -> bytes:
    who = Mailbox(address=personal.address, name=personal.name)
    return header("To", headers.mailbox(who)) + header("Message-ID", headers.message_id(personal.message_id))


def _leaving(url: str) -> bytes:
    """How to leave (RFC 2369 3.2), and that one POST does it (RFC 8058 3.1), which holds for https alone."""
    fields = header("List-Unsubscribe", headers.bracketed_url(url))
    if url.startswith("https:"):
        fields += header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return fields


def _closing(envelope: Envelope) -> bytes:
    """The fields that are the same for all, but those that say what the body is made of."""
    fields = {"Date": headers.date(envelope.date)}
    if envelope.reply_to:
        fields["Reply-To"] = headers.address(envelope.reply_to)
    fields["Auto-Submitted"] = "auto-generated"
    if envelope.test:
        fields["X-Digest-Test"] = "yes"
    fields["MIME-Version"] = "1.0"
    return b"".join(header(name, value) for name, value in fields.items())


def _checked(octets: bytes) -> bytes:
    """`octets`, once it is certain that SMTP carries them as they are (RFC 5321 2.3.8 and 4.5.2)."""
    breaks = octets.count(b"\r\n")
    if b"\r\n." in octets or octets.count(b"\r") != breaks or octets.count(b"\n") != breaks:
        raise ValueError("a message holds a bare line break, or a line that begins with a dot")
    return octets


def stuffed(message: bytes) -> bytes:
    """`message` as it follows DATA, without the final dot: a line's leading dot is doubled (RFC 5321 4.5.2).

    Raises ValueError where a line does not end in CRLF: servers differ on what else ends one.
    """
    breaks = message.count(b"\r\n")
    if not message.endswith(b"\r\n") or message.count(b"\r") != breaks or message.count(b"\n") != breaks:
        raise ValueError("every line of a message ends in CRLF, and there is no CR or LF besides")
    return message.replace(b"\r\n.", b"\r\n..")
