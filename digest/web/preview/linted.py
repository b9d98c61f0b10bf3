"""What the lint says of a letter, as the page shows it."""

from digest.app.house import House
from digest.app.linting import lint_message
from digest.editions.lint import Finding
from digest.web.preview.letter import Kept


def lint_of(house: House, kept: Kept) -> dict[str, object]:
    """The page's `letter.lint`. Raises TemplateError."""
    foretold = kept.foretold
    report = lint_message(house, foretold.newsletter, foretold.message, at=foretold.slot.at)
    return {
        "supported": round(report.supported, 1),
        "partial": round(report.partial, 1),
        "unsupported": round(report.unsupported, 1),
        "findings": [_finding(each) for each in report.findings],
    }


def _finding(each: Finding) -> dict[str, object]:
    place = each.place
    return {
        "rule": each.rule,
        "severity": each.severity.value,
        "what": each.what,
        "readers": each.readers,
        "mend": each.mend,
        "where": f"{place.part}, line {place.line}" if place.line else place.part,
        "part": place.part,
        "line": place.line,
        "template": place.template,
        "template_line": place.template_line,
        "count": each.count,
        "snippet": place.snippet,
        "source": each.source,
    }
