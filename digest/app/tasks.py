"""What the service does again and again: looks what is due, offers it to the engine, and does what it is given."""

import asyncio
import logging
import os
from dataclasses import replace
from datetime import datetime, timedelta

from digest import collect, deliver, publish
from digest.app.alerts.watch import Watch
from digest.app.house import House
from digest.app.review import Reviews
from digest.app.vitals import Vitals
from digest.dispatch import Engine, Job, Kind
from digest.model import EditionState, Newsletter
from digest.publish.welcome import NothingFor, welcome
from digest.settings.editing import places_of_feeds
from digest.store import Connection, editions, feeds, fence, guarding, outbox
from digest.store.freezing import Frozen

log = logging.getLogger("digest")

#: A share of the outbox for one worker; more workers than that many thousands of deliveries do not help.
_SHARE = 1_000
_MOST_SHARES = 16
#: The outbox as a whole.
_ALL = "0/0"
#: How long a relay that refuses us is left alone: doubled with each refusal.
_REST, _LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
#: How often it is said that the store is held.
_REMIND = timedelta(hours=1)


class Tasks:
    """The stories as jobs; one of these in each process."""

    def __init__(
        self, house: House, desk: collect.Desk, post: deliver.Post, stop: asyncio.Event, vitals: Vitals
    ) -> None:
        self._house, self._desk, self._post, self._stop = house, desk, post, stop
        self._press = replace(house.press(), on_frozen=self._send_out)
        self._engine: Engine | None = None
        self._resting_until: datetime | None = None
        #: When it was last said that the store is held.
        self._warned: datetime | None = None
        self._rest = _REST
        #: Up to when each newsletter's slots are settled, as far as this process knows.
        self._settled: dict[str, datetime] = {}
        self._gate, self._failures = publish.Gate(), publish.Failures()
        self._nothing_for = NothingFor()
        self._reviews = Reviews(house, post)
        #: What was done here, for whoever watches.
        self.vitals = vitals
        self.watch = Watch(house, post, self.vitals)

    @property
    def house(self) -> House:
        """Whose tasks they are."""
        return self._house

    def hire(self, engine: Engine) -> None:
        """From now on work is offered to `engine`."""
        self._engine = engine

    async def begin(self) -> None:
        """Makes what is configured known to the store."""
        house = self._house
        await house.database.run(editions.know, list(house.newsletters), house.clock())
        await house.database.run(feeds.ensure, {feed.name: feed.url for feed in house.feeds.values()})

    # what is due

    async def look_at_feeds(self) -> None:
        house = self._house
        due = await house.database.run(feeds.due, list(house.feeds), house.clock())
        # One worker for all feeds of a host: its manners hold there, and it does not keep others waiting for its turn.
        await self._offer([Job(Kind.COLLECT, host) for host in dict.fromkeys(house.feeds[name].host for name in due)])
        self.vitals.made("feeds", house.clock())

    async def look_at_slots(self) -> None:
        await self._offer([Job(Kind.PUBLISH, name) for name in self._house.newsletters])
        self.vitals.made("slots", self._house.clock())

    async def look_at_outbox(self) -> None:
        house, now = self._house, self._house.clock()
        waits = {each.name: each.sending.wait for each in house.newsletters.values()}
        for edition in await house.database.run(guarding.open_gates, now, waits):
            log.info("edition %d has waited long enough, and all of it goes out", edition)
        if await house.database.run(outbox.due, now):
            await self._offer([Job(Kind.DELIVER, _ALL)])
        self.vitals.made("outbox", house.clock())

    async def next_slot_at(self) -> datetime | None:
        """When the next slot of any newsletter comes."""
        return await self._house.database.run(self._coming)

    def _coming(self, connection: Connection) -> datetime | None:
        house, now = self._house, self._house.clock()
        coming = (publish.coming(connection, each, house.site, now) for each in house.newsletters.values())
        return min((slot.at for slot in coming if slot), default=None)

    # what is done

    async def perform(self, job: Job) -> None:
        """Does one job; none while the restore fence holds the store."""
        if await self._is_held():
            return
        match job.kind:
            case Kind.COLLECT:
                await self._collect(job.subject)
            case Kind.PUBLISH:
                await self._publish(job.subject)
            case Kind.DELIVER:
                await self._deliver(int(job.subject.partition("/")[0]))

    async def _is_held(self) -> bool:
        house = self._house
        held, now = await house.database.run(fence.held), house.clock()
        if held and (self._warned is None or now - self._warned >= _REMIND):
            self._warned = now
            log.error("nothing is collected, published or sent until `digest resume`: %s", held)
        return bool(held)

    async def _collect(self, host: str) -> None:
        names = [feed.name for feed in self._house.feeds.values() if feed.host == host]
        for polled in await collect.collect(self._desk, names, stop=self._stop):
            self.vitals.polls["failed" if polled.error else "unchanged" if polled.unchanged else "new"] += 1
            self.vitals.articles.update(new=polled.recorded.new, updated=polled.recorded.updated)
            if polled.error:
                log.warning("feed %s: %s", polled.feed, polled.error)
            elif not polled.unchanged:
                log.info("feed %s: %d new, %d updated", polled.feed, polled.recorded.new, polled.recorded.updated)
            for remark in polled.remarks:
                log.warning("feed %s: %s%s", polled.feed, remark, await self._remedy(polled, remark))

    async def _remedy(self, polled: collect.Polled, remark: str) -> str:
        """Which line of the configuration to change, where the remark is that the feed is read elsewhere now."""
        if not polled.address or polled.address not in remark:
            return ""
        place = (await asyncio.to_thread(places_of_feeds, self._house.path, os.environ)).get(polled.feed)
        return f": change its url at {place}" if place else ""

    async def _publish(self, name: str) -> None:
        newsletter = self._house.newsletters.get(name)
        if newsletter is None or self._stop.is_set():
            return
        now, settled = self._house.clock(), self._settled.get(name)
        # A clock that was ahead does not keep us from looking.
        after = settled if settled and settled <= now else None
        paused = []
        for published in await publish.settle_due(self._press, newsletter, now, after, self._gate, self._failures):
            _say(newsletter, published)
            self.vitals.slots[name, _came_to(published)] += 1
            if published.frozen and published.frozen.edition.state is EditionState.PAUSED:
                paused.append(published.frozen.edition.id)
        if not self._gate.is_waiting(name):
            self._settled[name] = now
        if count := await welcome(self._press, newsletter, now, self._nothing_for):
            log.info("%s: %d new readers get the latest edition at once", name, count)
        await self._reviews.look(name, paused)

    def _send_out(self, connection: Connection, frozen: Frozen) -> None:
        if self._engine:
            shares = shares_of(frozen.deliveries, shared=self._engine.shared)
            jobs = [Job(Kind.DELIVER, f"{frozen.edition.id}/{share}") for share in range(shares)]
            self._engine.enqueue(connection, jobs)

    async def _deliver(self, edition: int) -> None:
        now = self._house.clock()
        if self._resting_until and now < self._resting_until:
            return
        report = await deliver.deliver(self._post, self._stop, edition)
        if report.trouble or report.sent:
            self.vitals.trouble = report.trouble
        if report.outcomes:
            log.info("delivered: %s", ", ".join(f"{count} {name}" for name, count in sorted(report.outcomes.items())))
        for paused in report.paused:
            log.error("edition %d is paused, too much of it is refused: `digest editions show %d`", paused, paused)
        if report.trouble:
            log.error("the relay refuses us, again in %s: %s", self._rest, report.trouble)
            self.vitals.refusals += 1
            self._resting_until = self._house.clock() + self._rest
            self._rest = min(2 * self._rest, _LONGEST_REST)
        else:
            self._resting_until, self._rest = None, _REST

    async def _offer(self, jobs: list[Job]) -> None:
        if self._engine and jobs and not self._stop.is_set():
            await self._engine.offer(jobs)


def shares_of(deliveries: int, *, shared: bool) -> int:
    """How many jobs deliver an edition: within one process a second would only lease more than can be sent."""
    return min(_MOST_SHARES, 1 + deliveries // _SHARE) if shared else 1


def _came_to(published: publish.Published) -> str:
    frozen = published.frozen
    if frozen is None or not frozen.deliveries:
        return "skipped"
    return "paused" if frozen.edition.state is EditionState.PAUSED else "frozen"


def _say(newsletter: Newsletter, published: publish.Published) -> None:
    slot = published.slot.at.isoformat()
    frozen = published.frozen
    if frozen is None or not frozen.deliveries:
        log.info("%s at %s: nothing is sent: %s", newsletter.name, slot, published.reason)
        return
    edition = frozen.edition
    if edition.state is EditionState.PAUSED:
        log.warning(
            "%s no. %d at %s is %s; `digest editions resume %d` sends it, `cancel` does not",
            newsletter.name,
            edition.number,
            slot,
            edition.reason,
            edition.id,
        )
        return
    log.info(
        "%s no. %d at %s: %d letters for %d readers",
        newsletter.name,
        edition.number,
        slot,
        frozen.letters,
        frozen.deliveries,
    )
