"""The ledger's two busiest acts, many at a time: that a final dot is about to be written, and that a server said yes.

Both are conditional on the lease, so whoever comes back late writes nothing. What else may become of a delivery stands
in `digest.store.settlement`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    null,
    or_,
    select,
    update,
)

from digest.model import DeliveryState, EditionState, SubscriptionState
from digest.store import corrections
from digest.store.quick import Quick, among, field, firsts, rows
from digest.store.readership import letter_of
from digest.store.schema import deliveries, editions, letters, subscribers, subscriptions, suppressions, views
from digest.store.settlement import under_way

_D = deliveries.c
_NOW = bindparam("now", type_=_D.dot_at.type)
_MINE = and_(_D.lease == bindparam("holder", type_=Text), under_way(), _D.held.is_(False))


def _wanted() -> Any:
    """The reader is still there and may be mailed, and the edition goes on."""
    s = subscriptions.c
    here = or_(s.paused_until.is_(None), s.paused_until <= _NOW)
    reader = exists().where(
        s.id == _D.subscription,
        s.state == SubscriptionState.ACTIVE.value,
        here,
        subscribers.c.id == s.subscriber,
        ~exists().where(suppressions.c.address == subscribers.c.key),
    )
    running = exists().where(editions.c.id == _D.edition, editions.c.state == EditionState.SENDING.value)
    return and_(running, reader)


_DOTS = Quick(
    update(deliveries).where(_D.id.in_(among("ids")), _MINE, _D.lease_until >= _NOW, _wanted()).values(dot_at=_NOW)
)
#: Those that it is written down of by this holder at this moment.
_DOTTED = Quick(select(_D.id).where(_D.id.in_(among("ids")), _MINE, _D.dot_at == _NOW))
_GIVEN = rows("given")
_SENT = Quick(
    update(deliveries)
    .where(_D.id == field(_GIVEN, 0, BigInteger), _MINE)
    .values(
        state=DeliveryState.SENT.value, code=field(_GIVEN, 1, Integer), reply=field(_GIVEN, 2, Text), settled_at=_NOW
    )
)
#: What a holder has recorded stays theirs.
_RECORDED = Quick(
    select(_D.id).where(
        _D.id.in_(among("ids")),
        _D.lease == bindparam("holder", type_=Text),
        _D.state == DeliveryState.SENT.value,
    )
)


def _served() -> Any:
    """Of each subscription how far it is served now; of two deliveries to one, by the newer edition."""
    letter = letter_of()
    return (
        select(
            _D.subscription,
            func.max(editions.c.upto).label("upto"),
            func.max(letters.c.id).label("letter"),
            func.max(case((letters.c.carried != "", letters.c.id), else_=null())).label("owed"),
        )
        .join_from(deliveries, editions, editions.c.id == _D.edition)
        .join(views, and_(views.c.edition == _D.edition, views.c.key == _D.view))
        .join(letters, letters.c.id == letter)
        .where(_D.id.in_(among("ids")))
        .group_by(_D.subscription)
        .subquery("served")
    )


_SERVED = _served()
_MOVED = Quick(
    update(subscriptions)
    .where(
        subscriptions.c.id == _SERVED.c.subscription,
        or_(
            subscriptions.c.mark < _SERVED.c.upto,
            # What was owed may have been told without anything having arrived since.
            and_(subscriptions.c.mark == _SERVED.c.upto, subscriptions.c.owed < _SERVED.c.letter),
        ),
    )
    .values(mark=_SERVED.c.upto, owed=_SERVED.c.owed)
)
_LET_GO = Quick(
    update(deliveries)
    .where(_D.waits_for.is_not(None), _D.waits_for.in_(among("ids")))
    .values(waits_for=null(), fallback=false())
)


def about_to_end(connection: Connection, holder: str, ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Which of `ids` may get their final dot, now that this is written down.

    Those that are still leased by `holder`, whose reader is still subscribed and not suppressed, and whose edition is
    neither paused nor called off. From here on nobody knows whether the message was accepted, until somebody says so.
    """
    rows = firsts(ids)
    # To count is quicker than to have each named, and nearly always there is nothing more to be said.
    if _DOTS.count(connection, ids=rows, holder=holder, now=now) == len(rows):
        return frozenset(ids)
    return frozenset(row[0] for row in _DOTTED.run(connection, ids=rows, holder=holder, now=now))


def accepted(
    connection: Connection, holder: str, replies: Sequence[tuple[int, int, str]], now: datetime
) -> frozenset[int]:
    """Records that the server took these: (delivery, code, reply); marks move, and those that waited are let go.

    Gives the ids whose lease was another's by then: nothing is recorded for them. No two are to the same subscription.
    """
    late: frozenset[int] = frozenset()
    if _SENT.count(connection, given=replies, holder=holder, now=now) < len(replies):
        late = _late(connection, [delivery for delivery, _, _ in replies], holder)
    mine = firsts(delivery for delivery, _, _ in replies if delivery not in late)
    if mine:
        _MOVED.count(connection, ids=mine)
        _LET_GO.count(connection, ids=mine)
        corrections.told(connection, [delivery for (delivery,) in mine])
    return late


def _late(connection: Connection, ids: Sequence[int], holder: str) -> frozenset[int]:
    """Those of `ids` that are not recorded as sent by `holder` at this very moment."""
    rows = _RECORDED.run(connection, ids=firsts(ids), holder=holder)
    return frozenset(ids) - {row[0] for row in rows}
