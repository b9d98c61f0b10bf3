"""Feeds: what the next poll needs to know of the last one, and who polls now."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select, update

from digest.model import FeedState
from digest.store.schema import feeds
from digest.store.upsert import insert_missing

_STATE = [column for column in feeds.c if column.name != "claimed_until"]


def ensure(connection: Connection, names: Sequence[str]) -> None:
    """A row for each of `names`."""
    known = set(connection.scalars(select(feeds.c.name)))
    insert_missing(connection, feeds, [{"name": name} for name in dict.fromkeys(names) if name not in known])


def states(connection: Connection, names: Sequence[str]) -> dict[str, FeedState]:
    """What is known of each of `names`; those never seen are left out."""
    rows = connection.execute(select(*_STATE).where(feeds.c.name.in_(names)))
    return {row.name: FeedState(**row._asdict()) for row in rows}


def due(connection: Connection, names: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Those of `names` that are to be polled now and that nobody is polling."""
    found = select(feeds.c.name).where(feeds.c.name.in_(names), _free(now), _due(now)).order_by(feeds.c.next_poll_at)
    return tuple(connection.scalars(found))


def claim(
    connection: Connection, name: str, now: datetime, claim_for: timedelta, *, at_once: bool = False
) -> FeedState | None:
    """Takes the feed for one poll; None where it is not due (unless `at_once`) or another process has it."""
    conditions = [feeds.c.name == name, _free(now)]
    if not at_once:
        conditions.append(_due(now))
    taken = connection.execute(
        update(feeds).where(*conditions).values(claimed_until=now + claim_for).returning(*_STATE),
    ).one_or_none()
    return FeedState(**taken._asdict()) if taken else None


def save(connection: Connection, state: FeedState) -> None:
    """Writes what a poll found out and gives the feed free."""
    values = asdict(state)
    connection.execute(update(feeds).where(feeds.c.name == values.pop("name")).values(**values, claimed_until=None))


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(feeds.c.next_poll_at.is_(None), feeds.c.next_poll_at <= now)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(feeds.c.claimed_until.is_(None), feeds.c.claimed_until <= now)
