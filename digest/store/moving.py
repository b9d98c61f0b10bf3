"""A reader's address changes: wished for from the old one, confirmed at the new one."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from digest.model import SubscriptionState, address_key
from digest.store import suppressions
from digest.store.schema import address_changes, subscribers, subscriptions
from digest.store.subscribers import come_back, confirm, leave, of, record

_C = address_changes.c
_VIA = "link in a mail"


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

    Where the new address has a subscription of its own to a newsletter, that one counts from now on, with its choices.
    """
    address = wished(connection, number)
    if address is None or suppressions.find(connection, address):
        return False
    who = connection.scalar(select(_C.subscriber).where(_C.id == number))
    there = connection.scalar(select(subscribers.c.id).where(subscribers.c.key == address_key(address)))
    if there in (None, who):
        values = {"address": address, "key": address_key(address)}
        connection.execute(update(subscribers).where(subscribers.c.id == who).values(values))
        moved = list(connection.scalars(select(subscriptions.c.id).where(subscriptions.c.subscriber == who)))
    else:
        moved = [_joined(connection, row, there, now) for row in _of(connection, who)]
    for subscription in moved:
        record(connection, subscription, "moved", now, _VIA)
    connection.execute(update(address_changes).where(_C.id == number).values(done_at=now))
    return True


def _of(connection: Connection, subscriber: int | None) -> list[Row[Any]]:
    chosen = select(subscriptions.c.id, subscriptions.c.newsletter, subscriptions.c.state)
    return list(connection.execute(chosen.where(subscriptions.c.subscriber == subscriber)))


def _joined(connection: Connection, own: Row[Any], there: int, now: datetime) -> int:
    """The subscription at the address that reads already; it takes over from the `own` one, which is left."""
    known = of(connection, there, own.newsletter)
    if known is None:
        connection.execute(update(subscriptions).where(subscriptions.c.id == own.id).values(subscriber=there))
        return int(own.id)
    if own.state == SubscriptionState.ACTIVE:
        _ = confirm(connection, known.id, now, _VIA) or come_back(connection, known.id, now, _VIA)
        leave(connection, own.id, now, _VIA)
    return known.id
