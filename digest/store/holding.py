"""Articles that are held because suspiciously many became new at once, until the operator decides."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select, update

from digest.store import articles as arrivals
from digest.store.schema import article_feeds, articles, feeds


def held(connection: Connection) -> dict[str, int]:
    """How many articles are held of each feed that brought some, by name."""
    counted = (
        select(article_feeds.c.feed, func.count().label("held"))
        .join_from(articles, article_feeds, _brought())
        .where(articles.c.held)
        .group_by(article_feeds.c.feed)
        .order_by(article_feeds.c.feed)
    )
    return {row.feed: row.held for row in connection.execute(counted)}


def release(connection: Connection, feed: str, now: datetime) -> int:
    """Lets what is held of `feed` arrive anew at `now`; how many articles that are."""
    last = arrivals.lock(connection)
    numbers = list(connection.scalars(_held_of(feed).order_by(articles.c.number)))
    if not numbers:
        return 0
    rows = [{"of": number, "anew": place} for place, number in enumerate(numbers, last + 1)]
    told = update(articles).where(articles.c.number == bindparam("of")).values(held=False, arrived_at=now)
    connection.execute(told, [{"of": number} for number in numbers])
    # Whoever began to carry it meanwhile told nobody either, be it as an old one: what has an arrival of before counts
    # as told.
    carried = update(article_feeds).where(article_feeds.c.article == bindparam("of"))
    connection.execute(carried.values(arrival=bindparam("anew")), rows)
    arrivals.renumber(connection, last + len(numbers))
    _settle(connection, feed)
    return len(numbers)


def dismiss(connection: Connection, feed: str) -> int:
    """Makes what is held of `feed` backlog: known, and never told; how many articles that are."""
    arrivals.lock(connection)
    numbers = list(connection.scalars(_held_of(feed)))
    known = update(articles).where(articles.c.number == bindparam("of")).values(held=False, backlog=True)
    if numbers:
        connection.execute(known, [{"of": number} for number in numbers])
        _settle(connection, feed)
    return len(numbers)


def _held_of(feed: str) -> Select[tuple[int]]:
    brought = select(articles.c.number).join_from(articles, article_feeds, _brought())
    return brought.where(articles.c.held, article_feeds.c.feed == feed)


def _brought() -> ColumnElement[bool]:
    return and_(article_feeds.c.article == articles.c.number, article_feeds.c.place == 0)


def _settle(connection: Connection, feed: str) -> None:
    """What was remarked of the feed asked for a decision."""
    connection.execute(update(feeds).where(feeds.c.name == feed).values(remark=""))
