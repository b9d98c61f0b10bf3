"""Turns at the hosts that feeds are fetched from: few at a time, not at once, and none where a host wants none."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

#: A host is left alone for this long at most, whatever it asks for.
_LONGEST_REST = timedelta(days=7)
#: Hosts that are left alone; where more ask for it, those whose time ends first are forgotten first.
_MAX_RESTING = 4_096


class HostResting(Exception):
    """A host has asked to be left alone, and its time is not over; the text says so in plain words."""

    def __init__(self, host: str, status: int, seconds: float) -> None:
        #: The status with which it asked.
        self.status = status
        #: Up to whole seconds, so that whoever comes back then is not too early.
        self.rest = timedelta(seconds=math.ceil(seconds))
        super().__init__(f"{host} asks to be left alone for another {self.rest}")


@dataclass(slots=True)
class _Host:
    flights: asyncio.Semaphore
    #: Held by whoever is next to start.
    door: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Who waits here or is in flight.
    users: int = 0
    #: The event loop's time of the last start.
    started: float = float("-inf")


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    status: int


class Turns:
    """Who may ask which host, and when; first come, first served. The time is the event loop's.

    Hosts are forgotten as soon as nobody is there and the next start need not wait: memory grows with the hosts in use,
    not with those ever seen.
    """

    def __init__(self, *, overall: int, per_host: int, spacing: timedelta) -> None:
        """At most `overall` and `per_host` requests in flight; at least `spacing` between two starts at one host."""
        self._slots = asyncio.Semaphore(overall)
        self._per_host = per_host
        self._spacing = spacing.total_seconds()
        self._hosts: dict[str, _Host] = {}
        #: Hosts with nobody there that are remembered for their last start, in the order in which they were left.
        self._idle: dict[str, None] = {}
        self._resting: dict[str, _Rest] = {}

    @asynccontextmanager
    async def at(self, name: str) -> AsyncIterator[None]:
        """A turn at the host `name`, waited for; raises HostResting, also for what the host says meanwhile."""
        host = self._enter(name)
        try:
            async with host.flights:
                async with host.door:
                    await self._start(name, host)
                try:
                    yield
                finally:
                    self._slots.release()
        finally:
            self._leave(name, host)

    async def _start(self, name: str, host: _Host) -> None:
        """Returns with a slot, which the caller gives back, at the moment at which the host may be asked."""
        self._heed(name)
        wait = host.started + self._spacing - _now()
        if wait > 0:
            await asyncio.sleep(wait)
        # The slot comes last, so that nobody holds one while waiting, and the start is the real one.
        await self._slots.acquire()
        try:
            self._heed(name)
        except HostResting:
            self._slots.release()
            raise
        host.started = _now()

    def _enter(self, name: str) -> _Host:
        self._sweep()
        self._idle.pop(name, None)
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(asyncio.Semaphore(self._per_host))
        host.users += 1
        return host

    def _leave(self, name: str, host: _Host) -> None:
        host.users -= 1
        if host.users == 0:
            self._idle[name] = None

    def _sweep(self) -> None:
        """Forgets the hosts that need not be remembered; each is looked at once."""
        over = _now() - self._spacing
        while self._idle:
            name = next(iter(self._idle))
            if self._hosts[name].started > over:
                return
            del self._idle[name], self._hosts[name]

    def rest(self, name: str, status: int, wish: timedelta) -> None:
        """The host `name` answered `status` and wants to be left alone for `wish`; seven days at most."""
        if wish <= timedelta():
            return
        now = _now()
        self._resting[name] = _Rest(now + min(wish, _LONGEST_REST).total_seconds(), status)
        if len(self._resting) > _MAX_RESTING:
            latest = sorted(self._resting.items(), key=lambda each: each[1].until)[-_MAX_RESTING // 2 :]
            self._resting = {host: rest for host, rest in latest if rest.until > now}

    def _heed(self, name: str) -> None:
        rest = self._resting.get(name)
        if rest is None:
            return
        left = rest.until - _now()
        if left > 0:
            raise HostResting(name, rest.status, left)
        del self._resting[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
