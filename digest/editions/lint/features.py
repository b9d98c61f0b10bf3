"""Which features of HTML and CSS a letter uses, and where: what the tests of mail clients are looked up by.

What stands in comments, which Outlook alone reads, is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from digest.editions.lint.clients import features
from digest.editions.lint.finding import Place
from digest.editions.lint.proof import Proof
from digest.editions.lint.styles import AtSign, Declaration, Rule, Sheet

_SIDES = ("top", "right", "bottom", "left")
_LOGICAL = ("margin-block", "margin-inline", "padding-block", "padding-inline")
#: Properties that are tested under another name than their own.
_PROPERTIES = {
    **{f"{name}-{side}": f"css-{name}" for name in ("margin", "padding", "border") for side in _SIDES},
    **{f"border-{side}-{part}": "css-border" for side in _SIDES for part in ("width", "style", "color")},
    **{f"border-{part}": "css-border" for part in ("width", "style", "color")},
    **{f"border-{one}-{other}-radius": "css-border-radius" for one in ("top", "bottom") for other in ("left", "right")},
    **{f"{name}-{edge}": f"css-{name}-start-end" for name in _LOGICAL for edge in ("start", "end")},
    **dict.fromkeys(("margin-block", "margin-inline"), "css-margin-inline-block"),
    **dict.fromkeys(("padding-block", "padding-inline"), "css-padding-inline-block"),
    **dict.fromkeys(("border-block", "border-inline"), "css-border-inline-block"),
    **dict.fromkeys(_SIDES, "css-left-right-top-bottom"),
    **dict.fromkeys(("row-gap", "column-gap"), "css-gap"),
    **dict.fromkeys(("columns", "column-width"), "css-column-count"),
    "block-size": "css-block-inline-size",
    "grid-template-columns": "css-grid-template",
    "grid-template-rows": "css-grid-template",
    "grid-template-areas": "css-grid-template",
}
_DISPLAYS = {
    "flex": "css-display-flex",
    "inline-flex": "css-display-flex",
    "grid": "css-display-grid",
    "inline-grid": "css-display-grid",
    "none": "css-display-none",
}
_FUNCTIONS = {
    "calc": "css-unit-calc",
    "clamp": "css-function-clamp",
    "max": "css-function-max",
    "min": "css-function-min",
    "light-dark": "css-function-light-dark",
    "linear-gradient": "css-linear-gradient",
    "radial-gradient": "css-radial-gradient",
    "conic-gradient": "css-conic-gradient",
    "rgb": "css-rgb",
    "rgba": "css-rgba",
    "var": "css-variables",
    **dict.fromkeys(("lab", "lch", "oklab", "oklch"), "css-modern-color"),
}
_WORDS = {
    "initial": "css-unit-initial",
    **dict.fromkeys(("fit-content", "max-content", "min-content"), "css-intrinsic-size"),
}
_TAGS = {
    **{
        tag: f"html-{tag}"
        for tag in ("audio", "base", "dialog", "marquee", "meter", "progress", "ruby", "svg", "video")
    },
    "button": "html-button-submit",
    "map": "html-image-maps",
}
_QUERIES = {
    "prefers-color-scheme": "css-at-media-prefers-color-scheme",
    "prefers-reduced-motion": "css-at-media-prefers-reduced-motion",
    "hover": "css-at-media-hover",
    "orientation": "css-at-media-orientation",
    "device-pixel-ratio": "css-at-media-device-pixel-ratio",
}
_FORMATS = {
    **{name: f"image-{name}" for name in ("apng", "avif", "bmp", "hdr", "ico", "mp4", "svg", "webp")},
    **dict.fromkeys(("heif", "heic"), "image-heif"),
    **dict.fromkeys(("tif", "tiff"), "image-tiff"),
}
_QUOTED = re.compile(r"""url\([^)]*\)?|"[^"]*"?|'[^']*'?""", re.IGNORECASE)
_URL = re.compile(r"""url\(\s*["']?([^"')]+)""", re.IGNORECASE)
_CALL = re.compile(r"(?<![a-z-])([a-z-]+)\(")
_UNIT = re.compile(r"(?<![\w.#-])[-+]?(?:\d+\.?\d*|\.\d+)(ch|rem|vh|vmax|vmin|vw)\b")
_IMPORTANT = re.compile(r"\S?!\s*important", re.IGNORECASE)


class Where(Enum):
    """What loses a feature when a client has none of it."""

    #: The letter itself: an element, an attribute, a declaration for all.
    LETTER = auto()
    #: What a client that reads no style elements does without anyway: a rule for all in one of them.
    SHEET = auto()
    #: What is meant for some clients only: rules under a condition, or of a state.
    ENHANCEMENT = auto()


