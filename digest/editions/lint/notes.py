"""Reads what the tests of mail clients say beside "partly", against what a letter really does.

Most notes are about some values or some elements: "negative values are not supported" says nothing against
``margin: 0``. Which those are is read from the words of a note, since its number may change with the next data.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from digest.editions.lint.features import Use

#: What is lost below this many pixels, nobody misses.
_SMALL = 8
_INLINE = frozenset({"a", "abbr", "b", "bdi", "code", "em", "i", "small", "span", "strong", "sub", "sup", "u"})
_CELLS = frozenset({"td", "th"})
#: Colours that have been in CSS from its first version on.
_OLD_COLOURS = """
aqua black blue fuchsia gray green lime maroon navy olive purple red silver teal white yellow
currentcolor inherit none transparent
"""
_PIXELS = re.compile(r"(?<![\w.])(\d{1,9}(?:\.\d{0,9})?)px")
_NEGATIVE = re.compile(r"(?:^|[\s,(])-(?:\d|\.\d)")
_CODE = re.compile(r"`([^`]*)`")
_ELEMENT = re.compile(r"<([a-z][a-z0-9]*)>")
_WORD = re.compile(r"[a-z][a-z-]*")
_BORDER_LIMIT = 8

Ask = Callable[[Use], bool]


def _always(_use: Use) -> bool:
    return True


def _never(_use: Use) -> bool:
    return False


def _is_negative(use: Use) -> bool:
    return bool(_NEGATIVE.search(use.value))


def _is_padding_lost(use: Use) -> bool:
    """Whether padding outside of table cells makes a difference: it shapes a block, or a button."""
    if use.tag in _CELLS or _widest(use.value) < _SMALL:
        return False
    return use.tag not in _INLINE or _has_background(use)


def _is_margin_coloured(use: Use) -> bool:
    return _widest(use.value) >= _SMALL and _has_background(use)


def _is_uneven_row(use: Use) -> bool:
    """Whether a cell has less padding above or below than one beside it."""
    if use.tag not in _CELLS or use.rule:
        return False
    cells = [use.element, *_beside(use.element)]
    heights = [_vertical(str(cell.get("style") or "")) for cell in cells]
    return any(abs(one - other) >= _SMALL for height in heights for one, other in zip(heights[0], height, strict=True))


def _beside(cell: Any) -> list[Any]:
    # A row of thousands is no row of a letter, and each would look at all.
    return [each for each, _ in zip(cell.itersiblings(*_CELLS), range(20), strict=False)]


def _has_table_inside(use: Use) -> bool:
    return use.rule is None and next(use.element.iter("table"), use.element) is not use.element


def _is_block_lost(use: Use) -> bool:
    """Whether another layout comes out where `display` is not read, unless it hides something."""
    words = set(use.value.lower().split())
    if "block" in words:
        return use.tag in _INLINE
    if "inline-block" in words:
        return use.tag not in {*_INLINE, "img"}
    return words != {"inline"} or use.tag not in {*_INLINE, "img"}


def _has_picture(use: Use) -> bool:
    return "url(" in use.value.lower() or "gradient(" in use.value.lower()


def _is_modern_syntax(use: Use) -> bool:
    return any("," not in call for call in re.findall(r"\brgba?\(([^)]{0,99})\)", use.value.lower()))


def _has_alpha(use: Use) -> bool:
    return any(call.count(",") == 3 or "/" in call for call in re.findall(r"\brgb\(([^)]{0,99})\)", use.value.lower()))


def _is_new_colour(use: Use) -> bool:
    value = use.value.strip().lower()
    return value.isalpha() and value not in _OLD_COLOURS.split()


def _is_fraction_of_weight(use: Use) -> bool:
    return use.value.isdecimal() and int(use.value[:9]) % 100 != 0


def _queries_more(use: Use) -> bool:
    """Whether a media query asks for more than the width or the height of a screen."""
    asked = set(re.findall(r"\(\s*([a-z-]+)", use.value.lower()))
    return bool(asked - {f"{end}-{side}" for end in ("min", "max") for side in ("width", "height")})


#: A note in words that are found in it, and whether it holds of a use. The first that fits is taken.
_NOTES: tuple[tuple[re.Pattern[str], Ask], ...] = tuple(
    (re.compile(words, re.IGNORECASE), ask)
    for words, ask in (
        # Of accounts elsewhere in somebody's app, which is not what most readers of that app have.
        (r"only supported with .*accounts|accounts only", _always),
        (r"not supported (?:with|when using).* accounts?|doesn.t work with non", _never),
        (r"inline when using a non gmail|only supported inline due", _never),
        # Of how a picture is shown nevertheless.
        (r"converts? (?:file|still)|depends on browser|does not support anima|with an office 365|animated gif", _never),
        (r"base 64 gif", lambda use: "image/gif" in use.value.lower()),
        (r"only supports base 64 png", lambda use: "image/png" not in use.value.lower()),
        (r"whitespace syntax", _is_modern_syntax),
        (r"alpha value", _has_alpha),
        (r"negative values", _is_negative),
        (r"only supported on table cells", _is_padding_lost),
        (r"vertical padding will be the same", _is_uneven_row),
        (r"included inside the `margin`", _is_margin_coloured),
        (r"`auto` value is not", lambda use: "auto" in use.value.lower()),
        (r"bigger than 8px", lambda use: _widest(use.value) > _BORDER_LIMIT),
        (r"nested `<table>`|inherit to inner tables", _has_table_inside),
        (r"only supports `display:none`", _is_block_lost),
        (r"two-value syntax", lambda use: len(use.value.split()) > 1),
        (r"only `background-color` values", _has_picture),
        (r"color keywords", _is_new_colour),
        (r"multiple values", lambda use: "," in re.sub(r"\([^)]{0,500}\)?", "", use.value)),
        (r"`/ value`|slash `/`", lambda use: "/" in re.sub(r"\([^)]{0,500}\)?", "", use.value)),
        (r"`rem` values", _never),
        (r"percentage. size", lambda use: use.value.endswith("%") or use.value.lower() in {"larger", "smaller"}),
        (r"`<number>` values", _is_fraction_of_weight),
        (r"generic style that sets|behave weirdly|applies `word-wrap", _never),
        (r"`em` are smaller", lambda use: use.value.lower().endswith("em") and _is_negative(use)),
        (r"percentage width on `<img>`", lambda use: use.tag == "img" and use.value.endswith("%")),
        (r"120 dpi", _never),
        (r"empty anchor", lambda use: not use.is_to_anchor),
        (r"nested media quer|vendor prefixed", _never),
        (r"height based|landscape", lambda use: "height" in use.value or "landscape" in use.value),
        (r"only supports `screen`", _queries_more),
        (r"only supported in lowercase", lambda use: "!important" not in use.value.replace(" ", "")),
        (r"not written in lowercase|not supported inline", _never),
        (r"no space before .* `background-image`", _never),
        (r"space before", lambda use: not use.value.startswith("!")),
    )
)


@lru_cache(maxsize=1024)
def asks(note: str) -> Ask | None:
    """What tells whether `note` is about a use; None where its words are not understood."""
    return next((ask for words, ask in _NOTES if words.search(note)), None) or _of_elements(note) or _of_values(note)


def _of_elements(note: str) -> Ask | None:
    """Of a note that names the elements that it is about."""
    tags = frozenset(tag for code in _CODE.findall(note) for tag in _ELEMENT.findall(code))
    if not tags:
        return None
    if re.search(r"only (?:works|supported) on", note, re.IGNORECASE):
        return lambda use: use.tag not in tags
    if re.search(r"\bon\b|directly to|removed from", note, re.IGNORECASE):
        return lambda use: use.tag in tags and not _is_zero(use.value)
    return None


def _of_values(note: str) -> Ask | None:
    """Of a note that names the values that it is about."""
    _, but, lost = note.partition("but not")
    words = frozenset(word for code in _CODE.findall(lost if but else note) for word in _WORD.findall(code.lower()))
    if not words:
        return None
    if but or re.search(r"not supported|n[o']t support|value does not work", note, re.IGNORECASE):
        return lambda use: bool(words & set(_WORD.findall(use.value.lower())))
    if re.search(r"only supports|only .* works", note, re.IGNORECASE):
        return lambda use: not words & set(_WORD.findall(use.value.lower()))
    return None


def _widest(value: str) -> float:
    """The most pixels that `value` names."""
    return max((float(pixels) for pixels in _PIXELS.findall(value.lower())), default=0.0)


def _is_zero(value: str) -> bool:
    return bool(value) and not value.lower().translate(str.maketrans("", "", "0. px%"))


def _has_background(use: Use) -> bool:
    if use.rule:
        return any(each.name.startswith("background") for each in use.rule.declarations)
    return "background" in str(use.element.get("style") or "").lower()


def _vertical(style: str) -> tuple[float, float]:
    """The padding above and below that a style attribute gives, in pixels."""
    above = below = 0.0
    for piece in style.lower().split(";"):
        name, _, value = (part.strip() for part in piece.partition(":"))
        sizes = [_widest(size) for size in value.split()[:4]]
        if name == "padding" and sizes:
            above, below = sizes[0], sizes[2] if len(sizes) > 2 else sizes[0]
        elif name == "padding-top" and sizes:
            above = sizes[0]
        elif name == "padding-bottom" and sizes:
            below = sizes[0]
    return above, below
