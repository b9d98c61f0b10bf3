"""Text as XML has it: what is escaped, what becomes of entities, where it may be cut."""

import re
import sys
from html import unescape
from html.entities import html5

from digest.feeds.parsing.vocabulary import ILLEGAL

_REFERENCE = re.compile(r"&(?:#(?:[xX]0*([0-9A-Fa-f]{1,6})|0*(\d{1,7}));|(?!(?:amp|lt|gt|quot|apos);)(\w{1,40};)?)")
_CUT_REFERENCE = re.compile(r"&[^;\s]{0,12}\Z")

_EMAIL = re.compile(r"[<(]?\b[^\s@<>()]+@[^\s@<>()]+\b[>)]?")
_NAME_LENGTH = 300


def plain(text: str) -> str:
    """Text between tags, with what must be escaped and is not.

    Entities of HTML become their characters; others stand for nothing and are shown as they are written.
    """
    return references(text).replace("<", "&lt;").replace("]]>", "]]&gt;")


def escaped(text: str) -> str:
    """`text`, which has no markup and no entities, whatever it looks like."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def references(text: str) -> str:
    """`text` with characters for the entities of HTML, and with escaped ampersands where they are no references."""
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def cut(text: str, limit: int) -> str:
    """No more than `limit` characters of `text`, and no half of a reference at the end."""
    return text if len(text) <= limit else _CUT_REFERENCE.sub("", text[: max(limit, 0)])


def person(text: str) -> str:
    """The name of a person, without addresses of mail; feedparser knows only those that end in few letters."""
    return escaped(" ".join(_EMAIL.sub(" ", unescape(unescape(text))[:_NAME_LENGTH]).split()).strip(" ,()"))


def _reference(match: re.Match[str]) -> str:
    hexadecimal, decimal, entity = match.groups()
    if hexadecimal or decimal:
        number = int(hexadecimal, 16) if hexadecimal else int(decimal)
        legal = number <= sys.maxunicode and not ILLEGAL.match(chr(number))
        return match[0] if legal else "\N{REPLACEMENT CHARACTER}"
    character = html5.get(entity or "", "")
    return character if character and character not in {"<", "&"} else f"&amp;{entity or ''}"
