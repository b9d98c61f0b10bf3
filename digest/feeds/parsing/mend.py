"""Text of a feed, however broken or large -> a small well-formed one that says the same.

A strict parser stops at the first mistake, and a lenient one takes minutes for what was made to take minutes. So every
feed is written anew in one pass, and only what is read of a feed is written: what is not closed is closed, markup that
nobody escaped becomes CDATA, a prefix that nobody declared is declared, and whatever is too many or too long is cut.
"""

import re
from dataclasses import dataclass

from digest.feeds.parsing.escape import cut, escaped, person, plain
from digest.feeds.parsing.parsed import MAX_HTML, MAX_ITEMS
from digest.feeds.parsing.tags import NAME, Tags, end_of_tag, rest_of_tag
from digest.feeds.parsing.vocabulary import (
    CONTAINERS,
    ITEM_BEGINS,
    ITEMS,
    LABELS,
    OTHER_NAMES,
    PEOPLE,
    TEXTS,
    WORDS,
    edges,
)

#: Elements that are read of one item, and before the first.
_ELEMENTS = 400
_LABELS = 60
#: Elements that are read of all items: feedparser takes a second for some ten thousand.
_ALL_ELEMENTS = 50_000
_HEAD_ELEMENTS = 2 * MAX_ITEMS
#: How deep elements are nested that are no text.
_DEPTH = 20
#: Characters that are read of an article's text as written, of an address, a date or a label, of a name.
_LONG = 2 * MAX_HTML
_SHORT = 4_000

