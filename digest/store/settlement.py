"""Recording what became of leased deliveries, once, and what follows: marks move, those who waited are let go.

A result counts only from whoever holds the lease: one that comes back late changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, or_, select, update

from digest.errors import IllegalMove
from digest.model import MOVES, OPEN, DeliveryState, EditionState
from digest.store import corrections
from digest.store.columns import one_among
from digest.store.readership import letter_of
from digest.store.schema import deliveries, editions, letters, subscriptions, views

_D = deliveries.c

#: Why a delivery of an edition that the operator cancelled was not sent.
CALLED_OFF = "the edition was called off"
#: Why one was not sent whose reader gets a newer edition.
TOLD_AGAIN = "a newer edition holds its stories"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is to be recorded of one leased delivery."""

    delivery: int
    state: DeliveryState
    code: int = 0
    reply: str = ""
    #: When to try again, for DEFERRED and QUEUED.
    next_attempt_at: datetime | None = None
    #: The final dot was written and no reply came.
    in_doubt: bool = False
    #: In doubt, and not to be tried again unless the operator says so.
    hold: bool = False
    #: The server says that nobody can be reached there, ever.
    address_is_gone: bool = False


def in_doubt(delivery: int, reply: str, again_at: datetime, *, hold: bool) -> Result:
    """The result for a delivery whose final dot was, or may have been, written and that got no reply."""
    state = DeliveryState.SENDING if hold else DeliveryState.DEFERRED
    return Result(delivery=delivery, state=state, reply=reply, next_attempt_at=again_at, in_doubt=True, hold=hold)


def settle(connection: Connection, holder: str, results: Sequence[Result], now: datetime) -> list[int]:
    """Records results of deliveries leased by `holder`, moves marks, lets go those that waited.

    Gives the ids whose lease was another's by then: nothing is recorded for them. Whether an edition is done now is for
    `close_editions` to find out. Raises `IllegalMove` for a state that SENDING cannot move to.
    """
    for result in results:
        _require_move(DeliveryState.SENDING, result)
    mine = _mine(connection, holder, [result.delivery for result in results])
    held = [result for result in results if result.delivery in mine]
    if held:
        connection.execute(_record(), [_parameters(result, now) for result in held])
        served = [result.delivery for result in held if result.state is DeliveryState.SENT or result.hold]
        over = [result.delivery for result in held if result.state not in OPEN and result.delivery not in set(served)]
        _move_marks(connection, served)
        corrections.told(connection, served)
        _let_go(connection, served, arrived=True)
        _let_go(connection, over, arrived=False)
        back = [result.delivery for result in held if result.state in OPEN and not (result.in_doubt or result.hold)]
        if back:
            call_off(connection, _overtaken(back), TOLD_AGAIN, now)
    return [result.delivery for result in results if result.delivery not in mine]


def call_off(connection: Connection, which: ColumnElement[bool], reply: str, now: datetime) -> int:
    """Cancels the waiting deliveries that `which` chooses; gives how many. Their stories go into the next letters.

    Deliveries that waited for one of them get the letter that makes up for it.
    """
    cancelled = connection.execute(
        update(deliveries)
        .where(which, waiting())
        .values(state=DeliveryState.CANCELLED.value, waits_for=None, settled_at=now, reply=reply),
    ).rowcount
    before = deliveries.alias("before")
    gone = exists().where(before.c.id == _D.waits_for, before.c.state == DeliveryState.CANCELLED.value)
    connection.execute(
        update(deliveries).where(_D.waits_for.is_not(None), gone).values(waits_for=None, fallback=True),
    )
    return cancelled


def _overtaken(back: Sequence[int]) -> ColumnElement[bool]:
    """Of deliveries that came back, those that have certainly not arrived and that a newer one waits for."""
    newer = deliveries.alias("newer")
    return and_(_D.id.in_(back), _D.doubts == 0, exists().where(newer.c.waits_for == _D.id))


def waiting() -> ColumnElement[bool]:
    """Not being sent, and not final."""
    return one_among(_D.state, DeliveryState.QUEUED, DeliveryState.DEFERRED)


def under_way() -> ColumnElement[bool]:
    """Being sent, or in doubt."""
    return one_among(_D.state, DeliveryState.SENDING)


