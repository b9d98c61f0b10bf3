"""What a restored store does about the time that it knows nothing of: what was told then is not told again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select, update

from digest.model import OPEN
from digest.store import outbox
from digest.store.columns import one_among
from digest.store.schema import articles, deliveries, editions, newsletters, subscriptions
from digest.store.settlement import call_off, under_way, waiting

#: Why a delivery of before was not sent.
RESTORED = "the store was restored: it may have been sent before"


def being_sent(connection: Connection) -> frozenset[str]:
    """The newsletters of which something waits to be sent, or was being sent."""
    open_ = exists().where(deliveries.c.edition == editions.c.id, one_among(deliveries.c.state, *OPEN))
    return frozenset(connection.scalars(select(editions.c.newsletter).where(open_).distinct()))


def take_as_told(connection: Connection, names: Collection[str], now: datetime, *, drop: bool) -> int:
    """All that has arrived counts as told to the readers of these newsletters, and no slot before `now` as missed.

    What was being sent is in doubt, and held. With `drop` what waits in the outbox of these newsletters is called off,
    for it may have been sent; else it goes out. Gives how many deliveries were called off.
    """
    ran = [
        edition for edition, name in connection.execute(select(editions.c.id, editions.c.newsletter)) if name in names
    ]
    dropped = 0
    if drop:
        _release(connection, now)
        dropped = call_off(connection, deliveries.c.edition.in_(ran) & waiting(), RESTORED, now)
    last = connection.scalar(select(func.max(articles.c.number))) or 0
    own = subscriptions.c.newsletter.in_(sorted(names))
    connection.execute(update(subscriptions).where(own, subscriptions.c.mark < last).values(mark=last))
    connection.execute(update(subscriptions).where(own).values(owed=None))
    connection.execute(update(newsletters).where(newsletters.c.name.in_(sorted(names))).values(known_since=now))
    return dropped


def _release(connection: Connection, now: datetime) -> None:
    """Whoever leased these is gone with the machine of then."""
    connection.execute(
        update(deliveries).where(under_way(), deliveries.c.held.is_(False)).values(lease_until=now - timedelta(days=1))
    )
    outbox.sweep(connection, now, hold=True)
