"""Figures for a machine that watches: how much there is of everything at this moment. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.model import EditionState, SubscriptionState
from digest.store import articles, overview, subscribers
from digest.store.columns import is_open
from digest.store.overview import OutboxFigures
from digest.store.schema import deliveries, editions, feeds, letters, suppressions

_D = deliveries.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """All that the store knows in figures."""

    outbox: OutboxFigures
    #: When the delivery that has been due for longest was due; None: none is.
    oldest_due: datetime | None
    editions: dict[tuple[str, EditionState], int]
    readers: dict[tuple[str, SubscriptionState], int]
    #: By reason.
    suppressed: dict[str, int]
    articles: int
    last_arrival: datetime | None
    letters: int
    #: Feeds whose last poll failed.
    failing: int


def gauges(connection: Connection, now: datetime) -> Gauges:
    """As of `now`."""
    e = editions.c
    by_state = select(e.newsletter, e.state, func.count().label("n")).group_by(e.newsletter, e.state)
    by_reason = select(suppressions.c.reason, func.count().label("n")).group_by(suppressions.c.reason)
    return Gauges(
        outbox=overview.outbox(connection),
        oldest_due=_oldest_due(connection, now),
        editions={(row.newsletter, EditionState(row.state)): row.n for row in connection.execute(by_state)},
        readers=subscribers.counts(connection),
        suppressed={row.reason: row.n for row in connection.execute(by_reason)},
        articles=articles.stored(connection),
        last_arrival=overview.last_arrival(connection),
        letters=connection.scalar(select(func.count()).select_from(letters)) or 0,
        failing=connection.scalar(select(func.count()).where(feeds.c.failures > 0)) or 0,
    )


def _oldest_due(connection: Connection, now: datetime) -> datetime | None:
    found: datetime | None = connection.scalar(
        select(func.min(_D.next_attempt_at))
        .join_from(deliveries, editions, editions.c.id == _D.edition)
        .where(
            is_open(_D.state),
            _D.held.is_(False),
            _D.waits_for.is_(None),
            _D.next_attempt_at <= now,
            editions.c.state == EditionState.SENDING.value,
        )
    )
    return found
