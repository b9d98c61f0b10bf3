"""How lively feeds are: what arrived of each, day by day. Changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, func, literal, select

from digest.store.schema import article_feeds, articles


def pulses(connection: Connection, days: Sequence[datetime]) -> dict[str, tuple[int, ...]]:
    """For each feed with news since `days[0]`: how many articles arrived from each of `days` (ascending) to the next.

    An article that several feeds carry counts for each of them; what was old when its feed was first polled does not.
    """
    later = [(articles.c.arrived_at >= day, place) for place, day in reversed(list(enumerate(days)))]
    told = (
        select(article_feeds.c.feed, case(*later, else_=literal(0)).label("day"))
        .join_from(articles, article_feeds, article_feeds.c.article == articles.c.number)
        .where(articles.c.arrived_at >= days[0], articles.c.backlog.is_(False))
        .subquery()
    )
    rows = connection.execute(
        select(told.c.feed, told.c.day, func.count().label("n")).group_by(told.c.feed, told.c.day)
    )
    counts: dict[str, list[int]] = {}
    for row in rows:
        counts.setdefault(row.feed, [0] * len(days))[row.day] = row.n
    return {feed: tuple(of_days) for feed, of_days in counts.items()}
