"""What feeds are collected with."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from anyio import CapacityLimiter

from digest.collect import recording
from digest.collect.recording import Polled, Result
from digest.feeds.wire.fetch import Fetcher
from digest.model import Feed, FeedState
from digest.store import Connection, Database
from digest.store.batching import Batcher

#: Bytes of bodies that may wait to be read before no more are fetched.
_UNREAD = 64_000_000


class Room:
    """Says whether there is room for more; what is under way already still comes in."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._free = asyncio.Event()
        self._free.set()

    async def wait(self) -> None:
        """Returns when there is room."""
        await self._free.wait()

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """`size` bytes are held while the block lasts."""
        self._hold(size)
        try:
            yield
        finally:
            self._hold(-size)

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held < self._most:
            self._free.set()
        else:
            self._free.clear()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """All that feeds are collected with. It has no slots, because it keeps its batches."""

    database: Database
    fetcher: Fetcher
    feeds: Mapping[str, Feed]
    clock: Callable[[], datetime]
    #: Drawn evenly from -1 to 1.
    jitter: Callable[[], float]
    #: How many feeds are read at a time.
    readers: CapacityLimiter
    #: Of a feed's first poll, what was published within this is new; older articles are only known.
    backfill: timedelta = timedelta(hours=24)
    #: How many polls may be under way, those included that wait for their turn at a host.
    at_a_time: int = 128

    @cached_property
    def room(self) -> Room:
        """For bodies that have been fetched and wait to be read."""
        return Room(_UNREAD)

    @cached_property
    def claims(self) -> Batcher[tuple[str, bool], FeedState | None]:
        """A feed's name and whether it is polled though it is not due -> its state, if it is ours to poll."""
        return Batcher(self.database, self._claim)

    @cached_property
    def results(self) -> Batcher[Result, Polled]:
        """What polls came to -> the same with what became of it in the store."""
        return Batcher(self.database, recording.record)

    def _claim(self, connection: Connection, wanted: Sequence[tuple[str, bool]]) -> list[FeedState | None]:
        return recording.claim(connection, wanted, self.clock())
