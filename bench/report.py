"""What a bench found, as a table to read and as JSON to compare with."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Two figures side by side, and what was hoped for."""

    what: str
    unit: str
    ours: float
    #: What it is compared with, in words, and its figure.
    against: str
    theirs: float
    #: Of the ratio; None: it is only told.
    goal: float | None = None
    #: The ratio says how many times less ours is, and the goal is the least of it; otherwise how many times theirs ours
    #: is, and the goal is the most.
    less: bool = False

    @property
    def ratio(self) -> float:
        above, below = (self.theirs, self.ours) if self.less else (self.ours, self.theirs)
        return above / below if below else 0.0

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.less else self.ratio <= self.goal

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def table(findings: Sequence[Finding], remarks: Sequence[str]) -> str:
    """One line a finding, and what has to be known to judge it below."""
    rows: list[tuple[str, ...]] = [("", "ours", "against", "", "ratio", "goal", "")]
    rows += [_row(finding) for finding in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_cells(row, widths)).rstrip() for row in rows]
    return "\n".join([f"{_machine()}", "", *lines, "", *remarks])


def as_json(findings: Sequence[Finding], remarks: Sequence[str]) -> str:
    found = [finding.as_json() for finding in findings]
    return json.dumps({"machine": _machine(), "findings": found, "remarks": list(remarks)}, indent=2)


def _row(finding: Finding) -> tuple[str, ...]:
    unit = finding.unit
    goal, word = "", ""
    if finding.goal is not None:
        goal = f"{'at least' if finding.less else 'at most'} {finding.goal:g}"
        word = "met" if finding.met else "NOT MET"
    ours, theirs = f"{finding.ours:.2f} {unit}", f"{finding.theirs:.2f} {unit}"
    return finding.what, ours, finding.against, theirs, f"{finding.ratio:.2f}", goal, word


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if column in {1, 3, 4} else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _machine() -> str:
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
