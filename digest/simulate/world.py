"""Feeds that publish by chance, and servers that fail, move, republish and rename what they have. Seeded."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from digest.feeds.wire.fetched import Fetched, FetchFailed, NotModified
from digest.model import Feed, FeedState

#: Items of a feed's document.
_SHOWN = 25
_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "pra", "ste", "tor", "vel", "zan", "qui", "dro", "fel", "gar", "hun", "jas")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Item:
    """What a feed published."""

    name: str
    title: str
    excerpt: str
    published_at: datetime


@dataclass(slots=True)
class Wire:
    """A feed and its server."""

    feed: Feed
    #: Items of an average day.
    rate: float
    items: list[Item] = field(default_factory=list)
    until: datetime | None = None
    #: Changes every name of an item, as a new system for the same pages does.
    naming: int = 0
    down_until: datetime | None = None
    polls: int = 0
    served: dict[str, datetime] = field(default_factory=dict)


class World:
    """All feeds. As a fetcher it stands where `digest.feeds.wire.fetch.Fetcher` does."""

    def __init__(self, chance: random.Random, feeds: Sequence[Feed], now: datetime, *, faults: bool) -> None:
        self._chance, self._faults, self.now = chance, faults, now
        self.wires = {feed.url: Wire(feed, chance.choice([0.3, 1.0, 3.0, 6.0])) for feed in feeds}
        #: Item -> when a document with it first went out whole, and the category of its feed.
        self.seen: dict[str, tuple[datetime, str]] = {}
        #: Those that a feed had when it was asked for the first time: old news may stay untold.
        self.first: set[str] = set()

    def advance(self, now: datetime) -> None:
        """Feeds publish what comes until `now`; now and then something is wrong with one."""
        self.now = now
        for wire in self.wires.values():
            since = wire.until or now - 2 * _DAY
            hours = max(0, round((now - since) / _HOUR))
            for _ in range(self._count(wire.rate * hours / 24)):
                wire.items.append(self._item(wire, since, now))
            wire.until = now
            if self._faults:
                self._mishap(wire, now)

    async def fetch(
        self, url: str, state: FeedState | None = None, *, page: bool = False
    ) -> Fetched | NotModified | FetchFailed:
        """What the server answers."""
        wire = self.wires.get(url)
        if wire is None or page:
            return FetchFailed(reason="404 Not Found", status=404)
        wire.polls += 1
        if wire.down_until and self.now < wire.down_until:
            troubles: tuple[Fetched | FetchFailed, ...] = (
                FetchFailed(reason="503 Service Unavailable", status=503, retry_after=timedelta(minutes=30)),
                FetchFailed(reason="no answer in time"),
                _document(b"<html><body>It works!</body></html>", url, "text/html"),
                _document(b"\x00\xff garbage", url, "application/rss+xml"),
            )
            return self._chance.choice(troubles)
        body = _rss(wire)
        answer = _document(body, url, "application/rss+xml")
        if state and state.etag == answer.etag:
            return NotModified(etag=answer.etag, last_modified="")
        self._note(wire)
        return answer

    def _note(self, wire: Wire) -> None:
        is_first = not wire.served
        for item in _listed(wire):
            wire.served.setdefault(item.name, self.now)
            if item.name not in self.seen:
                self.seen[item.name] = (self.now, wire.feed.categories[0])
                if is_first:
                    self.first.add(item.name)

    def _mishap(self, wire: Wire, now: datetime) -> None:
        # One of each a few times a year for each feed.
        if self._chance.random() < 1 / 4_000:
            wire.naming += 1
        if self._chance.random() < 1 / 2_000:
            wire.down_until = now + self._chance.choice([3, 8, 30, 90]) * _HOUR
        if self._chance.random() < 1 / 4_000 and len(wire.items) > 60:
            # It republishes its past.
            wire.items = [*wire.items[-60:-40], *wire.items]
            wire.items.sort(key=lambda item: item.published_at)

    def _item(self, wire: Wire, since: datetime, now: datetime) -> Item:
        at = since + self._chance.random() * (now - since)
        if self._faults and self._chance.random() < 0.05:
            at -= self._chance.random() * 20 * _HOUR
        name = f"{wire.feed.name}-{len(wire.served) + len(wire.items)}-{self._chance.randrange(10**9)}"
        words = [self._word() for _ in range(24)]
        return Item(name, " ".join(words[:7]).capitalize(), f"{' '.join(words[7:]).capitalize()}.", at)

    def _word(self) -> str:
        return "".join(self._chance.choice(_SYLLABLES) for _ in range(self._chance.randint(2, 4)))

    def _count(self, mean: float) -> int:
        """Drawn by Poisson's law."""
        left, count = self._chance.expovariate(1.0), 0
        while left < mean:
            left += self._chance.expovariate(1.0)
            count += 1
        return count


def _listed(wire: Wire) -> Sequence[Item]:
    return wire.items[-_SHOWN:]


def _rss(wire: Wire) -> bytes:
    items = "".join(
        f"<item><guid>{wire.naming}:{item.name}</guid><title>{escape(item.title)}</title>"
        f"<link>https://{wire.feed.name}.example/{item.name}</link><description>{escape(item.excerpt)}</description>"
        f"<pubDate>{format_datetime(item.published_at)}</pubDate></item>"
        for item in reversed(_listed(wire))
    )
    return f"<rss version='2.0'><channel><title>{wire.feed.name}</title>{items}</channel></rss>".encode()


def _document(body: bytes, url: str, kind: str) -> Fetched:
    digest = hashlib.sha256(body).hexdigest()
    return Fetched(body=body, content_type=kind, final_url=url, etag=digest[:16], last_modified="", sha256=digest)
