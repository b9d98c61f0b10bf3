"""Takes old text away, a little at a time, as the configuration says."""

import asyncio
import logging
from datetime import datetime, timedelta

from digest.app.house import House
from digest.store import upkeep

log = logging.getLogger("digest")

#: Seconds between two handfuls: whoever sends meanwhile goes first.
_PAUSE = 0.2


async def keep_in_order(house: House, stop: asyncio.Event) -> upkeep.Pruned:
    """All that is old by now, until `stop` is set. Says how much it was."""
    now = house.clock()
    told = max((each.max_age for each in house.newsletters.values()), default=timedelta())
    known = house.settings.retention
    # What may still be told keeps its text, whatever is configured.
    of_articles = _before(now, max(known.articles, told) if known.articles else None)
    of_letters = _before(now, known.letters)
    articles = letters = 0
    while (of_articles or of_letters) and not stop.is_set():
        some = await house.database.run(upkeep.prune_some, of_articles, of_letters)
        if not (some.articles or some.letters):
            break
        articles, letters = articles + some.articles, letters + some.letters
        await asyncio.sleep(_PAUSE)
    if articles or letters:
        log.info("took the text from %d old articles and %d old letters", articles, letters)
    return upkeep.Pruned(articles=articles, letters=letters)


def _before(now: datetime, span: timedelta | None) -> datetime | None:
    return now - span if span else None
