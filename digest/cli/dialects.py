"""Lists of readers as other services export them, told apart by their first line and put into our columns. Pure.

Mailchimp, listmonk, Substack, Ghost, Buttondown, a plain list of addresses, and our own export.
"""

import csv
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import lru_cache
from itertools import chain

from digest.cli import csv_safe
from digest.errors import UnknownName, UsageError

#: What a list may say of a reader, beside what it chooses for them: when they agreed and from which network.
TOLD = ("agreed_at", "origin")
_TRUE = frozenset({"true", "1", "yes", "t"})
#: States that a list has from its service, beside ours: never mailed, and suppressed here.
BOUNCED, COMPLAINED, BLOCKED = "bounced", "complained", "blocked"
_PENDING, _LEFT = "pending", "left"

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one service writes its lists."""

    name: str
    #: It is this one where the heading has all of these and one of `any_of`.
    needs: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    #: Our column -> the column it comes from.
    columns: Mapping[str, str] = field(default_factory=dict)
    #: What it says of consent; empty: active.
    state: Callable[[Cells], str] = lambda _cells: ""

    def matches(self, heading: Sequence[str]) -> bool:
        names = set(heading)
        return self.needs <= names and (not self.any_of or bool(self.any_of & names))

    def translated(self, cells: Cells) -> dict[str, str]:
        ours = {column: cells.get(theirs, "") for column, theirs in self.columns.items()}
        if self.name == "mailchimp":
            ours["name"] = " ".join(filter(None, (cells.get("first name", ""), cells.get("last name", ""))))
        return {**ours, "state": self.state(cells)}


def _mailchimp(cells: Cells) -> str:
    if cells.get("clean_time"):
        return BOUNCED
    return _LEFT if cells.get("unsub_time") else ""


def _listmonk(cells: Cells) -> str:
    return {"blocklisted": BLOCKED, "disabled": _LEFT}.get(cells.get("status", "").lower(), "")


def _substack(cells: Cells) -> str:
    return _LEFT if cells.get("email disabled", "").lower() in _TRUE else ""


def _ghost(cells: Cells) -> str:
    gone = bool(cells.get("deleted_at")) or cells.get("subscribed_to_emails", "").lower() not in _TRUE
    return _LEFT if gone else ""


def _buttondown(cells: Cells) -> str:
    kind = (cells.get("subscriber_type") or cells.get("type", "")).lower()
    return {
        "unactivated": _PENDING,
        "unconfirmed": _PENDING,
        "unsubscribed": _LEFT,
        "removed": _LEFT,
        "past_due": "",
        "undeliverable": BOUNCED,
        "complained": COMPLAINED,
        "spammy": BLOCKED,
        "blocked": BLOCKED,
    }.get(kind, "")


_BUTTONDOWN = {"agreed_at": "creation_date", "origin": "ip_address"}
DIALECTS = (
    Dialect(
        name="mailchimp",
        needs=frozenset({"email address"}),
        any_of=frozenset({"optin_time", "member_rating", "confirm_time", "unsub_time", "clean_time", "leid"}),
        columns={"address": "email address", "agreed_at": "confirm_time", "origin": "optin_ip"},
        state=_mailchimp,
    ),
    Dialect(
        name="listmonk",
        needs=frozenset({"uuid", "email", "status"}),
        columns={"address": "email", "name": "name", "agreed_at": "created_at"},
        state=_listmonk,
    ),
    Dialect(
        name="ghost",
        needs=frozenset({"email", "subscribed_to_emails"}),
        columns={"address": "email", "name": "name", "agreed_at": "created_at"},
        state=_ghost,
    ),
    Dialect(
        name="substack",
        needs=frozenset({"email"}),
        any_of=frozenset({"active subscription", "active_subscription", "email disabled", "subscription type"}),
        columns={"address": "email", "name": "name", "agreed_at": "created at"},
        state=_substack,
    ),
    Dialect(
        name="buttondown",
        needs=frozenset({"email", "creation_date"}),
        any_of=frozenset({"subscriber_type", "type"}),
        columns={"address": "email", **_BUTTONDOWN},
        state=_buttondown,
    ),
)
#: A list that names nothing but addresses.
PLAIN = Dialect(name="plain", columns={"address": "address", "name": "name"})
NAMES = ("auto", "digest", *(each.name for each in DIALECTS), PLAIN.name)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a list is to be read."""

    #: Of NAMES.
    dialect: str = "auto"
    #: Our column -> the list's own, as the operator names them; the other columns of the list are left out then.
    mapped: Mapping[str, str] = field(default_factory=dict)


