"""What feeds have taken back: articles that are not where they would be, seen gone twice.

Only a feed that goes by its dates can tell. Where the last item is of Tuesday, one of Wednesday that was there a moment
ago cannot have slid off the end. One look may have met an old copy in somebody's cache; so it takes two in a row.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, Row, Update, select, update

from digest.store.article_rows import WITHDRAWN
from digest.store.schema import article_feeds, articles

#: What misses more at once than half of what it had, and than these, has not taken articles back: it is another feed
#: now, or chooses in another way.
_MOST = 2
_Carried = Row[tuple[int, str, int, datetime | None]]

#: Among the feed's last articles are those of its last two bodies; this many times as many are looked through.
_DEPTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A feed as it was and as it is: the fingerprints of the items, in the feed's order."""

    before: tuple[str, ...]
    now: tuple[str, ...]
    #: When the last item was published, of a feed that is whole and in the order of its dates, the newest first; None:
    #: it is not, and nothing can be told.
    oldest: datetime | None

    def gone(self) -> frozenset[str]:
        """What is there no more, without what is sure to have slid off the end."""
        places = {mark: place for place, mark in enumerate(self.before)}
        end = places.get(self.now[-1], len(self.before)) if self.now else 0
        return frozenset(self.before[:end]).difference(self.now)


def look(connection: Connection, feed: str, served: Served, *, again: bool) -> bool:
    """Notes what `feed` misses, once its articles are recorded; whether anything is missing for the first time.

    `again`: something was at the look before this one.
    """
    gone = served.gone()
    if not gone and not again:
        return False
    rows = [] if served.oldest is None else _carried(connection, feed, served)
    here = frozenset(served.now)
    missing = [row for row in rows if _is_missing(row, here, served.oldest)]
    first = [row.article for row in missing if row.missed == 0 and not gone.isdisjoint(row.fingerprint.split())]
    if len(first) > max(_MOST, len(served.before) // 2) or not _in_order(rows, served.before):
        first = []
    if again:
        # What is not missing twice in a row starts at nought.
        _mark(connection, feed, [row.article for row in missing if row.missed == 1], WITHDRAWN)
        connection.execute(_once(feed).values(missed=0))
    _mark(connection, feed, first, 1)
    return bool(first)


def look_again(connection: Connection, feed: str) -> None:
    """Notes that `feed` has not changed since something was missing for the first time: it is withdrawn."""
    connection.execute(_once(feed).values(missed=WITHDRAWN))


def _carried(connection: Connection, feed: str, served: Served) -> list[_Carried]:
    carried = article_feeds.c
    depth = _DEPTH * (len(served.before) + len(served.now))
    # Bounded before they are joined: a feed may have carried many thousands.
    last = (
        select(carried.article, carried.fingerprint, carried.missed)
        .where(carried.feed == feed)
        .order_by(carried.article.desc())
        .limit(depth)
        .subquery()
    )
    chosen = select(last, articles.c.published_at).join_from(last, articles, articles.c.number == last.c.article)
    return list(connection.execute(chosen))


def _is_missing(row: _Carried, here: frozenset[str], oldest: datetime | None) -> bool:
    marks = row.fingerprint.split()
    if not marks or row.published_at is None or oldest is None:
        return False
    return bool(row.published_at > oldest) and here.isdisjoint(marks)


def _in_order(rows: list[_Carried], before: tuple[str, ...]) -> bool:
    """Whether the body before this one went by its dates as well: a few items may do so by chance."""
    dates = {mark: row.published_at for row in rows for mark in row.fingerprint.split() if row.published_at}
    return all(newer >= older for newer, older in pairwise(dates[mark] for mark in before if mark in dates))


def _mark(connection: Connection, feed: str, missing: list[int], looks: int) -> None:
    if missing:
        carried = update(article_feeds).where(article_feeds.c.feed == feed, article_feeds.c.article.in_(missing))
        connection.execute(carried.values(missed=looks))


def _once(feed: str) -> Update:
    return update(article_feeds).where(article_feeds.c.feed == feed, article_feeds.c.missed == 1)
