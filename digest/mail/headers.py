"""Header fields of a message, written and checked by ourselves.

The standard library's policies are not used for writing: on some supported interpreters an encoded word in a title
becomes a second header (CVE-2024-6923), and a List-Unsubscribe URL over 77 characters is encoded, which RFC 2047
section 5 forbids and mailbox providers do not read.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import idna

from digest.model import Mailbox

#: A line that holds an encoded word ends by here (RFC 2047 section 2); we keep it for all that can be folded.
FOLD_AT = 76
#: No line is longer, whatever it holds (RFC 5322 section 2.1.1).
LINE_LIMIT = 998

_WORD_LIMIT = 75
#: The first word shares its line with the field's name.
_FIRST_WORD_LIMIT = 60
_WORD_OVERHEAD = len("=?utf-8?q??=")
#: Stands for itself in a Q-encoded word in any place, a phrase included (RFC 2047 section 5, rule 3).
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029 ]+")
_DROPPED = re.compile(r"[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_ATOMS = re.compile(rf"{_ATEXT}+(?: {_ATEXT}+)*")
_DOT_ATOM = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_UTF8_LOCAL = re.compile(rf"(?:{_ATEXT}|[\u00a1-\U0010ffff])+(?:\.(?:{_ATEXT}|[\u00a1-\U0010ffff])+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_URL = re.compile(r"https?://[!-;=?-~]+")
#: What nearly every address looks like: it stays as it is, once its length is known.
_USUAL_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@{_LABEL}(?:\.{_LABEL})*")
_MESSAGE_ID = re.compile(rf"{_DOT_ATOM.pattern}@{_DOT_ATOM.pattern}")

_DOMAIN_LIMIT = 253

_NAME = re.compile(r"[!-9;-~]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
#: A value that has no place to be folded at, and room on a line with any name that fits beside it.
_WORD_ALONE = re.compile(r"[!-~]{1,920}")
_LONGEST_NAME = 70
#: The only fields that may hold UTF-8 as it is, in the local part of an address.
_ADDRESS_FIELDS = frozenset({"From", "To", "Reply-To"})
_UTF8_VALUE = re.compile(r"[\x20-\x7e\u00a1-\U0010ffff]*")
_WORD = re.compile(r"(?<![^ (])=\?utf-8\?([qb])\?([!->@-~]+)\?=(?![^ )])")
_FIELD = re.compile(rb"[!-9;-~]+:(?: [\x20-\x7e\x80-\xff]+)?(?:\r\n [\x21-\x7e\x80-\xff][\x20-\x7e\x80-\xff]*)*\r\n")


def clean(text: str) -> str:
    """`text` as one line: breaks and runs of spaces become one space; controls, bidi overrides and surrogates go."""
    return _BREAKS.sub(" ", _DROPPED.sub("", text)).strip(" ")


def encode_unstructured(text: str) -> str:
    """`text`, cleaned, as the value of an unstructured field: as it is, or as encoded words (RFC 2047).

    What looks like an encoded word is encoded, so that nothing from outside is decoded by a reader.
    """
    text = clean(text)
    first, *others = text.split(" ")
    fits = len(first) <= _FIRST_WORD_LIMIT and all(len(word) < FOLD_AT for word in others)
    if fits and text.isascii() and "=?" not in text:
        return text
    return " ".join(_encoded_words(text))


def encode_phrase(text: str) -> str:
    """`text`, cleaned, as the phrase before an address: atoms, a quoted string, or encoded words (RFC 5322 3.2.5)."""
    text = clean(text)
    if not text.isascii() or "=?" in text or len(text) > _FIRST_WORD_LIMIT:
        return " ".join(_encoded_words(text))
    if not text or _ATOMS.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def address(text: str) -> str:
    """`text` as an address for header and envelope, its domain in lower case and A-labels (RFC 5890).

    The local part stays as given; one outside ASCII needs a relay with SMTPUTF8, see `needs_smtputf8`.
    Raises ValueError for all else: quoted local parts, address literals, comments, lists.
    """
    if len(text) <= _DOMAIN_LIMIT and _USUAL_ADDRESS.fullmatch(text):
        return text
    local, _, domain = text.rpartition("@")
    whole = len(local) <= 64 and local == clean(local) and _UTF8_LOCAL.fullmatch(local)
    if not whole or len(local.encode()) > 64 or "=?" in local or any(char.isspace() for char in local):
        raise ValueError(f"not an address: {text[:320]!r}")
    return f"{local}@{_a_labels(domain)}"


def needs_smtputf8(address: str) -> bool:
    """Whether only a relay that offers SMTPUTF8 can take `address` (RFC 6531)."""
    return not address.isascii()


def mailbox(who: Mailbox) -> str:
    """`who` as the value of From, To or Reply-To. Raises ValueError where the address is none."""
    phrase = encode_phrase(who.name) if who.name else ""
    return f"{phrase} <{address(who.address)}>" if phrase else address(who.address)


def message_id(identity: str) -> str:
    """`identity`, a dot-atom on each side of the @, in angle brackets (RFC 5322 3.6.4). Raises ValueError."""
    if not _MESSAGE_ID.fullmatch(identity) or "=?" in identity:
        raise ValueError(f"not a message id: {identity!r}")
    return f"<{identity}>"


def date(moment: datetime) -> str:
    """`moment`, aware, as RFC 5322 3.3 writes it, in UTC. Raises ValueError where it is naive."""
    if moment.tzinfo is None:
        raise ValueError(f"not an aware time: {moment!r}")
    return format_datetime(moment.astimezone(UTC))


def list_id(name: str, identity: str) -> str:
    """A list's name for people and its identity, as in ``daily.news.example`` (RFC 2919). Raises ValueError."""
    if not _DOT_ATOM.fullmatch(identity) or "." not in identity or "=?" in identity or len(identity) > 255:
        raise ValueError(f"not a list id: {identity!r}")
    phrase = encode_phrase(name)
    return f"{phrase} <{identity}>" if phrase else f"<{identity}>"


