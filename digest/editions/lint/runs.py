"""The words of a letter as they are shown: each run of text with its colours, its size, its link and its block."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lxml import etree

from digest.editions import colours
from digest.editions.colours import Colour
from digest.editions.lint.cascade import Cascade, Scheme
from digest.editions.lint.proof import Proof

#: Elements whose text no reader sees.
_UNSEEN = frozenset({"head", "title", "style", "script", "template", "noscript", "object", "svg"})
_BLOCKS = frozenset(
    {
        *("body", "div", "p", "table", "tr", "td", "th", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer", "center", "figure", "hr"),
    }
)
_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67}
_BOLD = frozenset({"b", "strong", "th", *_HEADINGS})
#: What `<font size>` means, in px.
_FONT_SIZES = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}
_SIZE_WORDS = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
    "xxx-large": 48.0,
}
_LENGTH = re.compile(r"(?P<number>[+-]?(?:\d{1,6}\.?\d{0,6}|\.\d{1,6}))\s*(?P<unit>[a-z%]*)\Z", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|[a-z]+\([^()]{0,80}\)|\b[a-z]{3,24}\b", re.IGNORECASE)
_PICTURE = re.compile(r"url\(|gradient\(|image\(", re.IGNORECASE)
#: What programs take for a page, a text and a link without a colour of their own, in the light and in the dark.
_DEFAULTS = {
    Scheme.LIGHT: (colours.WHITE, colours.BLACK, "#0000ee"),
    Scheme.DARK: (Colour(0.07, 0.07, 0.07), colours.WHITE, "#9e9eff"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What an element passes on to what it holds."""

    colour: Colour
    #: None: a picture, or nothing that can be known.
    ground: Colour | None
    #: Px.
    size: float
    #: Px of a line; or, as written, a factor of the size.
    line: float
    is_factor: bool = True
    is_bold: bool = False
    #: Where colour and size were given: the element and the value; None: nowhere.
    coloured: tuple[Any, str] | None = None
    sized: tuple[Any, str] | None = None
    #: The link and the block that it stands in.
    link: Any = None
    block: Any = None

    @property
    def line_height(self) -> float:
        """In px."""
        return self.line * self.size if self.is_factor else self.line

    @property
    def is_large(self) -> bool:
        """As WCAG 2.2 has it: 18 pt, or 14 pt and bold."""
        return self.size >= 24 or (self.is_bold and self.size >= 18.66)


@dataclass(frozen=True, slots=True)
class Run:
    """Text that is shown in one look, in one line, never empty."""

    text: str
    element: Any
    look: Look


def runs_of(proof: Proof, scheme: Scheme) -> Iterator[Run]:
    """All text that is shown, in the order of the document."""
    return _Walk(proof, scheme).runs()


def properties(proof: Proof, element: Any) -> Mapping[str, str]:
    """What the style attribute of `element` declares."""
    return {each.name: each.value for each in proof.style(element)}


def length(value: str, size: float) -> float | None:
    """`value` in px where the type is `size` px; None for what is no length."""
    found = _LENGTH.match(value.strip())
    if not found:
        return None
    number, unit = float(found["number"]), found["unit"].lower()
    factor = {"": 1.0, "px": 1.0, "pt": 4 / 3, "em": size, "rem": 16.0, "%": size / 100, "in": 96.0}.get(unit)
    return None if factor is None else number * factor


