"""Which declarations hold for an element: those of its style attribute, and those of the style elements."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.editions.lint.styles import Declaration, Rule, Sheet

#: More selectors than any letter has; and of those that look at more than one element, which take longer.
_FLAT, _DEEP = 400, 60
_COMPOUND = re.compile(r"(?P<tag>\*|[a-z][\w-]*)?(?P<classes>(?:\.-?[a-z_][\w-]*)*)\Z", re.IGNORECASE)
_COMBINATOR = re.compile(r"\s*>\s*|\s+")
#: The shorthand `font`: what comes before the size, the size, and the height of a line.
_FONT = re.compile(
    r"(?P<before>(?:[\w-]+\s+){0,5}?)(?P<size>[\d.]+[a-z%]+|[a-z]+-?(?:small|large|er)|small|medium|large)"
    r"(?:\s*/\s*(?P<line>[\w.%]+))?\s+\S",
    re.IGNORECASE,
)
_WEIGHT = re.compile(r"\b(bold|bolder|lighter|[1-9]\d{0,3})\b", re.IGNORECASE)
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)
#: What a screen of any size in the dark fulfils.
_DARK_QUERY = re.compile(
    r"@media\s+(?:(?:only\s+)?(?:screen|all)\s+and\s+)?\(\s*prefers-color-scheme\s*:\s*dark\s*\)\s*\Z", re.IGNORECASE
)


class Scheme(StrEnum):
    """The colours that a reader's program asks for."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class _Compound:
    """A selector of one element by its tag and its classes."""

    tag: str
    classes: frozenset[str]

    def fits(self, tag: str, classes: frozenset[str]) -> bool:
        return self.tag in {"*", tag} and self.classes <= classes


@dataclass(frozen=True, slots=True)
class _Sent:
    """A rule of a style element."""

    #: What the element stands in, and last the element itself.
    path: tuple[_Compound, ...]
    declarations: tuple[Declaration, ...]

    @property
    def is_flat(self) -> bool:
        """Whether it looks at the element alone."""
        return len(self.path) == 1

    def fits(self, line: Sequence[tuple[str, frozenset[str]]]) -> bool:
        """Whether it is for the last of `line`, an element after those that it stands in."""
        if not self.path[-1].fits(*line[-1]):
            return False
        around = iter(reversed(line[:-1]))
        return all(any(compound.fits(*each) for each in around) for compound in reversed(self.path[:-1]))


class Cascade:
    """The rules of the style elements that hold on a wide screen in one colour scheme.

    Selectors with more than tags and classes are passed over: mail clients agree on few of them.
    """

    def __init__(self, sheets: Sequence[Sheet], scheme: Scheme) -> None:
        rules = (rule for sheet in sheets for rule in sheet.css.rules if _holds(rule, scheme))
        left = {True: _FLAT, False: _DEEP}
        self._sent: list[_Sent] = []
        for each in (each for rule in rules for each in _sent(rule)):
            left[each.is_flat] -= 1
            if left[each.is_flat] >= 0:
                self._sent.append(each)
        self._is_flat = left[False] == _DEEP
        self._known: dict[object, Mapping[str, str]] = {}

    def of(self, line: Sequence[tuple[str, frozenset[str]]], own: tuple[Declaration, ...]) -> Mapping[str, str]:
        """The properties of the last of `line`, an element after those that it stands in, with the style `own`."""
        key = (line[-1], own)
        if self._is_flat and key in self._known:
            return self._known[key]
        fitting = [each for sent in self._sent if sent.fits(line) for each in sent.declarations]
        ranked = [
            *(each for each in fitting if not each.important),
            *(each for each in own if not each.important),
            *(each for each in fitting if each.important),
            *(each for each in own if each.important),
        ]
        found: dict[str, str] = {}
        for each in ranked:
            found.update(_of_font(each.value) if each.name == "font" else {each.name: each.value} if each.value else {})
        if self._is_flat:
            self._known[key] = found
        return found


def declares_dark(sheets: Sequence[Sheet]) -> bool:
    """Whether a letter has colours of its own for the dark."""
    return any(_DARK.search(around) for sheet in sheets for rule in sheet.css.rules for around in rule.around)


def _of_font(value: str) -> dict[str, str]:
    """What the shorthand `font` says of size, line and weight; what it leaves out is set back (CSS Fonts 4, 2.7)."""
    found = _FONT.match(value[:500])
    if not found:
        return {}
    weight = _WEIGHT.search(found["before"])
    return {
        "font-size": found["size"],
        "line-height": found["line"] or "normal",
        "font-weight": weight[0] if weight else "normal",
    }


def _holds(rule: Rule, scheme: Scheme) -> bool:
    return not rule.around or (scheme is Scheme.DARK and all(_DARK_QUERY.match(each) for each in rule.around))


def _sent(rule: Rule) -> Iterator[_Sent]:
    for selector in rule.selector[:2000].split(","):
        parts = [_COMPOUND.match(part) for part in _COMBINATOR.split(selector.strip())]
        path = tuple(_compound(part) for part in parts if part and part[0])
        if path and len(path) == len(parts):
            yield _Sent(path, rule.declarations)


def _compound(found: re.Match[str]) -> _Compound:
    return _Compound((found["tag"] or "*").lower(), frozenset(filter(None, found["classes"].split("."))))
