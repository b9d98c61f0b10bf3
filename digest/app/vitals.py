"""What this process has done since it began, and when it last looked: for whoever watches over it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.deliver.meter import Meter
from digest.store import Connection, Database, articles

log = logging.getLogger("digest")

#: A round that has not been made for so long has stopped: the slowest is made four times a minute.
_STALE = timedelta(minutes=5)


@dataclass(slots=True)
class Vitals:
    """Outlives a change of the configuration."""

    meter: Meter = field(default_factory=Meter)
    #: Polls of feeds by what they came to: new, unchanged, failed.
    polls: Counter[str] = field(default_factory=Counter)
    #: Articles by what was done with them: new, updated.
    articles: Counter[str] = field(default_factory=Counter)
    #: Slots settled, by newsletter and by what came of them: frozen, paused, skipped.
    slots: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Times that a relay refused us as a whole.
    refusals: int = 0
    #: What they said the last time; empty: one has taken something since.
    trouble: str = ""
    #: Why the configuration as it stands is not taken over; empty: it is at work.
    refused: str = ""
    #: When the certificate of site.url ends; None: nobody knows yet, or it has none.
    certificate_ends: datetime | None = None
    #: When each round of the scheduler was made last.
    rounds: dict[str, datetime] = field(default_factory=dict)

    def made(self, name: str, now: datetime) -> None:
        """The round `name` has been made."""
        self.rounds[name] = now

    def stopped(self, now: datetime) -> list[str]:
        """The rounds that are not made any more."""
        return [name for name, at in self.rounds.items() if now - at > _STALE]

    def idle(self, now: datetime) -> str:
        """What is wrong with the rounds, in a line; empty: nothing is."""
        stopped = self.stopped(now)
        return f"no round is made any more of: {', '.join(stopped)}" if stopped else ""


def answers(connection: Connection) -> str:
    """Empty, once the store has answered."""
    articles.last_number(connection)
    return ""


async def ails(database: Database, look: Callable[[Connection], str], patience: float) -> str:
    """What `look` says of the store, or that it has not answered within so many seconds."""
    try:
        async with asyncio.timeout(patience):
            return await database.run(look)
    except Exception as error:  # noqa: BLE001 - the boundary: whatever ails the store, the watcher is told
        log.warning("the store does not answer: %s", type(error).__name__)
        return "the store does not answer"
