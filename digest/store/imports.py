"""Lists of readers that were taken over: what each did, and how to take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, literal, select, update

from digest.errors import UnknownName, UsageError
from digest.model import SubscriptionState
from digest.store.schema import (
    address_changes,
    consents,
    deliveries,
    import_changes,
    imports,
    subscribers,
    subscriptions,
)
from digest.store.upsert import insert_all

_C, _S = import_changes.c, subscriptions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A list that was taken over."""

    id: int
    at: datetime
    source: str
    undone_at: datetime | None
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking an import back has done, in subscriptions."""

    #: They are as if they had never been there.
    removed: int
    #: Added by the list and written to since: their rows stay for the ledger, and get nothing until they confirm.
    stopped: int
    #: Have the state of before.
    restored: int
    #: Their readers have acted since: they are left as they are.
    kept: int


def via(number: int) -> str:
    """What the records of consent of an import say."""
    return f"import {number}"


def begin(connection: Connection, source: str, now: datetime) -> int:
    """The number of a new import."""
    number: int = connection.execute(insert(imports).values(source=source, at=now).returning(imports.c.id)).scalar_one()
    return number


def note(connection: Connection, number: int, changes: Sequence[tuple[int, str, SubscriptionState]]) -> None:
    """Each of `changes`: a subscription, its state before (empty: it was not there) and its state now."""
    rows = [{"import_id": number, "subscription": own, "before": old, "after": new.value} for own, old, new in changes]
    insert_all(connection, import_changes, rows)


def everything(connection: Connection) -> list[Import]:
    """Newest first."""
    rows = connection.execute(
        select(*imports.c, func.count(_C.subscription).label("changes"))
        .select_from(imports.outerjoin(import_changes, _C.import_id == imports.c.id))
        .group_by(*imports.c)
        .order_by(imports.c.id.desc())
    )
    return [Import(**row._asdict()) for row in rows]


def undo(connection: Connection, number: int, now: datetime) -> Undone:
    """Takes back what the import did to those who have not acted since.

    Raises UnknownName where there is no such import, UsageError where it was taken back already.
    """
    found = connection.execute(select(imports.c.undone_at).where(imports.c.id == number)).one_or_none()
    if found is None:
        raise UnknownName("import", str(number))
    if found.undone_at is not None:
        raise UsageError(f"import {number} was taken back already, on {found.undone_at:%Y-%m-%d}")
    whole = connection.scalar(select(func.count()).select_from(import_changes).where(_C.import_id == number)) or 0
    restored = _restore(connection, number, now)
    stopped = _stop(connection, number, now)
    removed = _remove(connection, number)
    connection.execute(update(imports).where(imports.c.id == number).values(undone_at=now))
    kept = whole - restored - stopped - removed
    return Undone(removed=removed, stopped=stopped, restored=restored, kept=kept)


def _untouched(number: int, *more: ColumnElement[bool]) -> Select[Any]:
    """The subscriptions that stand as this import left them: no act of the reader's or of anybody's came later."""
    ours = consents.alias()
    last = (
        select(func.coalesce(func.max(ours.c.id), 0))
        .where(ours.c.subscription == _C.subscription, ours.c.via == via(number))
        .scalar_subquery()
    )
    later = exists().where(consents.c.subscription == _C.subscription, consents.c.id > last)
    return (
        select(_C.subscription)
        .join_from(import_changes, subscriptions, _S.id == _C.subscription)
        .where(_C.import_id == number, _S.state == _C.after, ~later, *more)
    )


def _restore(connection: Connection, number: int, now: datetime) -> int:
    """Gives those that were there before the state of before."""
    count = 0
    for state in SubscriptionState:
        chosen = _untouched(number, _C.before == state.value)
        count += _moved(connection, number, chosen, state, now)
    return count


def _stop(connection: Connection, number: int, now: datetime) -> int:
    written_to = exists().where(deliveries.c.subscription == _C.subscription)
    return _moved(connection, number, _untouched(number, _C.before == "", written_to), SubscriptionState.PENDING, now)


def _moved(connection: Connection, number: int, chosen: Select[Any], state: SubscriptionState, now: datetime) -> int:
    """How many of `chosen` have `state` now; the change is recorded as the others are."""
    record = chosen.with_only_columns(
        _C.subscription, literal(now, type_=consents.c.at.type), literal(state.value), literal(f"undo of {via(number)}")
    )
    own = select(consents.c.subscription).where(
        consents.c.via == f"undo of {via(number)}", consents.c.act == state.value
    )
    # The row count of such a statement is -1 with psycopg: what comes back is counted instead.
    entered = (
        insert(consents).from_select(["subscription", "at", "act", "via"], record).returning(consents.c.subscription)
    )
    changed = len(connection.execute(entered).all())
    if changed:
        connection.execute(update(subscriptions).where(_S.id.in_(own)).values(state=state.value))
    return changed


def _remove(connection: Connection, number: int) -> int:
    """Those that were added and have never been written to."""
    written_to = exists().where(deliveries.c.subscription == _C.subscription)
    chosen = _untouched(number, _C.before == "", ~written_to)
    # Marked first: what is deleted step by step could not be found by its history any more.
    mine = and_(_C.import_id == number, _C.after == _GONE)
    connection.execute(
        update(import_changes).where(_C.import_id == number, _C.subscription.in_(chosen)).values(after=_GONE)
    )
    gone = select(_C.subscription).where(mine)
    connection.execute(delete(consents).where(consents.c.subscription.in_(gone)))
    people = connection.execute(select(_S.subscriber).where(_S.id.in_(gone)).distinct()).scalars().all()
    removed = connection.execute(delete(import_changes).where(mine).returning(_C.subscription)).scalars().all()
    for some in _parts(removed):
        connection.execute(delete(subscriptions).where(_S.id.in_(some)))
    for some in _parts(people):
        named = [_S.subscriber, deliveries.c.subscriber, address_changes.c.subscriber]
        alone = [~exists().where(each == subscribers.c.id) for each in named]
        connection.execute(delete(subscribers).where(subscribers.c.id.in_(some), *alone))
    return len(removed)


_GONE = "gone"
_PART = 5000


def _parts(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[start : start + _PART] for start in range(0, len(numbers), _PART)]
