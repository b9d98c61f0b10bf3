"""Readers who come, choose, pause, leave, come back, move and die, through the store as the pages do it. Seeded."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model import Frequency, Suppression, SuppressionReason
from digest.simulate.oracle import Books, Person
from digest.simulate.relay import Relay
from digest.store import Connection, Database, articles, subscribers, suppressions
from digest.store.subscribers import Choices

ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago")


@dataclass(slots=True)
class People:
    """All readers of one newsletter."""

    chance: random.Random
    database: Database
    books: Books
    relay: Relay
    newsletter: str
    categories: tuple[str, ...]

    def join(self, now: datetime) -> None:
        """Somebody subscribes and confirms."""
        address = f"reader-{len(self.books.people)}@reader.example"
        chosen = frozenset(self.chance.sample(self.categories, self.chance.randint(1, len(self.categories))))
        is_first = not self.books.people
        weekly = self.chance.random() < 0.15 and not is_first
        choices = self._choices(chosen, weekly=weekly, zone=ZONES[0] if is_first else "")
        subscription = self.database.call(self._join, address, choices, now)
        person = Person(address, subscription, chosen, weekly, now)
        person.history.append(f"{now:%Y-%m-%d %H:%M} joined for {sorted(chosen)}{', weekly' if weekly else ''}")
        self.books.people[address] = person

    def act(self, now: datetime) -> None:
        """Somebody does something."""
        # The first one stays, so that every slot is somebody's.
        others = list(self.books.people.values())[1:]
        if not others:
            return
        person = self.chance.choice(others)
        what = self.chance.choice([self._choose, self._choose, self._pause, self._leave, self._complain, self._die])
        if person.since is None:
            if self.chance.random() < 0.5 and person.history[-1].endswith("left"):
                self._come_back(person, now)
            return
        what(person, now)

    def refused(self, now: datetime) -> None:
        """Addresses that were found dead are not mailed any more."""
        known = self.database.call(_suppressed)
        for address in self.relay.dead:
            person = self.books.people[address]
            if address in known and person.since is not None:
                person.since = None
                person.history.append(f"{now:%Y-%m-%d %H:%M} refused")

    def _join(self, connection: Connection, address: str, choices: Choices, now: datetime) -> int:
        mark = articles.last_number(connection)
        someone = subscribers.add(connection, address, now)
        own = subscribers.subscribe(connection, someone.id, self.newsletter, choices, mark, now)
        subscribers.confirm(connection, own.id, now, "simulation")
        return own.id

    def _choices(
        self, chosen: frozenset[str], *, weekly: bool, zone: str = "", until: datetime | None = None
    ) -> Choices:
        return Choices(
            categories=tuple(sorted(chosen)),
            timezone=zone or self.chance.choice(ZONES),
            frequency=Frequency.WEEKLY if weekly else Frequency.EVERY,
            paused_until=until,
        )

    def _choose(self, person: Person, now: datetime) -> None:
        person.categories = frozenset(self.chance.sample(self.categories, self.chance.randint(1, len(self.categories))))
        person.weekly = self.chance.random() < 0.15
        person.paused_until = None
        choices = self._choices(person.categories, weekly=person.weekly)
        self.database.call(subscribers.choose, person.subscription, choices, now)
        self.books.changed(person, now, f"chose {sorted(person.categories)}, {choices.timezone}, {choices.frequency}")

    def _pause(self, person: Person, now: datetime) -> None:
        person.paused_until = now + timedelta(days=self.chance.randint(1, 20))
        choices = self._choices(person.categories, weekly=person.weekly, until=person.paused_until)
        self.database.call(subscribers.choose, person.subscription, choices, now)
        self.books.changed(person, now, f"pauses until {person.paused_until:%Y-%m-%d %H:%M}")

    def _leave(self, person: Person, now: datetime) -> None:
        self.database.call(subscribers.leave, person.subscription, now, "simulation")
        self.books.changed(person, now, "left")
        person.since = None

    def _come_back(self, person: Person, now: datetime) -> None:
        self.database.call(subscribers.come_back, person.subscription, now, "simulation")
        person.since = now
        self.books.changed(person, now, "came back")

    def _complain(self, person: Person, now: datetime) -> None:
        reason = SuppressionReason.COMPLAINT
        given_up = Suppression(address=person.address, reason=reason, evidence="a complaint", created_at=now)
        self.database.call(suppressions.add, given_up)
        self.books.changed(person, now, "complained")
        person.since = None

    def _die(self, person: Person, now: datetime) -> None:
        self.relay.dead.add(person.address)
        person.dead = True
        self.books.changed(person, now, "gave the address up")


def _suppressed(connection: Connection) -> frozenset[str]:
    return frozenset(each.address for each in suppressions.everything(connection))
