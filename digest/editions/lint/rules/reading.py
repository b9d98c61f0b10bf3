"""What makes a letter easy to read and to use: contrast, the size of type, and of what is touched."""

from collections.abc import Iterator, Mapping
from typing import Any

from digest.editions import colours
from digest.editions.lint.cascade import declares_dark
from digest.editions.lint.context import Context
from digest.editions.lint.contrast import Faint, faint
from digest.editions.lint.finding import Severity
from digest.editions.lint.rule import Declared, Hit, rule, shown
from digest.editions.lint.runs import Look, length, properties
from digest.editions.lint.sight import Sight

#: Px.
_SMALLEST = 14.0
_TARGET, _TARGET_HEADLINE = 44, 24
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: WCAG 2.2 at w3.org.
_UNDERSTANDING = "https://www.w3.org/WAI/WCAG22/Understanding/"


def _hit(found: Faint, where: str) -> Hit:
    given = found.given_by
    return f"{where}, {found}.", Declared(given[0], "color", given[1]) if given else found.run.element


@rule(
    "contrast-low",
    Severity.ERROR,
    readers="readers whose sight is not the best, and all in the sun",
    mend="Take a darker colour for the text, or a lighter one behind it.",
    source=f"{_UNDERSTANDING}contrast-minimum",
)
def contrast_low(proof: Sight, _context: Context) -> Iterator[Hit]:
    for found in faint(proof.light):
        yield _hit(found, "In the letter's own colours")


@rule(
    "contrast-low-dark",
    Severity.WARNING,
    readers="Apple Mail, Outlook.com, Outlook on phones and Samsung Email in the dark",
    mend="Choose other colours in the rules for prefers-color-scheme: dark.",
    source=f"{_UNDERSTANDING}contrast-minimum",
)
def contrast_low_dark(proof: Sight, _context: Context) -> Iterator[Hit]:
    if declares_dark(proof.sheets):
        for found in faint(proof.dark):
            yield f"In its colours for the dark, {found}.", found.run.element


@rule(
    "contrast-low-flipped",
    Severity.WARNING,
    readers="Outlook.com, Gmail and others on Android, which turn colours over by themselves in the dark",
    mend="Take colours that are further apart: those of middling lightness come too close when they are turned over.",
    source=f"{_UNDERSTANDING}contrast-minimum",
)
def contrast_low_flipped(proof: Sight, _context: Context) -> Iterator[Hit]:
    for found in faint(proof.light, colours.flipped):
        yield _hit(found, "With its colours turned over")


@rule(
    "text-small",
    Severity.WARNING,
    readers="readers on phones, and those whose sight is not the best",
    mend=f"Set it in {_SMALLEST:g} px at least.",
    source="",
)
def text_small(proof: Sight, _context: Context) -> Iterator[Hit]:
    for run in proof.light:
        size = run.look.size
        if size < _SMALLEST and run.element.tag not in {"sub", "sup"}:
            spot = Declared(run.look.sized[0], "font-size", run.look.sized[1]) if run.look.sized else run.element
            yield f"{shown(run.text, 40)!r} is set in {size:.3g} px.", spot


@rule(
    "target-small",
    Severity.WARNING,
    readers="readers on phones, and those whose hands are not steady",
    mend=f"Give it display:inline-block and enough padding: with the height of its line {_TARGET} px in all.",
    source=f"{_UNDERSTANDING}target-size-enhanced",
)
def target_small(proof: Sight, _context: Context) -> Iterator[Hit]:
    for element, block in proof.blocks.items():
        # A link in a line of text is as high as the line.
        if block.has_words:
            continue
        needed = _TARGET_HEADLINE if element is not None and element.tag in _HEADINGS else _TARGET
        for link, parts in block.links.items():
            height = _height(proof, link, parts[0].look)
            if height < needed:
                name = shown(" ".join(part.text for part in parts), 40)
                yield f"The link {name!r} is about {height:g} px high.", link


def _height(proof: Sight, link: Any, look: Look) -> float:
    """Of what can be touched, in whole px."""
    style = properties(proof, link)
    line = max(look.line_height, look.size)
    is_headline = look.block is not None and look.block.tag in _HEADINGS
    if style.get("display", "inline").lower() == "inline" and not is_headline:
        line = min(line, 1.2 * look.size)
    pictures = [_number(image.get("height")) for image in link.iter("img")]
    return round(max([line, *pictures]) + _padding(style, look.size))


def _padding(style: Mapping[str, str], size: float) -> float:
    """Above and below."""
    sides = style.get("padding", "").split()[:4] or ["0"]
    written = (
        style.get("padding-top", sides[0]),
        style.get("padding-bottom", sides[2] if len(sides) > 2 else sides[0]),
    )
    return sum(max(0.0, length(each, size) or 0.0) for each in written)


def _number(written: object) -> float:
    text = str(written or "").strip()
    return float(text[:6]) if text.isdecimal() and text.isascii() else 0.0


RULES = (contrast_low, contrast_low_dark, contrast_low_flipped, text_small, target_small)
