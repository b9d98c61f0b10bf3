"""APScheduler wakes us (its only importer). It decides nothing: whether anything is due, the store says.

Its jobs live in memory, in each process; two processes that wake at once find the work done once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger


@dataclass(frozen=True, slots=True)
class Round:
    """Something to be looked after again and again."""

    name: str
    every: timedelta
    look: Callable[[], Awaitable[object]]
    #: When it would be good to look, earlier than `every` says; None: no such moment.
    moment: Callable[[], Awaitable[datetime | None]] | None = None


async def keep(rounds: Sequence[Round], stop: asyncio.Event) -> None:
    """Makes the rounds until `stop` is set, each at once for the first time."""
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    for each in rounds:
        scheduler.add_job(
            _made(scheduler, each),
            IntervalTrigger(seconds=each.every.total_seconds(), timezone=UTC),
            id=each.name,
            max_instances=1,
        )
    scheduler.start()
    try:
        await asyncio.gather(*(_made(scheduler, each)() for each in rounds))
        await stop.wait()
    finally:
        scheduler.shutdown(wait=False)


def _made(scheduler: AsyncIOScheduler, each: Round) -> Callable[[], Awaitable[None]]:
    async def make() -> None:
        await each.look()
        if each.moment and (moment := await each.moment()):
            scheduler.add_job(
                _made(scheduler, each),
                DateTrigger(moment, timezone=UTC),
                id=f"{each.name} in time",
                replace_existing=True,
            )

    return make
