"""Bytes of a feed -> its text: which encoding it is in, where the feed begins, what is mended before it is parsed."""

import codecs
import re
import sys
from dataclasses import dataclass
from html.entities import html5

from digest.feeds.parsed import FeedUnreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: "<" or "{" as the first character in UTF-16 without a mark (XML 1.0, appendix F).
_BARE_UTF16 = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))

#: Python's names of the encodings that feeds are in. Others that `codecs` knows are no character sets (punycode is
#: quadratic besides), or are read as UTF-8.
_KNOWN = re.compile(
    r"utf-(?:8|16|32)(?:-[lb]e)?|cp\d{3,4}|iso8859-\d+|koi8-[rut]|gb2312|gbk|gb18030|big5\w*|euc_\w+|shift_jis\w*"
    r"|iso2022_\w+|mac-\w+|tis-620"
)
#: As browsers do (WHATWG Encoding 4.2): what calls itself the one is the other.
_REALLY = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)

#: XML 1.0 2.2 has no place for these, and one of them makes a feed not well-formed.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PROLOG = re.compile(r"\s+|<\?.*?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:rss|rdf|feed|channel)(?=[\s>])", re.IGNORECASE)
_ELEMENT = re.compile(r"<([A-Za-z][\w:.-]*)")
_MEND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&#(?:[xX]([0-9A-Fa-f]{1,6})|(\d{1,7}));|&(?!(?:amp|lt|gt|quot|apos);)(\w*;)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a feed from its first element to its last, without declaration and document type."""

    text: str
    #: Line breaks that stood before the first element.
    skipped_lines: int = 0

    @property
    def is_json(self) -> bool:
        return self.text.startswith("{")


def read_document(body: bytes, content_type: str) -> Document:
    """The feed in `body`; raises FeedUnreadable where there is none.

    Whatever stands before the first element goes, and with it every declaration of an entity: nothing expands, be it
    internal or external. Entities of HTML become their characters and stray ampersands are escaped, since feeds are
    full of both and a strict parser stops at them.
    """
    text = decode(body, content_type)
    if not text.strip():
        raise FeedUnreadable("the answer is empty")
    if text.lstrip().startswith("{"):
        return Document(text.strip())
    start = _root(text)
    inside = text[start : _end(text, start)]
    return Document(_MEND.sub(_mend, _ILLEGAL.sub("", inside)), text.count("\n", 0, start))


def decode(body: bytes, content_type: str) -> str:
    """`body` as text, whatever it is: the mark at its beginning, then UTF-8 if it is valid, then what is declared.

    Valid UTF-8 counts for more than any declaration: no other encoding is that by chance, and declarations are wrong
    more often. Raises nothing.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for start, encoding in _BARE_UTF16:
        if body.startswith(start):
            return body.decode(encoding, "replace")
    declared = _declared(body, content_type)
    if not any(name.startswith("iso2022") for name in declared):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    for name in declared:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return _damaged(body, declared)


def _declared(body: bytes, content_type: str) -> list[str]:
    """What the server and the document call the encoding, in Python's names."""
    labels = [match[1] for match in [_CHARSET.search(content_type)] if match]
    labels += [match[1].decode("ascii") for match in [_DECLARED.search(body[:1_024])] if match]
    names = []
    for label in labels:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        name = _REALLY.get(name, name)
        if _KNOWN.fullmatch(name):
            names.append(name)
    return names


def _damaged(body: bytes, declared: list[str]) -> str:
    """Text that is valid in no declared encoding: with a few marks of damage, or else as windows-1252."""
    single = [name for name in declared if not name.startswith("utf-")]
    utf8 = body.decode("utf-8", "replace")
    foreign = sum(not character.isascii() for character in utf8)
    if utf8.count("\N{REPLACEMENT CHARACTER}") * 10 <= foreign:
        return utf8
    return body.decode(single[0] if single else "cp1252", "replace")


def _root(text: str) -> int:
    """Where the feed's first element begins; raises FeedUnreadable, saying what there is instead."""
    position = 0
    while match := _PROLOG.match(text, position):
        if match[0][:9].lower() == "<!doctype" and "html" in match[0][9:16].lower():
            raise FeedUnreadable("this is a web page, not a feed")
        position = match.end()
    if _ROOT.match(text, position):
        return position
    first = _ELEMENT.match(text, position)
    if first and first[1].lower() in {"html", "head", "body"}:
        raise FeedUnreadable("this is a web page, not a feed")
    if found := _ROOT.search(text, position):
        return found.start()
    if first:
        raise FeedUnreadable(f"this is no feed: its first element is <{first[1][:40]}>")
    raise FeedUnreadable("this is no feed: neither XML nor JSON")


def _end(text: str, start: int) -> int:
    """Where the element that begins at `start` is closed; the end of the text where it is not.

    Only its own closing tag counts: in RSS 1.0 the channel is closed before the items.
    """
    element = _ELEMENT.match(text, start)
    closing = f"</{element[1]}" if element else ""
    position = text.rfind(closing) if closing else -1
    close = text.find(">", position) if position > start else -1
    return close + 1 if close > 0 else len(text)


def _mend(match: re.Match[str]) -> str:
    whole, hexadecimal, decimal, entity = match[0], *match.groups()
    if not whole.startswith("&"):
        return whole
    if hexadecimal or decimal:
        number = int(hexadecimal, 16) if hexadecimal else int(decimal)
        legal = number <= sys.maxunicode and not _ILLEGAL.match(chr(number))
        return whole if legal else "\N{REPLACEMENT CHARACTER}"
    name = entity or ""
    character = html5.get(name, "") if name.endswith(";") else ""
    return character if character and character not in {"<", "&"} else f"&amp;{name}"
