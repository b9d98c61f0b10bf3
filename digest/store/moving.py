"""A reader's address changes: wished for from the old one, confirmed at the new one."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from digest.model import address_key
from digest.store import suppressions
from digest.store.schema import address_changes, subscribers, subscriptions
from digest.store.subscribers import record

_C = address_changes.c


def ask(connection: Connection, subscriber: int, address: str, now: datetime) -> int:
    """The number of the wish."""
    values = {"subscriber": subscriber, "address": address, "asked_at": now}
    number: int = connection.execute(insert(address_changes).values(values).returning(_C.id)).scalar_one()
    return number


def wished(connection: Connection, number: int) -> str | None:
    """The new address of a wish that still stands; None where it is done, or was overtaken by another."""
    row = connection.execute(select(address_changes).where(_C.id == number, _C.done_at.is_(None))).one_or_none()
    if row is None:
        return None
    newest = connection.scalar(select(_C.id).where(_C.subscriber == row.subscriber).order_by(_C.id.desc()).limit(1))
    return row.address if newest == number else None


def move(connection: Connection, number: int, now: datetime) -> bool:
    """The one who reads at the new address agrees. False where the wish does not stand, or the address is suppressed.

    Where the new address has subscriptions of its own, they stay, and those of the old one come to it that it has not.
    """
    address = wished(connection, number)
    if address is None or suppressions.find(connection, address):
        return False
    who = connection.scalar(select(_C.subscriber).where(_C.id == number))
    there = connection.scalar(select(subscribers.c.id).where(subscribers.c.key == address_key(address)))
    own = select(subscriptions.c.id).where(subscriptions.c.subscriber == who)
    moved = list(connection.scalars(own))
    if there in (None, who):
        values = {"address": address, "key": address_key(address)}
        connection.execute(update(subscribers).where(subscribers.c.id == who).values(values))
    else:
        known = select(subscriptions.c.newsletter).where(subscriptions.c.subscriber == there)
        moved = list(connection.scalars(own.where(subscriptions.c.newsletter.not_in(known))))
        connection.execute(update(subscriptions).where(subscriptions.c.id.in_(moved)).values(subscriber=there))
    for subscription in moved:
        record(connection, subscription, "moved", now, "link in a mail")
    connection.execute(update(address_changes).where(_C.id == number).values(done_at=now))
    return True
