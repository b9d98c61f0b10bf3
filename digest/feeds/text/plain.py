"""HTML from outside -> plain text, block by block; and text from outside -> one clean line."""

import re
import unicodedata
from collections.abc import Generator, Iterator
from dataclasses import replace
from enum import Enum
from html import unescape
from typing import NamedTuple

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.feeds.images import ATTRIBUTES, of_element
from digest.feeds.parsing.parsed import MAX_HTML
from digest.model import Image

#: Elements may be nested this deep; nh3 and lexbor are quadratic in hostile depth.
_MAX_DEPTH = 200
#: Elements that format may be nested this deep: a parser opens those that are not closed again in each paragraph.
_MAX_FORMATTING = 8
#: Nodes before an ``img`` that are looked at for its other sources.
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

#: Classes that publishing systems give to what surrounds an article's text.
_FURNITURE_CLASSES = re.compile(
    r"(?:^|\s)(?:wp-caption-text|wp-element-caption|gallery-caption|screen-reader-text|sr-only|visually-hidden"
    r"|more-link|read-?more|sharedaddy|sd-sharing\S*|jp-relatedposts|addtoany\S*|a2a\S*|heateor\S*|feedflare"
    r"|social-?share\S*|share-buttons?|sharing|related-?posts?|newsletter-signup|advertisement|wp-smiley"
    r"|rt-reading-time|span-reading-time)(?:\s|$)",
    re.IGNORECASE,
)
_LINE_BREAKS = re.compile(r"[\n\r]+")
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
_FORMATTING_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_FORMATTING))})\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+)[^<>]*+>")

#: Characters that change how others are shown, or are not shown: overrides, embeddings and isolates of direction
#: (Unicode TR 9), soft hyphens, zero-width spaces and joints, interlinear marks, tags. The joiners U+200C and U+200D
#: stay: Persian, Hindi and emoji are spelt with them.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
#: Marks upon marks upon a letter, which reach into other lines; no language has three of these.
_PILED = re.compile("([\u0300-\u036f]{2})[\u0300-\u036f]+")
#: Controls, lone surrogates, characters that are none.
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


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
        return " ".join(_UNWRITABLE.sub("", text).split())
    seen = _UNWRITABLE.sub("", _INVISIBLE.sub("", text))
    return " ".join(_PILED.sub(r"\1", unicodedata.normalize("NFC", seen)).split())


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
    depth, formatting = _depths(html)
    if depth > _MAX_DEPTH:
        html = _TAG.sub(" ", html)
    elif formatting > _MAX_FORMATTING:
        html = _FORMATTING_TAG.sub("", html)
    clean = nh3.clean(html, tags=_BLOCKS | _INLINE, clean_content_tags=_DROPPED, attributes=_ATTRIBUTES, link_rel=None)
    root = LexborHTMLParser(clean).body
    return _Reader(base).read(root) if root is not None else Body()


def html_line(html: str) -> str:
    """All the text of `html` in one line."""
    return " ".join(block.text for block in read_html(html).blocks)


def _depths(html: str) -> tuple[int, int]:
    """How deep elements are nested that have to be closed, and those of them that format, by a count of tags."""
    depth, deepest = [0, 0], [0, 0]
    for match in _TAG.finditer(html):
        name = match[2].lower()
        if name not in _VOID_OR_IMPLIED:
            for which in (0, 1) if name in _FORMATTING else (0,):
                depth[which] = max(0, depth[which] + (-1 if match[1] else 1))
                deepest[which] = max(deepest[which], depth[which])
    return deepest[0], deepest[1]


class _Reader:
    """Walks a tree once, without recursion, and gathers blocks and pictures."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._blocks: list[Block] = []
        self._images: list[Image] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._links = 0
        self._kinds: list[Kind] = [Kind.PROSE]

    def read(self, root: LexborNode) -> Body:
        for node, leaving in _walk(root):
            if leaving:
                self._leave(node.tag or "")
            elif node.tag == "-text":
                self._text(node.text_lexbor())
            else:
                self._enter(node)
        self._flush()
        return Body(tuple(self._blocks), tuple(self._images))

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._flush()
            self._kinds.append(_kind(tag, self._kinds[-1]))
        elif tag == "br":
            self._pieces.append("\n")
        elif tag == "a":
            self._links += 1
        elif tag == "img":
            self._image(node)

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._kinds.pop()
        elif tag == "a":
            self._links -= 1

    def _text(self, text: str) -> None:
        # A line break in the source is a space; a <br> is written "\n" and two of them are a paragraph's end.
        self._pieces.append(_LINE_BREAKS.sub(" ", text))
        if self._links:
            self._linked += len("".join(text.split()))

    def _image(self, node: LexborNode) -> None:
        attributes = node.attributes
        if image := of_element(attributes, self._base, _source_sets(node)):
            self._images.append(replace(image, alt=one_line(attributes.get("alt") or "")[:300]))

    def _flush(self) -> None:
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


def _source_sets(node: LexborNode) -> Iterator[str]:
    """The source sets of the ``source`` elements before an ``img`` in its ``picture``, the nearest first."""
    if node.parent is None or node.parent.tag != "picture":
        return
    before = node.prev
    for _ in range(_MAX_SOURCES):
        if before is None:
            return
        if before.tag == "source":
            attributes = before.attributes
            yield attributes.get("srcset") or attributes.get("data-srcset") or ""
        before = before.prev


def _kind(tag: str, outer: Kind) -> Kind:
    if tag in _HEADINGS:
        return Kind.HEADING
    if tag in {"li", "dt", "dd"}:
        return Kind.ITEM
    return Kind.CODE if tag == "pre" else outer


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below `root` that is shown, on entering it and, if it is an element, on leaving it."""
    node = root.first_child
    while node is not None:
        shown = node.tag == "-text" or not _hidden(node)
        if shown:
            yield node, False
        below = node.first_child if shown else None
        if below is None and shown and node.tag != "-text":
            yield node, True
        node = below or (yield from _after(node, root))


def _after(node: LexborNode, root: LexborNode) -> Generator[tuple[LexborNode, bool], None, LexborNode | None]:
    """The node that follows `node` and all that is in it; yields the elements that are left on the way there."""
    while node.next is None:
        parent = node.parent
        if parent is None or parent.mem_id == root.mem_id:
            return None
        yield parent, True
        node = parent
    return node.next


def _hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style") or ""):
        return True
    return _FURNITURE_CLASSES.search(attributes.get("class") or "") is not None
