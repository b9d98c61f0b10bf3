"""Bytes of a feed -> its text: where the feed begins and ends, and what it is if it is none."""

import re
from dataclasses import dataclass

from digest.feeds.parsing.encoding import decode
from digest.feeds.parsing.parsed import BREAKS_OFF, FeedUnreadable, WebPageServed
from digest.feeds.parsing.vocabulary import ILLEGAL

_PROLOG = re.compile(r"[\s\ufeff\x00]+|<\?.*?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:rss|rdf|feed|channel)(?=[\s>/])", re.IGNORECASE)
#: A feed without its frame.
_ITEM = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_PAGE = re.compile(r"<!DOCTYPE\s+html|<html[\s>]", re.IGNORECASE)
_ELEMENT = re.compile(r"<([A-Za-z][\w:.-]*)")
#: Begins many an answer of scripts, to keep it from being run as one.
_GUARD = re.compile(r"[\s\ufeff\x00]*(?:\)\]\}',?\s*|while\(1\);\s*|for\(;;\);\s*)?(?=\{)")


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a feed from its first element to its last, without declaration and document type."""

    text: str
    #: Line breaks that stood before the first element.
    skipped_lines: int = 0
    #: What is odd about it, in plain words.
    remarks: tuple[str, ...] = ()

    @property
    def is_json(self) -> bool:
        return self.text.startswith("{")


def read_document(body: bytes, content_type: str) -> Document:
    """The feed in `body`; raises FeedUnreadable where there is none, and WebPageServed where there is a web page.

    Whatever stands before the first element goes, and with it every declaration of an entity: nothing expands, be it
    internal or external.
    """
    text = decode(body, content_type)
    if not text.strip("\ufeff\x00 \t\r\n"):
        raise FeedUnreadable("the answer is empty")
    if guard := _GUARD.match(text):
        return Document(text[guard.end() :].rstrip("\x00 \t\r\n"))
    start = _root(text)
    end = _end(text, start)
    remarks = () if end else (BREAKS_OFF,)
    return Document(ILLEGAL.sub("", text[start : end or len(text)]), text.count("\n", 0, start), remarks)


def _root(text: str) -> int:
    """Where the feed's first element begins; raises FeedUnreadable, saying what there is instead."""
    position = 0
    while match := _PROLOG.match(text, position):
        if _PAGE.match(match[0]):
            raise WebPageServed("this is a web page, not a feed")
        position = match.end()
    if _ROOT.match(text, position):
        return position
    first = _ELEMENT.match(text, position)
    page = _PAGE.search(text, position)
    found = _ROOT.search(text, position, page.start() if page else len(text))
    if found:
        return found.start()
    if page or (first and first[1].lower() in {"head", "body"}):
        raise WebPageServed("this is a web page, not a feed")
    if found := _ITEM.search(text, position):
        return found.start()
    if first:
        raise FeedUnreadable(f"this is no feed: its first element is <{first[1][:40]}>")
    raise FeedUnreadable("this is no feed: neither XML nor JSON")


def _end(text: str, start: int) -> int:
    """Where the element that begins at `start` is closed; 0 where it is not.

    Only its own closing tag counts: in RSS 1.0 the channel is closed before the items.
    """
    element = _ELEMENT.match(text, start)
    if element is None or _ITEM.match(text, start):
        return len(text)
    position = text.rfind(f"</{element[1]}")
    close = text.find(">", position) if position > start else -1
    if close < 0 and re.match(r"[^<>]*/>", text[start : start + 1_000]):
        return len(text)
    return close + 1
