"""What a second try of a delivery means for its reader: how far they have been served, and from when on they chose."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from digest.model import DeliveryState
from digest.store.readership import ViewKey
from digest.store.schema import deliveries, editions, subscriptions

_D = deliveries.c


def take_back_marks(connection: Connection, which: ColumnElement[bool]) -> None:
    """Readers of these deliveries are served only as far as they were before."""
    chosen = select(_D.subscription, _D.view, _D.fallback).where(which).order_by(_D.subscription)
    rows = connection.execute(chosen).all()
    if rows:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == bindparam("b_id"), subscriptions.c.mark >= bindparam("b_mark"))
            .values(mark=bindparam("b_mark"), owed=bindparam("b_owed", type_=subscriptions.c.owed.type)),
            [
                {"b_id": row.subscription, "b_mark": before.mark, "b_owed": before.owed or None}
                for row in rows
                for before in (ViewKey.read(row.view).before(fallback=row.fallback),)
            ],
        )


def keep_choices_apart(connection: Connection, which: ColumnElement[bool]) -> None:
    """What these deliveries hold was chosen before, where their readers have other categories by now."""
    rows = connection.execute(
        select(_D.subscription, _D.view, subscriptions.c.categories, editions.c.upto)
        .join_from(deliveries, subscriptions, subscriptions.c.id == _D.subscription)
        .join(editions, editions.c.id == _D.edition)
        .where(which)
        .order_by(_D.subscription)
    ).all()
    changed = [
        {"b_id": row.subscription, "b_upto": row.upto}
        for row in rows
        if ",".join(ViewKey.read(row.view).categories) != row.categories
    ]
    if changed:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == bindparam("b_id"), subscriptions.c.began < bindparam("b_upto"))
            .values(began=bindparam("b_upto")),
            changed,
        )


def hasten(connection: Connection, edition: int, now: datetime) -> int:
    """What the server put off is tried again now; gives how much that is."""
    put_off = (_D.edition == edition, _D.state == DeliveryState.DEFERRED.value, _D.next_attempt_at > now)
    return connection.execute(update(deliveries).where(*put_off).values(next_attempt_at=now)).rowcount
