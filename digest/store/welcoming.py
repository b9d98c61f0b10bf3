"""Welcomes: who has come since an edition and has had none yet, and giving it to them, once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from digest.model import DeliveryState, Edition, EditionState, Letter, SubscriptionState
from digest.store import locks
from digest.store.editions import find
from digest.store.freezing import Frozen, insert_letter
from digest.store.readership import ViewKey, joined
from digest.store.schema import (
    consents,
    deliveries,
    editions,
    letters,
    subscribers,
    subscriptions,
    suppressions,
    views,
)
from digest.store.upsert import insert_missing

_GOING = [EditionState.SENDING.value, EditionState.DONE.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Where new readers of a newsletter are waited for."""

    newsletter: str
    now: datetime
    #: An edition that was frozen longer ago is nobody's welcome any more.
    span: timedelta

    @property
    def oldest(self) -> datetime:
        return self.now - self.span


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An edition that was the latest when somebody became a reader."""

    edition: Edition
    #: Its slot's wall time, ISO 8601 without a zone.
    wall: str
    #: The arrival number with which most of its readers began.
    mark: int


def offers(connection: Connection, hall: Hall) -> list[Offer]:
    """The editions that new readers are to have, oldest first; almost always none."""
    who = _newcomers(hall).subquery()
    found = connection.execute(
        select(editions.c.id, editions.c.wall)
        .where(editions.c.id.in_(select(who.c.edition)))
        .order_by(editions.c.slot, editions.c.id)
    ).all()
    return [
        Offer(edition=edition, wall=row.wall, mark=_mark(connection, row.id))
        for row in found
        if (edition := find(connection, row.id))
    ]


def view_keys(connection: Connection, hall: Hall, offer: Offer) -> dict[str, int]:
    """The keys that those whom the edition is offered have once it is theirs, and how many have each; in order."""
    who = _keyed(hall, offer).subquery()
    rows = connection.execute(select(who.c.view, func.count().label("n")).group_by(who.c.view))
    return dict(sorted((row.view, row.n) for row in rows))


def letters_by_key(connection: Connection, edition: int) -> dict[str, int]:
    """For each view key of an edition the id of its letter; without those that were pruned."""
    whole = or_(letters.c.html != "", letters.c.text != "")
    chosen = select(views.c.key, views.c.letter).join_from(views, letters, letters.c.id == views.c.letter)
    rows = connection.execute(chosen.where(views.c.edition == edition, whole).order_by(views.c.key))
    return {row.key: row.letter for row in rows}


def give(connection: Connection, hall: Hall, offer: Offer, prepared: Mapping[str, Letter | int]) -> Frozen | None:
    """Gives the edition to those whom it is offered and whose key has a letter in `prepared`, a new one or an id.

    They begin where the edition's readers began, or earlier where they had not been served so far. None where nobody
    is left who waits for it, or where it is no longer to be sent.
    """
    locks.to_freeze(connection, hall.newsletter)
    edition = offer.edition.id
    keys = [key for key in view_keys(connection, hall, offer) if key in prepared]
    # From here on nobody closes it: who wants to finds what is queued below.
    going = update(editions).where(editions.c.id == edition, editions.c.state.in_(_GOING))
    if not keys or not connection.execute(going.values(state=EditionState.SENDING.value)).rowcount:
        return None
    made = _assign(connection, edition, {key: prepared[key] for key in keys})
    _begin(connection, hall, offer, keys)
    count = _queue(connection, hall, offer, keys)
    found = find(connection, edition)
    if found is None:
        raise AssertionError("its row is locked")
    return Frozen(edition=found, deliveries=count, letters=made)


def _assign(connection: Connection, edition: int, prepared: Mapping[str, Letter | int]) -> int:
    """Says which letter each key gets; gives how many are new."""
    ids: dict[str, int] = {}
    for key, letter in prepared.items():
        if isinstance(letter, int):
            chosen = letter
        else:
            if letter.nonce not in ids:
                ids[letter.nonce] = insert_letter(connection, edition, letter)
            chosen = ids[letter.nonce]
        # A key that readers of the edition have had from the beginning keeps their letter.
        insert_missing(connection, views, {"edition": edition, "key": key, "letter": chosen})
    return len(ids)


def _begin(connection: Connection, hall: Hall, offer: Offer, keys: Collection[str]) -> None:
    who = _keyed(hall, offer).subquery()
    chosen = select(who.c.subscription).where(who.c.view.in_(keys))
    mark = _begins(offer)
    connection.execute(
        update(subscriptions).where(subscriptions.c.id.in_(chosen)).values(mark=mark, began=mark, owed=None)
    )


def _queue(connection: Connection, hall: Hall, offer: Offer, keys: Collection[str]) -> int:
    who = _keyed(hall, offer).subquery()
    columns = ["edition", "subscription", "subscriber", "view", "state", "next_attempt_at"]
    chosen = (
        select(
            literal(offer.edition.id),
            who.c.subscription,
            who.c.subscriber,
            who.c.view,
            literal(DeliveryState.QUEUED.value),
            literal(hall.now, deliveries.c.next_attempt_at.type),
        )
        .where(who.c.view.in_(keys))
        .order_by(who.c.subscriber)
    )
    queued = insert(deliveries).from_select(columns, chosen).returning(deliveries.c.id)
    return len(connection.execute(queued).all())


def _newcomers(hall: Hall) -> Select[Any]:
    """subscription, subscriber and edition of whoever may be mailed, has never left and has had no edition yet.

    Their edition is the latest of those before they became active: what comes after is for them as for everybody.
    """
    s = subscriptions.c
    recent = and_(editions.c.newsletter == hall.newsletter, editions.c.number > 0)
    before = editions.alias("before")
    latest = (
        select(func.max(before.c.slot))
        .where(
            before.c.newsletter == hall.newsletter,
            before.c.slot < s.since,
            before.c.number > 0,
            before.c.state.in_(_GOING),
            before.c.frozen_at >= hall.oldest,
        )
        .correlate(subscriptions)
        .scalar_subquery()
    )
    chosen = select(s.id.label("subscription"), s.subscriber, editions.c.id.label("edition")).select_from(
        subscriptions.join(subscribers, subscribers.c.id == s.subscriber).join(
            editions, and_(recent, editions.c.slot == latest)
        )
    )
    return chosen.where(
        s.newsletter == hall.newsletter,
        s.state == SubscriptionState.ACTIVE.value,
        s.since >= hall.oldest,
        or_(s.paused_until.is_(None), s.paused_until <= hall.now),
        ~exists().where(suppressions.c.address == subscribers.c.key),
        ~exists().where(consents.c.subscription == s.id, consents.c.act == SubscriptionState.LEFT.value),
        ~_served(hall),
    )


def _served(hall: Hall) -> ColumnElement[bool]:
    """Whether the reader has had an edition. Nobody who has just come has had one of long ago."""
    own = editions.alias("own")
    return (
        exists()
        .where(
            own.c.newsletter == hall.newsletter,
            own.c.frozen_at >= hall.oldest - hall.span,
            deliveries.c.edition == own.c.id,
            deliveries.c.subscriber == subscriptions.c.subscriber,
        )
        .correlate(subscriptions)
    )


def _keyed(hall: Hall, offer: Offer) -> Select[Any]:
    """subscription, subscriber and view of those whom the edition is offered."""
    s, mark = subscriptions.c, cast(_begins(offer), Text)
    nought = literal("0")
    view = joined(mark, nought, nought, nought, s.categories, subscribers.c.language, s.timezone, mark)
    newcomers = _newcomers(hall).with_only_columns(
        s.id.label("subscription"), s.subscriber, view.label("view"), maintain_column_froms=True
    )
    return newcomers.where(editions.c.id == offer.edition.id)


def _begins(offer: Offer) -> ColumnElement[int]:
    """Who had not been served as far as the edition's readers begins where they were."""
    s = subscriptions.c
    return case((s.mark < offer.mark, s.mark), else_=offer.mark)


def _mark(connection: Connection, edition: int) -> int:
    chosen = select(deliveries.c.view, func.count().label("n")).where(deliveries.c.edition == edition)
    marks: dict[int, int] = {}
    for row in connection.execute(chosen.group_by(deliveries.c.view)):
        mark = ViewKey.read(row.view).told_from.mark
        marks[mark] = marks.get(mark, 0) + row.n
    return max(marks, key=lambda mark: (marks[mark], -mark), default=0)
