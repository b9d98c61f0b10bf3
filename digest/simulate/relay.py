"""A mail server that takes, puts off, refuses, and goes silent after the final dot; it notes what it took. Seeded."""

import asyncio
import random
import re
from collections.abc import Callable
from datetime import datetime

from digest.mail.mailer import Outbox
from digest.mail.outcome import Phase
from digest.mail.parcel import Parcel
from digest.model import Accepted, Deferred, InDoubt, Outcome, Rejected, Scope

_TOLD = re.compile(rb"^#(\d+)\r?$", re.MULTILINE)
_IDENTITY = re.compile(rb"^Message-ID: <([^>]+)>\r$", re.MULTILINE | re.IGNORECASE)

#: (when, address, Message-ID, articles, bytes of the message, nobody was told that it was taken)
Taken = Callable[[datetime, str, str, frozenset[int], bytes, bool], None]


class Relay:
    """Stands where `digest.mail.mailer.Mailer` does."""

    connections = 4

    def __init__(self, chance: random.Random, clock: Callable[[], datetime], took: Taken, *, faults: bool) -> None:
        self._chance, self._clock, self._took, self._faults = chance, clock, took, faults
        #: Addresses where nobody is any more.
        self.dead: set[str] = set()
        self.is_down = False

    async def carry(self, outbox: Outbox, stop: asyncio.Event) -> str:
        """As `Mailer.carry`."""
        if self.is_down:
            outbox.close()
            return "relay.example:25: no route to host"
        while not stop.is_set():
            parcel = await outbox.next()
            if parcel is None:
                break
            await self._one(outbox, parcel)
        outbox.close()
        return ""

    async def _one(self, outbox: Outbox, parcel: Parcel) -> None:
        fate = self._chance.random() if self._faults else 1.0
        if parcel.recipient in self.dead:
            outbox.ended(parcel, Phase.RCPT, _refused())
            return
        if fate < 0.01:
            outbox.put_back(parcel)
            return
        if fate < 0.02:
            outbox.ended(parcel, Phase.RCPT, Deferred(scope=Scope.RECIPIENT, code=451, enhanced="4.3.0", reply="later"))
            return
        message = parcel.compose(eight_bit=True)
        if not await outbox.may_end(parcel):
            return
        unknown = fate < 0.025
        if fate < 0.03 and not unknown:
            outbox.ended(
                parcel, Phase.DOT, Deferred(scope=Scope.RECIPIENT, code=452, enhanced="4.2.2", reply="mailbox full")
            )
            return
        self._note(parcel.recipient, message, unknown=unknown)
        outcome: Outcome = InDoubt(reply="the connection was lost") if unknown else Accepted(code=250, reply="ok")
        outbox.ended(parcel, Phase.DOT, outcome)

    def _note(self, address: str, message: bytes, *, unknown: bool) -> None:
        found = _IDENTITY.search(message)
        identity = found[1].decode("ascii") if found else ""
        articles = frozenset(int(number) for number in _TOLD.findall(message))
        self._took(self._clock(), address, identity, articles, message, unknown)


def _refused() -> Outcome:
    return Rejected(scope=Scope.RECIPIENT, code=550, enhanced="5.1.1", reply="no such user")
