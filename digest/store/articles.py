"""Articles: stored once, numbered in the order in which they are committed, recognised for ever."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from digest.model import Article, ArticleDraft
from digest.store.article_rows import article, carriers_of, columns_of, known_names, numbered
from digest.store.migrate import ARRIVAL
from digest.store.schema import article_feeds, article_keys, articles, counters
from digest.store.upsert import insert_all_missing

#: Names of one article that are kept.
_NAMES = 50

#: Whether a draft is the stored article that some of its names, these, belong to.
IsSame = Callable[[ArticleDraft, Collection[str], Article], bool]


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
    #: The draft has not all that is stored of the article (it was completed from its page): text and picture stay.
    partial: bool = False


def any_name(draft: ArticleDraft, names: Collection[str], known: Article) -> bool:  # noqa: ARG001 - as IsSame has it
    """One name is enough."""
    return True


def record(
    connection: Connection,
    feed: str,
    source: str,
    arrivals: Sequence[Arrival],
    now: datetime,
    is_same: IsSame = any_name,
) -> Recorded:
    """Stores what is new, refreshes what is known, of one poll of `feed` whose title is `source`.

    An article is known by its names, the strongest first, where `is_same` agrees; a name that turns out to be used
    again is the newer article's from then on. New ones get the next arrival numbers under the counter's lock, which is
    held until the commit: whoever reads number n finds every article up to n.
    """
    desk = _Desk(connection, feed, source, is_same, now)
    desk.look_up(arrivals)
    if any(desk.number(arrival) is None for arrival in arrivals):
        desk.last = _lock_counter(connection)
        # Another poll may have brought the same article while we waited for the lock.
        desk.look_up(arrivals)
    first = desk.last
    for arrival in arrivals:
        desk.take(arrival)
    desk.write()
    if desk.last > first:
        connection.execute(update(counters).where(counters.c.name == ARRIVAL).values(value=desk.last))
    new, backlog = desk.last - first, sum(row["backlog"] for row in desk.new)
    updated = len(desk.changed)
    return Recorded(new=new - backlog, backlog=backlog, updated=updated, known=len(arrivals) - new - updated)


def unknown(connection: Connection, drafts: Sequence[ArticleDraft]) -> list[ArticleDraft]:
    """Those of `drafts` none of whose names is known."""
    known = known_names(connection, drafts)
    return [draft for draft in drafts if not any(key in known for key in draft.keys)]


class _Desk:
    """One poll's articles, compared with those that are stored."""

    def __init__(self, connection: Connection, feed: str, source: str, is_same: IsSame, now: datetime) -> None:
        self._connection, self._feed, self._source = connection, feed, source
        self._is_same, self._now = is_same, now
        #: The number of the article that arrived last.
        self.last = 0
        self.new: list[dict[str, Any]] = []
        self._added: set[int] = set()
        self.changed: dict[int, dict[str, Any]] = {}
        self._keys: dict[str, int] = {}
        self._stored: dict[int, Article] = {}
        self._fresh_keys: dict[str, int] = {}
        self._taken_keys: dict[str, int] = {}
        #: In the order in which the poll had them.
        self._met: dict[int, None] = {}

    def look_up(self, arrivals: Sequence[Arrival]) -> None:
        """Finds what is stored under the names of `arrivals`."""
        self._keys = known_names(self._connection, [arrival.draft for arrival in arrivals])
        self._stored = numbered(self._connection, sorted(set(self._keys.values())))

    def number(self, arrival: Arrival) -> int | None:
        """The number of the stored article that `arrival` is; None: it is new.

        What another feed brought as old is news where this one brings it as such: nobody has been told.
        """
        draft = arrival.draft
        asked: set[int] = set()
        for key in draft.keys:
            number = self._keys.get(key)
            if number is None or number in asked:
                continue
            asked.add(number)
            known = self._stored[number]
            if known.backlog and not arrival.backlog and self._feed not in known.feeds:
                continue
            names = [name for name in draft.keys if self._keys.get(name) == number]
            if self._is_same(draft, names, known):
                return number
        return None

    def take(self, arrival: Arrival) -> None:
        """Decides what becomes of one arrival."""
        number = self.number(arrival)
        is_new = number is None
        if number is None:
            number = self.last = self.last + 1
            values = columns_of(self._source, arrival.draft)
            self.new.append({**values, "number": number, "arrived_at": self._now, "backlog": arrival.backlog})
            self._stored[number] = _told(number, self._source, arrival, self._now)
            self._added.add(number)
        elif number not in self._added:
            self._refresh(number, arrival)
        self._met.setdefault(number)
        for key in arrival.draft.keys:
            if key not in self._keys:
                self._fresh_keys[key] = number
            elif is_new:
                self._taken_keys[key] = number
            else:
                continue
            self._keys[key] = number

    def _refresh(self, number: int, arrival: Arrival) -> None:
        """Takes over what the publisher has changed; another feed's wording of the same article changes nothing."""
        stored = self._stored[number]
        draft = arrival.draft
        if arrival.partial:
            draft = replace(
                draft,
                url=stored.url,
                excerpt=stored.excerpt,
                image=stored.image,
                words=stored.words,
                language=stored.language,
                author=draft.author or stored.author,
                published_at=draft.published_at or stored.published_at,
            )
        values = columns_of(self._source, draft)
        if stored.source == self._source and columns_of(stored.source, stored) != values:
            self.changed[number] = values

    def write(self) -> None:
        """All that was decided."""
        if self.new:
            self._connection.execute(insert(articles), self.new)
        if self.changed:
            columns = columns_of(self._source, ArticleDraft(keys=(), title="", url=""))
            changed = (
                update(articles)
                .where(articles.c.number == bindparam("of"))
                .values({column: bindparam(column) for column in columns})
            )
            self._connection.execute(changed, [{**values, "of": number} for number, values in self.changed.items()])
        full = self._with_many_names()
        fresh = [{"key": key, "article": number} for key, number in self._fresh_keys.items() if number not in full]
        insert_all_missing(self._connection, article_keys, fresh)
        for key, number in self._taken_keys.items():
            self._connection.execute(update(article_keys).where(article_keys.c.key == key).values(article=number))
        self._carry()

    def _with_many_names(self) -> set[int]:
        """Those that have so many names that they get no more: a feed may date its items anew at every poll."""
        renamed = sorted(set(self._fresh_keys.values()) - self._added)
        named = (
            select(article_keys.c.article)
            .where(article_keys.c.article.in_(renamed))
            .group_by(article_keys.c.article)
            .having(func.count() >= _NAMES)
        )
        return set(self._connection.scalars(named)) if renamed else set()

    def _carry(self) -> None:
        """Notes that the feed carries what it had."""
        rows = [
            {"article": number, "feed": self._feed, "place": len(self._stored[number].feeds)}
            for number in self._met
            if self._feed not in self._stored[number].feeds
        ]
        insert_all_missing(self._connection, article_feeds, rows)


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
    rows = connection.execute(chosen.order_by(articles.c.number)).all()
    carriers = carriers_of(connection, [row.number for row in rows])
    return tuple(article(row, carriers.get(row.number, ())) for row in rows)


def lock(connection: Connection) -> None:
    """Lets no other process record articles until the end of the transaction: two that do may lock each other out."""
    _lock_counter(connection)


def _lock_counter(connection: Connection) -> int:
    locked = select(counters.c.value).where(counters.c.name == ARRIVAL).with_for_update()
    return int(connection.execute(locked).scalar_one())


def _told(number: int, source: str, arrival: Arrival, now: datetime) -> Article:
    values = columns_of(source, arrival.draft) | {"image": arrival.draft.image, "tags": arrival.draft.tags}
    return Article(**values, number=number, feeds=(), arrived_at=now, backlog=arrival.backlog)
