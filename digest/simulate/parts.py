"""What a simulation is played with: its plan, a store that may be killed, a typesetter that only lists, the feeds."""

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief
from digest.model import Feed, Letter, View
from digest.store import Database

#: The feeds take turns with them.
CATEGORIES = ("world", "science", "sport", "arts")
#: Shares of transactions that a crash comes before or after.
_CRASH = 1 / 150
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is simulated."""

    days: int
    feeds: int
    readers: int
    seed: int = 1
    faults: bool = True


@dataclass(slots=True)
class Result:
    """What came of it."""

    days: int = 0
    articles: int = 0
    polls: int = 0
    editions: int = 0
    mails: int = 0
    doubles: int = 0
    crashes: int = 0
    outages: int = 0
    seconds: float = 0.0


class Frail(Database):
    """The store of a process that may be killed between any two transactions."""

    def __init__(self, url: str, chance: random.Random) -> None:
        super().__init__(url)
        self._chance = chance
        self.may_crash = False
        self.crashed = asyncio.Event()

    async def run(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """As `Database.run`, or never to return."""
        dies = self.may_crash and self._chance.random() < _CRASH
        if dies and self._chance.random() < 0.5:
            await self._die()
        done = await super().run(work, *args, **kwargs)
        if dies:
            await self._die()
        return done

    async def _die(self) -> None:
        self.crashed.set()
        await asyncio.Event().wait()


class Listing:
    """A typesetter whose letters list what they tell, a line each: what is simulated is not how they look."""

    def edition(self, brief: Brief) -> "Listing":
        """One setting does for all."""
        del brief
        return self

    def fits(self, letter: Letter) -> bool:
        """All do."""
        del letter
        return True

    def letter(self, view: View, arrangement: Arrangement, nonce: str) -> Letter:
        """Its numbers in the text part."""
        del view
        told = [*arrangement.told, *arrangement.linked]
        return Letter(
            nonce=nonce,
            subject=f"{len(told)} stories",
            html="<p>stories</p>",
            text="\n".join(f"#{number}" for number in told) + "\n",
            language="en",
            told=arrangement.told,
            linked=arrangement.linked,
            carried=arrangement.carried,
        )


def feeds_of(count: int) -> dict[str, Feed]:
    """So many feeds, by name; each of one category."""
    made = (
        Feed(
            name=f"feed-{n}",
            url=f"https://feed-{n}.example/rss",
            categories=(CATEGORIES[n % len(CATEGORIES)],),
            every=6 * _HOUR,
            max_every=12 * _HOUR,
        )
        for n in range(count)
    )
    return {feed.name: feed for feed in made}
