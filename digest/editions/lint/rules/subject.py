"""The subject line: what is cut, what looks like a trick, and what filters count."""

import re
from collections.abc import Iterator

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Severity
from digest.editions.lint.header_values import value
from digest.editions.lint.rule import HEADERS, Hit, header_place, rule
from digest.editions.lint.sight import Sight
from digest.editions.render_plain import width

#: Columns: shorter says little, and of longer ones even a desktop shows no more.
_SHORTEST, _LONGEST = 20, 70
#: Fewer capitals may be a name.
_CAPITALS = 10
_SHOUT = re.compile(r"[!！؟?]*[!！]{2,}|[!！].*[!！].*[!！]")
_PRETENCE = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|rv)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_SPAM = "SpamAssassin 4.0 scores it: "
#: What SpamAssassin's stock rules score in a subject, by the name of the rule.
_SCORED = (
    ("SUBJ_BUY", re.compile(r"\s*buy", re.IGNORECASE)),
    ("SUBJ_DOLLARS", re.compile(r"\s*\$[\d.,]+\b")),
    ("SUBJ_AS_SEEN", re.compile(r"\bas seen", re.IGNORECASE)),
    ("SUBJ_YOUR_FAMILY", re.compile(r"\byour family", re.IGNORECASE)),
    ("SUBJECT_DIET", re.compile(r"\blose\b.{0,80}\b(?:pounds|lbs|weight)", re.IGNORECASE)),
    ("PLING_QUERY", re.compile(r"\?.*!|!.*\?")),
    ("GAPPY_SUBJECT", re.compile(r"\b(?:[a-z][-. _*:]){4}[a-z]\b", re.IGNORECASE)),
    ("ENGLISH_UCE_SUBJECT", re.compile(r"[^0-9a-z]*adv(?:ert)?\b", re.IGNORECASE)),
)


def _subject(proof: Sight) -> str:
    return value(proof.message, "Subject")[:1000]


@rule(
    "subject-missing",
    Severity.ERROR,
    readers="all: the inbox shows an empty line",
    mend="Give the letter a subject.",
    source="RFC 5322 3.6.5",
    part=HEADERS,
)
def subject_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not _subject(proof):
        yield "There is no subject.", header_place("Subject")


@rule(
    "subject-length",
    Severity.NOTE,
    readers="readers on phones, which show about 40 columns, and on desktops, which show about 70",
    mend=f"Keep it between {_SHORTEST} and {_LONGEST} columns, what matters first.",
    source="RFC 5322 2.1.1",
    part=HEADERS,
)
def subject_length(proof: Sight, _context: Context) -> Iterator[Hit]:
    subject = _subject(proof)
    columns = width(subject)
    if subject and not _SHORTEST <= columns <= _LONGEST:
        yield f"The subject has {columns} columns.", header_place("Subject", subject)


@rule(
    "subject-shouts",
    Severity.WARNING,
    readers="all: it looks like an advertisement, and filters score it",
    mend="Write it as a newspaper would.",
    source="https://spamassassin.apache.org/old/tests_3_3_x.html (SUBJ_ALL_CAPS)",
    part=HEADERS,
)
def subject_shouts(proof: Sight, _context: Context) -> Iterator[Hit]:
    subject = _subject(proof)
    capitals = sum(character.isupper() for character in subject)
    if capitals >= _CAPITALS and not any(character.islower() for character in subject):
        yield "The subject is all capitals.", header_place("Subject", subject)
    elif _SHOUT.search(subject):
        yield "The subject has several exclamation marks.", header_place("Subject", subject)


@rule(
    "subject-pretends",
    Severity.WARNING,
    readers="all: a letter that looks like an answer, and is none, misleads (CAN-SPAM forbids it)",
    mend="Begin it with the news.",
    source="15 U.S.C. 7704(a)(2)",
    part=HEADERS,
)
def subject_pretends(proof: Sight, _context: Context) -> Iterator[Hit]:
    subject = _subject(proof)
    if _PRETENCE.match(subject):
        yield "The subject begins as that of an answer, or of a forwarded mail.", header_place("Subject", subject)


@rule(
    "subject-scored",
    Severity.NOTE,
    readers="readers behind SpamAssassin",
    mend="Say it in other words, where the subject is yours.",
    source="https://spamassassin.apache.org/old/tests_3_3_x.html",
    part=HEADERS,
)
def subject_scored(proof: Sight, _context: Context) -> Iterator[Hit]:
    subject = _subject(proof)
    for name, pattern in _SCORED:
        if pattern.match(subject) if name != "PLING_QUERY" else pattern.search(subject):
            yield f"{_SPAM}{name}.", header_place("Subject", subject)


RULES = (subject_missing, subject_length, subject_shouts, subject_pretends, subject_scored)
