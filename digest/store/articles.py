"""Articles: stored once, numbered in the order in which they are committed, recognised for ever."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from digest.model import Article, ArticleDraft, Image
from digest.store.migrate import ARRIVAL
from digest.store.schema import article_feeds, article_keys, articles, counters
from digest.store.upsert import insert_missing

#: Keys asked for in one statement; SQLite allows 32,766 parameters.
_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of one poll's articles."""

    new: int = 0
    #: Came with the first poll of the feed and were old already: known now, never told.
    backlog: int = 0
    updated: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A draft as it arrives."""

    draft: ArticleDraft
    backlog: bool = False


def record(connection: Connection, feed: str, source: str, arrivals: Sequence[Arrival], now: datetime) -> Recorded:
    """Stores what is new, refreshes what is known, of one poll of `feed` whose title is `source`.

    An article is known by any of its keys. New ones get the next arrival numbers under the counter's lock, which is
    held until the commit: whoever reads number n finds every article up to n.
    """
    known = _known(connection, (arrival.draft for arrival in arrivals))
    if any(_number(arrival.draft, known) is None for arrival in arrivals):
        last = _lock_counter(connection)
        # Another poll may have brought the same article while we waited for the lock.
        known = _known(connection, (arrival.draft for arrival in arrivals))
    else:
        last = 0
    first, backlog, updated = last, 0, 0
    added: set[int] = set()
    for arrival in arrivals:
        number = _number(arrival.draft, known)
        if number is None:
            last = number = last + 1
            _insert(connection, number, source, arrival, now)
            added.add(number)
            backlog += arrival.backlog
        elif number not in added:
            updated += _refresh(connection, number, source, arrival.draft)
        fresh_keys = [key for key in arrival.draft.keys if key not in known]
        insert_missing(connection, article_keys, [{"key": key, "article": number} for key in fresh_keys])
        known.update(dict.fromkeys(fresh_keys, number))
        _carried_by(connection, number, feed)
    if last > first:
        connection.execute(update(counters).where(counters.c.name == ARRIVAL).values(value=last))
    return Recorded(
        new=len(added) - backlog, backlog=backlog, updated=updated, known=len(arrivals) - len(added) - updated
    )


def last_number(connection: Connection) -> int:
    """The number of the article that arrived last; 0 when there is none."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == ARRIVAL)) or 0


def number_at(connection: Connection, moment: datetime) -> int:
    """The number of the last article that had arrived by `moment`; 0 when there was none."""
    return connection.scalar(select(func.max(articles.c.number)).where(articles.c.arrived_at <= moment)) or 0


def between(connection: Connection, after: int, upto: int, not_before: datetime) -> tuple[Article, ...]:
    """What is fit to be told of the articles after number `after` up to `upto`, by number."""
    chosen = select(articles).where(
        articles.c.number > after,
        articles.c.number <= upto,
        articles.c.arrived_at >= not_before,
        articles.c.backlog.is_(False),
    )
    carriers = _carriers(connection, after, upto)
    rows = connection.execute(chosen.order_by(articles.c.number))
    return tuple(_article(row, carriers.get(row.number, ())) for row in rows)


def _known(connection: Connection, drafts: Iterable[ArticleDraft]) -> dict[str, int]:
    keys = list(dict.fromkeys(key for draft in drafts for key in draft.keys))
    found: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        rows = connection.execute(
            select(article_keys.c.key, article_keys.c.article).where(
                article_keys.c.key.in_(keys[start : start + _CHUNK]),
            ),
        )
        found.update((row.key, row.article) for row in rows)
    return found


def _number(draft: ArticleDraft, known: dict[str, int]) -> int | None:
    return next((known[key] for key in draft.keys if key in known), None)


def _lock_counter(connection: Connection) -> int:
    locked = select(counters.c.value).where(counters.c.name == ARRIVAL).with_for_update()
    return int(connection.execute(locked).scalar_one())


def _values(source: str, draft: ArticleDraft) -> dict[str, Any]:
    return {
        "source": source,
        "title": draft.title,
        "url": draft.url,
        "author": draft.author,
        "published_at": draft.published_at,
        "excerpt": draft.excerpt,
        "image": asdict(draft.image) if draft.image else None,
        "tags": list(draft.tags),
        "language": draft.language,
        "words": draft.words,
    }


def _insert(connection: Connection, number: int, source: str, arrival: Arrival, now: datetime) -> None:
    values = _values(source, arrival.draft)
    connection.execute(insert(articles).values(number=number, arrived_at=now, backlog=arrival.backlog, **values))


def _refresh(connection: Connection, number: int, source: str, draft: ArticleDraft) -> bool:
    """Takes over what the publisher has changed; another feed's wording of the same article changes nothing."""
    row = connection.execute(select(articles).where(articles.c.number == number)).one()
    values = _values(source, draft)
    stored = {name: getattr(row, name) for name in values}
    if row.source != source or stored == values:
        return False
    connection.execute(update(articles).where(articles.c.number == number).values(**values))
    return True


def _carried_by(connection: Connection, number: int, feed: str) -> None:
    names = list(connection.scalars(select(article_feeds.c.feed).where(article_feeds.c.article == number)))
    if feed not in names:
        insert_missing(connection, article_feeds, [{"article": number, "feed": feed, "place": len(names)}])


def _carriers(connection: Connection, after: int, upto: int) -> dict[int, tuple[str, ...]]:
    rows = connection.execute(
        select(article_feeds.c.article, article_feeds.c.feed)
        .where(article_feeds.c.article > after, article_feeds.c.article <= upto)
        .order_by(article_feeds.c.article, article_feeds.c.place),
    )
    carriers: dict[int, tuple[str, ...]] = {}
    for row in rows:
        carriers[row.article] = (*carriers.get(row.article, ()), row.feed)
    return carriers


def _article(row: Row[Any], feeds: tuple[str, ...]) -> Article:
    values = row._asdict()
    image = values.pop("image")
    tags = tuple(values.pop("tags"))
    return Article(**values, feeds=feeds, image=Image(**image) if image else None, tags=tags)
