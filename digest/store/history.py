"""What has been, day by day. Changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, func, literal, select

from digest.model import SubscriptionState
from digest.store.schema import consents


def gained_and_lost(connection: Connection, days: Sequence[datetime]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many subscriptions were confirmed, and how many left, from each of `days` (ascending) to the next."""
    c = consents.c
    later = [(c.at >= day, place) for place, day in reversed(list(enumerate(days)))]
    told = (
        select(c.act, case(*later, else_=literal(0)).label("day"))
        .where(c.at >= days[0], c.act.in_([SubscriptionState.ACTIVE.value, SubscriptionState.LEFT.value]))
        .subquery()
    )
    rows = connection.execute(select(told.c.act, told.c.day, func.count().label("n")).group_by(told.c.act, told.c.day))
    gained, lost = [0] * len(days), [0] * len(days)
    for row in rows:
        (gained if row.act == SubscriptionState.ACTIVE.value else lost)[row.day] = row.n
    return tuple(gained), tuple(lost)
