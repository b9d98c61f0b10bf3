"""Counts what mail clients support of a letter as mailpit does, so that both say the same figures.

The count is crude, and known: each feature weighs by how many elements use it and by how many of all clients ever
tested, old versions included, support it partly or not; the heaviest of each kind is taken.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from digest.editions.lint.clients import features
from digest.editions.lint.merge import merged_styles
from digest.editions.lint.proof import Proof

#: Properties that are looked for in style attributes, each of them a feature: ``css-`` and its name.
_PROPERTIES = """
accent-color align-items aspect-ratio background background-blend-mode background-clip background-color
background-image background-origin background-position background-repeat background-size border border-image
border-radius box-shadow box-sizing caption-side clip-path column-count direction display filter flex-direction
flex-wrap float font font-kerning font-weight gap grid-template height hyphens inline-size justify-content
letter-spacing line-height list-style list-style-image list-style-position margin margin-inline max-block-size
max-height max-width min-height min-inline-size min-width mix-blend-mode object-fit object-position opacity outline
outline-offset overflow overflow-wrap padding position tab-size table-layout text-align text-align-last
text-decoration text-decoration-color text-decoration-thickness text-emphasis text-emphasis-position text-indent
text-overflow text-shadow text-transform text-underline-offset transform visibility white-space width word-break
writing-mode z-index
"""
_NAMES = frozenset(_PROPERTIES.split())
#: Properties that are features under other names.
_RENAMED = {
    "border-inline": "css-border-inline-block-individual",
    "margin-block-start": "css-margin-block-start-end",
    "margin-block-end": "css-margin-block-start-end",
    "margin-inline-start": "css-margin-inline-start-end",
    "margin-inline-end": "css-margin-inline-start-end",
    "padding-block-start": "css-padding-block-start-end",
    "padding-block-end": "css-padding-block-start-end",
    "padding-inline-start": "css-padding-inline-start-end",
    "padding-inline-end": "css-padding-inline-start-end",
}
_DECLARED = re.compile(r"(?:^|[\s;])([a-z-]+)\s*(?=:)", re.IGNORECASE)
#: Written so in a style attribute, and no other way: ``display: none`` with a blank is not seen.
_WRITTEN = {
    "css-display-flex": re.compile(r"(?:^|[\s;])display\s*:\s*flex(?:$|[\s;])", re.IGNORECASE),
    "css-display-grid": re.compile(r"(?:^|[\s;])display:grid", re.IGNORECASE),
    "css-display-none": re.compile(r"(?:^|[\s;])display:none", re.IGNORECASE),
    "css-important": re.compile(r"!important(?:$|[\s;])", re.IGNORECASE),
    "css-rgb": re.compile(r"[\s:]rgb\(", re.IGNORECASE),
    "css-rgba": re.compile(r"[\s:]rgba\(", re.IGNORECASE),
    "css-unit-calc": re.compile(r"[\s:]calc\(", re.IGNORECASE),
}
_UNITS = {
    **{f"css-unit-{unit}": re.compile(rf"\b\d+{unit}\b") for unit in ("ch", "rem", "vh", "vmax", "vmin", "vw")},
    "css-unit-initial": re.compile(r":\s?initial\b"),
}
#: Attributes that count once, however many elements have them.
_ATTRIBUTES = {
    **{name: f"css-{name}" for name in ("background", "border", "height", "padding", "width")},
    "bgcolor": "css-background-color",
}
_SHEET = {
    "css-at-font-face": re.compile(r"@font-face\s+\{", re.IGNORECASE),
    "css-at-import": re.compile(r"@import\s", re.IGNORECASE),
    "css-at-keyframes": re.compile(r"@keyframes\s", re.IGNORECASE),
    "css-at-media": re.compile(r"@media\s?\(", re.IGNORECASE),
    "css-at-supports": re.compile(r"@supports\s?\(", re.IGNORECASE),
    **{
        f"css-pseudo-class-{name}": re.compile(f":{name}")
        for name in (
            *("active", "checked", "first-child", "first-of-type", "focus", "has", "hover", "last-child"),
            *("last-of-type", "link", "target", "visited"),
        )
    },
    **{
        f"css-pseudo-class-{name}": re.compile(rf":{name}\s*\(")
        for name in (
            *("lang", "not", "nth-child", "nth-last-child", "nth-last-of-type", "nth-of-type"),
            *("only-child", "only-of-type"),
        )
    },
    **{f"css-pseudo-element-{name}": re.compile(f":{name}") for name in ("after", "before")},
    **{
        f"css-pseudo-element-{name}": re.compile(f"::{name}")
        for name in ("first-letter", "first-line", "marker", "placeholder")
    },
}
_TAGS = {
    **{
        tag: f"html-{tag}"
        for tag in ["audio", "base", "dialog", "form", "hr", "link", "meter", "picture", "progress", "select", "style"]
    },
    **{tag: f"html-{tag}" for tag in ["svg", "textarea", "video"]},
    **dict.fromkeys(("object", "embed", "image"), "html-object"),
    **dict.fromkeys(
        (
            *("article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark", "nav"),
            *("section", "summary", "time"),
        ),
        "html-semantics",
    ),
    "map": "html-image-maps",
}
_FORMATS = re.compile(r"\.(apng|avif|bmp|gif|hdr|heif|ico|mp4|ppm|svg|tiff?|webp)\Z", re.IGNORECASE)
_SCRIPT = "html-script"
_NOT_COUNTED = frozenset({"html", "head", "meta"})
_IN_SECTION = frozenset({"tbody", "thead", "tfoot"})
_BODY_END = re.compile(r"</body>", re.IGNORECASE)


def score(proof: Proof) -> tuple[float, float, float]:
    """How much of the HTML part is supported, partly supported and not, in percent: together 100."""
    nodes = _nodes(proof)
    partial = unsupported = 0.0
    for slug, found in _found(proof).items():
        share = found / nodes if nodes else 0.0
        feature = features().get(slug)
        partial = max(partial, share * (feature.partial if feature else 0.0))
        unsupported = max(unsupported, share * (feature.unsupported if feature else 100.0 * (slug == _SCRIPT)))
    # A feature can be found more often than there are elements.
    partial = min(partial, 100.0)
    unsupported = min(unsupported, 100.0 - partial)
    return 100.0 - partial - unsupported, partial, unsupported


def _nodes(proof: Proof) -> int:
    """Elements, with the `tbody` that HTML puts into every table."""
    is_whole = bool(_BODY_END.search(proof.html))
    count = 0
    for element in proof.elements():
        if element.tag == "tr":
            previous = next(element.itersiblings(tag=etree.Element, preceding=True), None)
            inside = element.getparent()
            is_first = previous is None or previous.tag != "tr"
            count += inside is not None and inside.tag not in _IN_SECTION and is_first
        count += element.tag not in _NOT_COUNTED and (is_whole or _stands_in_body(element))
    return count


def _stands_in_body(element: Any) -> bool:
    return element.tag == "script" or (element.tag != "body" and next(element.iterancestors("head"), None) is None)


def _found(proof: Proof) -> Counter[str]:
    """How often each feature is found."""
    found: Counter[str] = Counter()
    if _BODY_END.search(proof.html):
        found["html-body"] = 1
    for element in proof.elements():
        found.update(_of_element(element))
    attributes = {str(name) for element in proof.elements() for name in element.attrib}
    found.update(slug for name, slug in _ATTRIBUTES.items() if name in attributes)
    read: dict[str, Counter[str]] = {}
    for style in merged_styles(proof):
        if style not in read:
            read[style] = _of_style(style)
        found.update(read[style])
    sheets = "".join(sheet.text for sheet in proof.sheets)
    found.update({slug: len(pattern.findall(sheets)) for slug, pattern in _SHEET.items()})
    return found


def _of_element(element: Any) -> Iterator[str]:
    tag = element.tag
    if tag == "script" and element.get("type") not in {"application/ld+json", "application/json"}:
        yield _SCRIPT
    if tag in _TAGS:
        yield _TAGS[tag]
    elif tag == "a" and str(element.get("href") or "").startswith("#"):
        yield "html-anchor-links"
    elif tag == "img":
        yield from _of_picture(element)
    elif tag == "button" and element.get("type") in {"reset", "submit"}:
        yield f"html-button-{element.get('type')}"
    elif tag == "input" and element.get("type") == "text":
        yield "html-input-text"
    if element.get("type") == "hidden":
        yield "html-input-hidden"
    yield from (f"html-{name}" for name in ("srcset", "required") if name in element.attrib)


def _of_picture(element: Any) -> Iterator[str]:
    address = str(element.get("src") or "")
    if "usemap" in element.attrib:
        yield "html-image-maps"
    if address[:11].lower() == "data:image/":
        yield "image-base64"
    elif match := _FORMATS.search(address):
        extension = match[1].lower()
        yield f"image-{'tiff' if extension == 'tif' else extension}"


def _of_style(style: str) -> Counter[str]:
    """What a style attribute counts for: a property once, a unit each time."""
    names = {name.lower() for name in _DECLARED.findall(style)}
    found = Counter(f"css-{name}" for name in names & _NAMES)
    found.update({slug for name, slug in _RENAMED.items() if name in names})
    found.update(slug for slug, pattern in _WRITTEN.items() if pattern.search(style))
    found.update({slug: len(pattern.findall(style)) for slug, pattern in _UNITS.items()})
    return found
