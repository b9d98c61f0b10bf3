"""Articles: stored once, their arrivals numbered in the order in which they are committed, recognised for ever."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, func, select, update

from digest.model import Article, ArticleDraft
from digest.store.arriving import ANYTHING_GOES, Arrival, Arriving, Poll, Recorded, Terms
from digest.store.article_rows import article, carriers_of, known_names
from digest.store.migrate import ARRIVAL
from digest.store.schema import article_feeds, articles, counters

__all__ = [
    "Arrival",
    "Recorded",
    "Terms",
    "between",
    "last_number",
    "lock",
    "number_at",
    "record",
    "renumber",
    "stored",
    "unknown",
]


def record(
    connection: Connection,
    feed: str,
    source: str,
    arrivals: Sequence[Arrival],
    now: datetime,
    terms: Terms = ANYTHING_GOES,
) -> Recorded:
    """Stores what is new, refreshes what is known, of one poll of `feed` whose title is `source`.

    An article is known by its names, the strongest first, where `terms.is_same` agrees; a name that turns out to be
    used again is the newer article's from then on. What arrives gets the next arrival numbers under the counter's
    lock, which is held until the commit: whoever reads number n finds every arrival up to n. It arrives that is new, or
    that another feed begins to carry (unless it brings it as `backlog`).
    """
    arriving = Arriving(connection, Poll(feed=feed, source=source, at=now), terms)
    arriving.look_up(arrivals)
    if any(arriving.needs_number(arrival) for arrival in arrivals):
        arriving.last = lock(connection)
        # Another poll may have brought the same article while we waited for the lock.
        arriving.look_up(arrivals)
    before = arriving.last
    for arrival in arrivals:
        arriving.take(arrival)
    arriving.write()
    if arriving.last > before:
        renumber(connection, arriving.last)
    return arriving.recorded(len(arrivals))


def unknown(connection: Connection, drafts: Sequence[ArticleDraft]) -> list[ArticleDraft]:
    """Those of `drafts` none of whose names is known."""
    known = known_names(connection, drafts)
    return [draft for draft in drafts if not any(key in known for key in draft.keys)]


def last_number(connection: Connection) -> int:
    """The number of the last arrival; 0 when there is none. It may be higher than that of any article."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == ARRIVAL)) or 0


def stored(connection: Connection) -> int:
    """How many articles there are."""
    return connection.scalar(select(func.count()).select_from(articles)) or 0


def number_at(connection: Connection, moment: datetime) -> int:
    """The number of the last article that had arrived by `moment`; 0 when there was none."""
    return connection.scalar(select(func.max(articles.c.number)).where(articles.c.arrived_at <= moment)) or 0


def between(connection: Connection, after: int, upto: int, not_before: datetime) -> tuple[Article, ...]:
    """The articles that arrived, by any feed, after number `after` up to `upto`, by their own number.

    Without backlog and what arrived before `not_before`; with what is held or withdrawn, and marked as such.
    """
    arrived = exists().where(
        article_feeds.c.article == articles.c.number, article_feeds.c.arrival > after, article_feeds.c.arrival <= upto
    )
    chosen = select(articles).where(
        articles.c.number <= upto,
        articles.c.arrived_at >= not_before,
        articles.c.backlog.is_(False),
        arrived,
    )
    rows = connection.execute(chosen.order_by(articles.c.number)).all()
    carriers = carriers_of(connection, [row.number for row in rows])
    return tuple(article(row, carriers[row.number]) for row in rows)


def lock(connection: Connection) -> int:
    """The number of the last arrival; no other process gives numbers until the end of the transaction.

    Whoever records several polls takes it first: two that do may lock each other out otherwise.
    """
    locked = select(counters.c.value).where(counters.c.name == ARRIVAL).with_for_update()
    return int(connection.execute(locked).scalar_one())


def renumber(connection: Connection, last: int) -> None:
    """From now on `last` is the number of the last arrival; for whoever has the lock."""
    connection.execute(update(counters).where(counters.c.name == ARRIVAL).values(value=last))
