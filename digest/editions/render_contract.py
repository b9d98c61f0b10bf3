"""Reads the contract between program and templates: the tables of `templates/README.md`.

A heading of the second level names templates, as patterns in backquotes; a row of the table under it that begins
with a variable in backquotes ends with an example of it, in JSON. An operator's template is held to the same tables.
"""

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_QUOTED = re.compile(r"`([^`]+)`")
_ROW = re.compile(r"\|\s*`(?P<name>\w+)`\s*\|.*\|\s*`(?P<example>[^`]*)`\s*\|\s*\Z")


@dataclass(frozen=True, slots=True)
class Clause:
    """The variables that the templates matching one of `patterns` may use, each with an example."""

    patterns: tuple[str, ...]
    examples: dict[str, object]


def read_contract(readme: Path) -> tuple[Clause, ...]:
    """The clauses of `readme`; headings without a template in backquotes are prose and left out."""
    clauses = []
    for part in readme.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        patterns = tuple(_QUOTED.findall(heading))
        rows = (_ROW.match(line) for line in body.split("\n"))
        if patterns:
            clauses.append(Clause(patterns, {row["name"]: json.loads(row["example"]) for row in rows if row}))
    return tuple(clauses)


def examples_for(template: str, contract: tuple[Clause, ...]) -> dict[str, object]:
    """Every variable that `template` may use, with its example; empty where the contract does not know it."""
    examples: dict[str, object] = {}
    for clause in contract:
        if any(fnmatchcase(template, pattern) for pattern in clause.patterns):
            examples |= clause.examples
    return examples
