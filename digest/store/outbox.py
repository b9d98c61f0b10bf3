"""The outbox: who sends what, and until when it is theirs.

A lease is written down before the first byte is sent, and that the final dot is about to follow before that is written.
Whoever finds a delivery SENDING after its lease ran out finds it in doubt if its dot was, and else unsent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    null,
    or_,
    select,
    update,
)

from digest.model import OPEN, Delivery, DeliveryState, EditionState, Format, SubscriptionState
from digest.store.columns import moment
from digest.store.quick import Quick, among, firsts
from digest.store.readership import letter_of
from digest.store.schema import deliveries, editions, subscribers, subscriptions, suppressions, views
from digest.store.settlement import (
    CALLED_OFF,
    Result,
    call_off,
    close_editions,
    in_doubt,
    over,
    settle,
    under_way,
    waiting,
)

_D = deliveries.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who asks for work, until when it is theirs, and how much."""

    holder: str
    until: datetime
    most: int
    #: 0: of whatever edition.
    edition: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many deliveries of an edition are in each state, and how many of them in doubt."""

    states: dict[DeliveryState, int] = field(default_factory=dict)
    in_doubt: int = 0

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        return sum(count for state, count in self.states.items() if state in OPEN) - self.in_doubt


class _Detail(NamedTuple):
    """A delivery that is leased, as the database gives it."""

    id: int
    subscriber: int
    subscription: int
    attempts: int
    state: str
    lease: str
    letter: int
    address: str
    name: str
    format: str
    #: When the reader joined, where that was after the edition was frozen: it is sent as a welcome.
    later: Any
    edition_state: str
    wanted: Any


def _detailed() -> Select[Any]:
    now = bindparam("now", type_=_D.next_attempt_at.type)
    letter = letter_of()
    gone = exists().where(suppressions.c.address == subscribers.c.key)
    here = or_(subscriptions.c.paused_until.is_(None), subscriptions.c.paused_until <= now)
    return (
        select(
            _D.id,
            _D.subscriber,
            _D.subscription,
            _D.attempts,
            _D.state,
            _D.lease,
            letter,
            subscribers.c.address,
            subscribers.c.name,
            subscriptions.c.format,
            case((subscriptions.c.since > editions.c.frozen_at, subscriptions.c.since)),
            editions.c.state,
            and_(subscriptions.c.state == SubscriptionState.ACTIVE.value, here, ~gone),
        )
        .select_from(
            deliveries.join(editions, editions.c.id == _D.edition)
            .join(subscribers, subscribers.c.id == _D.subscriber)
            .join(subscriptions, subscriptions.c.id == _D.subscription)
            .join(views, and_(views.c.edition == _D.edition, views.c.key == _D.view)),
        )
        .where(_D.id.in_(among("ids")))
        .order_by(_D.id)
    )


_DETAILS = Quick(_detailed())
_LEASED = Quick(
    update(deliveries)
    .where(_D.id.in_(among("ids")))
    .values(
        state=DeliveryState.SENDING.value,
        lease=bindparam("holder", type_=_D.lease.type),
        lease_until=bindparam("until", type_=_D.lease_until.type),
        dot_at=null(),
        attempts=_D.attempts + 1,
        # What it had begun to bring may have been replaced since.
        own_letter=null(),
    )
)
_FORMATS = {each.value: each for each in Format}


def lease(connection: Connection, wanted: Lease, now: datetime) -> list[Delivery]:
    """Takes up to `wanted.most` deliveries that are due, one edition after another, the oldest first.

    Those whose reader has left, pauses or is not mailed any more are settled as suppressed, in the same transaction.
    Gives none only where nothing is left that could be taken.
    """
    leased: list[Delivery] = []
    for edition in _running(connection, wanted, now):
        # Of one whose readers have all left, the next might be there.
        while len(leased) < wanted.most and (
            rows := _taken(connection, edition, wanted, wanted.most - len(leased), now)
        ):
            unwanted = [_suppressed(row.id) for row in rows if not row.wanted]
            if unwanted:
                settle(connection, wanted.holder, unwanted, now)
                close_editions(connection, {edition.id})
            leased += [_delivery(row, edition, now) for row in rows if row.wanted]
    return leased


def still_wanted(connection: Connection, holder: str, ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Which of `ids` may be sent at this moment: leased by `holder`, the edition not held, the reader still there."""
    rows = _details(connection, list(ids), now)
    return frozenset(
        row.id
        for row in rows
        if row.wanted
        and row.lease == holder
        and row.state == DeliveryState.SENDING.value
        and row.edition_state == EditionState.SENDING.value
    )


def renew(connection: Connection, holder: str, until: datetime) -> int:
    """Prolongs all leases of `holder`; gives how many there are."""
    return connection.execute(
        update(deliveries).where(_D.lease == holder, under_way(), _D.held.is_(False)).values(lease_until=until),
    ).rowcount


