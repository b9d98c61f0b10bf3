"""Which subscriptions an edition is for, and the key that says which letter each of them gets.

The key is made by the database for every reader and read back by Python for every distinct one: readers with one key
have the same mark, choices and language, and so one letter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from digest.model import DeliveryState, EditionState, Frequency, Rhythm, SubscriptionState
from digest.store.schema import deliveries, editions, subscribers, subscriptions, suppressions

_SEPARATOR = "|"
_OPEN = [DeliveryState.QUEUED.value, DeliveryState.SENDING.value, DeliveryState.DEFERRED.value]


@dataclass(frozen=True, slots=True)
class ViewKey:
    """What decides which letter a reader gets."""

    #: The arrival number up to which the reader has been served for certain.
    mark: int
    #: Up to where the delivery before this one serves, while nobody knows whether it arrived; 0: there is none.
    pending: int
    categories: tuple[str, ...]
    language: str
    timezone: str

    @property
    def told_from(self) -> int:
        """The arrival number after which the reader's next letter begins."""
        return self.pending or self.mark

    @classmethod
    def read(cls, key: str) -> "ViewKey":
        """From the form that the database makes."""
        mark, pending, categories, language, timezone = key.split(_SEPARATOR)
        chosen = tuple(categories.split(",")) if categories else ()
        return cls(int(mark), int(pending), chosen, language, timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """For whom an edition is: one newsletter's readers of these rhythms who were there at the slot."""

    newsletter: str
    slot: datetime
    rhythms: Collection[Rhythm]
    now: datetime


def rhythms(connection: Connection, newsletter: str) -> tuple[Rhythm, ...]:
    """Every rhythm that an active subscription of the newsletter has, in order."""
    s = subscriptions.c
    rows = connection.execute(
        select(s.timezone, s.send_at, s.frequency)
        .where(s.newsletter == newsletter, s.state == SubscriptionState.ACTIVE.value)
        .distinct(),
    )
    return tuple(
        sorted((Rhythm(row.timezone, _hour(row.send_at), Frequency(row.frequency)) for row in rows), key=_columns)
    )


def view_keys(connection: Connection, audience: Audience) -> tuple[str, ...]:
    """Every key that a reader of the audience has now."""
    source = readers(audience).subquery()
    return tuple(sorted(connection.scalars(select(source.c.view).distinct())))


def key_of(connection: Connection, audience: Audience, subscription: int) -> ViewKey | None:
    """The key of one reader; None where they are not in the audience."""
    source = readers(audience).subquery()
    key = connection.scalar(select(source.c.view).where(source.c.subscription == subscription))
    return ViewKey.read(key) if key is not None else None


def readers(audience: Audience) -> Select[Any]:
    """subscription, subscriber, view, waits_for of everyone in the audience who may be mailed."""
    s, before = subscriptions.c, _last(unsettled(audience.newsletter)).subquery("before")
    key = _joined(
        cast(s.mark, Text),
        cast(func.coalesce(before.c.upto, 0), Text),
        s.categories,
        subscribers.c.language,
        s.timezone,
    )
    chosen = select(
        s.id.label("subscription"), s.subscriber, key.label("view"), before.c.id.label("waits_for")
    ).select_from(
        subscriptions.join(subscribers, subscribers.c.id == s.subscriber).outerjoin(
            before, before.c.subscription == s.id
        ),
    )
    return chosen.where(
        _due(audience),
        s.since <= audience.slot,
        or_(s.paused_until.is_(None), s.paused_until <= audience.now),
        ~exists().where(suppressions.c.address == subscribers.c.key),
    )


def unsettled(newsletter: str) -> Select[Any]:
    """id, subscription and upto of the deliveries of `newsletter` that may have arrived and are not recorded yet.

    What is merely queued or deferred has certainly not arrived and is called off for a newer edition; what is being
    sent, or was in doubt once, may have. In a paused edition the latter is called off too: see `superseded`.
    """
    d = deliveries.c
    return (
        select(d.id, d.subscription, editions.c.upto)
        .join_from(deliveries, editions, editions.c.id == d.edition)
        .where(editions.c.newsletter == newsletter, d.state.in_(_OPEN), d.held.is_(False))
        .where(
            or_(
                d.state == DeliveryState.SENDING.value,
                and_(d.doubts > 0, editions.c.state != EditionState.PAUSED.value),
            )
        )
    )


def _last(several: Select[Any]) -> Select[Any]:
    """Of `unsettled`, the newest of each reader: what was held may be on its way again beside one after it."""
    each = several.subquery("each")
    return select(func.max(each.c.id).label("id"), each.c.subscription, func.max(each.c.upto).label("upto")).group_by(
        each.c.subscription
    )


def superseded(audience: Audience) -> ColumnElement[bool]:
    """Deliveries that have certainly not arrived, of readers who are about to get a newer one.

    What an edition that the operator paused leaves in doubt is among them: it would hold up every later letter.
    """
    d = deliveries.c
    due = select(subscriptions.c.id).where(_due(audience))
    paused = select(editions.c.id).where(editions.c.state == EditionState.PAUSED.value)
    waiting = d.state.in_([DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value])
    lasting = and_(waiting, or_(d.doubts == 0, d.edition.in_(paused)))
    return and_(lasting, d.subscription.in_(due)) if audience.rhythms else false()


def _due(audience: Audience) -> ColumnElement[bool]:
    """Active subscriptions of the newsletter whose rhythm takes the slot."""
    s = subscriptions.c
    return and_(
        s.newsletter == audience.newsletter,
        s.state == SubscriptionState.ACTIVE.value,
        tuple_(s.timezone, s.send_at, s.frequency).in_([_columns(rhythm) for rhythm in audience.rhythms]),
    )


def _hour(text: str) -> time | None:
    return time.fromisoformat(text) if text else None


def _columns(rhythm: Rhythm) -> tuple[str, str, str]:
    return rhythm.timezone, rhythm.send_at.strftime("%H:%M") if rhythm.send_at else "", rhythm.frequency.value


def _joined(*parts: ColumnElement[str]) -> ColumnElement[str]:
    key: ColumnElement[str] = parts[0]
    for part in parts[1:]:
        key = key.concat(literal(_SEPARATOR)).concat(part)
    return key