class _Walk:
    def __init__(self, proof: Proof, scheme: Scheme) -> None:
        self._proof = proof
        self._cascade = Cascade(proof.sheets, scheme)
        page, ink, self._link = _DEFAULTS[scheme]
        self._looks = [Look(colour=ink, ground=page, size=16.0, line=1.2)]
        self._line: list[tuple[str, frozenset[str]]] = []

    def runs(self) -> Iterator[Run]:
        root = self._proof.tree
        walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            text = node.tail
            if event == "start":
                text = node.text
                if self._enter(node):
                    walk.skip_subtree()
                    text = None
            elif event == "end":
                self._line.pop()
                self._looks.pop()
            if text and text.strip() and len(self._looks) > 1:
                owner = node if event == "start" else node.getparent()
                yield Run(" ".join(text.split()), owner, self._looks[-1])

    def _enter(self, node: Any) -> bool:
        """Goes into `node`; whether nothing in it is shown."""
        self._line.append((str(node.tag), frozenset(str(node.get("class") or "").split())))
        given = self._cascade.of(self._line, self._proof.style(node))
        self._looks.append(self._look(node, given))
        return node.tag in _UNSEEN or given.get("display", "").lower() == "none" or self._looks[-1].size <= 0

    def _look(self, node: Any, given: Mapping[str, str]) -> Look:
        tag, above = str(node.tag), self._looks[-1]
        size, sized = self._size(node, given, above)
        line, is_factor = _line_of(given.get("line-height", ""), size) or (above.line, above.is_factor)
        ground = _ground(node, given, above)
        colour, coloured = self._colour(node, given, above, ground)
        weight = given.get("font-weight", "").lower()
        is_block = tag in _BLOCKS or given.get("display", "").lower() == "block"
        return replace(
            above,
            colour=colour,
            ground=ground,
            size=size,
            line=line,
            is_factor=is_factor,
            is_bold=_is_bold(weight) if weight else above.is_bold or tag in _BOLD,
            coloured=coloured,
            sized=sized,
            link=node if tag == "a" and node.get("href") is not None else above.link,
            block=node if is_block and tag != "a" else above.block,
        )

    def _size(self, node: Any, given: Mapping[str, str], above: Look) -> tuple[float, tuple[Any, str] | None]:
        written = given.get("font-size", "").lower()
        if written in {"", "inherit"}:
            factor = _HEADINGS.get(node.tag) or (0.83 if node.tag in {"small", "sub", "sup"} else 1.0)
            plain = _FONT_SIZES.get(str(node.get("size")).strip()) if node.tag == "font" else None
            return (plain, (node, "")) if plain else (above.size * factor, above.sized)
        words = {"smaller": above.size * 0.83, "larger": above.size * 1.2, **_SIZE_WORDS}
        size = words.get(written, length(written, above.size))
        return (above.size, above.sized) if size is None else (min(max(size, 0.0), 1e4), (node, written))

    def _colour(
        self, node: Any, given: Mapping[str, str], above: Look, ground: Colour | None
    ) -> tuple[Colour, tuple[Any, str] | None]:
        is_link = node.tag == "a" and node.get("href") is not None
        written = given.get("color", "") or (str(node.get("color") or "") if node.tag in {"font", "basefont"} else "")
        found = _parsed(written[:100], ground or colours.WHITE) if written else None
        if found:
            return found, (node, written)
        if is_link and written.lower() != "inherit":
            return _parsed(self._link, colours.WHITE) or above.colour, None
        return above.colour, above.coloured


def _line_of(written: str, size: float) -> tuple[float, bool] | None:
    """The line height and whether it is a factor; None: it is inherited."""
    if written in {"", "inherit"}:
        return None
    if written == "normal":
        return 1.2, True
    found = length(written, size)
    return None if found is None else (found, written.replace(".", "").isdecimal())


def _ground(node: Any, given: Mapping[str, str], above: Look) -> Colour | None:
    """What the text in `node` stands on."""
    below = above.ground or colours.WHITE
    written = (given.get("background-color", ""), given.get("background", ""), str(node.get("bgcolor") or ""))
    for value in written:
        # A picture may fail to load, and then the colour beside it is all that there is.
        for piece in _COLOUR.findall(re.sub(r"url\([^)]*\)", "", value[:500])):
            if piece.lower() == "transparent":
                return above.ground
            found = _parsed(piece, below)
            if found:
                return found
    has_picture = any(_PICTURE.search(value[:5000]) for value in (*written[:2], given.get("background-image", "")))
    return None if has_picture or node.get("background") else above.ground


@lru_cache(maxsize=2048)
def _parsed(written: str, on: Colour) -> Colour | None:
    return colours.parse(written, on)


def _is_bold(weight: str) -> bool:
    return weight in {"bold", "bolder"} or (weight.isdecimal() and int(weight[:4]) >= 600)
