"""What a server says, cut into replies (RFC 5321 4.2), however it is split over packets. Hostile until parsed."""

import re
from dataclasses import dataclass

#: A reply may have so many octets and lines: RFC 5321 4.5.3.1.5 asks for 512 octets a line, and no EHLO needs more.
_MOST_OCTETS = 32 * 1024
_MOST_LINES = 512
_LINE = re.compile(rb"([0-9]{3})(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """A code, and the text of all its lines."""

    code: int
    text: str


class Garbled(Exception):
    """What came is no reply; `before` are those that were whole before it, and count."""

    def __init__(self, trouble: str) -> None:
        self.before: list[Reply] = []
        super().__init__(trouble)


class Replies:
    """Takes octets, gives replies. Keeps no more than one reply's worth of them."""

    __slots__ = ("_code", "_lines", "_octets", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[bytes] = []
        self._octets = 0

    @property
    def amid(self) -> bool:
        """Whether a reply has begun that is not whole."""
        return bool(self._rest or self._lines)

    def feed(self, octets: bytes) -> list[Reply]:
        """The replies that are whole now. Raises Garbled, after which nothing more is to be fed."""
        *lines, self._rest = (self._rest + octets).split(b"\n") if self._rest else octets.split(b"\n")
        found: list[Reply] = []
        try:
            self._read(lines, found)
        except Garbled as error:
            error.before = found
            raise
        return found

    def _read(self, lines: list[bytes], found: list[Reply]) -> None:
        for line in lines:
            reply = self._line(line)
            if reply is not None:
                found.append(reply)
        if self._octets + len(self._rest) > _MOST_OCTETS:
            raise Garbled(f"a reply of more than {_MOST_OCTETS:,} octets")

    def _line(self, line: bytes) -> Reply | None:
        whole = line.rstrip(b"\r")
        found = _LINE.fullmatch(whole)
        if found is None:
            raise Garbled(f"not a reply: {_shown(whole)}")
        code = int(found[1])
        if self._lines and code != self._code:
            raise Garbled(f"a reply of two codes: {self._code} and {_shown(whole)}")
        self._octets += len(line)
        if len(self._lines) >= _MOST_LINES or self._octets > _MOST_OCTETS:
            raise Garbled(f"a reply of more than {_MOST_LINES} lines, or {_MOST_OCTETS:,} octets")
        if found[2] == b"-":
            self._code = code
            self._lines.append(found[3])
            return None
        text = found[3] or b""
        if self._lines:
            text = b"\n".join([*self._lines, text])
            self._lines = []
        self._octets = 0
        return Reply(code, text.decode("utf-8", "replace"))


def _shown(line: bytes) -> str:
    return ascii(line[:80].decode("latin-1"))
