"""What a second try of a delivery means for its reader: how far they have been served, and from when on they chose."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, select, update

from digest.model import DeliveryState, EditionState
from digest.store import corrections
from digest.store.readership import ViewKey
from digest.store.schema import deliveries, editions, subscriptions

_D = deliveries.c


def take_back_marks(connection: Connection, which: ColumnElement[bool]) -> None:
    """Readers of these deliveries are served only as far as they were before."""
    chosen = select(_D.subscription, _D.view, _D.fallback).where(which).order_by(_D.subscription)
    rows = connection.execute(chosen).all()
    corrections.owe_again(connection, which)
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


def take_back(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Queues what was just refused once more: the refusal was for everybody, and nobody's delivery."""
    connection.execute(
        update(deliveries)
        .where(_D.id.in_(ids), _D.state == DeliveryState.FAILED.value)
        .values(state=DeliveryState.QUEUED.value, next_attempt_at=now, settled_at=None, attempts=_D.attempts - 1)
    )


def retry(connection: Connection, edition: int, now: datetime, *, doubtful: bool = False) -> int:
    """Queues what failed, or with `doubtful` what is held in doubt, once more. Gives how many that were.

    Of what failed, a reader who has a newer delivery by now is left out: that one holds what this one did not bring.
    What was held counted as served; now that it may yet be refused, it does not, unless a newer one builds on it.
    """
    later = deliveries.alias("later")
    newer = exists().where(later.c.subscription == _D.subscription, later.c.id > _D.id)
    if doubtful:
        chosen = and_(_D.state == DeliveryState.SENDING.value, _D.held.is_(True))
        state = DeliveryState.DEFERRED
        take_back_marks(connection, and_(_D.edition == edition, chosen, ~newer))
    else:
        chosen = and_(_D.state == DeliveryState.FAILED.value, ~newer)
        state = DeliveryState.QUEUED
        keep_choices_apart(connection, and_(_D.edition == edition, chosen))
    count = connection.execute(
        update(deliveries)
        .where(_D.edition == edition, chosen)
        .values(state=state.value, held=False, lease="", dot_at=None, next_attempt_at=now, settled_at=None),
    ).rowcount
    if count:
        connection.execute(
            update(editions)
            .where(editions.c.id == edition, editions.c.state == EditionState.DONE.value)
            .values(state=EditionState.SENDING.value),
        )
    return count
