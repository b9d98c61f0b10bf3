"""The bones of a letter: headings, tables and names, as programs that read aloud go by them."""

from collections.abc import Iterator
from typing import Any

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.rule import HTML, Hit, rule, shown
from digest.editions.lint.sight import Sight

_LEVELS = {f"h{level}": level for level in range(1, 7)}
_HEADINGS = "https://www.w3.org/WAI/tutorials/page-structure/headings/"
_LISTENERS = "readers who listen: they go from heading to heading"


@rule(
    "heading-first-missing",
    Severity.WARNING,
    readers=_LISTENERS,
    mend="Make the newsletter's title an <h1>, and the only one.",
    source=_HEADINGS,
)
def heading_first_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    found = list(proof.elements("h1"))
    if not found:
        yield "There is no first-level heading.", Place(part=HTML)
    for heading in found[1:]:
        yield f"There are {len(found)} first-level headings.", heading


@rule(
    "heading-skipped",
    Severity.WARNING,
    readers=_LISTENERS,
    mend="Go down one level at a time: letter <h1>, section <h2>, story <h3>.",
    source=_HEADINGS,
)
def heading_skipped(proof: Sight, _context: Context) -> Iterator[Hit]:
    before = 0
    for heading in proof.elements(*_LEVELS):
        level = _LEVELS[heading.tag]
        if before and level > before + 1:
            yield f"An <h{level}> follows an <h{before}>.", heading
        before = level


@rule(
    "heading-empty",
    Severity.WARNING,
    readers=_LISTENERS,
    mend="Leave the heading out where there is nothing to say.",
    source=_HEADINGS,
)
def heading_empty(proof: Sight, _context: Context) -> Iterator[Hit]:
    for heading in proof.headings:
        if not heading.text and not heading.is_described:
            yield f"An <{heading.element.tag}> is empty.", heading.element


@rule(
    "table-without-role",
    Severity.WARNING,
    readers="readers who listen: rows and columns are announced that mean nothing",
    mend='Write role="none" on tables that are there for the layout.',
    source="https://www.w3.org/WAI/tutorials/tables/",
)
def table_without_role(proof: Sight, _context: Context) -> Iterator[Hit]:
    of_figures = set(_own_headers(proof))
    for table in proof.elements("table"):
        role = str(table.get("role") or "").strip().lower()
        if role not in {"none", "presentation", "table", "grid"} and table not in of_figures:
            yield "A table for the layout is announced as one of figures.", table


def _own_headers(proof: Sight) -> Iterator[Any]:
    """The tables that have header cells of their own."""
    for cell in proof.elements("th"):
        table = next(cell.iterancestors("table"), None)
        if table is not None:
            yield table


@rule(
    "id-twice",
    Severity.WARNING,
    readers="all who jump there from the table of contents",
    mend="Give each place a name of its own.",
    source="https://html.spec.whatwg.org/multipage/dom.html#the-id-attribute",
)
def id_twice(proof: Sight, _context: Context) -> Iterator[Hit]:
    seen: set[str] = set()
    for element in proof.elements():
        name = element.get("id")
        if name is None:
            continue
        if name in seen:
            yield f"The id {shown(str(name), 40)!r} is there more than once.", element
        seen.add(str(name))


RULES = (heading_first_missing, heading_skipped, heading_empty, table_without_role, id_twice)
