"""Lets time pass by the hour: feeds publish, readers act, and Digest does what it does, with crashes in between."""

import asyncio
import os
import random
import time as clocks
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter

from digest import collect, deliver, publish
from digest.feeds.wire.fetch import Fetcher
from digest.mail.mailer import Mailer
from digest.mail.sender import Sender
from digest.mail.tokens import Signer
from digest.model import Category, Mailbox, Newsletter, Schedule, Site
from digest.simulate.oracle import WEEKLY, Books, Broken
from digest.simulate.parts import CATEGORIES, Frail, Listing, Plan, Result, feeds_of
from digest.simulate.people import ZONES, People
from digest.simulate.relay import Relay
from digest.simulate.world import World
from digest.store import editions, feeds, holding, migrate, onlooking, upkeep

T = TypeVar("T")

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
_SITE = Site(name="Simulation", url="https://simulation.example", timezone=ZONES[0])
#: Shares of hours in which an outage begins.
_OUTAGE, _RELAY_DOWN = 1 / 1_500, 1 / 1_000


class Simulation:
    """One run."""

    def __init__(self, plan: Plan, database: Frail, say: Callable[[str], None] = lambda _: None) -> None:
        self.plan, self.database, self.say = plan, database, say
        self.result, self.books, self.now = Result(), Books(), _BEGIN
        self.chance = random.Random(plan.seed)  # noqa: S311 - to be played again, not to keep a secret
        #: Item -> its number; number of an article -> that of its item.
        self._items: dict[str, int] = {}
        self._articles: dict[int, int] = {}
        self._taken: list[tuple[str, str]] = []
        self._out_until: datetime | None = None
        self._down_until: datetime | None = None
        self._nonces = 0
        self.feeds = feeds_of(plan.feeds)
        self.newsletter = Newsletter(
            name="daily",
            title="The Daily",
            schedule=Schedule(at=(time(7),)),
            categories=tuple(Category(name=name, title=name.title()) for name in CATEGORIES),
            max_age=14 * _DAY,
            hold_above=0,
            wait_for_feeds=timedelta(),
        )
        self.world = World(self.chance, list(self.feeds.values()), self.now, faults=plan.faults)
        self.relay = Relay(self.chance, lambda: self.now, self._took, faults=plan.faults)
        self.people = People(self.chance, database, self.books, self.relay, "daily", CATEGORIES)
        self.press = publish.Press(
            database=database,
            typesetter=Listing(),
            site=_SITE,
            newsletters={"daily": self.newsletter},
            feeds=self.feeds,
            categories=self.newsletter.categories,
            nonce=self._nonce,
        )

    async def run(self) -> Result:
        """Until time is up. Raises Broken."""
        begun = clocks.monotonic()
        self._open()
        for _ in range(self.plan.days):
            for _hour in range(24):
                self.now += _HOUR
                await self._pass()
            self.result.days += 1
            self._look_back()
        self._check_slots()
        self.result.seconds = clocks.monotonic() - begun
        return self.result

    def _open(self) -> None:
        migrate.upgrade(self.database)
        self.database.call(editions.know, ["daily"], self.now)
        for _ in range(max(1, self.plan.readers // 2)):
            self.people.join(self.now)

    def _nonce(self) -> str:
        self._nonces += 1
        return f"{self._nonces:016x}"

    async def _pass(self) -> None:
        """One hour."""
        self.world.advance(self.now)
        self._acts()
        if self.plan.faults:
            self._fate()
        if self._out_until and self.now < self._out_until:
            return
        due = self.database.call(feeds.due, list(self.feeds), self.now) if self.result.polls else list(self.feeds)
        self.result.polls += len(due)
        if due:
            await self._unless_killed(collect.collect(self._desk(), due))
        if self.now.hour == 12:
            for feed in self.database.call(holding.held):
                self.database.call(holding.release, feed, self.now)
        await self._unless_killed(publish.settle_due(self.press, self.newsletter, self.now))
        self._number()
        await self._deliver()
        self.people.refused(self.now)

    async def _deliver(self) -> None:
        self._taken.clear()
        if await self._unless_killed(deliver.deliver(self._post(), asyncio.Event())):
            return
        # Killed: of what was on its way nobody knows what became of it.
        sending = self.database.call(onlooking.on_their_way)
        self.books.doubtful.update(identity for address, identity in self._taken if address in sending)

    async def _unless_killed(self, work: Awaitable[T]) -> bool:
        """Does `work`, unless the process is killed meanwhile; whether it was done."""
        self.database.crashed = asyncio.Event()
        self.database.may_crash = self.plan.faults
        doing = asyncio.ensure_future(work)
        dying = asyncio.ensure_future(self.database.crashed.wait())
        await asyncio.wait([doing, dying], return_when=asyncio.FIRST_COMPLETED)
        self.database.may_crash = False
        if doing.done():
            dying.cancel()
            await doing
            return True
        self.result.crashes += 1
        mine = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not mine]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return False

    def _acts(self) -> None:
        for _ in range(2):
            active = sum(person.since is not None for person in self.books.people.values())
            if active < self.plan.readers and self.chance.random() < 0.3:
                self.people.join(self.now)
        if self.chance.random() < len(self.books.people) / 2_000:
            self.people.act(self.now)

    def _fate(self) -> None:
        draw = self.chance.random()
        lasts = self.chance.choice([2, 7, 30, 100]) * _HOUR
        if draw < _OUTAGE and not self._out_until:
            self._out_until = self.now + lasts
            self.books.outages.append((self.now, self._out_until))
        elif draw < _OUTAGE + _RELAY_DOWN and not self._down_until:
            self._down_until = self.now + min(lasts, 40 * _HOUR)
            self.books.outages.append((self.now, self._down_until))
        if self._out_until and self.now >= self._out_until:
            self._out_until = None
        if self._down_until and self.now >= self._down_until:
            self._down_until = None
        self.relay.is_down = self._down_until is not None
        self.result.outages = len(self.books.outages)

    def _took(
        self, now: datetime, address: str, identity: str, told: frozenset[int], message: bytes, unknown: bool
    ) -> None:
        self._taken.append((address, identity))
        items = {self._articles[number] for number in told}
        self.books.took(now, address, identity, items, hash(message))
        if unknown:
            self.books.doubtful.add(identity)
        self.result.mails += 1
        self.result.doubles = self.books.doubles

    def _number(self) -> None:
        """Knows articles that have arrived by what they are: their links name the items."""
        for number, link in self.database.call(onlooking.arrived_since, max(self._articles, default=0)):
            item = link.rpartition("/")[2]
            self._articles[number] = self._items.setdefault(item, len(self._items))
        self.result.articles = len(self._articles)

    def _look_back(self) -> None:
        """Once a day: what should have been told by now, and how far everybody is."""
        if self.result.days % 30 == 0:
            self.say(f"{self.now:%Y-%m-%d}: {self.result.articles:,} articles, {self.result.mails:,} mails")
            self.database.call(upkeep.prune, self.now - 90 * _DAY)
        self.books.stand(self.now, self.database.call(onlooking.marks))
        since, until = self.now - WEEKLY - _DAY, self.now - WEEKLY
        ripe = [
            (self._items.get(name, 1 << 40), at, category)
            for name, (at, category) in self.world.seen.items()
            if since < at <= until and name not in self.world.first
        ]
        for person, item, at in self.books.owed(ripe):
            said = f"{person.address} did not get item {item}, which came at {at:%Y-%m-%d %H:%M}"
            raise Broken(self.now, said, person.history[-12:])

    def _check_slots(self) -> None:
        """Each slot of the first reader has a row, and one alone."""
        known = self.database.call(editions.slots, "daily", _BEGIN)
        self.result.editions = len(known)
        zone = ZoneInfo(ZONES[0])
        for day in range(2, self.plan.days - 2):
            slot = datetime.combine((_BEGIN + day * _DAY).date(), time(7), zone).astimezone(UTC)
            if slot not in known:
                raise Broken(self.now, f"the slot of {slot:%Y-%m-%d %H:%M} UTC was forgotten", ())

    def _desk(self) -> collect.Desk:
        return collect.Desk(
            database=self.database,
            fetcher=cast("Fetcher", self.world),
            feeds=self.feeds,
            clock=lambda: self.now,
            jitter=lambda: self.chance.uniform(-1, 1),
            readers=CapacityLimiter(max(2, os.cpu_count() or 1)),
        )

    def _post(self) -> deliver.Post:
        newsletters: Mapping[str, Newsletter] = {"daily": self.newsletter}
        return deliver.Post(
            database=self.database,
            mailer=cast("Mailer", self.relay),
            sender=Sender(
                site=_SITE,
                mailbox=Mailbox(address="digest@simulation.example"),
                return_path="bounces@simulation.example",
                signer=Signer(["a secret that signs nothing but the simulation's links"]),
            ),
            newsletters=newsletters,
            clock=lambda: self.now,
            jitter=lambda: self.chance.uniform(-1, 1),
            nonce=self._nonce,
            give_up_after=5 * _DAY,
        )