def read(lines: Iterable[str], columns: Sequence[str], reading: Reading) -> Iterator[tuple[int, dict[str, str]]]:
    """Each reader of the list with the number of its line: a text for each of `columns` and of TOLD.

    Raises UsageError for what is no list of readers.
    """
    if reading.dialect not in NAMES:
        raise UnknownName("kind of list", reading.dialect, NAMES)
    rest = iter(lines)
    try:
        first = next(rest, "")
    except UnicodeDecodeError as error:
        raise UsageError(f"line 1: is not text in UTF-8: {error}") from None
    heading = _heading(first)
    dialect = _of(heading, reading)
    names = (*columns, *TOLD)
    if dialect is PLAIN:
        yield from _plain(chain([first], rest), names)
        return
    separator = _separator(first)
    known = names if dialect is None else tuple(dict.fromkeys(heading))
    rows = csv_safe.read(
        chain([first], rest), known, "address" if dialect is None else dialect.columns["address"], separator
    )
    for number, cells in rows:
        found = cells if dialect is None else dialect.translated(cells)
        yield number, {name: found.get(name, "") for name in names}


def agreed_at(text: str, now: datetime) -> datetime | None:
    """When that was, in UTC; None where it says nothing that can be believed."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if moment <= now else None


def network(text: str) -> str:
    """The network of an IP address, so much of it as names no single machine: /24, and /48 of IPv6; empty for none."""
    text = text.strip()
    # Long lists have few networks.
    return _network(f"{text.rpartition('.')[0]}.0" if _IPV4.fullmatch(text) else text)


_IPV4 = re.compile(r"[0-9.]+\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])", re.ASCII)


@lru_cache(maxsize=10_000)
def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def _of(heading: Sequence[str], reading: Reading) -> Dialect | None:
    """None: our own."""
    if reading.mapped:
        missing = [name for name in reading.mapped.values() if name.lower() not in heading]
        if missing:
            raise UnknownName("column", missing[0], heading)
        return Dialect(name="mapped", columns={ours: theirs.lower() for ours, theirs in reading.mapped.items()})
    named = {each.name: each for each in (*DIALECTS, PLAIN)}
    if reading.dialect != "auto":
        return named.get(reading.dialect)
    if "address" in heading:
        return None
    found = next((each for each in DIALECTS if each.matches(heading)), None)
    return PLAIN if found is None and _is_plain(heading) else found


def _is_plain(heading: Sequence[str]) -> bool:
    return heading in (["email"], ["e-mail"]) or (len(heading) == 1 and "@" in heading[0])


def _heading(line: str) -> list[str]:
    row = next(csv.reader([line], delimiter=_separator(line)), [])
    return [cell.strip().lower().removeprefix("\ufeff") for cell in row]


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


_TITLE = re.compile(r"e-?mail|address", re.IGNORECASE)


def _plain(lines: Iterable[str], names: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """One address a line, or ``Ada Lovelace <ada@example.org>``; empty lines and those that begin with # are left."""
    try:
        for number, line in enumerate(lines, 1):
            text = line.strip().removeprefix("\ufeff").strip('"')
            if not text or text.startswith("#") or (number == 1 and _TITLE.fullmatch(text)):
                continue
            name, address = parseaddr(text) if "<" in text else ("", text)
            yield number, {**dict.fromkeys(names, ""), "address": address or text, "name": name}
    except UnicodeDecodeError as error:
        raise UsageError(f"not text in UTF-8: {error}") from None
