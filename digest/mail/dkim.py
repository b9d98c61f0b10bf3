"""DKIM signatures (RFC 6376): what is signed, and how it is written. The keys are made in `digest.mail.dkim_keys`.

`c=relaxed/simple`: a relay may fold fields anew; the body is quoted-printable, in which there is nothing to relax.
Neither `x=` nor `l=`: a message that waited long is still ours, and nobody appends to it.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from digest.mail.headers import header

#: What we sign where it stands in a message. Each is signed once more than it stands there, so that one more of it, put
#: on top for a mail program to show or to act on, breaks the signature (RFC 6376 8.15).
SIGNED = (
    *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-disposition"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post"),
)

_SPACES = re.compile(rb"[ \t]+")
#: Base64 is written in pieces, each of which fits into a line.
_PIECE = 72

#: So many octets at the end of a body tell whether its last line is an empty one.
_TELLING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainKey:
    """Whoever has it, signs for a domain; the public half stands in the DNS at ``SELECTOR._domainkey.DOMAIN``."""

    #: In A-labels.
    domain: str
    selector: str
    #: ``rsa-sha256`` (RFC 6376) or ``ed25519-sha256`` (RFC 8463).
    algorithm: str
    #: The same signature for the same octets; may be called in any thread.
    sign: Callable[[bytes], bytes] = field(repr=False)


class BodyHash:
    """The hash of bodies that begin alike."""

    def __init__(self, opening: bytes) -> None:
        """`opening` is hashed once, for all of them."""
        self._opening = opening
        self._begun = sha256(opening)

    def digest(self, rest: bytes) -> bytes:
        """Of `opening` and `rest` as one body, without the empty lines at its end (RFC 6376 3.4.3)."""
        if len(rest) < _TELLING or not rest.endswith(b"\r\n") or rest.endswith(b"\r\n\r\n"):
            whole = self._opening + rest
            end = len(whole)
            while whole.endswith(b"\r\n", 0, end):
                end -= 2
            return sha256(whole[:end] + b"\r\n").digest()
        begun = self._begun.copy()
        begun.update(rest)
        return begun.digest()


def signatures(keys: Sequence[DomainKey], fields: bytes, body: bytes, moment: datetime) -> bytes:
    """A DKIM-Signature field of each key over a message's `fields`, each of which stands once, and its body's hash.

    `moment` is when the message is dated: the same message has the same signatures whenever it is made.
    """
    if not keys:
        return b""
    relaxed = [(name, line) for name, line in _relaxed(fields) if name in SIGNED]
    # From the last of a name to the first, and then one that is not there (RFC 6376 5.4.2).
    names = ":".join([*(name for name, _ in relaxed), *SIGNED])
    content = b"".join(line for _, line in relaxed)
    bound = f"t={int(moment.timestamp())}; h={_foldable(names)}; bh={b64encode(body).decode('ascii')}; b="
    return b"".join([_signature(key, content, bound) for key in keys])


def _signature(key: DomainKey, content: bytes, bound: str) -> bytes:
    value = f"v=1; a={key.algorithm}; c=relaxed/simple; d={key.domain}; s={key.selector}; {bound}"
    # The field itself is signed as well, without what it is to hold, and without a line break (RFC 6376 3.7).
    signature = b64encode(key.sign(content + b"dkim-signature:" + value.encode("ascii"))).decode("ascii")
    pieces = [signature[start : start + _PIECE] for start in range(0, len(signature), _PIECE)]
    return header("DKIM-Signature", value + " ".join(pieces))


def _relaxed(fields: bytes) -> Iterator[tuple[str, bytes]]:
    """The name of each field, and all of it as it is signed (RFC 6376 3.4.2)."""
    unfolded = fields.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    for line in _SPACES.sub(b" ", unfolded).split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        lower = name.strip().lower()
        yield lower.decode("ascii"), lower + b":" + value.strip(b" ") + b"\r\n"


def _foldable(names: str) -> str:
    """`names` with a space after some of the colons, where a line may end."""
    lines, length = [""], 0
    for name in names.split(":"):
        if length + len(name) > _PIECE - 3:
            lines.append("")
            length = 0
        lines[-1] += f"{name}:"
        length += len(name) + 1
    return " ".join(lines)[:-1]
