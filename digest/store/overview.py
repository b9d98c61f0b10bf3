"""Figures for an operator: how much there is of everything, and where it stands. Changes nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from digest.model import DeliveryState, EditionState, Frequency, Rhythm, SubscriptionState
from digest.store.columns import is_open
from digest.store.folding import folded
from digest.store.readership import Audience, letter_of, readers
from digest.store.schema import (
    articles,
    deliveries,
    editions,
    letter_articles,
    letters,
    subscriptions,
    suppressions,
    views,
)
from digest.store.schema import consents as consent_rows

_D = deliveries.c
_CONSENT = ("at", "act", "via", "origin", "form", "wording")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFigures:
    """A letter of an edition and how many readers it is for."""

    nonce: str
    subject: str
    language: str
    articles: int
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Deliveries of an edition that did not go out for one reason."""

    state: DeliveryState
    reply: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFigures:
    """What is not final yet, over all editions."""

    states: dict[DeliveryState, int] = field(default_factory=dict)
    #: Left to the operator.
    in_doubt: int = 0
    #: When the next delivery is tried, or the next lease runs out; None: nothing waits.
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person agreed to or took back, when and how."""

    at: datetime
    newsletter: str
    act: str
    via: str
    #: As `model.Evidence` has them.
    origin: str = ""
    form: str = ""
    wording: str = ""


def readers_by_rhythm(connection: Connection, newsletter: str) -> dict[Rhythm, int]:
    """How many active subscriptions of the newsletter have each rhythm."""
    s = subscriptions.c
    rows = connection.execute(
        select(s.timezone, s.send_at, s.frequency, func.count().label("n"))
        .where(s.newsletter == newsletter, s.state == SubscriptionState.ACTIVE.value)
        .group_by(s.timezone, s.send_at, s.frequency),
    )
    return {
        Rhythm(row.timezone, time.fromisoformat(row.send_at) if row.send_at else None, Frequency(row.frequency)): row.n
        for row in rows
    }


def readers_by_view(connection: Connection, audience: Audience) -> dict[str, int]:
    """How many readers of the audience have each view key."""
    source = readers(audience).subquery()
    rows = connection.execute(select(source.c.view, func.count().label("n")).group_by(source.c.view))
    return {row.view: row.n for row in rows}


def last_arrival(connection: Connection) -> datetime | None:
    """When the last article arrived."""
    found: datetime | None = connection.scalar(select(func.max(articles.c.arrived_at)))
    return found


def suppressed(connection: Connection) -> int:
    """How many addresses are not mailed."""
    return connection.scalar(select(func.count()).select_from(suppressions)) or 0


def letters_of(connection: Connection, edition: int) -> list[LetterFigures]:
    """The letters of an edition, the one with the most readers first."""
    got = letter_of()
    same = and_(views.c.edition == _D.edition, views.c.key == _D.view)
    shared = (
        select(got.label("letter"), func.count().label("n"))
        .join_from(deliveries, views, same)
        .where(_D.edition == edition)
        .group_by(got)
        .subquery()
    )
    told = select(func.count()).where(letter_articles.c.letter == letters.c.id).correlate(letters).scalar_subquery()
    count = func.coalesce(shared.c.n, 0)
    rows = connection.execute(
        select(letters.c.nonce, letters.c.subject, letters.c.language, told.label("told"), count.label("n"))
        .outerjoin_from(letters, shared, shared.c.letter == letters.c.id)
        .where(letters.c.edition == edition)
        .order_by(count.desc(), letters.c.id),
    )
    return [
        LetterFigures(nonce=row.nonce, subject=row.subject, language=row.language, articles=row.told, readers=row.n)
        for row in rows
    ]


def refusals(connection: Connection, edition: int, most: int = 10) -> list[Refusal]:
    """Why deliveries of an edition did not go out, or not yet; the most frequent reasons.

    Replies that differ in an address or a queue's number are one reason.
    """
    rows = connection.execute(
        select(_D.state, _D.reply, func.count().label("n"))
        .where(_D.edition == edition, _D.state != DeliveryState.SENT.value, _D.reply != "")
        .group_by(_D.state, _D.reply)
        .execution_options(yield_per=2_000),
    )
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[row.state, folded(row.reply)] += row.n
    often = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:most]
    return [Refusal(state=DeliveryState(state), reply=reply, count=count) for (state, reply), count in often]


def outbox(connection: Connection) -> OutboxFigures:
    """What waits to be sent, over all editions that are under way."""
    rows = connection.execute(
        select(_D.state, _D.held, func.count().label("n")).where(is_open(_D.state)).group_by(_D.state, _D.held),
    ).all()
    states: dict[DeliveryState, int] = {}
    for row in rows:
        if not row.held:
            states[DeliveryState(row.state)] = states.get(DeliveryState(row.state), 0) + row.n
    return OutboxFigures(
        states=states, in_doubt=sum(row.n for row in rows if row.held), next_at=next_attempt_at(connection)
    )


def under_way(connection: Connection, newsletter: str) -> list[int]:
    """The editions of the newsletter that are being sent, oldest first."""
    chosen = select(editions.c.id).where(
        editions.c.newsletter == newsletter, editions.c.state == EditionState.SENDING.value
    )
    return list(connection.scalars(chosen.order_by(editions.c.slot, editions.c.id)))


def next_attempt_at(connection: Connection, of: Sequence[int] = ()) -> datetime | None:
    """When the next delivery (of these editions, or of all) is tried or its lease runs out; None: nothing waits.

    What waits for another delivery or for a canary, and what the operator holds, is left out.
    """
    at: Any = case((_D.state == DeliveryState.SENDING.value, _D.lease_until), else_=_D.next_attempt_at)
    last = editions.c.canary_last
    chosen = (
        select(func.min(at))
        .join_from(deliveries, editions, editions.c.id == _D.edition)
        .where(
            is_open(_D.state),
            _D.held.is_(False),
            _D.waits_for.is_(None),
            editions.c.state == EditionState.SENDING.value,
            or_(last.is_(None), _D.id <= last),
        )
    )
    if of:
        chosen = chosen.where(editions.c.id.in_(of))
    found: datetime | None = connection.scalar(chosen)
    return found


def consents(connection: Connection, subscriber: int) -> list[Consent]:
    """What a person agreed to or took back, oldest first."""
    rows = connection.execute(
        select(subscriptions.c.newsletter, *(consent_rows.c[name] for name in _CONSENT))
        .join_from(consent_rows, subscriptions, subscriptions.c.id == consent_rows.c.subscription)
        .where(subscriptions.c.subscriber == subscriber)
        .order_by(consent_rows.c.at, consent_rows.c.id),
    )
    return [Consent(**row._asdict()) for row in rows]


def letters_to(connection: Connection, subscriber: int) -> list[dict[str, str]]:
    """What was sent to a person, oldest first."""
    rows = connection.execute(
        select(editions.c.newsletter, editions.c.number, _D.state, _D.settled_at)
        .join_from(deliveries, editions, editions.c.id == _D.edition)
        .where(_D.subscriber == subscriber)
        .order_by(_D.id)
    )
    return [
        {
            "newsletter": row.newsletter,
            "number": str(row.number),
            "state": row.state,
            "at": row.settled_at.isoformat() if row.settled_at else "",
        }
        for row in rows
    ]
