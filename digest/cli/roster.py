"""Readers as lines of a list: what a line asks for, what becomes of it, and the line that a reader makes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest import publish
from digest.app.enrol import checked, normalized
from digest.cli import dialects
from digest.errors import UnknownName, UsageError
from digest.model import (
    NO_EVIDENCE,
    Evidence,
    Format,
    Frequency,
    Newsletter,
    Rhythm,
    Site,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    address_key,
)
from digest.store import Connection, admission, imports, subscribers, suppressions
from digest.store.admission import Newcomer
from digest.store.erasure import Eraser
from digest.store.subscribers import Choices, Reader

_CHOICES = ("categories", "timezone", "language", "frequency", "hour", "format")
_CHOSEN = tuple(column for column in _CHOICES if column != "language")
COLUMNS = ("address", "name", "newsletter", *_CHOICES, "state")
ADDED = "added"
_ENTERED = {
    SubscriptionState.ACTIVE: ADDED,
    SubscriptionState.PENDING: "added, not confirmed",
    SubscriptionState.LEFT: "recorded as left",
}
#: No list brings these back.
_STAYS = frozenset({SuppressionReason.COMPLAINT, SuppressionReason.ERASED})
#: A subscription, its state before, and its state now.
Change = tuple[int, str, SubscriptionState]
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
    #: Why the list says that it must not be mailed; it is suppressed here, too.
    barred: SuppressionReason | None = None
    evidence: Evidence = NO_EVIDENCE
    #: When the reader agreed or left; None: not known.
    decided_at: datetime | None = None


_BARRED = {
    dialects.BOUNCED: SuppressionReason.BOUNCE,
    dialects.COMPLAINED: SuppressionReason.COMPLAINT,
    dialects.BLOCKED: SuppressionReason.MANUAL,
}


def parsed(cells: Mapping[str, str], newsletters: Mapping[str, Newsletter], default: str, evidence: Evidence) -> Line:
    """The line in `cells`, of COLUMNS and `dialects.TOLD`; `default` is the newsletter where it names none.

    Raises UsageError for what is no address or does not exist.
    """
    name = cells["newsletter"] or default
    if name not in newsletters:
        raise UnknownName("newsletter", name, sorted(newsletters))
    barred = _BARRED.get(cells["state"])
    try:
        state = SubscriptionState.LEFT if barred else SubscriptionState(cells["state"] or SubscriptionState.ACTIVE)
    except ValueError:
        raise UnknownName("state", cells["state"], [*SubscriptionState, *_BARRED]) from None
    return Line(
        address=normalized(cells["address"]),
        name=person(cells["name"]),
        language=language(cells["language"]),
        newsletter=newsletters[name],
        choices=choices(cells, newsletters[name]),
        state=state,
        barred=barred,
        evidence=_from(evidence, dialects.network(cells["origin"])),
        decided_at=dialects.agreed_at(cells["agreed_at"], datetime.max.replace(tzinfo=UTC)),
    )


def _from(evidence: Evidence, origin: str) -> Evidence:
    return Evidence(origin=origin, form=evidence.form, wording=evidence.wording) if origin else evidence


def choices(cells: Mapping[str, str], newsletter: Newsletter) -> Choices:
    """What `cells` choose of `newsletter`: categories, timezone, frequency, hour, format. Raises UsageError."""
    if not any(cells[column] for column in _CHOSEN):
        return Choices()
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


@dataclass(slots=True, kw_only=True)
class Admission:
    """Lets lines in, some hundreds at a time; changes nobody's choices.

    It lifts no departure, and no suppression: with `force`, the operator's reason, those of who has left or whose mail
    has bounced, which is recorded. Who has complained or asked to be forgotten stays out.
    """

    site: Site
    now: datetime
    #: The import's number.
    number: int
    source: str
    eraser: Eraser | None = None
    force: str = ""
    _marks: dict[tuple[str, Rhythm], int] = field(default_factory=dict)

    def admit(self, connection: Connection, lines: Sequence[Line]) -> list[str]:
        """Does what the lines ask for, as far as it may; what became of each, in words."""
        addresses = {line.address for line in lines}
        standing = admission.standing(connection, addresses)
        erased = self.eraser.erased(connection, addresses) if self.eraser else set()
        new: dict[tuple[str, str], Newcomer] = {}
        changes: list[Change] = []
        fates = []
        for line in lines:
            key = (address_key(line.address), line.newsletter.name)
            if key[0] in erased:
                fates.append("was forgotten at their own request: left out")
            elif key in new:
                fates.append("stands here twice: the first line counts")
            elif (barred := standing.suppressed.get(key[0])) and not self._lifts(connection, line, barred):
                fates.append(f"is suppressed ({barred}): left out")
            elif key in standing.known:
                fates.append(self._meet(connection, line, standing.known[key], changes))
            else:
                new[key] = self._newcomer(connection, line)
                fates.append(f"suppressed ({line.barred})" if line.barred else _ENTERED[line.state])
            if line.barred:
                self._bar(connection, line)
        entered = admission.enter(connection, list(new.values()), self.now, imports.via(self.number))
        changes.extend((own, "", newcomer.state) for own, newcomer in entered.items())
        imports.note(connection, self.number, changes)
        return fates

    def _lifts(self, connection: Connection, line: Line, barred: SuppressionReason) -> bool:
        may = bool(self.force) and line.barred is None and line.state is SubscriptionState.ACTIVE
        if not may or barred in _STAYS:
            return False
        suppressions.remove(connection, line.address)
        return True

    def _bar(self, connection: Connection, line: Line) -> None:
        if line.barred:
            evidence = f"{imports.via(self.number)}: {self.source}"
            bar = Suppression(address=line.address, reason=line.barred, evidence=evidence, created_at=self.now)
            suppressions.add(connection, bar)

    def _newcomer(self, connection: Connection, line: Line) -> Newcomer:
        return Newcomer(
            address=line.address,
            name=line.name,
            language=line.language,
            newsletter=line.newsletter.name,
            choices=line.choices,
            state=line.state,
            mark=self._mark(connection, line),
            evidence=line.evidence,
            decided_at=min(line.decided_at, self.now) if line.decided_at else None,
        )

    def _meet(
        self, connection: Connection, line: Line, known: tuple[int, SubscriptionState], changes: list[Change]
    ) -> str:
        subscription, state = known
        act: Callable[..., bool]
        evidence = line.evidence
        if state is SubscriptionState.LEFT and self.force and line.state is SubscriptionState.ACTIVE:
            act, said, evidence = subscribers.come_back, "had left: brought back", replace(evidence, wording=self.force)
        elif state is SubscriptionState.LEFT:
            return "has left: left alone"
        elif line.state is SubscriptionState.LEFT:
            act, said = subscribers.leave, "has left now"
        elif state is SubscriptionState.PENDING and line.state is SubscriptionState.ACTIVE:
            act, said = subscribers.confirm, "confirmed"
        else:
            return "is known: left as it is"
        if act(connection, subscription, self.now, imports.via(self.number), evidence):
            changes.append((subscription, state.value, line.state))
        return said

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
