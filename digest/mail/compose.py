"""A letter becomes bytes once; the message for one recipient is a splice of those bytes.

The bodies are quoted-printable, so a relay has no reason to re-encode them (RFC 6376 5.3), and 8bit for servers that
take it, where nothing is signed. Between two blanks they are encoded once, by `prepare`; `Prepared.message` encodes
only what is personal. Who wishes for plain text alone gets the same bytes of it that stand beside the HTML for all
others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from digest.mail import dkim, headers
from digest.mail.dkim import BodyHash, DomainKey
from digest.mail.encode import checked, quoted_printable
from digest.mail.flowed import PARAMETERS, flowing
from digest.mail.headers import header
from digest.mail.splice import Body, Pieces, TooLong, mark, plainly, softly
from digest.model import Blank, Format, Letter, Mailbox

_KINDS = {False: f"text/plain; charset=utf-8; {PARAMETERS}", True: "text/html; charset=utf-8"}
_QUOTED = "quoted-printable"
_EIGHT = "8bit"
#: This very value, and no other, is what mailbox providers look for (RFC 8058 3.1).
_ONE_CLICK = header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


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
    #: Each signs every message.
    keys: tuple[DomainKey, ...] = ()


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
class Prepared:
    """A letter as bytes, with slots for what is personal; made by `prepare`."""

    #: The fields before and after the recipient's own.
    opening: bytes
    closing: bytes
    quoted: Mapping[Format, Body]
    #: The same with parts in 8bit; nothing where none can be.
    eight: Mapping[Format, Body]
    #: What signs, when the letter is dated, and what has been hashed already of each body.
    keys: tuple[DomainKey, ...]
    date: datetime
    hashes: Mapping[Format, BodyHash]

    def message(self, personal: Personal, eight_bit: bool = False) -> bytes:
        """The message for one recipient (RFC 5322), CRLF only, ready for DATA without further stuffing.

        Without `eight_bit` it is ASCII but for the part before an @, and no line begins with a dot. With it, it may be
        8bit (RFC 6152), in which a dot that begins a line is doubled; what is signed and what does not fit stays
        quoted-printable. It is the same bytes on every try. To sign takes a quarter of a millisecond with RSA, for
        which the interpreter is left to other threads.

        Raises ValueError where the address, the message id or the URL cannot stand in a header, or a value is empty or
        no single line.
        """
        own = _personal_headers(personal)
        own += header("List-Unsubscribe", headers.bracketed_url(personal.one_click_url))
        if personal.one_click_url.startswith("https:"):
            # A promise that holds for https alone.
            own += _ONE_CLICK
        given = {
            Blank.ADDRESS: personal.address,
            Blank.LEAVE_URL: personal.leave_url,
            Blank.CHOOSE_URL: personal.choose_url,
        }
        body, rest = self._filled(personal.format, given, eight_bit=eight_bit)
        fields = (self.opening, checked(own), self.closing, body.fields)
        if not self.keys:
            return b"".join((*fields, b"\r\n", body.opening, *rest))
        content = b"".join(rest)
        digest = self.hashes[personal.format].digest(content)
        head = b"".join(fields)
        return b"".join((dkim.signatures(self.keys, head, digest, self.date), head, b"\r\n", body.opening, content))

    def _filled(self, form: Format, given: Mapping[Blank, str], *, eight_bit: bool) -> tuple[Body, list[bytes]]:
        if eight_bit and form in self.eight:
            try:
                return self.eight[form], self.eight[form].filled(given)
            except TooLong:
                pass
        return self.quoted[form], self.quoted[form].filled(given)


def prepare(letter: Letter, envelope: Envelope) -> Prepared:
    """`letter` encoded once, for any number of recipients.

    Raises ValueError where a blank is broken, stands in the subject, or `envelope` cannot stand in headers.
    """
    if mark(letter) in letter.subject.lower():
        raise ValueError("a blank stands in the subject, which is the same for all readers")
    boundary = _boundary(letter.nonce)
    plain = flowing(letter.text)
    text, html = softly(letter, plain, html=False), softly(letter, letter.html, html=True)
    quoted = _forms(_Part(text), _Part(html, html=True), boundary)
    eight: Mapping[Format, Body] = {}
    if not envelope.keys:
        short, long = plainly(letter, plain, boundary, html=False), plainly(letter, letter.html, boundary, html=True)
        parts = _Part(short or text, eight=bool(short)), _Part(long or html, html=True, eight=bool(long))
        eight = {form: body for form, body in _forms(*parts, boundary).items() if b": 8bit" in body.fields}
    listing = header("List-Id", headers.list_id(envelope.list_name, envelope.list_id)) + header("Precedence", "bulk")
    return Prepared(
        opening=_opening(envelope, letter.subject),
        closing=listing + _closing(envelope),
        quoted=quoted,
        eight=eight,
        keys=envelope.keys,
        date=envelope.date,
        hashes={form: BodyHash(body.opening) for form, body in quoted.items()} if envelope.keys else {},
    )


def notice(subject: str, html: str, text: str, envelope: Envelope, personal: Personal) -> bytes:
    """A one-off message, as the request to confirm: no part of a list, so without List-* and Precedence.

    Nothing is filled in: `html` and `text` are whole. Raises ValueError as `Prepared.message` does.
    """
    parts = _Part((quoted_printable(flowing(text)),)), _Part((quoted_printable(html),), html=True)
    body = _both(*parts, _boundary(personal.message_id))
    fields = _opening(envelope, subject) + _personal_headers(personal) + _closing(envelope) + body.fields
    digest = BodyHash(b"").digest(body.opening)
    return dkim.signatures(envelope.keys, fields, digest, envelope.date) + checked(fields + b"\r\n" + body.opening)


def message_identity(nonce: str, delivery: int, domain: str) -> str:
    """The Message-ID, without brackets, of one delivery of the letter `nonce`: the same on every try.

    It does not give the nonce away: a Message-ID is seen in bounces and in other people's archives.
    """
    return f"{_hash(f'{nonce}:{delivery}')}@{domain}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One way to tell what a letter tells."""

    pieces: Pieces
    html: bool = False
    #: It is 8bit; else quoted-printable.
    eight: bool = False

    @property
    def fields(self) -> bytes:
        encoding = header("Content-Transfer-Encoding", _EIGHT if self.eight else _QUOTED)
        return header("Content-Type", _KINDS[self.html]) + encoding


def _forms(text: _Part, html: _Part, boundary: str) -> Mapping[Format, Body]:
    return {Format.HTML: _both(text, html, boundary), Format.TEXT: _alone(text)}


def _both(text: _Part, html: _Part, boundary: str) -> Body:
    """The two parts, plain text first: the last is the one that a reader prefers (RFC 2046 5.1.4)."""
    fields = header("Content-Type", f'multipart/alternative; boundary="{boundary}"')
    if text.eight or html.eight:
        # A whole is no less than its parts (RFC 2045 6.4).
        fields += header("Content-Transfer-Encoding", _EIGHT)

    opening, end = f"--{boundary}\r\n".encode("ascii"), f"--{boundary}--\r\n".encode("ascii")
    first = (opening, text.fields, b"\r\n", *text.pieces, b"\r\n")
    return Body.of(fields, (*first, opening, html.fields, b"\r\n", *html.pieces, b"\r\n", end))


def _alone(text: _Part) -> Body:
    """A message of one part; its last line ends, which in a message of several the boundary's own break sees to."""
    last = text.pieces[-1]
    ends = isinstance(last, bytes) and last.endswith(b"\r\n")
    return Body.of(text.fields, text.pieces if ends else (*text.pieces, b"\r\n"))


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
