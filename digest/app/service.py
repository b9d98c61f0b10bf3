"""Starts and stops the service: `digest run` and `digest worker`."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from digest.app.house import House
from digest.app.tasks import Tasks
from digest.dispatch import Engine, InProcess, OnPostgres, install
from digest.store import Database

#: What is in flight when we are asked to stop has this long to end, in seconds.
GRACE_S = 8.0

#: Something that runs beside the stories until the event is set: the scheduler's rounds, the pages.
Companion = Callable[[Tasks, asyncio.Event], Awaitable[None]]


@dataclass(slots=True)
class Service:
    """The stories at work, with companions beside them, until it is told to stop."""

    house: House
    companions: tuple[Companion, ...] = ()
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop` is set, or a signal asks for it. Raises what a companion raises."""
        self._obey_signals()
        async with AsyncExitStack() as stack:
            desk = await stack.enter_async_context(self.house.collecting())
            post = await stack.enter_async_context(self.house.posting())
            await self.house.look_at_fence()
            tasks = Tasks(self.house, desk, post, self.stop)
            engine = _engine(self.house.database, tasks)
            tasks.hire(engine)
            await tasks.begin()
            await self._together(engine, tasks)

    async def _together(self, engine: Engine, tasks: Tasks) -> None:
        running = [asyncio.ensure_future(companion(tasks, self.stop)) for companion in self.companions]
        working = asyncio.ensure_future(engine.work(self.stop))
        stopping = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait([*running, working, stopping], return_when=asyncio.FIRST_COMPLETED)
        self.stop.set()
        everything = [*running, working, stopping]
        _, late = await asyncio.wait(everything, timeout=GRACE_S)
        # What is cut off here stays written down as being sent; the next run finds it in doubt.
        for task in late:
            task.cancel()
        ended = await asyncio.gather(*everything, return_exceptions=True)
        for trouble in ended:
            if isinstance(trouble, Exception):
                raise trouble

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)


def _engine(database: Database, tasks: Tasks) -> Engine:
    if database.is_sqlite:
        return InProcess(tasks.perform)
    install(database.driver_url)
    return OnPostgres(database.driver_url, tasks.perform)
