"""Text as the body of a message: quoted-printable, which every server takes, and 8bit, where it may be had.

Both are ready to stand after DATA: in quoted-printable no line begins with a dot, and in 8bit such a dot is doubled.
"""

import re

#: The longest line of quoted-printable, with the `=` of its soft break, without CRLF (RFC 2045 6.7, rule 5).
_LINE = 76
#: The longest of 8bit, without CRLF (RFC 2045 2.8).
LONGEST = 998
SOFT_BREAK = b"=\r\n"

_LITERAL = frozenset(range(0x20, 0x7F)) - {ord("=")} | {ord("\t")}
_ENCODED = tuple(bytes([octet]) if octet in _LITERAL else b"=%02X" % octet for octet in range(256))
_PLAIN = re.compile(rb"[\t -<>-~]*")
BREAK = re.compile(rb"\r\n|\r|\n")


def octets(text: str) -> bytes:
    """`text` as UTF-8, NUL left out; lone surrogates become "?"."""
    return text.replace("\0", "").encode("utf-8", "replace")


def quoted_printable(text: str) -> bytes:
    """`text` as quoted-printable (RFC 2045 6.7): UTF-8, lines of at most 76, every line break CRLF, NUL left out.

    No line begins with a dot, nor with the "From " that some mailboxes change. Lone surrogates become "?".
    """
    return b"\r\n".join(_encoded_line(line) for line in BREAK.split(octets(text)))


def eight_bit(text: str) -> bytes:
    """`text` as 8bit (RFC 2045 2.8): UTF-8 as it is, every line break CRLF, NUL left out, lone surrogates "?".

    Its lines may be too long, and may begin with a dot.
    """
    return b"\r\n".join(BREAK.split(octets(text)))


def checked(message: bytes) -> bytes:
    """`message`, once it is certain that SMTP carries it as it is (RFC 5321 2.3.8 and 4.5.2). Raises ValueError."""
    if b"\r\n." in message or not _breaks_are_whole(message):
        raise ValueError("a message holds a bare line break, or a line that begins with a dot")
    return message


def stuffed(message: bytes) -> bytes:
    """`message` as it follows DATA, without the final dot: a line's leading dot is doubled (RFC 5321 4.5.2).

    Raises ValueError where a line does not end in CRLF: servers differ on what else ends one.
    """
    if not message.endswith(b"\r\n") or not _breaks_are_whole(message):
        raise ValueError("every line of a message ends in CRLF, and there is no CR or LF besides")
    return message.replace(b"\r\n.", b"\r\n..")


def is_ready(message: bytes) -> bool:
    """Whether every line break of `message` is CRLF, and every dot that begins a line doubled."""
    return message.count(b"\r\n.") == message.count(b"\r\n..") and _breaks_are_whole(message)


def _breaks_are_whole(message: bytes) -> bool:
    breaks = message.count(b"\r\n")
    return message.count(b"\r") == breaks == message.count(b"\n")


def _encoded_line(line: bytes) -> bytes:
    """One line without its break, in as many lines as it needs; white space at its end is encoded."""
    rest = line if _PLAIN.fullmatch(line) else b"".join([_ENCODED[octet] for octet in line])
    if rest.endswith((b" ", b"\t")):
        rest = rest[:-1] + b"=%02X" % rest[-1]
    lines = []
    start = 0
    while True:
        opening = rest[start : start + _LINE + 2]
        if opening.startswith((b".", b"From ")):
            opening = b"=%02X" % opening[0] + opening[1:]
        # A soft break may follow the last line too, where a value is spliced in.
        if len(opening) < _LINE:
            lines.append(opening)
            return SOFT_BREAK.join(lines)
        # A break never parts the three characters of an encoded octet.
        end = next(end for end in (_LINE - 1, _LINE - 2, _LINE - 3) if b"=" not in opening[end - 2 : end])
        lines.append(opening[:end])
        start += end - 2 * (opening[0] != rest[start])
