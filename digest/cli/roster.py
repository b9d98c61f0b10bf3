"""Readers as lines of a list: what a line asks for, what becomes of it, and the line that a reader makes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest import publish
from digest.app.enrol import checked, normalized
from digest.errors import UnknownName, UsageError
from digest.model import Format, Frequency, Newsletter, Rhythm, Site, SubscriptionState, address_key
from digest.store import Connection, admission, subscribers
from digest.store.admission import Newcomer
from digest.store.subscribers import Choices, Reader

_CHOICES = ("categories", "timezone", "language", "frequency", "hour", "format")
COLUMNS = ("address", "name", "newsletter", *_CHOICES, "state")
ADDED = "added"
_ENTERED = {
    SubscriptionState.ACTIVE: ADDED,
    SubscriptionState.PENDING: "added, not confirmed",
    SubscriptionState.LEFT: "recorded as left",
}
_LONGEST_NAME = 200
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_CATEGORY = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one line of a list asks for."""

    address: str
    name: str
    language: str
    newsletter: Newsletter
    choices: Choices
    state: SubscriptionState


def parsed(cells: Mapping[str, str], newsletters: Mapping[str, Newsletter], default: str) -> Line:
    """The line in `cells`, a value for each of COLUMNS; `default` is the newsletter where it names none.

    Raises UsageError for what is no address or does not exist.
    """
    name = cells["newsletter"] or default
    if name not in newsletters:
        raise UnknownName("newsletter", name, sorted(newsletters))
    try:
        state = SubscriptionState(cells["state"] or SubscriptionState.ACTIVE)
    except ValueError:
        raise UnknownName("state", cells["state"], list(SubscriptionState)) from None
    return Line(
        address=normalized(cells["address"]),
        name=person(cells["name"]),
        language=language(cells["language"]),
        newsletter=newsletters[name],
        choices=choices(cells, newsletters[name]),
        state=state,
    )


def choices(cells: Mapping[str, str], newsletter: Newsletter) -> Choices:
    """What `cells` choose of `newsletter`: categories, timezone, frequency, hour, format. Raises UsageError."""
    try:
        frequency = Frequency(cells["frequency"] or Frequency.EVERY)
    except ValueError:
        raise UnknownName("frequency", cells["frequency"], list(Frequency)) from None
    try:
        form = Format(cells["format"] or Format.HTML)
    except ValueError:
        raise UnknownName("format", cells["format"], list(Format)) from None
    wanted = Choices(
        categories=tuple(name for name in _CATEGORY.split(cells["categories"]) if name),
        frequency=frequency,
        timezone=_zone(cells["timezone"]),
        send_at=_hour(cells["hour"]),
        format=form,
    )
    return checked(wanted, newsletter)


def language(text: str) -> str:
    """`text`, if it is a language tag or empty. Raises UsageError."""
    if text and not _LANGUAGE.fullmatch(text):
        raise UsageError(f"{text!r} is not a language tag: write it as in en or pt-BR")
    return text


def person(text: str) -> str:
    """`text`, if it can be a name or is empty. Raises UsageError."""
    if len(text) > _LONGEST_NAME or not text.isprintable():
        raise UsageError(f"a name is one line of at most {_LONGEST_NAME} characters")
    return text


@dataclass(slots=True)
class Admission:
    """Lets lines in, some hundreds at a time. Lifts no departure and no suppression, and changes nobody's choices."""

    site: Site
    now: datetime
    via: str
    _marks: dict[tuple[str, Rhythm], int] = field(default_factory=dict)

    def admit(self, connection: Connection, lines: Sequence[Line]) -> list[str]:
        """Does what the lines ask for, as far as it may; what became of each, in words."""
        standing = admission.standing(connection, {line.address for line in lines})
        new: dict[tuple[str, str], Newcomer] = {}
        fates = []
        for line in lines:
            key = (address_key(line.address), line.newsletter.name)
            if key[0] in standing.suppressed:
                fates.append(f"is suppressed ({standing.suppressed[key[0]]}): left out")
            elif key in standing.known:
                fates.append(self._meet(connection, line, *standing.known[key]))
            elif key in new:
                fates.append("stands here twice: the first line counts")
            else:
                new[key] = self._newcomer(connection, line)
                fates.append(_ENTERED[line.state])
        admission.enter(connection, list(new.values()), self.now, self.via)
        return fates

    def _newcomer(self, connection: Connection, line: Line) -> Newcomer:
        return Newcomer(
            address=line.address,
            name=line.name,
            language=line.language,
            newsletter=line.newsletter.name,
            choices=line.choices,
            state=line.state,
            mark=self._mark(connection, line),
        )

    def _meet(self, connection: Connection, line: Line, subscription: int, state: SubscriptionState) -> str:
        if state is SubscriptionState.LEFT:
            return "has left: left alone"
        if line.state is SubscriptionState.LEFT:
            subscribers.leave(connection, subscription, self.now, self.via)
            return "has left now"
        if state is SubscriptionState.PENDING and line.state is SubscriptionState.ACTIVE:
            subscribers.confirm(connection, subscription, self.now, self.via)
            return "confirmed"
        return "is known: left as it is"

    def _mark(self, connection: Connection, line: Line) -> int:
        """Thousands of readers begin at the same place: it is looked up once."""
        rhythm = line.choices.rhythm
        key = (line.newsletter.name, rhythm)
        if key not in self._marks:
            self._marks[key] = publish.starting_mark(connection, line.newsletter, self.site, rhythm, self.now)
        return self._marks[key]


def cells_of(reader: Reader) -> tuple[str, ...]:
    """A value for each of COLUMNS."""
    who, own = reader.subscriber, reader.subscription
    hour = own.send_at.strftime("%H:%M") if own.send_at else ""
    categories = " ".join(own.categories)
    return (
        who.address,
        who.name,
        own.newsletter,
        categories,
        own.timezone,
        who.language,
        own.frequency.value,
        hour,
        own.format.value,
        own.state.value,
    )


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key if text else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"there is no time zone {text!r}: write its IANA name, as in Europe/London") from None


def _hour(text: str) -> time | None:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if text and not found:
        raise UsageError(f"{text!r} is not a time of day: write it as in 07:00")
    return time(int(found[1]), int(found[2])) if found else None
