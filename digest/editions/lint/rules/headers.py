"""The head of a letter: what mail servers and mail programs want there (RFC 5322, 2369, 2919, 8058)."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Severity
from digest.editions.lint.header_values import value, values
from digest.editions.lint.rule import HEADERS, Hit, header_place, rule
from digest.editions.lint.sight import Sight

#: RFC 5322 3.6 asks for Date and From, and all programs for the others.
_NEEDED = ("From", "To", "Date", "Message-ID")
#: RFC 5322 3.6: no more than once.
_SINGLE = (*_NEEDED, "Subject", "Reply-To", "Sender", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
_BRACKETED = re.compile(r"<([^<>\s]{1,2000})>")
_IDENTITY = re.compile(r"<[^<>@\s]+@([^<>@\s]+)>")
_ADDRESS = re.compile(r"<?[^<>@\s]+@([^<>@\s,;]+?)>?\s*\Z")
_SAME_DAY = timedelta(days=1)
_ONE_CLICK = "List-Unsubscribe=One-Click"


@rule(
    "header-missing",
    Severity.ERROR,
    readers="all: such mail is refused, or taken for junk",
    mend="Send it with Digest, or have the relay leave the header as it is.",
    source="RFC 5322 3.6",
    part=HEADERS,
)
def header_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    if missing := [name for name in _NEEDED if not value(proof.message, name)]:
        yield f"There is no {' and no '.join(missing)}.", header_place(missing[0])


@rule(
    "header-twice",
    Severity.ERROR,
    readers="Gmail, which refuses such mail",
    mend="Leave one of them.",
    source="RFC 5322 3.6",
    part=HEADERS,
)
def header_twice(proof: Sight, _context: Context) -> Iterator[Hit]:
    for name in _SINGLE:
        if len(found := values(proof.message, name)) > 1:
            yield f"{name} is there {len(found)} times.", header_place(name, found[1])


@rule(
    "date-odd",
    Severity.WARNING,
    readers="all: the letter is sorted to a wrong place, and filters score it",
    mend="Set the clock of the machine that sends.",
    source="RFC 5322 3.6.1",
    part=HEADERS,
)
def date_odd(proof: Sight, context: Context) -> Iterator[Hit]:
    said = value(proof.message, "Date")
    if not said:
        return
    date = _moment(said)
    if date is None:
        yield "Its Date cannot be read.", header_place("Date", said)
    elif context.at and abs(date - context.at) > _SAME_DAY:
        yield f"Its Date is more than a day from {context.at:%Y-%m-%d %H:%M} UTC.", header_place("Date", said)


def _moment(said: str) -> datetime | None:
    """None for what is no date with a zone."""
    try:
        found = parsedate_to_datetime(said)
        return found.astimezone() if found.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@rule(
    "message-id-foreign",
    Severity.WARNING,
    readers="readers whose filters compare it with the sender",
    mend="Let the part after the @ be the domain of From, or one below it.",
    source="RFC 5322 3.6.4",
    part=HEADERS,
)
def message_id_foreign(proof: Sight, _context: Context) -> Iterator[Hit]:
    said = value(proof.message, "Message-ID")
    sender = _ADDRESS.search(value(proof.message, "From")[-1000:])
    identity = _IDENTITY.fullmatch(said)
    if said and not identity:
        yield "Its Message-ID has not the form <left@right>.", header_place("Message-ID", said)
    elif identity and sender and not _akin(identity[1].lower(), sender[1].lower()):
        yield f"Its Message-ID ends in {identity[1]}, and From in {sender[1]}.", header_place("Message-ID", said)


def _akin(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


@rule(
    "list-unsubscribe-missing",
    Severity.ERROR,
    readers="Gmail, Yahoo and Outlook.com, which take bulk mail without it for spam",
    mend="Send it with Digest, or have the relay leave List-Unsubscribe as it is.",
    source="RFC 2369 3.2",
    part=HEADERS,
)
def list_unsubscribe_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    said = value(proof.message, "List-Unsubscribe")
    urls = _BRACKETED.findall(said[:4000])
    if not said:
        yield "There is no List-Unsubscribe.", header_place("List-Unsubscribe")
    elif not any(url.lower().startswith(("https:", "http:", "mailto:")) for url in urls):
        yield "List-Unsubscribe holds no address in angle brackets.", header_place("List-Unsubscribe", said)


@rule(
    "one-click-missing",
    Severity.WARNING,
    readers="Gmail and Yahoo, which want it of those who send to many",
    mend=f"Write List-Unsubscribe-Post: {_ONE_CLICK} beside an https address in List-Unsubscribe.",
    source="RFC 8058 3.1",
    part=HEADERS,
)
def one_click_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    said = value(proof.message, "List-Unsubscribe")
    post = value(proof.message, "List-Unsubscribe-Post")
    secure = "<https:" in said.lower()
    if secure and post.replace(" ", "").lower() != _ONE_CLICK.lower():
        words = "is not what it must be" if post else "is missing"
        yield f"List-Unsubscribe-Post {words}.", header_place("List-Unsubscribe-Post", post)
    elif post and not secure:
        yield "List-Unsubscribe-Post is there without an https address.", header_place("List-Unsubscribe", said)


@rule(
    "list-id-missing",
    Severity.WARNING,
    readers="readers who sort their mail by lists",
    mend="Send it with Digest, which writes a List-Id.",
    source="RFC 2919 3",
    part=HEADERS,
)
def list_id_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    said = value(proof.message, "List-Id")
    if not re.search(r"<[^<>\s]+\.[^<>\s]+>", said[-1000:]):
        yield ("List-Id names no list." if said else "There is no List-Id."), header_place("List-Id", said)


@rule(
    "precedence-odd",
    Severity.WARNING,
    readers="readers whose server takes such mail for junk, or delays it",
    mend="Leave Precedence out, or let it be bulk.",
    source="RFC 2076 3.9",
    part=HEADERS,
)
def precedence_odd(proof: Sight, _context: Context) -> Iterator[Hit]:
    said = value(proof.message, "Precedence")
    if said and said.lower() not in {"bulk", "list"}:
        yield f"Precedence is {said[:20]!r}.", header_place("Precedence", said)


RULES = (
    header_missing,
    header_twice,
    date_odd,
    message_id_foreign,
    list_unsubscribe_missing,
    one_click_missing,
    list_id_missing,
    precedence_odd,
)
