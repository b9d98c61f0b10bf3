"""The rules that a letter is held to, beside what mail clients make of it."""

from digest.editions.lint.rule import Rule
from digest.editions.lint.rules import (
    active,
    document,
    footer,
    headers,
    leftovers,
    links,
    pictures,
    plain,
    reading,
    size,
    structure,
    subject,
)

RULES: tuple[Rule, ...] = (
    *headers.RULES,
    *subject.RULES,
    *size.RULES,
    *document.RULES,
    *structure.RULES,
    *reading.RULES,
    *pictures.RULES,
    *links.RULES,
    *active.RULES,
    *leftovers.RULES,
    *plain.RULES,
    *footer.RULES,
)
