"""The service by one configuration, from its start to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from digest.app.house import House
from digest.app.tasks import Tasks
from digest.app.vitals import Vitals
from digest.dispatch import Engine, InProcess, OnPostgres, install
from digest.store import Database

#: What is in flight when we are asked to stop has this long to end, in seconds.
GRACE_S = 8.0
#: And so long where nothing presses, because the same process goes on afterwards.
CALM_S = 60.0

#: Something that runs beside the stories until the event is set: the scheduler's rounds, the pages.
Companion = Callable[[Tasks, asyncio.Event], Awaitable[None]]


@dataclass(slots=True)
class Service:
    """The stories at work, with companions beside them, until it is told to stop."""

    house: House
    companions: tuple[Companion, ...] = ()
    vitals: Vitals = field(default_factory=Vitals)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    #: Whether it has come as far as doing its work.
    began: bool = False
    _calm: bool = False
    _pressed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until it is to end. Raises what a companion raises, and DigestError where it cannot begin."""
        async with AsyncExitStack() as stack:
            desk = await stack.enter_async_context(self.house.collecting())
            post = await stack.enter_async_context(self.house.posting())
            await self.house.look_at_fence()
            tasks = Tasks(self.house, desk, replace(post, meter=self.vitals.meter), self.stop, self.vitals)
            engine = _engine(self.house.database, tasks)
            tasks.hire(engine)
            await tasks.begin()
            self.began = True
            await self._together(engine, tasks)

    def end(self) -> None:
        """What is in flight has GRACE_S to end."""
        self._pressed.set()
        self.stop.set()

    def hand_over(self) -> None:
        """Nothing new is begun, and what is in flight may take its time, up to CALM_S."""
        self._calm = not self.stop.is_set()
        self.stop.set()

    async def _together(self, engine: Engine, tasks: Tasks) -> None:
        running = [asyncio.ensure_future(companion(tasks, self.stop)) for companion in self.companions]
        working = asyncio.ensure_future(engine.work(self.stop))
        stopping = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait([*running, working, stopping], return_when=asyncio.FIRST_COMPLETED)
        self.stop.set()
        everything = [*running, working, stopping]
        if self._calm:
            await self._calmly(everything)
        _, late = await asyncio.wait(everything, timeout=GRACE_S)
        # What is cut off here stays written down as being sent; the next run finds it in doubt.
        for task in late:
            task.cancel()
        ended = await asyncio.gather(*everything, return_exceptions=True)
        for trouble in ended:
            if isinstance(trouble, Exception):
                raise trouble

    async def _calmly(self, everything: Sequence["asyncio.Future[Any]"]) -> None:
        """Until all have ended, or it presses after all."""
        all_of_it = asyncio.ensure_future(asyncio.wait(everything))
        pressed = asyncio.ensure_future(self._pressed.wait())
        await asyncio.wait([all_of_it, pressed], timeout=CALM_S, return_when=asyncio.FIRST_COMPLETED)
        for waiting in (all_of_it, pressed):
            waiting.cancel()


def _engine(database: Database, tasks: Tasks) -> Engine:
    if database.is_sqlite:
        return InProcess(tasks.perform)
    install(database.driver_url)
    return OnPostgres(database.driver_url, tasks.perform)