@dataclass(frozen=True, slots=True)
class Use:
    """A feature, used once."""

    #: As `clients.features` names it.
    slug: str
    where: Where
    #: The element, or the style element that holds the rule.
    element: Any
    #: The property or the attribute; empty: the element itself.
    name: str = ""
    value: str = ""
    rule: Rule | None = None
    sheet: Sheet | None = None
    #: Whether a link leads to an empty anchor, which is where more clients can jump to.
    is_to_anchor: bool = False

    @property
    def tag(self) -> str:
        """The element's; of a rule the last one that its first selector names, else empty."""
        if self.rule is None:
            return str(self.element.tag)
        found = re.search(r"(?:^|[\s>+~])([a-z][\w-]*)[^\s>+~]*\Z", self.rule.selector.split(",")[0].lower())
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """What is used, as it is written."""
        if self.name in {"", "!"}:
            return self.value or f"<{self.element.tag}>"
        return f"{self.name}: {self.value}" if self.slug.startswith("css-") else f'{self.name}="{self.value}"'

    def place(self, proof: Proof) -> Place:
        """Where it stands."""
        if self.sheet and self.rule:
            declaration = next((each for each in self.rule.declarations if each.name == self.name), None)
            return proof.place_of_rule(self.sheet, self.rule, declaration)
        if self.sheet or not self.name:
            return proof.place(self.element)
        return proof.place_of_style(self.element, self.name, self.value)


def uses(proof: Proof) -> Iterator[Use]:
    """Every feature that the HTML part uses, as often as it does, in the order of the document."""
    anchors = _anchors(proof)
    for element in proof.elements():
        yield from _of_element(element, anchors)
        for name, value, slugs in _of_style(proof.style(element)):
            yield from (Use(slug, Where.LETTER, element, name, value) for slug in slugs)
        for spelling in _IMPORTANT.findall(str(element.get("style") or "")):
            yield Use("css-important", Where.LETTER, element, "!", spelling)
    for sheet in proof.sheets:
        yield from _of_sheet(sheet)


def _anchors(proof: Proof) -> frozenset[str]:
    """The names of places in the letter that every client which can jump finds: empty named anchors."""
    empty = (each for each in proof.elements("a") if each.get("name") and not len(each) and not each.text)
    return frozenset(str(each.get("name")) for each in empty)


def _of_element(element: Any, anchors: frozenset[str]) -> Iterator[Use]:
    def use(slug: str, name: str = "", value: str = "") -> Use:
        return Use(slug, Where.LETTER, element, name, value)

    tag = element.tag
    if tag in _TAGS:
        yield use(_TAGS[tag])
    for name in ("hidden", "background", "popover"):
        if name in element.attrib:
            yield use(f"html-{name}", name, str(element.get(name)))
    if tag == "a":
        address = str(element.get("href") or "")
        if address.startswith("#") and len(address) > 1:
            slug, where = "html-anchor-links", Where.LETTER
            yield Use(slug, where, element, "href", address[:200], is_to_anchor=address[1:] in anchors)
        if "dir" in element.attrib:
            yield use("html-dir", "dir", str(element.get("dir")))
    elif tag in {"img", "source"}:
        addresses = [str(element.get("src") or ""), *str(element.get("srcset") or "").split()]
        yield from (use(slug, "src", address[:80]) for address in addresses for slug in _format(address))
        if str(element.get("width") or "").endswith("%"):
            yield use("html-width", "width", str(element.get("width")))


def _format(address: str) -> Iterator[str]:
    if address[:5].lower() == "data:":
        yield "image-base64"
        return
    try:
        path = urlsplit(address[:2000]).path
    except ValueError:
        return
    slug = _FORMATS.get(path.rpartition(".")[2].lower())
    if slug:
        yield slug


@lru_cache(maxsize=512)
def _of_style(style: tuple[Declaration, ...]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Each property of a style with its value, and the features that it uses."""
    found = []
    # A client that knows no rem keeps the declaration before.
    known = set()
    for each in style:
        slugs = tuple(_slugs(each))
        if "css-unit-rem" not in slugs:
            known.add(each.name)
        elif each.name in known:
            slugs = tuple(slug for slug in slugs if slug != "css-unit-rem")
        found.append((each.name, each.value[:200], slugs))
    return tuple(found)


def _slugs(declaration: Declaration) -> Iterator[str]:
    """The features that a declaration uses, each once."""
    name, value = declaration.name, _QUOTED.sub(" ", declaration.value.lower())
    found = {_PROPERTIES.get(name, f"css-{name}")}
    if name == "display":
        found.update(_DISPLAYS[word] for word in value.split() if word in _DISPLAYS)
    found.update(_FUNCTIONS[call] for call in _CALL.findall(value) if call in _FUNCTIONS)
    found.update(f"css-unit-{unit}" for unit in _UNIT.findall(value))
    found.update(_WORDS[word] for word in value.split() if word in _WORDS)
    for address in _URL.findall(declaration.value):
        found.update(_format(address))
    return (slug for slug in sorted(found) if slug in features())


def _of_sheet(sheet: Sheet) -> Iterator[Use]:
    for sign in sheet.css.at_rules:
        words = f"@{sign.name} {sign.prelude[:200]}"
        yield from (Use(slug, Where.SHEET, sheet.element, "", words, None, sheet) for slug in _of_sign(sign))
    for rule in sheet.css.rules:
        is_for_all = not rule.around and not set(":[") & set(rule.selector)
        where = Where.SHEET if is_for_all else Where.ENHANCEMENT
        for name, value, slugs in _of_style(rule.declarations):
            yield from (Use(slug, where, sheet.element, name, value, rule, sheet) for slug in slugs)
    for spelling in _IMPORTANT.findall(sheet.text):
        yield Use("css-important", Where.SHEET, sheet.element, "!", spelling, None, sheet)


def _of_sign(sign: AtSign) -> Iterator[str]:
    prelude = sign.prelude.lower()
    if sign.name == "media":
        yield from [slug for query, slug in _QUERIES.items() if query in prelude] or ["css-at-media"]
