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
    case,
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
from digest.store.columns import is_open
from digest.store.schema import deliveries, editions, subscribers, subscriptions, suppressions, views

_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Served:
    """How far a reader has been served."""

    #: The arrival number.
    mark: int
    #: The id of the letter whose carried articles are still to be told; 0: none is.
    owed: int = 0


@dataclass(frozen=True, slots=True)
class ViewKey:
    """What decides which letter a reader gets."""

    #: For certain.
    served: Served
    #: If the delivery before this one arrives, of which nobody knows yet; None: there is none.
    pending: Served | None
    categories: tuple[str, ...]
    language: str
    timezone: str
    #: The arrival number from which on these categories have been chosen; 0: before all that matters.
    began: int
    #: Ids of the corrections that the reader is still to be told, ascending.
    corrections: tuple[int, ...] = ()

    @property
    def told_from(self) -> Served:
        """Where the reader's next letter begins."""
        return self.pending or self.served

    def before(self, *, fallback: bool) -> Served:
        """How far the reader had been served before the letter, or before the `fallback` that makes up for another."""
        return self.served if fallback else self.told_from

    def told(self, *, fallback: bool) -> tuple[int, ...]:
        """The corrections that the letter tells, or the `fallback`.

        While nobody knows whether the letter before has told them, they wait: nobody is told twice.
        """
        return self.corrections if fallback or self.pending is None else ()

    @classmethod
    def read(cls, key: str) -> "ViewKey":
        """From the form that the database makes; before there were corrections, it had none."""
        mark, owed, pending, letter, categories, language, timezone, began, *last = key.split(_SEPARATOR)
        chosen = tuple(categories.split(",")) if categories else ()
        before = Served(int(pending), int(letter)) if int(pending) else None
        corrections = ids_in(last[0]) if last else ()
        return cls(Served(int(mark), int(owed)), before, chosen, language, timezone, int(began), corrections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """For whom an edition is: one newsletter's readers of these rhythms who were there at the slot."""

    newsletter: str
    slot: datetime
    rhythms: Collection[Rhythm]
    now: datetime
    #: The number of the first article that matters: when a choice was made before, all the same.
    floor: int = 0


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


def view_keys(connection: Connection, audience: Audience) -> dict[str, int]:
    """Every key that a reader of the audience has now, and how many have it; in order."""
    source = readers(audience).subquery()
    rows = connection.execute(select(source.c.view, func.count().label("n")).group_by(source.c.view))
    return dict(sorted((row.view, row.n) for row in rows))


def key_of(connection: Connection, audience: Audience, subscription: int) -> ViewKey | None:
    """The key of one reader; None where they are not in the audience."""
    source = readers(audience).subquery()
    key = connection.scalar(select(source.c.view).where(source.c.subscription == subscription))
    return ViewKey.read(key) if key is not None else None


def readers(audience: Audience) -> Select[Any]:
    """subscription, subscriber, view, waits_for of everyone in the audience who may be mailed."""
    s, before = subscriptions.c, _last(unsettled(audience.newsletter)).subquery("before")
    open_one = deliveries.alias("open_one")
    shown = and_(views.c.edition == open_one.c.edition, views.c.key == open_one.c.view)
    letter = letter_of(open_one.c)
    key = joined(
        cast(s.mark, Text),
        cast(func.coalesce(s.owed, 0), Text),
        cast(func.coalesce(before.c.upto, 0), Text),
        cast(func.coalesce(letter, 0), Text),
        s.categories,
        subscribers.c.language,
        s.timezone,
        cast(case((s.began >= audience.floor, s.began), else_=0), Text),
        s.corrections,
    )
    chosen = select(
        s.id.label("subscription"), s.subscriber, key.label("view"), before.c.id.label("waits_for")
    ).select_from(
        subscriptions.join(subscribers, subscribers.c.id == s.subscriber)
        .outerjoin(before, before.c.subscription == s.id)
        .outerjoin(open_one, open_one.c.id == before.c.id)
        .outerjoin(views, shown),
    )
    return chosen.where(
        _due(audience),
        or_(s.paused_until.is_(None), s.paused_until <= audience.now),
        ~exists().where(suppressions.c.address == subscribers.c.key),
    )


def ids_in(text: str) -> tuple[int, ...]:
    """The ids that a row keeps joined by commas."""
    return tuple(map(int, text.split(","))) if text else ()


def letter_of(delivery: Any = deliveries.c) -> ColumnElement[int]:
    """The id of the letter that a delivery brings; `delivery` has its columns, and its view is joined.

    Its own, which is the one that it had begun to bring when the view got another; else the view's, or the one that
    makes up for a letter that did not arrive.
    """
    letter: ColumnElement[int] = func.coalesce(
        delivery.own_letter, case((delivery.fallback, views.c.fallback)), views.c.letter
    )
    return letter


def unsettled(newsletter: str) -> Select[Any]:
    """id, subscription and upto of the deliveries of `newsletter` that may have arrived and are not recorded yet.

    What is merely queued or deferred has certainly not arrived and is called off for a newer edition; what is being
    sent, or was in doubt once, may have. In a paused edition the latter is called off too: see `superseded`.
    """
    d = deliveries.c
    return (
        select(d.id, d.subscription, editions.c.upto)
        .join_from(deliveries, editions, editions.c.id == d.edition)
        .where(editions.c.newsletter == newsletter, is_open(d.state), d.held.is_(False))
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
    lasting = and_(is_open(d.state), waiting, or_(d.doubts == 0, d.edition.in_(paused)))
    return and_(lasting, d.subscription.in_(due)) if audience.rhythms else false()


def _due(audience: Audience) -> ColumnElement[bool]:
    """Active subscriptions of the newsletter whose rhythm takes the slot, and did so when it came."""
    s = subscriptions.c
    return and_(
        s.newsletter == audience.newsletter,
        s.state == SubscriptionState.ACTIVE.value,
        s.since <= audience.slot,
        or_(s.rhythm_since.is_(None), s.rhythm_since <= audience.slot),
        tuple_(s.timezone, s.send_at, s.frequency).in_([_columns(rhythm) for rhythm in audience.rhythms]),
    )


def _hour(text: str) -> time | None:
    return time.fromisoformat(text) if text else None


def _columns(rhythm: Rhythm) -> tuple[str, str, str]:
    return rhythm.timezone, rhythm.send_at.strftime("%H:%M") if rhythm.send_at else "", rhythm.frequency.value


def joined(*parts: ColumnElement[str]) -> ColumnElement[str]:
    """A view key of its parts, as `ViewKey.read` takes them apart."""
    key: ColumnElement[str] = parts[0]
    for part in parts[1:]:
        key = key.concat(literal(_SEPARATOR)).concat(part)
    return key
