"""Looks a letter over before readers do: what mail clients make of it, and what people cannot read, see or reach."""

from collections.abc import Iterator, Mapping

from digest.editions.lint import support
from digest.editions.lint.anchors import text_links
from digest.editions.lint.context import Context, LinkResult, LinkStatus
from digest.editions.lint.finding import Finding, Place, Report, Severity
from digest.editions.lint.proof import Proof
from digest.editions.lint.rules import RULES
from digest.editions.lint.rules.footer import leave_urls
from digest.editions.lint.rules.octets import long_lines
from digest.editions.lint.rules.size import CLIPPED_AT, html_bytes, style_bytes
from digest.editions.lint.sight import Sight

__all__ = [
    "CLIPPED_AT",
    "Context",
    "Finding",
    "LinkResult",
    "LinkStatus",
    "Place",
    "Proof",
    "Report",
    "Severity",
    "links_of",
    "lint",
]

_ORDER = {severity: place for place, severity in enumerate((Severity.ERROR, Severity.WARNING, Severity.NOTE))}


def lint(message: bytes, templates: Mapping[str, str] | None = None, context: Context | None = None) -> Report:
    """All that could be better about `message` (RFC 5322).

    `templates` are the sources that it was made from, by name: findings then say where in them to look. Nothing is
    fetched, and nothing that `message` holds makes this raise.
    """
    proof = Sight.on(message, templates)
    found = [*long_lines(message), *_found(proof, context or Context())]
    supported, partial, unsupported = support.support(proof)
    return Report(
        findings=tuple(sorted(found, key=lambda finding: _ORDER[finding.severity])),
        html_bytes=html_bytes(proof),
        style_bytes=style_bytes(proof),
        supported=supported,
        partial=partial,
        unsupported=unsupported,
    )


def links_of(message: bytes) -> list[str]:
    """The http and https addresses that a letter leads to, each once, in its order.

    Those of its recipient alone are left out: where one leaves, and what List-Unsubscribe says. Nobody but the reader
    should go there.
    """
    proof = Sight.on(message)
    own = leave_urls(proof, Context())
    found = dict.fromkeys([*proof.web_links, *text_links(proof)])
    return [url for url in found if not url.startswith(own)] if own else list(found)


def _found(proof: Sight, context: Context) -> Iterator[Finding]:
    for rule in RULES:
        yield from rule(proof, context)
    if proof.html:
        yield from support.findings(proof)
