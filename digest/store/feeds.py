"""Feeds: what the next poll needs to know of the last one, and who polls now."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, or_, select, update

from digest.model import FeedState, Wishes
from digest.store.article_rows import WITHDRAWN
from digest.store.chunks import chunks
from digest.store.schema import article_feeds, feeds
from digest.store.upsert import insert_all_missing

_STATE = [column for column in feeds.c if column.name != "claimed_until"]
_NAMES = tuple(field.name for field in fields(FeedState))
#: What remains known of a feed when its address changes.
_KEPT = frozenset({"title", "polled_at", "succeeded_at", "gap_s"})
#: A poll that lies so far ahead was written by a clock that was wrong: it does not count.
_AHEAD = timedelta(minutes=10)
#: So was a claim that lasts longer than this.
_LONGEST_CLAIM = timedelta(hours=1)


def ensure(connection: Connection, urls: Mapping[str, str]) -> None:
    """A row for each feed of `urls` (name -> configured address).

    One that is configured with another address than at its last poll begins anew there: it is due at once, and what
    was known of the old address (validators, where it has moved, failures) is forgotten. Its articles stay known. One
    that is configured now where it was read already goes on there.
    """
    known: set[str] = set()
    for chunk in chunks(list(urls)):
        rows = connection.execute(select(feeds.c.name, feeds.c.url, feeds.c.address).where(feeds.c.name.in_(chunk)))
        for row in rows.all():
            known.add(row.name)
            url = urls[row.name]
            if url == row.url:
                continue
            if url == row.address:
                connection.execute(update(feeds).where(feeds.c.name == row.name).values(url=url, address=""))
            else:
                _begin_anew(connection, row.name, url)
    new = [{"name": name, "url": url} for name, url in urls.items() if name not in known]
    insert_all_missing(connection, feeds, new)


def _begin_anew(connection: Connection, name: str, url: str) -> None:
    anew = _values(FeedState(name=name, url=url))
    anew = {column: value for column, value in anew.items() if column not in _KEPT}
    connection.execute(update(feeds).where(feeds.c.name == name).values(**anew))
    # What the old address had is not missing from the new one.
    carried = update(article_feeds).where(article_feeds.c.feed == name, article_feeds.c.missed < WITHDRAWN)
    connection.execute(carried.values(fingerprint="", missed=0))


def states(connection: Connection, names: Sequence[str]) -> dict[str, FeedState]:
    """What is known of each of `names`; those never seen are left out."""
    found: dict[str, FeedState] = {}
    for chunk in chunks(names):
        rows = connection.execute(select(*_STATE).where(feeds.c.name.in_(chunk)))
        found |= {row.name: _state(row) for row in rows}
    return found


def due(connection: Connection, names: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Those of `names` that are to be polled now and that nobody is polling, who has waited longest first."""
    found: list[tuple[datetime | None, str]] = []
    for chunk in chunks(names):
        rows = connection.execute(
            select(feeds.c.next_poll_at, feeds.c.name).where(feeds.c.name.in_(chunk), _free(now), _due(now))
        )
        found += [(row.next_poll_at, row.name) for row in rows]
    return tuple(name for _, name in sorted(found, key=lambda it: (it[0] is not None, it[0] or now, it[1])))


def claim(
    connection: Connection, names: Sequence[str], now: datetime, claim_for: timedelta, *, at_once: bool = False
) -> dict[str, FeedState]:
    """Takes feeds for one poll; without those that are not due (unless `at_once`) or that another process has."""
    taken: dict[str, FeedState] = {}
    for chunk in chunks(names):
        conditions = [feeds.c.name.in_(chunk), _free(now)]
        if not at_once:
            conditions.append(_due(now))
        rows = connection.execute(
            update(feeds).where(*conditions).values(claimed_until=now + claim_for).returning(*_STATE),
        )
        taken |= {row.name: _state(row) for row in rows}
    return taken


def save(connection: Connection, states: Sequence[FeedState]) -> None:
    """Writes what polls found out and gives the feeds free."""
    if not states:
        return
    columns = [column for column in _STATE if column.name != "name"]
    changed = (
        update(feeds)
        .where(feeds.c.name == bindparam("of"))
        .values({**{column.name: bindparam(column.name) for column in columns}, "claimed_until": None})
    )
    rows = [_values(state) for state in states]
    connection.execute(changed, [{**row, "of": row.pop("name")} for row in rows])


def release(connection: Connection, name: str) -> None:
    """Gives up a claim without a poll."""
    connection.execute(update(feeds).where(feeds.c.name == name).values(claimed_until=None))


def _values(state: FeedState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in _NAMES}
    wishes: Wishes = values.pop("wishes")
    values["fingerprints"] = " ".join(state.fingerprints)
    values["gap_s"] = round(values.pop("gap").total_seconds())
    values["wishes"] = None
    if wishes != Wishes():
        values["wishes"] = {
            "every_s": round(wishes.every.total_seconds()),
            "skip_hours": sorted(wishes.skip_hours),
            "skip_days": sorted(wishes.skip_days),
        }
    return values


def _state(row: Row[Any]) -> FeedState:
    values = dict(row._mapping)
    stored = values.pop("wishes")
    wishes = Wishes()
    if stored:
        wishes = Wishes(
            every=timedelta(seconds=stored["every_s"]),
            skip_hours=frozenset(stored["skip_hours"]),
            skip_days=frozenset(stored["skip_days"]),
        )
    gap = timedelta(seconds=values.pop("gap_s"))
    fingerprints = tuple(values.pop("fingerprints").split())
    return FeedState(**values, gap=gap, wishes=wishes, fingerprints=fingerprints)


def _due(now: datetime) -> ColumnElement[bool]:
    waited = or_(feeds.c.next_poll_at.is_(None), feeds.c.next_poll_at <= now, feeds.c.polled_at > now + _AHEAD)
    return and_(feeds.c.gone.is_(False), waited)


def _free(now: datetime) -> ColumnElement[bool]:
    until = feeds.c.claimed_until
    return or_(until.is_(None), until <= now, until > now + _LONGEST_CLAIM)
