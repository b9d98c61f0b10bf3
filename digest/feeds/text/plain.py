"""HTML from outside -> plain text, block by block; and text from outside -> one clean line."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from html import unescape
from typing import NamedTuple

import nh3

from digest.feeds.images import ATTRIBUTES, of_element
from digest.feeds.parsing.parsed import MAX_HTML
from digest.model import Image

#: Elements may be nested this deep; nh3 is quadratic in hostile depth.
_MAX_DEPTH = 200
#: Elements that format may be nested this deep: a parser opens those that are not closed again in each paragraph.
_MAX_FORMATTING = 8
#: Elements ``source`` before an ``img`` that are looked at, the nearest.
_MAX_SOURCES = 10

#: Dropped with all that is in them: not prose, or prose about something else.
_DROPPED = {
    "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "audio", "video", "canvas", "form",
    "button", "select", "textarea", "nav", "figcaption", "title", "rt", "rp", "dialog", "map", "noframes", "xmp",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | {
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "figure",
    "footer", "header", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "big", "br", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins", "kbd", "mark",
    "picture", "q", "ruby", "s", "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "tt", "u", "var",
}  # fmt: skip
_VOID_OR_IMPLIED = {
    "br", "hr", "img", "input", "link", "meta", "wbr", "source", "area", "base", "col", "embed", "track", "param",
    "p", "li", "dt", "dd", "tr", "td", "th", "option",
}  # fmt: skip
#: HTML 13.2.4.3.
_FORMATTING = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_ATTRIBUTES = {
    "*": {"class", "style", "hidden"},
    "img": set(ATTRIBUTES),
    "source": {"srcset", "data-srcset"},
}
#: Making one costs as much as cleaning an article.
_CLEANER = nh3.Cleaner(tags=_BLOCKS | _INLINE, clean_content_tags=_DROPPED, attributes=_ATTRIBUTES, link_rel=None)
#: A tag as nh3 writes it: every element is closed that can be, in order, and no other "<" is outside of quotes.
_CLEAN_TAG = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>')
_CLEAN_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
#: Of the elements that it lets through, those that have no end.
_VOID = {"br", "hr", "img", "source"}

#: Classes that publishing systems give to what surrounds an article's text.
_FURNITURE_CLASSES = re.compile(
    r"(?:^|\s)(?:wp-caption-text|wp-element-caption|gallery-caption|screen-reader-text|sr-only|visually-hidden"
    r"|more-link|read-?more|sharedaddy|sd-sharing\S*|jp-relatedposts|addtoany\S*|a2a\S*|heateor\S*|feedflare"
    r"|social-?share\S*|share-buttons?|sharing|related-?posts?|newsletter-signup|advertisement|wp-smiley"
    r"|rt-reading-time|span-reading-time)(?:\s|$)",
    re.IGNORECASE,
)
_PARAGRAPHS = re.compile(r"\n[ \t\xa0]*\n")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: Entities of letters and punctuation that are still there when all have been decoded: they were escaped twice. Those
#: that somebody who writes about HTML spells out ("&nbsp;", "&lt;") are not among them.
_ESCAPED = re.compile(
    r"&(?:amp;)?(?:#x?[0-9A-Fa-f]{2,6}|[lr][sd]quo|[mn]dash|hellip|apos|quot|[A-Za-z](?:acute|grave|uml|circ|tilde|cedil)"
    r"|szlig|euro|laquo|raquo|amp);"
)
#: Markup where text should be: an element at its beginning, or a link somewhere in it.
_MARKUP = re.compile(
    r"\s*(?:<!--[^<>]{0,200}-->\s*)?<(?:p|div|span|a|img|br|b|i|em|strong|ul|ol|table|h[1-6]|blockquote)\b[^<>]{0,500}>"
    r"|[^<]{0,1000}<a\s[^<>]{0,300}href=[^<>]{0,300}>[^<>]{0,300}</a>",
    re.IGNORECASE,
)
_FORMATTING_TAG = re.compile(rf"<(/?)(?:{'|'.join(sorted(_FORMATTING))})(?=[\s/>])[^<>]*>", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+)[^<>]*+>")

#: Controls, lone surrogates, characters that are none; and those that change how others are shown, or are not shown:
#: overrides, embeddings and isolates of direction (Unicode TR 9), soft hyphens, zero-width spaces and joints,
#: interlinear marks, tags. The joiners U+200C and U+200D stay: Persian, Hindi and emoji are spelt with them.
_UNWRITABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
#: Marks upon marks upon a letter, which reach into other lines; no language has three of these.
_PILED = re.compile("([\u0300-\u036f][\u0300-\u036f])[\u0300-\u036f]+")


class Kind(Enum):
    """What a block is, which decides whether an excerpt may hold it."""

    PROSE = "prose"
    HEADING = "heading"
    ITEM = "item"
    CODE = "code"
    #: All of its text is links.
    LINKS = "links"
    #: A paragraph that ends in a colon before a list or code, which an excerpt leaves out.
    LEAD_IN = "lead-in"


class Block(NamedTuple):
    """One paragraph, heading or list item as a clean line of text."""

    text: str
    kind: Kind = Kind.PROSE


class Body(NamedTuple):
    """What an item's HTML comes to."""

    blocks: tuple[Block, ...] = ()
    images: tuple[Image, ...] = ()


def one_line(text: str) -> str:
    """`text` in one line, without control characters, overrides of direction and invisible marks, in Unicode's NFC."""
    if text.isascii():
        return " ".join((text if text.isprintable() else _UNWRITABLE.sub("", text)).split())
    seen = unicodedata.normalize("NFC", _UNWRITABLE.sub("", text))
    return " ".join(_PILED.sub(r"\1", seen).split())


