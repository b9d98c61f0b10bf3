"""What a rule is: a look at one part of a letter, and what is said of all that it finds there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Finding, Place, Severity
from digest.editions.lint.sight import Sight

HEADERS, HTML, TEXT = "headers", "html", "text"

#: What is wrong, as a sentence, and where it is: an element, a declaration, a character of the text part, or a place.
Hit = tuple[str, Any]
Look = Callable[[Sight, Context], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Declared:
    """A place: the declaration of `name` that `element` gets its look from."""

    element: Any
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Called with a letter it gives one finding at most, however often the letter breaks it."""

    name: str
    severity: Severity
    readers: str
    mend: str
    source: str
    #: What it looks at: a letter without that part cannot break it.
    part: str
    look: Look

    def __call__(self, proof: Sight, context: Context) -> Iterator[Finding]:
        if (self.part == HTML and not proof.html) or (self.part == TEXT and not proof.text):
            return
        hits = self.look(proof, context)
        first = next(hits, None)
        if first is None:
            return
        what, spot = first
        yield Finding(
            rule=self.name,
            severity=self.severity,
            what=what,
            readers=self.readers,
            mend=self.mend,
            place=_place(proof, spot),
            count=1 + sum(1 for _ in hits),
            source=self.source,
        )


def rule(
    name: str, severity: Severity, *, readers: str, mend: str, source: str, part: str = HTML
) -> Callable[[Look], Rule]:
    """Makes a rule of a look."""

    def of(look: Look) -> Rule:
        return Rule(name=name, severity=severity, readers=readers, mend=mend, source=source, part=part, look=look)

    return of


def header_place(name: str, value: str = "") -> Place:
    """The header `name` of the letter."""
    return Place(part=HEADERS, snippet=shown(f"{name}: {value}"))


def shown(text: str, most: int = 120) -> str:
    """`text` in one line of at most `most` characters."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _place(proof: Sight, spot: Any) -> Place:
    if isinstance(spot, Place):
        return spot
    if isinstance(spot, int):
        return _text_place(proof, spot)
    if isinstance(spot, Declared):
        return proof.place_of_style(spot.element, spot.name, spot.value)
    return proof.place(spot)


def _text_place(proof: Sight, start: int) -> Place:
    """The line of the text part that holds its character `start`."""
    begin = proof.text.rfind("\n", 0, start) + 1
    line = proof.text[begin : begin + 500].split("\n", 1)[0]
    return Place(part=TEXT, line=proof.text.count("\n", 0, start) + 1, snippet=shown(line))
