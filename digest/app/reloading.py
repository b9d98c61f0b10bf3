"""A service whose configuration may change while it runs: a new one is taken over as a whole, or not at all."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from digest.app.house import House, furnished
from digest.app.notify import Notifier
from digest.app.service import Companion, Service
from digest.app.soundness import require_sound
from digest.app.vitals import Vitals
from digest.errors import ConfigurationError, DigestError, UsageError
from digest.resources import TEMPLATES
from digest.settings import load

log = logging.getLogger("digest")

#: What runs beside the stories of a house.
Companions = Callable[[House], tuple[Companion, ...]]


def reread(house: House, environ: Mapping[str, str]) -> House:
    """The house by its configuration as it stands now, over the same store. Raises DigestError."""
    settings = load(house.path, environ)
    if settings.database != house.settings.database:
        raise UsageError("database: another one is taken over by a restart only, not by a reload")
    fresh = furnished(house.path, settings, house.database, house.clock)
    require_sound(fresh)
    return fresh


def accept_all(_house: House) -> None:
    """Objects to nothing."""


@dataclass(slots=True)
class Keeper:
    """Runs services one after the other in one process: the next one when its configuration is there and right.

    SIGHUP asks for that; SIGTERM and SIGINT end it. Between the services no signal is lost.
    """

    house: House
    companions: Companions
    environ: Mapping[str, str]
    #: Looks at a house before it is taken over; raises DigestError where it cannot be.
    trial: Callable[[House], None] = accept_all
    #: Whether files that are saved are taken over without being asked to.
    watches: bool = False
    notifier: Notifier = field(default_factory=Notifier)
    vitals: Vitals = field(default_factory=Vitals)
    _service: Service = field(init=False)
    _next: House | None = None
    _leaving: bool = False
    _wished: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until it is told to end. Raises what the service raises."""
        self._service = self._hired(self.house)
        with self._signals():
            beside = [asyncio.ensure_future(self._heed())]
            if self.watches:
                beside.append(asyncio.ensure_future(self._watch()))
            try:
                await self._run()
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
        self.notifier.say("STOPPING=1", "STATUS=stopped")

    async def _run(self) -> None:
        before: House | None = None
        while True:
            try:
                await self._service.run()
            except DigestError as error:
                if before is None or self._service.began:
                    raise
                # It looked right, and could not begin after all.
                self._refuse(error)
                self._next = self._next or before
            if self._leaving or self._next is None:
                return
            # Nothing else runs between these, so that whoever changes `_next` ends the service that is to be ended.
            before, self.house, self._next = self.house, self._next, None
            self._service = self._hired(self.house)

    def _hired(self, house: House) -> Service:
        return Service(house, self.companions(house), self.vitals)

    async def _heed(self) -> None:
        """Takes a configuration over whenever that is wished for."""
        while True:
            await self._wished.wait()
            self._wished.clear()
            try:
                fresh = await asyncio.to_thread(reread, self.house, self.environ)
                self.trial(fresh)
            except DigestError as error:
                self._refuse(error)
                continue
            self.vitals.refused = ""
            self._next = fresh
            log.info("the configuration %s is taken over", fresh.path)
            self.notifier.say("RELOADING=1", "STATUS=taking over a changed configuration")
            self._service.hand_over()

    def _refuse(self, error: DigestError) -> None:
        problems = error.problems if isinstance(error, ConfigurationError) else [error]
        for problem in problems:
            log.error("the configuration is not taken over, the one before goes on: %s", problem)
        self.vitals.refused = str(problems[0])

    async def _watch(self) -> None:
        from digest.app.previewing import watching  # noqa: PLC0415 - for those who watch

        while True:
            own = self.house.settings.templates_dir
            what = watching.watched(self.house.path, self.environ, (own, TEMPLATES) if own else (TEMPLATES,))
            async for saved in watching.changes(what):
                if saved.files:
                    self._wished.set()
                if saved.moved:
                    # Other files may be included now, other folders be there.
                    break

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop, has_terminal = asyncio.get_running_loop(), _is_terminal()
        handlers = {
            signal.SIGTERM: self.end,
            signal.SIGINT: self.end,
            signal.SIGHUP: lambda: self._hung_up(has_terminal),
        }
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Ends the service, and lets none follow it."""
        self._leaving = True
        self._service.end()

    def _hung_up(self, had_terminal: bool) -> None:
        """A terminal that was closed has the service end as ever; otherwise somebody asks for a reload."""
        if had_terminal and not _is_terminal():
            self.end()
        else:
            self._wished.set()


def _is_terminal() -> bool:
    with suppress(OSError, ValueError):
        return os.isatty(sys.__stderr__.fileno()) if sys.__stderr__ else False
    return False
