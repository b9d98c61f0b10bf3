"""What an edition has to pass while it goes out: its first results are watched, a canary goes before the others.

    frozen ─▶ sending ─▶ canary settled ─▶ its wait ─▶ the others      too many refusals ─▶ paused, and why
               (review: paused until it is released)                   a refusal for everyone ─▶ paused, and why

The operator decides over all of it: what he resumes after it has begun is neither watched nor gated any more.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select, update

from digest.model import DeliveryState, EditionState, Sending
from digest.store.folding import folded
from digest.store.schema import deliveries, editions

_D, _E = deliveries.c, editions.c

#: So many results of an edition are watched.
WATCHED = 500
#: Fewer refusals than this are a few dead addresses, whatever their share is.
_FEW = 3
#: Where the configuration has the newsletter no more.
_WAIT = timedelta(minutes=10)
_NOT_FINAL = [DeliveryState.QUEUED.value, DeliveryState.SENDING.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What an edition still has to pass, and what has been seen of it."""

    #: The operators are to release it.
    review: bool = False
    #: When it leaves by itself (`review`), or those after the canary do; None: not by itself, or not known yet.
    release_at: datetime | None = None
    #: Deliveries after this one wait for the canary; None: none waits.
    canary_last: int | None = None
    #: So many results are counted; 0: none.
    watched: int = 0
    #: So many refusals pause it; 0: it is not watched.
    stop_after: int = 0
    counted: int = 0
    refused: int = 0


def begin(connection: Connection, edition: int, sending: Sending, readers: int) -> None:
    """What an edition that has just been frozen for so many readers is to pass."""
    watched = min(WATCHED, readers)
    connection.execute(
        update(editions)
        .where(_E.id == edition)
        .values(
            watched=watched,
            stop_after=max(_FEW, _over(sending.stop_at, watched)) if sending.stop_at else 0,
            canary_last=_nth(connection, edition, sending.canary) if 0 < sending.canary < readers else None,
        )
    )


def guard(connection: Connection, edition: int) -> Guard:
    """Of an edition that is not there, nothing."""
    names = Guard.__slots__
    row = connection.execute(select(*(_E[name] for name in names)).where(_E.id == edition)).one_or_none()
    return Guard(**row._mapping) if row else Guard()


def first(connection: Connection, edition: int) -> tuple[int, int] | None:
    """How many of its canary are settled or put off, and how many there are; None: nobody waits for one."""
    last = connection.scalar(select(_E.canary_last).where(_E.id == edition))
    if last is None:
        return None
    found = _canary(connection, edition, last)
    return found.total() - found["holding"], found.total()


def note(connection: Connection, counts: Mapping[int, tuple[int, int]]) -> list[int]:
    """Counts results of editions while they are watched; gives the ids of those that are paused by it.

    `counts`: for each edition how many results there are now, and how many of them are refusals. To be called once they
    are recorded, in the same transaction.
    """
    watched = select(_E.id).where(_E.id.in_(counts), _E.counted < _E.watched).order_by(_E.id)
    return [edition for edition in connection.scalars(watched).all() if _count(connection, edition, *counts[edition])]


def halt(connection: Connection, edition: int, reason: str) -> bool:
    """Sending -> paused, for `reason`; False where it is not being sent."""
    own = (_E.id == edition, _E.state == EditionState.SENDING.value)
    paused = connection.execute(update(editions).where(*own).values(state=EditionState.PAUSED.value, reason=reason))
    return bool(paused.rowcount)


def resume(connection: Connection, edition: int) -> bool:
    """The operator wants it sent: paused -> sending, its review is over, and so is its canary's wait.

    What was paused before anything of it had been settled begins as it would have: watched, the canary first. Otherwise
    the operator has seen what became of it, and it is not stopped for that once more. False where nothing keeps it.
    """
    paused = _E.state == EditionState.PAUSED.value
    gated = and_(_E.state == EditionState.SENDING.value, _E.canary_last.is_not(None))
    fresh = and_(paused, _E.counted == 0, _E.release_at.is_(None) | _E.review)
    resumed = connection.execute(
        update(editions)
        .where(_E.id == edition, or_(paused, gated))
        .values(
            state=EditionState.SENDING.value,
            reason="",
            review=False,
            release_at=None,
            canary_last=case((fresh, _E.canary_last)),
            stop_after=case((or_(fresh, ~paused), _E.stop_after), else_=0),
        )
    )
    return bool(resumed.rowcount)


def open_gates(connection: Connection, now: datetime, waits: Mapping[str, timedelta]) -> list[int]:
    """Lets go the editions whose review has run out, and the deliveries behind canaries; gives the editions' ids.

    `waits`: for each newsletter how long they wait once the canary is settled. An edition of whose canary too much was
    refused is paused instead.
    """
    opened = _release(connection, now)
    gated = select(editions).where(_E.state == EditionState.SENDING.value, _E.canary_last.is_not(None))
    for row in connection.execute(gated.order_by(_E.id)).all():
        if row.release_at is None:
            _judge_canary(connection, row, now + waits.get(row.newsletter, _WAIT))
        elif row.release_at <= now and _open(connection, row.id, now):
            opened.append(row.id)
    return opened


