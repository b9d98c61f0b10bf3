"""The simulation's own books: who asked for what, what the mail server took, and which promise that breaks. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_DAY = timedelta(days=1)
#: A story is owed to whoever wished for it without a change from its coming until so much later.
WEEKLY = 10 * _DAY


class Broken(Exception):
    """A promise is broken."""

    def __init__(self, at: datetime, promise: str, history: Iterable[str]) -> None:
        lines = "".join(f"\n    {line}" for line in history)
        super().__init__(f"{at:%Y-%m-%d %H:%M} UTC: {promise}{lines}")


@dataclass(slots=True)
class Person:
    """What the oracle knows of a reader."""

    address: str
    subscription: int
    categories: frozenset[str]
    weekly: bool
    #: Since when nothing of it has changed; None: they are not to be mailed.
    since: datetime | None
    paused_until: datetime | None = None
    #: Nobody reads there any more.
    dead: bool = False
    #: For each item by its number whether it was brought.
    got: bytearray = field(default_factory=bytearray)
    history: list[str] = field(default_factory=list)

    def may_be_mailed(self, now: datetime) -> bool:
        return self.since is not None and (self.paused_until is None or self.paused_until <= now)


@dataclass(slots=True)
class Books:
    """Everything that has happened, as an onlooker saw it."""

    people: dict[str, Person] = field(default_factory=dict)
    #: Message-IDs of which nobody may know whether they were taken.
    doubtful: set[str] = field(default_factory=set)
    #: Message-ID -> the bytes that were taken.
    bytes_of: dict[str, int] = field(default_factory=dict)
    #: (from, until): nothing ran, or nothing could be delivered.
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    mails: int = 0
    doubles: int = 0
    marks: dict[int, int] = field(default_factory=dict)

    def changed(self, person: Person, now: datetime, what: str) -> None:
        """The reader did something; what they wish for begins anew."""
        person.history.append(f"{now:%Y-%m-%d %H:%M} {what}")
        if person.since is not None:
            person.since = now

    def took(self, now: datetime, address: str, identity: str, items: Iterable[int], content: int) -> None:
        """The mail server took a message with these items, by number. Raises Broken."""
        self.mails += 1
        person = self.people.get(address)
        if person is None:
            raise Broken(now, f"mail to {address}, who never asked", ())
        person.history.append(f"{now:%Y-%m-%d %H:%M} got {identity}")
        if not person.may_be_mailed(now):
            raise Broken(now, f"mail to {address}, who has left, is suppressed, or pauses", person.history[-12:])
        if identity in self.bytes_of:
            self._again(now, person, identity, content)
            return
        self.bytes_of[identity] = content
        for item in items:
            if item >= len(person.got):
                person.got.extend(bytes(item + 1_000 - len(person.got)))
            if person.got[item]:
                raise Broken(now, f"{address} got item {item} twice, now by {identity}", person.history[-12:])
            person.got[item] = 1

    def _again(self, now: datetime, person: Person, identity: str, content: int) -> None:
        self.doubles += 1
        if identity not in self.doubtful:
            raise Broken(now, f"{identity} was sent twice, though it was known to be taken", person.history[-12:])
        if self.bytes_of[identity] != content:
            raise Broken(now, f"{identity} was sent with other words the second time", person.history[-12:])

    def stand(self, now: datetime, marks: Mapping[int, int]) -> None:
        """How far each subscription is served. Raises Broken where one goes back."""
        for subscription, mark in marks.items():
            if mark < self.marks.get(subscription, 0):
                said = f"the mark of subscription {subscription} went back from {self.marks[subscription]} to {mark}"
                raise Broken(now, said, ())
        self.marks = dict(marks)

    def owed(self, items: Iterable[tuple[int, datetime, str]]) -> Iterator[tuple[Person, int, datetime]]:
        """Of items (number, when it came, category) of `WEEKLY` ago: what somebody wished for and did not get."""
        for item, at, category in items:
            if self._cut_off(at, at + WEEKLY):
                continue
            for person in self.people.values():
                if person.since is None or person.dead or category not in person.categories:
                    continue
                steady = person.since < at - _DAY and (not person.paused_until or person.paused_until < at - _DAY)
                if steady and not (item < len(person.got) and person.got[item]):
                    yield person, item, at

    def _cut_off(self, begin: datetime, end: datetime) -> bool:
        return any(since < end and until > begin for since, until in self.outages)