_TOKEN = re.compile(rf"<(?:(!\[CDATA\[)|(!--|[!?])|(/?)({NAME})(?=[\s/>]))", re.ASCII)
_TAG = re.compile(r"</?[A-Za-z][^\s<>]*[\s/>]|<!--")
_INNER_PREFIX = re.compile(r"(</?)[\w.-]{1,60}:(?=(?:div|p|span|a|b|i|em|strong|img|br|ul|ol|li|h\d|blockquote)[\s/>])")
_COUNTED = re.compile(rf"<!\[CDATA\[.*?(?:\]\]>|\Z)|({ITEM_BEGINS.pattern})", re.ASCII | re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mended:
    """A feed that any parser of XML reads."""

    text: str
    #: What was left out, in plain words.
    remarks: tuple[str, ...] = ()
    #: The first line in which an element is closed that is not the last open one, or the last line where one stays
    #: open; 0: all are closed as they should be.
    broken_line: int = 0
    #: The last item is not closed.
    breaks_off: bool = False


def mend(text: str) -> Mended:
    """The feed in `text`, which begins with its first element and has no characters that XML has no place for.

    Entities of HTML become their characters; others stand for nothing and are shown as they are written.

    Takes time in proportion to its length. At most `MAX_ITEMS` items are kept.
    """
    return _Writer(text).write()


class _Writer:
    """Goes through a text once and writes what is to be read of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._out: list[str] = []
        #: The elements that are open, as they are written.
        self._open: list[str] = []
        self._tags = Tags()
        self._items = 0
        self._elements = 0
        self._labels = 0
        self._all_elements = 0
        self._crowded = self._stopped = False
        self._broken_at = -1
        #: Mark -> where it stands next, as far as is known: a text without it is not searched again and again.
        self._next: dict[str, int] = {}

    def write(self) -> Mended:
        while token := _TOKEN.search(self._text, self._at):
            self._at = token.end()
            cdata, other, closing, name = token.groups()
            if cdata:
                self._at = self._after_cdata(self._at, "<")
            elif other:
                self._skip(other)
            elif closing:
                self._close(name)
            elif not self._element(name):
                break
        if self._open and self._broken_at < 0:
            self._broken_at = len(self._text)
        half = bool(_local_names(self._open) & ITEMS)
        self._close_to(0)
        line = self._text.count("\n", 0, self._broken_at) + 1 if self._broken_at >= 0 else 0
        text = f"<digest{self._tags.declarations()}>{''.join(self._out)}</digest>"
        return Mended(text, tuple(self._remarks()), line, half)

    def _remarks(self) -> list[str]:
        remarks = []
        if self._stopped:
            more = sum(1 for found in _COUNTED.finditer(self._text, self._at) if found[1])
            remarks.append(f"only the first {self._items - 1:,} of {self._items + more:,} items were read")
        if self._crowded:
            remarks.append("of what has too many elements only the first were read")
        return remarks

    def _skip(self, kind: str) -> None:
        """A comment, instruction or declaration goes; the beginning of one that never ends goes alone."""
        mark = {"!--": "-->", "?": "?>"}.get(kind, ">")
        end = self._find(mark, self._at)
        if end < len(self._text):
            self._at = end + len(mark)
        else:
            self._count_stray()

    def _find(self, mark: str, at: int) -> int:
        """Where `mark` stands next from `at` on; the end of the text where it does not."""
        if self._next.get(mark, -1) < at:
            found = self._text.find(mark, at)
            self._next[mark] = found if found >= 0 else len(self._text)
        return self._next[mark]

    def _close(self, name: str) -> None:
        """Closes what `name` says, with all that is open in it; a stray closing tag says nothing."""
        begin = self._at
        self._at = end_of_tag(self._text, begin)
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position].lower() == name.lower():
                if position < len(self._open) - 1 and self._broken_at < 0:
                    self._broken_at = begin
                self._close_to(position)
                return
        self._count_stray()

    def _count_stray(self) -> None:
        self._elements += 1
        if self._elements > _HEAD_ELEMENTS:
            self._to_next_item()

    def _close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            self._out.append(f"</{self._open.pop()}>")

    def _element(self, name: str) -> bool:
        """Writes the element that begins here; False: it is an item too many."""
        attributes, self._at = rest_of_tag(self._text, self._at)
        is_empty = attributes.endswith("/")
        local = name.rpartition(":")[2].lower()
        if local in ITEMS and not self._begin_item():
            return False
        self._elements += 1
        self._labels += local in LABELS
        if self._elements > (_ELEMENTS if self._items else _HEAD_ELEMENTS):
            self._to_next_item()
        elif local not in LABELS or self._labels <= _LABELS:
            self._all_elements += 1
            self._write(name, attributes.removesuffix("/"), local, is_empty=is_empty)
        return True

    def _write(self, name: str, attributes: str, local: str, *, is_empty: bool) -> None:
        if local in TEXTS and not (name.lower() == "media:content" or is_empty):
            self._write_text(name, attributes)
        elif local in WORDS and not is_empty:
            self._write_words(name, attributes, local)
        elif local in CONTAINERS or local in WORDS or local in TEXTS:
            self._begin(name, attributes, stays_open=not is_empty)
        elif not is_empty:
            self._unknown(name, attributes)

    def _begin_item(self) -> bool:
        """One item ends at the latest where the next one begins."""
        self._items += 1
        self._elements = self._labels = 0
        while _local_names(self._open) & ITEMS:
            self._out.append(f"</{self._open.pop()}>")
        self._stopped = self._items > MAX_ITEMS or self._all_elements >= _ALL_ELEMENTS
        return not self._stopped

    def _to_next_item(self) -> None:
        self._crowded = True
        edge = ITEM_BEGINS.search(self._text, self._at)
        self._at = edge.start() if edge else len(self._text)

    def _unknown(self, name: str, attributes: str) -> None:
        """An element that is not read stays as a frame if it holds others: their names count in there only."""
        following = _TOKEN.search(self._text, self._at)
        if not (following and following[3]):
            self._begin(name, attributes, stays_open=True)
        elif following[4] == name:
            self._at = end_of_tag(self._text, following.end())

    def _begin(self, name: str, attributes: str, *, stays_open: bool) -> None:
        if len(self._open) >= _DEPTH:
            return
        self._out.append(self._tags.write(name, attributes, closed=not stays_open))
        if stays_open:
            self._open.append(name)

    def _write_words(self, name: str, attributes: str, local: str) -> None:
        value, end = self._words()
        if self._text.startswith(f"</{name}>", end):
            self._at = end + len(name) + 3
        else:
            tag = _TOKEN.match(self._text, end)
            if local in {"author", "image"} and not (tag and tag[3]):
                self._begin(name, attributes, stays_open=True)
                return
            self._at = end_of_tag(self._text, tag.end()) if tag and tag[3] and tag[4].lower() == name.lower() else end
        if local in PEOPLE:
            value = person(value)
        # Half an address is another address, and nobody's name is empty.
        if end < len(self._text) and (value or local not in PEOPLE):
            self._out.append(f"{self._tags.write(name, attributes)}{value}</{name}>")

    def _words(self) -> tuple[str, int]:
        """Escaped text up to the next tag, and where that begins."""
        pieces = []
        at = self._at
        while True:
            end = self._text.find("<", at)
            end = len(self._text) if end < 0 else end
            pieces.append(plain(cut(self._text[at:end], _SHORT)))
            if not self._text.startswith("<![CDATA[", end):
                return cut("".join(pieces), _SHORT), end
            at = self._after_cdata(end + 9, "<")
            pieces.append(escaped(self._text[end + 9 : min(at, end + 9 + _SHORT)].removesuffix("]]>")))

    def _write_text(self, name: str, attributes: str) -> None:
        pieces, self._at = self._pieces(name)
        if self._at == len(self._text) and name.lower() == "title":
            return  # half a title
        has_markup = any(not is_cdata and _TAG.search(piece) for is_cdata, piece in pieces)
        if has_markup:
            html = _INNER_PREFIX.sub(r"\1", "".join(piece for _, piece in pieces)[:_LONG])
            inside = f"<![CDATA[{html.replace(']]>', ']]&gt;')}]]>"
        else:
            inside = "".join(
                f"<![CDATA[{piece}]]>" if is_cdata else plain(cut(piece, _LONG)) for is_cdata, piece in pieces
            )
        if other := OTHER_NAMES.get(name.lower()):
            self._out.append(f"{self._tags.write(other, '')}{inside}</{other}>")
        else:
            self._out.append(f"{self._tags.write(name, attributes, html=has_markup)}{inside}</{name}>")

    def _pieces(self, name: str) -> tuple[list[tuple[bool, str]], int]:
        """What stands in the element `name`: (is it CDATA, text) piece by piece; and where what follows begins."""
        pieces: list[tuple[bool, str]] = []
        begin, depth, left = self._at, 1, _LONG
        ends = edges(name.rpartition(":")[2].lower())
        at = begin
        while left > 0 and (edge := ends.search(self._text, at)):
            at = edge.end()
            if edge[1]:
                pieces.append((False, self._text[begin : edge.start()]))
                begin = self._after_cdata(at, f"</{name}")
                pieces.append((True, self._text[at : min(begin, at + left)].removesuffix("]]>")))
                left -= begin - at
                at = begin
            elif edge[3].lower() != name.lower():
                pieces.append((False, self._text[begin : edge.start()]))
                return pieces, edge.start()
            else:
                depth += -1 if edge[2] else 1
                if not depth:
                    pieces.append((False, self._text[begin : edge.start()]))
                    return pieces, end_of_tag(self._text, at)
                if at - begin > left:
                    break
        pieces.append((False, cut(self._text[begin : begin + _LONG + 1], left)))
        return pieces, self._after_long(name, at)

    def _after_long(self, name: str, at: int) -> int:
        end = self._text.find(f"</{name}", at)
        edge = ITEM_BEGINS.search(self._text, at, end if end >= 0 else len(self._text))
        if edge:
            return edge.start()
        return end_of_tag(self._text, end) if end >= 0 else len(self._text)

    def _after_cdata(self, at: int, closer: str) -> int:
        """Where the CDATA whose text begins at `at` is over: behind its end, or at `closer` if it has none."""
        end = self._find("]]>", at)
        another = self._text.find("<![CDATA[", at, end)
        if another >= 0 or end == len(self._text):
            closed = self._text.find(closer, at, another if another >= 0 else end)
            if closed >= 0:
                return closed
        return min(end + 3, len(self._text))


def _local_names(names: list[str]) -> set[str]:
    return {name.rpartition(":")[2].lower() for name in names}