def bracketed_url(url: str) -> str:
    """One http or https URL as List-Unsubscribe wants it, never encoded or folded (RFC 2369 2). Raises ValueError."""
    if not _URL.fullmatch(url) or "," in url or "=?" in url or len(url) > 900:
        raise ValueError(f"not a URL for a header: {url!r}")
    return f"<{url}>"


def header(name: str, value: str) -> bytes:
    """One header field, folded at spaces, with its CRLF; `value` comes from the functions above.

    Raises ValueError where anything in it could end the field, start another, or be decoded into what could.
    From, To and Reply-To may hold UTF-8 where an address needs it (RFC 6532); see `needs_smtputf8`.
    """
    if len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) and _WORD_ALONE.fullmatch(value) and "=?" not in value:
        return f"{name}: {value}\r\n".encode("ascii")
    allowed = _UTF8_VALUE if name in _ADDRESS_FIELDS else _VALUE
    if not _NAME.fullmatch(name) or not allowed.fullmatch(value) or _hides_something(value):
        raise ValueError(f"not a safe header: {name!r}: {value!r}")
    field = f"{name}:{_folded(len(name) + 1, value)}\r\n".encode()
    if not _FIELD.fullmatch(field) or max(map(len, field.split(b"\r\n"))) > LINE_LIMIT:
        raise ValueError(f"not a safe header: {field!r}")
    return field


def _a_labels(domain: str) -> str:
    name = domain[: _DOMAIN_LIMIT + 1].lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except UnicodeError as error:
            raise ValueError(f"not a domain: {name!r} ({error})") from error
    if len(name) > _DOMAIN_LIMIT or not _DOMAIN.fullmatch(name):
        raise ValueError(f"not a domain: {name!r}")
    return name


def _encoded_words(text: str) -> Iterator[str]:
    """Encoded words of whole characters, in Q or B, whichever is shorter."""
    octets = text.encode()
    safe = sum(octet in _Q_SAFE or octet == 0x20 for octet in octets)
    method = "q" if 3 * len(octets) - 2 * safe <= 4 * -(-len(octets) // 3) else "b"
    held, limit = b"", _FIRST_WORD_LIMIT
    for char in text:
        piece = _q(char) if method == "q" else char.encode()
        if _size(held + piece, method) > limit - _WORD_OVERHEAD:
            yield _word(held, method)
            held, limit = b"", _WORD_LIMIT
        held += piece
    if held:
        yield _word(held, method)


def _q(char: str) -> bytes:
    if char == " ":
        return b"_"
    return b"".join(bytes([octet]) if octet in _Q_SAFE else b"=%02X" % octet for octet in char.encode())


def _size(held: bytes, method: str) -> int:
    return len(held) if method == "q" else 4 * -(-len(held) // 3)


def _word(held: bytes, method: str) -> str:
    payload = held if method == "q" else b64encode(held)
    return f"=?utf-8?{method}?{payload.decode('ascii')}?="


def _folded(used: int, value: str) -> str:
    """`value` with a space before each word, and a line break before those that would not fit any more."""
    if used + 1 + len(value) <= FOLD_AT:
        return f" {value}" if value else ""
    parts = []
    for number, word in enumerate(value.split(" ")):
        # The first word stays beside the name: a line of nothing but the name puzzles some readers.
        if number and used + 1 + len(word) > FOLD_AT:
            parts.append("\r\n")
            used = 0
        parts.append(f" {word}")
        used += 1 + len(word)
    return "".join(parts)


def _hides_something(value: str) -> bool:
    """Whether `value` holds an encoded word that is not whole, or one that decodes to controls."""
    if "=?" not in value:
        return False
    for method, payload in _WORD.findall(value):
        decoded = b64decode(payload) if method == "b" else binascii.a2b_qp(payload, header=True)
        if any(octet < 0x20 or octet == 0x7F for octet in decoded):
            return True
    return "=?" in _WORD.sub("", value)