def _release(connection: Connection, now: datetime) -> list[int]:
    due = (_E.state == EditionState.PAUSED.value, _E.review, _E.release_at <= now)
    if not connection.scalar(select(select(_E.id).where(*due).exists())):
        return []
    over = {"state": EditionState.SENDING.value, "reason": "", "review": False, "release_at": None}
    return sorted(connection.scalars(update(editions).where(*due).values(over).returning(_E.id)))


def _open(connection: Connection, edition: int, now: datetime) -> bool:
    own = (_E.id == edition, _E.state == EditionState.SENDING.value, _E.release_at <= now)
    return bool(
        connection.execute(update(editions).where(*own).values(canary_last=None, release_at=None)).rowcount,
    )


def _judge_canary(connection: Connection, row: Row[Any], release_at: datetime) -> None:
    """Once the canary is settled: the others' wait begins, or the edition is paused."""
    states = _canary(connection, row.id, row.canary_last)
    if states["holding"]:
        return
    results = states["sent"] + states["failed"]
    most = max(min(_FEW, results), _over(_share(row.stop_after, row.watched), results))
    if row.stop_after and results and states["failed"] >= most:
        said = f"{states['failed']:,} of the {results:,} that went first were refused"
        halt(connection, row.id, said + _most_often(connection, row.id, states["failed"]))
        return
    own = (_E.id == row.id, _E.state == EditionState.SENDING.value, _E.release_at.is_(None))
    connection.execute(update(editions).where(*own).values(release_at=release_at))


def _canary(connection: Connection, edition: int, last: int) -> Counter[str]:
    """How many of the canary are sent, have failed, and how many are still to be waited for ("holding").

    What the server put off, what is in doubt and left to the operator, and what waits for a letter before it does not
    hold up the others: that may take days. Nor does what broke the connection, if others of the canary got through.
    """
    # The deliveries of an edition were numbered in the order of subscribers, and for these there is an index.
    until = select(_D.subscriber).where(_D.id == last).scalar_subquery()
    broke = and_(_D.state == DeliveryState.QUEUED.value, _D.reply != "")
    kept = and_(_D.state.in_(_NOT_FINAL), _D.held.is_(False), _D.waits_for.is_(None))
    kind = case((broke, "broke"), (kept, "holding"), else_=_D.state).label("kind")
    rows = connection.execute(
        select(kind, func.count().label("n"))
        .where(_D.edition == edition, _D.subscriber <= until, _D.id <= last)
        .group_by(kind)
    )
    found = Counter({row.kind: row.n for row in rows})
    if not found["sent"]:
        found["holding"] += found.pop("broke", 0)
    return found


def _count(connection: Connection, edition: int, results: int, refusals: int) -> bool:
    """Whether the edition is paused by it."""
    row = connection.execute(
        update(editions)
        .where(_E.id == edition, _E.counted < _E.watched)
        .values(counted=_E.counted + results, refused=_E.refused + refusals)
        .returning(_E.counted, _E.refused, _E.watched, _E.stop_after)
    ).one_or_none()
    if row is None or not row.stop_after:
        return False
    # The last results come in a group, which may be larger than what is left to be watched.
    most = max(row.stop_after, _over(_share(row.stop_after, row.watched), row.counted))
    if row.refused < most or not _is_open(connection, edition):
        return False
    said = f"{row.refused:,} of the first {row.counted:,} were refused"
    return halt(connection, edition, said + _most_often(connection, edition, row.refused))


def _is_open(connection: Connection, edition: int) -> bool:
    """Whether there is anything left of it that a pause could keep back."""
    states = [DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value]
    waiting = select(_D.id).where(_D.edition == edition, _D.state.in_(states))
    under_way = select(_D.id).where(_D.edition == edition, _D.state == DeliveryState.SENDING.value, _D.held.is_(False))
    return bool(connection.scalar(select(or_(waiting.exists(), under_way.exists()))))


def _most_often(connection: Connection, edition: int, most: int) -> str:
    """What the server said most often, of so many refusals."""
    chosen = select(_D.reply).where(_D.edition == edition, _D.code >= 500, _D.reply != "")
    found = Counter(map(folded, connection.scalars(chosen.order_by(_D.subscriber).limit(most))))
    return f": {found.most_common(1)[0][0]}" if found else ""


def _over(share: float, results: int) -> int:
    """The least count of `results` that is more than this share of them."""
    # 0.07 * 100 is a little more than 7, and 0.29 * 100 a little less than 29.
    return floor(round(share * results, 6)) + 1


def _share(stop_after: int, watched: int) -> float:
    """The share that `stop_after` was made from; a little less where it was no whole number."""
    return (stop_after - 1) / watched if watched else 0.0


def _nth(connection: Connection, edition: int, count: int) -> int | None:
    chosen = select(_D.id).where(_D.edition == edition).order_by(_D.subscriber).offset(count - 1).limit(1)
    return connection.scalar(chosen)
