"""The editor's note: paragraphs of plain text in which addresses of the web are links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.editions.render_plain import one_line
from digest.editions.render_url import safe_url

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_EMPTY_LINES = re.compile(r"\n[^\S\n]*\n\s*")
#: What ends a sentence or a bracket, and not the address before it.
_AFTER = ".,;:!?…'’”»)]"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a note's text."""

    text: str
    #: Where it leads to; empty: nowhere.
    url: str


def paragraphs(note: str) -> tuple[tuple[Piece, ...], ...]:
    """The paragraphs of `note`, which empty lines part, in pieces that make up their whole text."""
    unified = note.replace("\r\n", "\n").replace("\r", "\n")
    lines = (one_line(paragraph) for paragraph in _EMPTY_LINES.split(unified))
    return tuple(tuple(_pieces(line)) for line in lines if line)


def _pieces(line: str) -> Iterator[Piece]:
    place = 0
    for match in _ADDRESS.finditer(line):
        address = _bare(match[0])
        url = safe_url(address)
        if not url:
            continue
        if match.start() > place:
            yield Piece(line[place : match.start()], "")
        yield Piece(address, url)
        place = match.start() + len(address)
    if place < len(line):
        yield Piece(line[place:], "")


def _bare(address: str) -> str:
    """`address` without what follows it in a sentence; a bracket that it opens itself is its own."""
    bare = address.rstrip(_AFTER)
    return f"{bare})" if address.startswith(")", len(bare)) and "(" in bare.rpartition("/")[2] else bare
