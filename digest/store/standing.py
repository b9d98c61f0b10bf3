"""Where an edition stands: figures, speed, what servers said, and who got it. Changes nothing.

All of it comes from one pass over the edition's deliveries each, also where there are a million of them.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, false, func, or_, select

from digest.model import DeliveryState, EditionState
from digest.store.folding import folded
from digest.store.readership import letter_of
from digest.store.schema import deliveries, editions, letters, subscribers, views

_D = deliveries.c

#: What may have been accepted, and nobody knows: no state of the ledger, but one for the operator.
IN_DOUBT = "in doubt"
#: Speed is that of so long.
_LATELY = timedelta(minutes=1)
#: Replies of a state are told apart where there are no more than these; of more than that, about so many are looked at.
_REPLIES = 10_000
#: Multiplied by the one, numbers that follow each other are spread evenly over what remains of the other, a prime.
_SPREAD, _PRIME = 4_421, 10_007
#: So many rows are fetched at a time.
_FETCHED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The figures of one edition at one moment."""

    #: How many deliveries are in each state, those in doubt apart.
    counts: Mapping[str, int]
    #: Messages a second over the last minute, or since the first one.
    rate: float = 0.0
    #: When those that were put off are tried again: the first and the last of them.
    next_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def sent(self) -> int:
        return self.counts.get(DeliveryState.SENT, 0)

    @property
    def failed(self) -> int:
        return self.counts.get(DeliveryState.FAILED, 0)

    @property
    def deferred(self) -> int:
        return self.counts.get(DeliveryState.DEFERRED, 0)

    @property
    def in_doubt(self) -> int:
        return self.counts.get(IN_DOUBT, 0)

    @property
    def open(self) -> int:
        """Not tried yet, or under way."""
        return self.counts.get(DeliveryState.QUEUED, 0) + self.counts.get(DeliveryState.SENDING, 0)

    @property
    def other(self) -> int:
        """Suppressed or called off."""
        return self.counts.get(DeliveryState.SUPPRESSED, 0) + self.counts.get(DeliveryState.CANCELLED, 0)

    @property
    def left(self) -> timedelta | None:
        """How long what is open takes at this speed; None: it is not known."""
        return timedelta(seconds=self.open / self.rate) if self.open and self.rate else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What servers said of deliveries in one state, what differs from message to message left out."""

    state: str
    reply: str
    count: int
    #: `count` is an estimate from some of them.
    about: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One reader's delivery."""

    delivery: int
    address: str
    name: str
    state: str
    code: int
    reply: str
    attempts: int
    settled_at: datetime | None
    #: The letter's; empty where it is not to be had any more.
    nonce: str


def standing(connection: Connection, edition: int, now: datetime) -> Standing:
    """Of an edition that is not there, nothing."""
    done = _D.state.in_([DeliveryState.SENT.value, DeliveryState.FAILED.value])
    lately = and_(done, _D.settled_at > now - _LATELY)
    state = _state(now)
    rows = connection.execute(
        select(
            state,
            func.count().label("n"),
            func.sum(case((lately, 1), else_=0)).label("lately"),
            func.min(case((done, _D.settled_at))).label("begun"),
            func.min(_D.next_attempt_at).label("next_at"),
            func.max(_D.next_attempt_at).label("last_at"),
        )
        .where(_D.edition == edition)
        .group_by(state)
    ).all()
    begun = min((row.begun for row in rows if row.begun), default=now)
    span = max(1.0, min(_LATELY, now - begun).total_seconds())
    put_off = next((row for row in rows if row.stands == DeliveryState.DEFERRED.value), None)
    return Standing(
        counts={row.stands: row.n for row in sorted(rows, key=lambda row: row.stands)},
        rate=sum(row.lately for row in rows) / span,
        next_at=put_off.next_at if put_off else None,
        last_at=put_off.last_at if put_off else None,
    )


def unsettled(connection: Connection, of: Collection[int]) -> int:
    """How many deliveries of these editions are not final; by indexes alone, for whoever asks often."""
    waiting = [DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value]
    counts = [
        select(func.count()).select_from(deliveries).where(_D.edition.in_(of), condition).scalar_subquery()
        for condition in (_D.state.in_(waiting), _D.state == DeliveryState.SENDING.value)
    ]
    return connection.scalar(select(counts[0] + counts[1])) or 0


def said(connection: Connection, edition: int, now: datetime, counts: Mapping[str, int], most: int = 10) -> list[Said]:
    """What servers said, for each state the most frequent first, `most` of each; `counts` as `Standing` has them."""
    parts = {name: max(1, _PRIME * _REPLIES // count) for name, count in counts.items() if count > _REPLIES}
    rows = connection.execute(_replies(edition, now, parts))
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row.stands, Counter())[folded(row.reply)] += row.n
    return [
        Said(
            state=state,
            reply=reply,
            count=round(count * _PRIME / parts.get(state, _PRIME)),
            about=state in parts,
        )
        for state, replies in sorted(found.items())
        for reply, count in replies.most_common(most)
    ]


def entries(connection: Connection, edition: int, now: datetime, states: Collection[str] = ()) -> Iterator[Entry]:
    """Who gets or got the edition, in one of `states` (empty: any), in the order of their joining; a few at a time."""
    state = _state(now)
    chosen = (
        select(
            _D.id,
            subscribers.c.address,
            subscribers.c.name,
            state,
            _D.code,
            _D.reply,
            _D.attempts,
            _D.settled_at,
            func.coalesce(letters.c.nonce, "").label("nonce"),
        )
        .select_from(
            deliveries.join(subscribers, subscribers.c.id == _D.subscriber)
            .outerjoin(views, and_(views.c.edition == _D.edition, views.c.key == _D.view))
            .outerjoin(letters, letters.c.id == letter_of())
        )
        .where(_D.edition == edition)
        .order_by(_D.subscriber)
        .execution_options(yield_per=_FETCHED)
    )
    if states:
        chosen = chosen.where(state.in_(sorted(states)))
    for row in connection.execute(chosen):
        yield Entry(
            delivery=row.id,
            address=row.address,
            name=row.name,
            state=row.stands,
            code=row.code,
            reply=row.reply,
            attempts=row.attempts,
            settled_at=row.settled_at,
            nonce=row.nonce,
        )


def gate_at(connection: Connection, of: Collection[int]) -> datetime | None:
    """When the first of these editions lets go the deliveries that wait for its canary; None: not known, or none."""
    e = editions.c
    own = (e.id.in_(of), e.state == EditionState.SENDING.value, e.canary_last.is_not(None))
    found: datetime | None = connection.scalar(select(func.min(e.release_at)).where(*own))
    return found


def _state(now: datetime) -> Any:
    """The ledger's state, and `IN_DOUBT` for what was about to end, or has, and whose sender is gone."""
    gone = and_(_D.dot_at.is_not(None), _D.lease_until < now)
    doubtful = and_(_D.state == DeliveryState.SENDING.value, or_(_D.held, gone))
    return case((doubtful, IN_DOUBT), else_=_D.state).label("stands")


def _replies(edition: int, now: datetime, parts: Mapping[str, int]) -> Any:
    """Of each state that `parts` names only so many `_PRIME`-ths, whatever pattern its deliveries have."""
    state = _state(now)
    spread = _D.id * _SPREAD % _PRIME
    passed = [and_(state == name, spread >= part) for name, part in parts.items()]
    return (
        select(state, _D.reply, func.count().label("n"))
        .where(_D.edition == edition, _D.reply != "", ~or_(false(), *passed))
        .group_by(state, _D.reply)
    )
