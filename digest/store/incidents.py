"""What goes wrong, from when until when, and whether operators know: told once, and once more when it is over.

found ─▶ open ─▶ told ─▶ closed ─▶ told that it is over        closed before it was told: nobody hears of it
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from digest.store.schema_watch import incidents
from digest.store.upsert import insert_missing

_I = incidents.c

#: What was not found for so long is over; what comes again within this is the same, and not told anew.
CALM, AGAIN = timedelta(minutes=10), timedelta(hours=12)
#: What is found for less than this may be over at once.
_SETTLE = timedelta(minutes=2)
#: So long one who tells has to tell it.
_CLAIM = timedelta(minutes=5)
#: Between two times that operators are told anything.
_PAUSE = timedelta(minutes=10)

#: A kind and a subject.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One of them."""

    id: int
    kind: str
    subject: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None


def observe(connection: Connection, found: Mapping[Key, str], now: datetime) -> None:
    """Writes down what is wrong at this moment: key -> in a line what. What is not found any more is over in time."""
    for (kind, subject), detail in found.items():
        same = and_(_I.kind == kind, _I.subject == subject)
        seen = update(incidents).where(same, _I.closed_at.is_(None)).values(seen_at=now, detail=detail)
        if not connection.execute(seen).rowcount:
            _open(connection, same, {"kind": kind, "subject": subject, "detail": detail}, now)
    over = (_I.closed_at.is_(None), _I.seen_at < now - CALM)
    connection.execute(update(incidents).where(*over).values(closed_at=now))


def _open(connection: Connection, same: ColumnElement[bool], values: Mapping[str, str], now: datetime) -> None:
    # A clock that was ahead does not make what is new something that was told already.
    lately = and_(same, _I.closed_at.between(now - AGAIN, now), _I.told_at.is_not(None))
    last = connection.scalar(select(_I.id).where(lately).order_by(_I.id.desc()).limit(1))
    if last is None:
        insert_missing(connection, incidents, {**values, "opened_at": now, "seen_at": now})
        return
    again = {"closed_at": None, "seen_at": now, "detail": values["detail"], "over_told_at": None, "claimed_until": None}
    connection.execute(update(incidents).where(_I.id == last).values(**again))


def claim(connection: Connection, now: datetime) -> list[Incident]:
    """What operators are to be told now, by whoever asks first; nothing shortly after they were told something.

    `told` says that it was done; otherwise somebody tells it once the claim has run out.
    """
    last = connection.execute(select(func.max(_I.told_at), func.max(_I.over_told_at))).one()
    if any(at and now - _PAUSE < at <= now for at in last):
        return []
    free = or_(_I.claimed_until.is_(None), _I.claimed_until <= now)
    lasts = and_(_I.opened_at <= now - _SETTLE, _I.seen_at > now - _SETTLE)
    begun = and_(_I.told_at.is_(None), _I.closed_at.is_(None), lasts)
    ended = and_(_I.told_at.is_not(None), _I.over_told_at.is_(None), _I.closed_at.is_not(None))
    claimed = update(incidents).where(free, or_(begun, ended)).values(claimed_until=now + _CLAIM)
    ids = sorted(connection.scalars(claimed.returning(_I.id)))
    rows = connection.execute(select(incidents).where(_I.id.in_(ids)).order_by(_I.opened_at, _I.id))
    return [_incident(row) for row in rows]


def told(connection: Connection, which: Sequence[Incident], now: datetime) -> None:
    """Operators know of them."""
    for each in which:
        known = {"over_told_at": now} if each.closed_at else {"told_at": now}
        connection.execute(update(incidents).where(_I.id == each.id).values(claimed_until=None, **known))


def give_back(connection: Connection, which: Sequence[Incident], until: datetime) -> None:
    """Nobody could be told: again then."""
    ids = [each.id for each in which]
    connection.execute(update(incidents).where(_I.id.in_(ids)).values(claimed_until=until))


def current(connection: Connection) -> list[Incident]:
    """What is wrong, the oldest first."""
    rows = connection.execute(select(incidents).where(_I.closed_at.is_(None)).order_by(_I.opened_at, _I.id))
    return [_incident(row) for row in rows]


def _incident(row: Row[tuple[object, ...]]) -> Incident:
    known = row._mapping
    return Incident(**{name: known[name] for name in Incident.__slots__})