def close_editions(connection: Connection, ids: Iterable[int] | None = None) -> None:
    """Editions (all, or those of `ids`) of which every delivery is final are done."""
    conditions = over()
    if ids is not None:
        conditions.append(editions.c.id.in_(sorted(ids)))
    ended = list(connection.scalars(select(editions.c.id).where(*conditions).order_by(editions.c.id)))
    if ended:
        own = editions.c.id.in_(ended)
        # Somebody may be queueing more for one of them. What they have queued is seen by whoever asks once more after
        # them: PostgreSQL's UPDATE would wait for them as well, and then still not see it.
        connection.execute(select(editions.c.id).where(own).order_by(editions.c.id).with_for_update())
        connection.execute(update(editions).where(own, *over()).values(state=EditionState.DONE.value))


def over() -> list[ColumnElement[bool]]:
    """Which editions are done without being recorded as such: two workers that end at once each see the other's."""
    # Each has an index of its own.
    waits = exists().where(_D.edition == editions.c.id, waiting())
    leased = exists().where(_D.edition == editions.c.id, under_way(), _D.held.is_(False))
    return [editions.c.state == EditionState.SENDING.value, ~waits, ~leased]


def _mine(connection: Connection, holder: str, ids: Sequence[int]) -> dict[int, int]:
    """The edition of each of `ids` that `holder` still has, locked in one order."""
    rows = connection.execute(
        select(_D.id, _D.edition)
        .where(
            _D.id.in_(ids),
            _D.lease == holder,
            _D.state == DeliveryState.SENDING.value,
            _D.held.is_(False),
        )
        .order_by(_D.id)
        .with_for_update(),
    )
    return {row.id: row.edition for row in rows}


def _require_move(before: DeliveryState, result: Result) -> None:
    if result.hold and result.state is before:
        return
    if result.state not in MOVES[before]:
        raise IllegalMove(f"delivery {result.delivery}: {before} -> {result.state}")


def _record() -> Any:
    return (
        update(deliveries)
        .where(_D.id == bindparam("b_id"))
        .values(
            state=bindparam("b_state"),
            code=bindparam("b_code"),
            reply=bindparam("b_reply"),
            next_attempt_at=func.coalesce(bindparam("b_next", type_=_D.next_attempt_at.type), _D.next_attempt_at),
            doubts=_D.doubts + bindparam("b_doubt"),
            held=bindparam("b_hold"),
            # Only in doubt does it matter any more that the final dot was about to be written.
            dot_at=case((bindparam("b_doubt") == 1, _D.dot_at)),
            # What is given back unsent was no attempt.
            attempts=_D.attempts - bindparam("b_unsent"),
            settled_at=bindparam("b_settled", type_=_D.settled_at.type),
        )
    )


def _parameters(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "b_id": result.delivery,
        "b_state": result.state.value,
        "b_code": result.code,
        "b_reply": result.reply[:1000],
        "b_next": result.next_attempt_at,
        "b_doubt": int(result.in_doubt),
        "b_hold": result.hold,
        "b_unsent": int(result.state is DeliveryState.QUEUED),
        "b_settled": None if result.state in OPEN else now,
    }


def _move_marks(connection: Connection, served: Sequence[int]) -> None:
    if not served:
        return
    letter = letter_of()
    owed = case((letters.c.carried != "", letters.c.id)).label("owed")
    rows = connection.execute(
        select(_D.subscription, editions.c.upto, letters.c.id.label("letter"), owed)
        .join_from(deliveries, editions, editions.c.id == _D.edition)
        .join(views, and_(views.c.edition == _D.edition, views.c.key == _D.view))
        .join(letters, letters.c.id == letter)
        .where(_D.id.in_(served))
        .order_by(_D.subscription),
    ).all()
    s, upto = subscriptions.c, bindparam("b_upto", type_=editions.c.upto.type)
    # What was owed may have been told without anything having arrived since.
    further = or_(s.mark < upto, and_(s.mark == upto, s.owed < bindparam("b_letter")))
    connection.execute(
        update(subscriptions)
        .where(s.id == bindparam("b_id"), further)
        .values(mark=upto, owed=bindparam("b_owed", type_=s.owed.type)),
        [{"b_id": row.subscription, "b_upto": row.upto, "b_letter": row.letter, "b_owed": row.owed} for row in rows],
    )


def _let_go(connection: Connection, settled: Sequence[int], *, arrived: bool) -> None:
    """Deliveries that waited for these may be sent: as they are, or with the letter that makes up for the lost one."""
    if settled:
        connection.execute(
            update(deliveries).where(_D.waits_for.in_(settled)).values(waits_for=None, fallback=not arrived),
        )
