"""No more than so many messages in so much time, evenly spread."""

import asyncio
from contextlib import suppress
from datetime import timedelta


class Pace:
    """Turns at even distances, for any number of waiting tasks of one event loop."""

    def __init__(self, count: int, period: timedelta) -> None:
        """`count` turns in each `period`; raises ValueError where either is not positive."""
        if count < 1 or period <= timedelta():
            raise ValueError(f"{count} in {period}")
        self._distance = period.total_seconds() / count
        self._next = 0.0

    async def turn(self, stop: asyncio.Event) -> None:
        """Waits for the next turn, but no longer than until `stop`; turns that nobody took are not made up for."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._distance
        with suppress(TimeoutError):
            async with asyncio.timeout_at(mine):
                await stop.wait()
