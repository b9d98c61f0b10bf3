"""One relay at work: its open connections, how many there may be, how fast, and whether it is to be left alone."""

import asyncio
import random
import ssl
from dataclasses import dataclass, field
from typing import Self

from digest.mail.outcome import Phase, is_throttle
from digest.mail.pace import Pace
from digest.mail.relay import Relay
from digest.mail.session import Manner, Session
from digest.mail.tide import Tide
from digest.model import Accepted, Outcome

#: Seconds after which a connection that nobody used is not trusted to be open any more.
_STALE = 30.0
#: Seconds that QUIT may take.
_COURTESY = 5.0


@dataclass(slots=True)
class Line:
    """A relay at runtime; made by `to`."""

    relay: Relay
    context: ssl.SSLContext
    tide: Tide
    pace: Pace | None
    #: For messages that are sent one by one, beside those of the outbox.
    places: asyncio.Semaphore
    manner: Manner = field(default_factory=Manner)
    #: Why it is left alone; empty: it is not.
    trouble: str = ""
    #: How many messages it has been given, and how many connections are at work or being opened.
    taken: int = 0
    busy: int = 0
    _idle: list[tuple[float, Session]] = field(default_factory=list)
    _closed: bool = False

    @classmethod
    def to(cls, relay: Relay) -> Self:
        """Raises RelayError where `relay` could only be used unsafely, or its certificates cannot be read."""
        relay.require_usable()
        pace = Pace(*relay.rates) if relay.rates else None
        return cls(
            relay=relay,
            context=relay.tls_context(),
            tide=Tide(relay.connections),
            pace=pace,
            places=asyncio.Semaphore(relay.connections),
        )

    @property
    def rests(self) -> bool:
        """Whether it is to be left alone at this moment."""
        return self.tide.rest_until > _now()

    def allows(self, place: int) -> bool:
        """Whether the connection number `place`, counted from 0, may be at work now."""
        now = _now()
        return self.tide.rest_until <= now and place < self.tide.allowed(now)

    def note(self, phase: Phase, outcome: Outcome) -> None:
        """Learns from what became of a message how much the relay takes."""
        if isinstance(outcome, Accepted):
            self.trouble = ""
            self.tide.accepted(_now())
        elif is_throttle(phase, outcome):
            self.tide.throttled(_now())

    def refused(self, trouble: str, *, sign_in: bool) -> None:
        """It refuses us as a whole: it is left alone for a while."""
        self.trouble = trouble
        self.tide.refused(_now(), random.random(), sign_in=sign_in)  # noqa: S311 - spreads load, keeps no secret

    def take_idle(self) -> Session | None:
        """A connection that is open and waits."""
        while self._idle:
            since, session = self._idle.pop()
            if session.usable and _now() - since < _STALE:
                return session
            session.close()
        return None

    def keep(self, session: Session) -> None:
        """Keeps a connection for later, or closes it."""
        if session.usable and not self._closed:
            self._idle.append((_now(), session))
        else:
            session.close()

    async def close(self) -> None:
        """Says goodbye over all that wait; those at work are closed when they are done."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(session.quit(min(_COURTESY, self.relay.timeout)) for _, session in idle))


def _now() -> float:
    return asyncio.get_running_loop().time()
