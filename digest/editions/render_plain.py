"""Measures and breaks plain text: columns as a terminal shows them, lines, rules, headlines that must be short."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

COLUMNS = 72

#: What a line may be broken into: runs of what is not wide, and single wide characters with the marks that follow them.
_WORD = re.compile(r"\S+")
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


def wrap(text: str, columns: int = COLUMNS, *, whole: bool = False) -> str:
    """`text` in lines of at most `columns`, broken at spaces, or beside a wide character where there are none.

    A word wider than a line is broken wherever the line ends; with `whole`, one that holds an address is not.
    """
    lines = [""]
    for piece, spaced in _pieces(text, columns, whole=whole):
        glue = " " if spaced and lines[-1] else ""
        if lines[-1] and width(lines[-1]) + len(glue) + width(piece) > columns:
            lines.append(piece)
        else:
            lines[-1] += glue + piece
    return "\n".join(lines)


def _pieces(text: str, columns: int, *, whole: bool) -> Iterator[tuple[str, bool]]:
    """The unbreakable pieces of `text`, and whether a space stands before each."""
    for word in _WORD.findall(text):
        spaced = True
        if whole and "://" in word:
            yield word, spaced
            continue
        for piece in _chunks(word, columns):
            yield piece, spaced
            spaced = False


def _chunks(word: str, columns: int) -> Iterator[str]:
    if word.isascii() and len(word) <= columns:
        yield word
        return
    chunk = ""
    for character in word:
        breakable = _columns(character) == 2 or (chunk and _columns(chunk[-1]) == 2)
        full = width(chunk) + _columns(character) > columns
        if chunk and (full or (breakable and not _clings(character))):
            yield chunk
            chunk = ""
        chunk += character
    if chunk:
        yield chunk


def _clings(character: str) -> bool:
    """Closing marks and combining characters do not begin a line."""
    return unicodedata.category(character) in {"Mn", "Me", "Mc", "Cf", "Pe", "Pf", "Po", "Sk"}


def rule(text: str, character: str = "-") -> str:
    """A line of `character` as long as the longest line of `text`."""
    return character * max(width(line) for line in text.split("\n"))


def isolated(text: str) -> str:
    """`text`, set apart where it is written from right to left, so that its neighbours keep their place (UAX 9)."""
    leftward = any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if leftward else text


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
    return (words if len(words) >= len(cut) * 2 / 3 else cut).rstrip(" ,;:-–—")


def tidy(text: str) -> str:
    """`text` with no space at the end of a line, at most one empty line in a row, and none around it."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")
