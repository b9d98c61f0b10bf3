"""What a template, a program or a hurry has left in a letter."""

import re
from collections.abc import Iterator

from lxml import etree

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.header_values import value
from digest.editions.lint.rule import HEADERS, HTML, Hit, header_place, rule, shown
from digest.editions.lint.sight import Sight

#: A blank of ours, as `model.blank` writes it.
_BLANK = re.compile(r"zq[0-9a-f]{6,64}[A-Z]+qz", re.IGNORECASE)
_TOKEN = re.compile(
    r"\{\{[^{}]{0,80}\}\}|\{%[^{}]{0,80}%\}|\[\[[^\[\]]{1,80}\]\]|%recipient[._][\w.]{1,40}%?|\*\|[A-Z_:]{2,40}\|\*"
    r"|<%=?[^<>]{0,80}%>|\$\{[A-Za-z_][\w.]{0,60}\}|%%[A-Za-z_]{2,40}%%"
)
_NOTHING = re.compile(r"(?:.{0,40}: )?(?:None|undefined|null|NaN|\[object Object\])\.?")
_FILLER = re.compile(r"\blorem ipsum\b", re.IGNORECASE)
_SEEN = ("alt", "title", "aria-label")
_UNSEEN = frozenset({"style", "script"})


@rule(
    "blank-left",
    Severity.ERROR,
    readers="all: what is theirs, such as the way to unsubscribe, is missing",
    mend="Put address, leave_url and choose_url out whole and through no filter.",
    source="templates/README.md",
    part=HEADERS,
)
def blank_left(proof: Sight, _context: Context) -> Iterator[Hit]:
    for what, place in _matches(proof, _BLANK):
        yield f"A blank was not filled in: {what}.", place


@rule(
    "token-left",
    Severity.WARNING,
    readers="all",
    mend="Fill it in; if it stands in a publisher's text, mend the feed with rules or leave the story out.",
    source="templates/README.md",
    part=HEADERS,
)
def token_left(proof: Sight, _context: Context) -> Iterator[Hit]:
    for what, place in _matches(proof, _TOKEN):
        yield f"A placeholder was not filled in: {what}.", place


@rule(
    "filler-text",
    Severity.WARNING,
    readers="all",
    mend="Write what is meant to stand there.",
    source="",
    part=HEADERS,
)
def filler_text(proof: Sight, _context: Context) -> Iterator[Hit]:
    for _, place in _matches(proof, _FILLER):
        yield "There is filler text.", place


@rule(
    "value-missing",
    Severity.WARNING,
    readers="all",
    mend="Ask in the template whether there is a value before it is put out.",
    source="templates/README.md",
)
def value_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    for text, place in _texts(proof):
        if len(text) < 80 and _NOTHING.fullmatch(text.strip()):
            yield f"A value is missing: {text.strip()!r}.", place


def _matches(proof: Sight, pattern: re.Pattern[str]) -> Iterator[Hit]:
    """Each match in the subject, what is seen of the HTML part, and the text part."""
    subject = value(proof.message, "Subject")
    for match in pattern.finditer(subject):
        yield shown(match[0], 60), header_place("Subject", subject)
    if proof.html:
        for text, place in _texts(proof):
            for match in pattern.finditer(text):
                yield shown(match[0], 60), place
    for match in pattern.finditer(proof.text):
        yield shown(match[0], 60), match.start()


def _texts(proof: Sight) -> Iterator[Hit]:
    """Every text and every attribute that is read, with its element; and addresses, for the blanks in them."""
    for _, node in etree.iterwalk(proof.tree, events=("start", "comment")):
        if isinstance(node.tag, str):
            if node.tag not in _UNSEEN and node.text:
                yield node.text, node
            yield from ((str(node.get(name)), node) for name in _SEEN if node.get(name))
            if node.tag == "a" and node.get("href"):
                yield str(node.get("href")), node
        if node.tail:
            parent = node.getparent()
            yield node.tail, Place(part=HTML) if parent is None else parent


RULES = (blank_left, token_left, filler_text, value_missing)
