"""Tells systemd how we are (sd_notify(3)): that we have begun, and that we work."""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from digest.app.house import House
from digest.app.vitals import Vitals, ails, answers

log = logging.getLogger("digest")

#: Seconds between two signs of life where systemd has not asked for any.
_EVERY = 30.0
#: The store has so many seconds to answer.
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Notifier:
    """A socket that somebody listens at; where nobody does, nothing is said."""

    address: str = ""
    #: Seconds within which a sign of life is wanted; 0: none is.
    watchdog: float = 0.0

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Notifier":
        """As NOTIFY_SOCKET and WATCHDOG_USEC have it; what is no number, or meant for another process, is ignored."""
        wanted = environ.get("WATCHDOG_USEC", "")
        mine = environ.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
        seconds = int(wanted) / 1_000_000 if mine and wanted.isascii() and wanted.isdecimal() else 0.0
        return cls(environ.get("NOTIFY_SOCKET", ""), seconds)

    def say(self, *lines: str) -> None:
        """One datagram; never raises: whoever does not listen misses something, and we nothing."""
        if not self.address:
            return
        # A name in the abstract namespace is written with @ for the null that it begins with.
        place = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as telling:
                telling.connect(place)
                telling.sendall("\n".join(lines).encode())
        except OSError as error:
            log.warning("systemd cannot be told how we are: %s", error.strerror or error)


async def keep_telling(house: House, vitals: Vitals, notifier: Notifier, stop: asyncio.Event) -> None:
    """READY; then until `stop` is set a sign of life as long as rounds are made and the store answers."""
    if not notifier.address:
        await stop.wait()
        return
    notifier.say("READY=1", f"STATUS=at work, {len(house.feeds)} feeds, {len(house.newsletters)} newsletters")
    every = notifier.watchdog / 2 or _EVERY
    while not stop.is_set():
        said = vitals.idle(house.clock()) or await ails(house.database, answers, _PATIENCE)
        notifier.say(*([f"STATUS={said}"] if said else ["WATCHDOG=1", "STATUS=at work"]))
        try:
            async with asyncio.timeout(every):
                await stop.wait()
        except TimeoutError:
            continue
    notifier.say("STATUS=ending what is under way")