def sweep(connection: Connection, now: datetime, *, hold: bool) -> int:
    """Takes back what was leased by whoever is gone, and closes what is over. Gives how much of it is in doubt.

    What is in doubt is tried again with the same Message-ID, or with `hold` left to the operator and counted as served.
    What had not come to its final dot was certainly not accepted, and is tried again as if nothing had been.
    """
    expired = connection.execute(
        select(_D.id, _D.lease, _D.dot_at)
        .where(under_way(), _D.held.is_(False), _D.lease_until < now)
        .order_by(_D.id)
        .with_for_update(skip_locked=True),
    ).all()
    for holder in sorted({row.lease for row in expired}):
        own = [row for row in expired if row.lease == holder]
        settle(connection, holder, [_found(row, now, hold=hold) for row in own], now)
    call_off(connection, _D.edition.in_(_cancelled()), CALLED_OFF, now)
    close_editions(connection)
    return sum(row.dot_at is not None for row in expired)


def _found(row: Any, now: datetime, *, hold: bool) -> Result:
    if row.dot_at is None:
        return Result(delivery=row.id, state=DeliveryState.QUEUED, next_attempt_at=now)
    return in_doubt(row.id, "the sender stopped before it could record the reply", now, hold=hold)


def due(connection: Connection, now: datetime) -> bool:
    """Whether there is anything to lease or to sweep: doubts, what came back to a cancelled edition, editions over."""
    ready = select(_D.id).join_from(deliveries, editions, editions.c.id == _D.edition).where(_leasable(now))
    ready = ready.where(editions.c.state == EditionState.SENDING.value, _behind_no_canary())
    expired = select(_D.id).where(under_way(), _D.held.is_(False), _D.lease_until < now)
    left = select(_D.id).where(waiting(), _D.edition.in_(_cancelled()))
    ended = select(editions.c.id).where(*over())
    return bool(connection.scalar(select(or_(*(each.exists() for each in (ready, expired, left, ended))))))


def tally(connection: Connection, edition: int) -> Tally:
    """The figures of one edition."""
    rows = connection.execute(
        select(_D.state, _D.held, func.count().label("n")).where(_D.edition == edition).group_by(_D.state, _D.held),
    ).all()
    states: dict[DeliveryState, int] = {}
    for row in rows:
        states[DeliveryState(row.state)] = states.get(DeliveryState(row.state), 0) + row.n
    return Tally(states=states, in_doubt=sum(row.n for row in rows if row.held))


def _cancelled() -> Select[Any]:
    return select(editions.c.id).where(editions.c.state == EditionState.CANCELLED.value)


def _leasable(now: datetime) -> ColumnElement[bool]:
    return and_(waiting(), _D.next_attempt_at <= now, _D.waits_for.is_(None))


def _behind_no_canary() -> ColumnElement[bool]:
    return or_(editions.c.canary_last.is_(None), _D.id <= editions.c.canary_last)


def _running(connection: Connection, wanted: Lease, now: datetime) -> list[Row[Any]]:
    """The editions that have something to lease, as many as can matter, whichever has waited longest first."""
    running = select(editions).where(editions.c.state == EditionState.SENDING.value)
    if wanted.edition:
        running = running.where(editions.c.id == wanted.edition)
    first = (
        select(_D.next_attempt_at)
        .where(_D.edition == editions.c.id, _leasable(now), _behind_no_canary())
        .order_by(_D.next_attempt_at, _D.id)
        .limit(1)
        .correlate(editions)
        .scalar_subquery()
    )
    return list(connection.execute(running.where(first.is_not(None)).order_by(first, editions.c.id).limit(wanted.most)))


def _taken(connection: Connection, edition: Row[Any], wanted: Lease, most: int, now: datetime) -> list[_Detail]:
    chosen = select(_D.id).where(_D.edition == edition.id, _leasable(now))
    if edition.canary_last is not None:
        chosen = chosen.where(_D.id <= edition.canary_last)
    chosen = chosen.order_by(_D.next_attempt_at, _D.id).limit(most).with_for_update(skip_locked=True)
    ids = list(connection.scalars(chosen))
    if ids:
        _LEASED.run(connection, ids=firsts(ids), holder=wanted.holder, until=wanted.until)
    return _details(connection, ids, now)


def _suppressed(delivery: int) -> Result:
    reply = "has left, pauses, or is not mailed any more"
    return Result(delivery=delivery, state=DeliveryState.SUPPRESSED, reply=reply)


def _details(connection: Connection, ids: Sequence[int], now: datetime) -> list[_Detail]:
    return [_Detail(*row) for row in _DETAILS.run(connection, ids=firsts(ids), now=now)]


def _delivery(row: _Detail, edition: Row[Any], now: datetime) -> Delivery:
    return Delivery(
        id=row.id,
        edition=edition.id,
        letter=row.letter,
        newsletter=edition.newsletter,
        subscriber=row.subscriber,
        subscription=row.subscription,
        address=row.address,
        name=row.name,
        format=_FORMATS[row.format],
        attempts=row.attempts - 1,
        frozen_at=moment(row.later) or edition.frozen_at,
        leased_at=now,
    )