def read_html(html: str, base: str = "") -> Body:
    """The text of `html` block by block and its pictures, resolved against `base`.

    Scripts, styles, forms, captions, hidden elements and the usual share bars are dropped with their content. Entities
    are decoded once, and what a feed has evidently escaped twice is read twice. At most `MAX_HTML` characters are read.
    """
    once = _read_once(html[:MAX_HTML], base)
    blocks: list[Block] = []
    images = list(once.images)
    for block in once.blocks:
        text = unescape(block.text) if "&lt;/" in block.text else block.text
        if block.kind is not Kind.CODE and "</" in text and _MARKUP.match(text):
            twice = _read_once(text, base)
            blocks += twice.blocks
            images += twice.images
        else:
            blocks.append(block)
    return Body(tuple(blocks), tuple(images))


def _read_once(html: str, base: str) -> Body:
    if not html.strip():
        return Body()
    if "<" not in html and "&" not in html:
        line = one_line(html)
        return Body((Block(line),) if line else ())
    return _Reader(base).read(_CLEANER.clean(_flat(html)))


def html_line(html: str) -> str:
    """All the text of `html` in one line."""
    return " ".join(block.text for block in read_html(html).blocks)


def _flat(html: str) -> str:
    """`html` without the elements that are nested too deep, by a count of tags; without formatting if it is those."""
    opened = html.count("<") - html.count("</")
    if opened > _MAX_DEPTH:
        closings = (closing for closing, name in _TAG.findall(html) if name.lower() not in _VOID_OR_IMPLIED)
        if _depth(closings) > _MAX_DEPTH:
            return _TAG.sub(" ", html)
    if opened > _MAX_FORMATTING and _depth(_FORMATTING_TAG.findall(html)) > _MAX_FORMATTING:
        return _FORMATTING_TAG.sub("", html)
    return html


def _depth(closings: Iterable[str]) -> int:
    """How deep elements are nested, told by their tags in order: "/" for one that closes, "" for one that opens."""
    depth = deepest = 0
    for closing in closings:
        if not closing:
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


class _Reader:
    """Goes through what nh3 has cleaned, tag by tag, and gathers blocks and pictures."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._blocks: list[Block] = []
        self._images: list[Image] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._links = 0
        self._kinds: list[Kind] = [Kind.PROSE]
        #: The attributes of the elements ``source`` of the ``picture`` that is open; None: none is.
        self._sources: list[str] | None = None
        #: How many elements are open of one that is not shown, itself among them; 0: all is shown.
        self._hidden = 0

    def read(self, html: str) -> Body:
        first, *others = _CLEAN_TAG.split(html)
        self._text(first)
        tokens = iter(others)
        for closing, tag, attributes, text in zip(tokens, tokens, tokens, tokens, strict=True):
            if self._hidden or (attributes and _is_hidden(attributes)):
                self._pass_over(tag, is_closed=bool(closing))
            elif closing:
                self._leave(tag)
            else:
                self._enter(tag, attributes)
            if text and not self._hidden:
                self._text(text)
        self._flush()
        return Body(tuple(self._blocks), tuple(self._images))

    def _pass_over(self, tag: str, *, is_closed: bool) -> None:
        if is_closed:
            self._hidden -= 1
        elif tag not in _VOID:
            self._hidden += 1

    def _enter(self, tag: str, attributes: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            if tag not in _VOID:
                self._kinds.append(_kind(tag, self._kinds[-1]))
        elif tag == "br":
            self._pieces.append("\n")
        elif tag == "a":
            self._links += 1
        elif tag == "img":
            self._image(attributes)
        elif tag == "picture":
            self._sources = []
        elif tag == "source" and self._sources is not None:
            self._sources.append(attributes)

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._kinds.pop()
        elif tag == "a":
            self._links -= 1
        elif tag == "picture":
            self._sources = None

    def _text(self, text: str) -> None:
        if "&" in text:
            text = unescape(text)
        # A line break in the source is a space; a <br> is written "\n" and two of them are a paragraph's end.
        self._pieces.append(text.replace("\n", " ").replace("\r", " "))
        if self._links:
            self._linked += len("".join(text.split()))

    def _image(self, written: str) -> None:
        attributes = _attributes(written)
        sources = map(_attributes, (self._sources or [])[: -_MAX_SOURCES - 1 : -1])
        sets = (source.get("srcset") or source.get("data-srcset") or "" for source in sources)
        if image := of_element(attributes, self._base, sets):
            self._images.append(replace(image, alt=one_line(attributes.get("alt", ""))[:300]))

    def _flush(self) -> None:
        if not self._pieces:
            return
        text = "".join(self._pieces)
        kind = self._kinds[-1]
        if self._linked and self._linked >= len("".join(text.split())):
            kind = Kind.LINKS
        if "&" in text and kind is not Kind.CODE:
            text = _ESCAPED.sub(_unescaped, text)
        for part in _PARAGRAPHS.split(text) if "\n" in text else (text,):
            if line := one_line(part):
                self._blocks.append(Block(line, kind))
        self._pieces, self._linked = [], 0


def _unescaped(match: re.Match[str]) -> str:
    return unescape(unescape(match[0]))


def _kind(tag: str, outer: Kind) -> Kind:
    if tag in _HEADINGS:
        return Kind.HEADING
    if tag in {"li", "dt", "dd"}:
        return Kind.ITEM
    return Kind.CODE if tag == "pre" else outer


def _attributes(written: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _CLEAN_ATTRIBUTE.findall(written)}


def _is_hidden(written: str) -> bool:
    attributes = _attributes(written)
    if "hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style", "")):
        return True
    return _FURNITURE_CLASSES.search(attributes.get("class", "")) is not None
