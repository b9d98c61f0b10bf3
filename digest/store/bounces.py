"""Messages that came back after they had been accepted, each recorded once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from digest.model import address_key
from digest.store.schema import bounces, deliveries, subscribers
from digest.store.upsert import insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One message that came back for one recipient."""

    at: datetime
    address: str
    #: None: it does not say.
    delivery: int | None
    permanent: bool
    #: RFC 3463; empty: none was given.
    code: str
    reason: str
    #: The intake that it came by, and what that knows it as.
    source: str
    external_id: str


def record(connection: Connection, bounce: Bounce) -> bool:
    """False where it was recorded before: mail and webhooks may come twice, and in any order."""
    row = {
        "at": bounce.at,
        "address": address_key(bounce.address),
        "delivery": bounce.delivery,
        "permanence": "permanent" if bounce.permanent else "temporary",
        "code": bounce.code,
        "reason": bounce.reason,
        "source": bounce.source,
        "external_id": bounce.external_id,
    }
    return insert_missing(connection, bounces, row)


def days(connection: Connection, address: str, now: datetime, within: timedelta) -> int:
    """On how many days (UTC) mail to `address` has come back lately."""
    b = bounces.c
    found = connection.scalars(select(b.at).where(b.address == address_key(address), b.at > now - within))
    return len({at.date() for at in found})


def recipient(connection: Connection, delivery: int) -> str | None:
    """Whom a delivery went to, as the address is now; None where there is none, or the person is forgotten."""
    d = deliveries.c
    return connection.scalar(
        select(subscribers.c.address)
        .join_from(deliveries, subscribers, subscribers.c.id == d.subscriber)
        .where(d.id == delivery, subscribers.c.address.contains("@"))
    )


def count(connection: Connection) -> int:
    """How many are recorded."""
    return connection.scalar(select(func.count()).select_from(bounces)) or 0
