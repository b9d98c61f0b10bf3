"""What a look at a letter finds, each finding with its place, whom it hits, and what mends it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    #: Readers lose something, or the letter does not reach them.
    ERROR = "error"
    #: Some readers see less than was meant.
    WARNING = "warning"
    #: Worth knowing.
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: in the letter, and in the template that it comes from."""

    #: ``html``, ``text`` or ``headers``.
    part: str
    #: Of the part, from 1; 0: the whole part.
    line: int = 0
    #: What stands there, one line, 120 characters at most.
    snippet: str = ""
    #: As in ``classic/story.html.j2``; empty: not known.
    template: str = ""
    #: From 1; 0: not known.
    template_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that could be better."""

    #: Names the rule, as in ``image-without-alt``.
    rule: str
    severity: Severity
    #: One sentence.
    what: str
    #: Whom it hits: mail clients, or readers of a kind.
    readers: str
    #: What to do about it, one sentence.
    mend: str
    #: The first place.
    place: Place
    #: How often it occurs.
    count: int = 1
    #: Where the rule comes from: a URL, or an RFC with its section.
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is found, the worst first."""

    findings: tuple[Finding, ...]
    #: Bytes of the HTML part in UTF-8, which is what Gmail counts.
    html_bytes: int
    #: Bytes of all style elements.
    style_bytes: int
    #: Percentages of mail clients' features, together 100: see `support`.
    supported: float
    partial: float
    unsupported: float
    #: Facts that are no findings, as shown beside them: name and value.
    facts: tuple[tuple[str, str], ...] = field(default=())

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)
