"""The parts of a letter, encoded once between their blanks, and what is personal put into the blanks.

In quoted-printable a value stands between soft line breaks. In 8bit it stands as it is, so it has to fit into its line:
where it does not, the message is sent in quoted-printable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from digest.mail.encode import BREAK, LONGEST, SOFT_BREAK, checked, eight_bit, is_ready, octets, quoted_printable
from digest.mail.flowed import space_stuffed
from digest.model import Blank, Letter, blank

#: Octets. A part goes as 8bit only where each line has so much room for each of its values.
_ROOM = 200
#: Octets of one line between two soft breaks.
_CHUNK = 75
#: A value that is the same in text and in HTML, in quoted-printable and in 8bit, as nearly all are.
_USUAL = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/:@_+~%?.-]*")
#: An unusual value that 8bit carries as it is, wherever in a line it stands.
_CARRIED = re.compile(rb"(?!\.)[!-~\x80-\xff]+")
#: Stands for a slot while lines are looked at: no content holds it, see `octets`.
_HERE = b"\0"


class TooLong(ValueError):
    """A value does not fit into its line of 8bit; quoted-printable can hold it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value belongs."""

    blank: Blank
    #: It is escaped for HTML there.
    html: bool
    #: It begins a line of the text part.
    opens: bool = False
    #: The most octets that it may have, where its part is 8bit; 0 where that is quoted-printable.
    room: int = 0


Pieces = tuple[bytes | Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a message consists of after the fields that all forms have in common."""

    #: What the content is made of, without the empty line that ends the fields.
    fields: bytes
    #: After the empty line, up to the first slot.
    opening: bytes
    #: Each slot, and what follows up to the next.
    rest: tuple[tuple[Slot, bytes], ...]

    @classmethod
    def of(cls, fields: bytes, pieces: Iterable[bytes | Slot]) -> "Body":
        """Raises ValueError where SMTP would not carry the pieces as they are."""
        literals, slots = [b""], list[Slot]()
        for piece in pieces:
            if isinstance(piece, Slot):
                slots.append(piece)
                literals.append(b"")
            else:
                literals[-1] += piece
        # Looked at once here, and the values in `filled`: looking through each message took most of its time.
        if not is_ready(b"\r\n" + b"a value".join(literals)):
            raise ValueError("a letter holds a bare line break, or a line that begins with a single dot")
        return cls(fields=fields, opening=literals[0], rest=tuple(zip(slots, literals[1:], strict=True)))

    def filled(self, given: Mapping[Blank, str]) -> list[bytes]:
        """What follows `opening`, with the values that are `given`.

        Raises TooLong, and ValueError where a value is empty or no single line.
        """
        usual = {which: _soft(value) for which, value in given.items() if _USUAL.fullmatch(value)}
        filled = []
        for slot, literal in self.rest:
            if slot.room:
                filled.append(_as_it_is(given[slot.blank], slot))
            else:
                filled.append(usual.get(slot.blank) or _spliced(given[slot.blank], slot))
            filled.append(literal)
        return filled


def softly(letter: Letter, content: str, *, html: bool) -> Pieces:
    """`content` as quoted-printable between its blanks. Raises ValueError where a blank is broken."""
    literals, slots = _parted(letter, content, html=html)
    return tuple(_alternating([checked(quoted_printable(literal)) for literal in literals], slots))


def plainly(letter: Letter, content: str, boundary: str, *, html: bool) -> Pieces:
    """`content` as 8bit between its blanks, leading dots doubled; nothing where it has to be quoted-printable.

    Raises ValueError where a blank is broken.
    """
    literals, slots = _parted(letter, content, html=html)
    whole = _HERE.join([eight_bit(literal) for literal in literals])
    lines = whole.split(b"\r\n")
    if boundary.encode("ascii") in whole or any(len(line) > LONGEST or line.startswith(b"From ") for line in lines):
        return ()
    counted = ((len(line), line.count(_HERE)) for line in lines if _HERE in line)
    room = min(((LONGEST - length) // values for length, values in counted), default=_ROOM)
    if room < _ROOM:
        return ()
    doubled = (b"\r\n" + whole).replace(b"\r\n.", b"\r\n..")[2:]
    return tuple(_alternating(doubled.split(_HERE), [Slot(it.blank, it.html, it.opens, room) for it in slots]))


def _parted(letter: Letter, content: str, *, html: bool) -> tuple[list[str], list[Slot]]:
    """What stands between the blanks of `content`, and the blanks. Raises ValueError where one is broken."""
    by_text = {blank(letter.nonce, which): which for which in Blank}
    parts = re.split("(" + "|".join(map(re.escape, by_text)) + ")", content)
    for literal in parts[::2]:
        if mark(letter) in literal.lower():
            raise ValueError(f"a blank did not survive whole, near {literal[:60]!r}")
    before = [f"\n{parts[0]}", *parts[2::2]]
    slots = [
        Slot(by_text[which], html, opens=not html and literal.endswith("\n"))
        for which, literal in zip(parts[1::2], before[:-1], strict=True)
    ]
    return parts[::2], slots


def mark(letter: Letter) -> str:
    """How every blank of `letter` begins, in lower case."""
    return blank(letter.nonce, Blank.ADDRESS).removesuffix(f"{Blank.ADDRESS.value}qz").lower()


def _alternating(literals: list[bytes], slots: list[Slot]) -> Iterator[bytes | Slot]:
    yield literals[0]
    for slot, literal in zip(slots, literals[1:], strict=True):
        yield slot
        yield literal


def _soft(value: str) -> bytes:
    """A usual value between soft breaks, so that no line grows too long whatever stands beside it."""
    short = value.encode("ascii") if len(value) <= _CHUNK else quoted_printable(value)
    return b"=\r\n%b=\r\n" % short


def _spliced(value: str, slot: Slot) -> bytes:
    """Any value between soft breaks.

    It takes no part in how lines flow: no space ends it, and it is never empty, which would let one before it end them.
    """
    return checked(SOFT_BREAK + quoted_printable(_fit(value, slot)) + SOFT_BREAK)


def _as_it_is(value: str, slot: Slot) -> bytes:
    """A value of 8bit. Raises TooLong for what needs to be quoted, too."""
    spliced = octets(value if _USUAL.fullmatch(value) else _fit(value, slot))
    if len(spliced) > slot.room or not _CARRIED.fullmatch(spliced):
        raise TooLong(f"too long for its line, or not to be written as it is: {value!r}")
    return spliced


def _fit(value: str, slot: Slot) -> str:
    """`value` as it has to stand in its slot. Raises ValueError where it is empty or no single line."""
    whole = value.strip(" ")
    if not whole or BREAK.search(octets(whole)):
        raise ValueError(f"not a value for {slot.blank.value}: {value!r}")
    return escape(whole) if slot.html else space_stuffed(whole) if slot.opens else whole
