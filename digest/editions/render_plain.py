"""Measures and breaks plain text: columns as a terminal shows them, lines, rules, headlines that must be short.

Where `wrap` breaks a line softly, the text says so as RFC 3676 4.1 has it with DelSp=yes: the line ends in one space
that is no part of it. A mail program that knows this joins the paragraph again for its own window; the others show the
lines as they are.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

COLUMNS = 72

#: What a line may be broken into: runs of what is not wide, and single wide characters with the marks that follow them.
_WORD = re.compile(r"[\S\u00a0\u2007\u202f]+")
#: Stands for the space of a soft break until `tidy` has taken away the spaces that templates leave. No text holds it.
_SOFT = "\x02"
_RIGHT_TO_LEFT_MARK = "\N{RIGHT-TO-LEFT MARK}"
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)»]*(?=\s)|[。！？]")


def width(text: str) -> int:
    """Columns that `text` takes: two for wide characters (UAX 11: W and F), none for marks and format characters."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def one_line(text: str) -> str:
    """`text` without what a line of a mail cannot hold: breaks, controls, halves of surrogate pairs, noncharacters.

    What is taken out leaves a single space where it stood between words.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(character if _writable(character) else " " for character in text).split())


def _writable(character: str) -> bool:
    code = ord(character)
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return not noncharacter and unicodedata.category(character) not in {"Cc", "Cs"}


def wrap(text: str, columns: int = COLUMNS, *, whole: bool = False, soft: bool = False, direction: str = "ltr") -> str:
    """`text` in lines of at most `columns`, broken at spaces, or beside a wide character where there are none.

    A word wider than a line is broken wherever the line ends; with `whole`, one that holds an address is not. With
    `soft` the breaks are a paragraph's, which a mail program may undo, and not a heading's: `tidy` must follow. Where
    `direction` is ``rtl``, every line is made to run that way, whatever stands first in it: programs go by that.
    """
    if text.isascii() and len(text) <= columns and direction == "ltr":
        return " ".join(text.split())
    lines, taken = [""], 0
    for piece, spaced in _pieces(text, columns, whole=whole):
        glue = " " if spaced and lines[-1] else ""
        wide = width(piece)
        if lines[-1] and taken + len(glue) + wide > columns:
            lines[-1] += glue + _SOFT if soft else ""
            lines.append(piece)
            taken = wide
        else:
            lines[-1] += glue + piece
            taken += len(glue) + wide
    return "\n".join(map(_leftward, lines) if direction == "rtl" else lines)


def _leftward(line: str) -> str:
    """`line` with a mark at its beginning where the first letter outside of isolates is none of a script that runs so.

    UAX 9, P2 and P3.
    """
    depth = 0
    for character in line:
        kind = unicodedata.bidirectional(character)
        depth += (kind in {"FSI", "LRI", "RLI"}) - (kind == "PDI" and depth > 0)
        if depth == 0 and kind in {"L", "R", "AL"}:
            return _RIGHT_TO_LEFT_MARK + line if kind == "L" else line
    return _RIGHT_TO_LEFT_MARK + line if line else line


def _pieces(text: str, columns: int, *, whole: bool) -> Iterator[tuple[str, bool]]:
    """The unbreakable pieces of `text`, and whether a space stands before each."""
    for word in _WORD.findall(text):
        spaced = True
        if (word.isascii() and len(word) <= columns) or (whole and "://" in word):
            yield word, spaced
            continue
        for piece in _chunks(word, columns):
            yield piece, spaced
            spaced = False


def _chunks(word: str, columns: int) -> Iterator[str]:
    chunk, taken = "", 0
    for character in word:
        wide = _columns(character)
        if chunk and (taken + wide > columns or _parted(chunk[-1], character)):
            yield chunk
            chunk, taken = "", 0
        chunk += character
        taken += wide
    if chunk:
        yield chunk


@lru_cache(maxsize=4096)
def _parted(one: str, other: str) -> bool:
    """Whether a line may end between the two: beside a wide character, but for marks that begin or end no line."""
    if _columns(one) != 2 and _columns(other) != 2:
        return False
    clings = unicodedata.category(other) in {"Mn", "Me", "Mc", "Cf", "Pe", "Pf", "Po", "Sk", "Lm"}
    opens = unicodedata.category(one) in {"Ps", "Pi"} or one == "\N{ZERO WIDTH JOINER}"
    return not clings and not opens


def rule(text: str, character: str = "-") -> str:
    """A line of `character` as long as the longest line of `text`."""
    return character * max(width(line) for line in text.split("\n"))


def isolated(text: str, direction: str = "ltr") -> str:
    """`text`, set apart where any of it runs against `direction`, so that its neighbours keep their place (UAX 9)."""
    if direction == "ltr" and text.isascii():
        return text
    against = {"L"} if direction == "rtl" else {"R", "AL"}
    turned = any(unicodedata.bidirectional(character) in against for character in text)
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if turned else text


def shorten(text: str, columns: int) -> str:
    """`text` if it fits, else what fits of it: whole sentences if they fill most of the space, else words and "…"."""
    if width(text) <= columns:
        return text
    index = _fitting(text, columns - 1)
    cut = text[:index]
    sentences = [match.end() for match in _SENTENCE_END.finditer(text[: index + 1]) if match.end() <= index]
    if sentences and width(text[: sentences[-1]]) >= columns * 0.6:
        return text[: sentences[-1]]
    return _at_word(cut, text[index]) + "…"


def _fitting(text: str, columns: int) -> int:
    """How many characters of `text`, which is wider, fit into `columns`."""
    taken = 0
    for index, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return index
    return len(text)


def _at_word(cut: str, following: str) -> str:
    """`cut` back to the end of a word, unless that gives up more than a third of it, as in Chinese or Japanese."""
    while cut and (_columns(following) == 0 or cut[-1] == "\N{ZERO WIDTH JOINER}"):
        cut, following = cut[:-1], cut[-1]
    words = cut if following.isspace() else cut.rpartition(" ")[0]
    return (words if len(words) >= len(cut) * 2 / 3 else cut).rstrip(" ,;:-–—·")


def tidy(text: str) -> str:
    """`text` with no space at the end of a line but that of a soft break, no two empty lines, and none around it."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n").replace(_SOFT, " ")
