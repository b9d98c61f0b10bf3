"""Bodies that are packed in more than one layer, or as a file: the rest of what the HTTP library unpacks."""

import zlib
from collections.abc import Sequence

#: What the HTTP library unpacks by itself, where it is the only coding that a line of the header names.
_UNPACKED = frozenset({"gzip", "deflate", "br", "zstd"})
#: Not packings; the last ones are mistakes of servers that mean the charset, or nothing.
_NONE = frozenset({"", "identity", "none", "utf-8", "utf8", "iso-8859-1", "binary", "text", "8bit"})
_MAX_LAYERS = 3
#: A packed file may be several, one after the other (RFC 1952 2.2).
_MAX_MEMBERS = 64
_GZIP = b"\x1f\x8b\x08"


class Damaged(ValueError):
    """A body cannot be unpacked; the text says why, in plain words."""


class TooLarge(Exception):
    """A body is larger than it may be once it is unpacked."""


def layers_left(lines: Sequence[str]) -> list[str]:
    """The codings (RFC 9110 8.4.1) of a body that are still to be undone, the outermost first.

    `lines` are those of the Content-Encoding header. Raises Damaged for what cannot be undone.
    """
    if not lines or (len(lines) == 1 and lines[0].lower() in _UNPACKED):
        return []
    codings = [coding.strip().lower() for line in lines for coding in line.split(",")]
    left = codings[:-1] if lines[-1].lower() in _UNPACKED else codings
    packings = [coding.removeprefix("x-") for coding in reversed(left) if coding not in _NONE]
    if len(packings) > _MAX_LAYERS or not {"gzip", "deflate"}.issuperset(packings):
        named = ", ".join(codings)[:100]
        raise Damaged(f"its body is packed in a way that cannot be undone: {named!r}")
    return packings


def unpacked(body: bytes, layers: Sequence[str], limit: int) -> bytes:
    """`body` without its `layers`, and without those that a server did not name: a file that was packed before it.

    No more than `limit` bytes are made of it, layer by layer. Raises TooLarge and Damaged.
    """
    for coding in layers:
        body = _inflated(body, coding, limit)
    for _ in range(_MAX_LAYERS):
        # No document begins like this.
        if not body.startswith(_GZIP):
            return body
        body = _inflated(body, "gzip", limit)
    raise Damaged("its body is packed in too many layers")


def _inflated(body: bytes, coding: str, limit: int) -> bytes:
    """One layer less. A body that breaks off gives what there is of it."""
    if not body:
        return body
    unpacked = bytearray()
    rest = body
    try:
        for _ in range(_MAX_MEMBERS):
            member = zlib.decompressobj(_window(coding, rest))
            unpacked += member.decompress(rest, limit + 1 - len(unpacked))
            if len(unpacked) > limit:
                raise TooLarge
            rest = member.unused_data
            # What follows a member and is none is padding.
            if not member.eof or not rest.startswith(_GZIP):
                return bytes(unpacked)
    except zlib.error:
        raise Damaged("its body is damaged: it cannot be unpacked") from None
    raise Damaged("its body is packed in too many parts")


def _window(coding: str, body: bytes) -> int:
    """What zlib is told: servers send "deflate" with zlib's wrapping (RFC 1950), as they should, or without."""
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if body[0] & 0x0F == 8 else -zlib.MAX_WBITS
