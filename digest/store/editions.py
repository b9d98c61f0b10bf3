"""Editions: frozen with their letters and their outbox in one transaction, one for each slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, literal, select, update

from digest.model import DeliveryState, Edition, EditionState, Letter
from digest.store import locks
from digest.store.readership import Audience, ViewKey, readers, superseded, unsettled
from digest.store.schema import deliveries, editions, letter_articles, letters, newsletters, subscriptions, views
from digest.store.settlement import CALLED_OFF, TOLD_AGAIN, call_off
from digest.store.upsert import insert_all_missing, insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionDraft:
    """An edition ready to be frozen."""

    audience: Audience
    #: The slot's wall time, ISO 8601 without a zone.
    wall: str
    number: int
    upto: int
    #: For each view key the letter's nonce, or None where there is nothing to tell.
    served: Mapping[str, str | None]
    #: For keys whose reader may have missed the letter before: the nonce of the letter that makes up for it.
    fallbacks: Mapping[str, str | None]
    letters: Sequence[Letter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What freezing came to."""

    edition: Edition
    deliveries: int
    letters: int


class Overtaken(Exception):
    """The store moved on while the letters were being made: they are to be made again."""


def know(connection: Connection, names: Sequence[str], now: datetime) -> None:
    """Newsletters seen for the first time are known from `now` on: no slot before that was missed."""
    insert_all_missing(connection, newsletters, [{"name": name, "known_since": now} for name in names])


def known_since(connection: Connection, name: str) -> datetime | None:
    """None where the newsletter has never been known."""
    return connection.scalar(select(newsletters.c.known_since).where(newsletters.c.name == name))


def next_number(connection: Connection, newsletter: str, wall: str) -> int:
    """The number that the edition of this wall time has or will have."""
    same = select(func.max(editions.c.number)).where(editions.c.newsletter == newsletter, editions.c.wall == wall)
    found = connection.scalar(same)
    if found:
        return int(found)
    last = connection.scalar(select(func.max(editions.c.number)).where(editions.c.newsletter == newsletter))
    return (last or 0) + 1


def freeze(connection: Connection, draft: EditionDraft) -> Frozen | None:
    """The edition, its letters and its outbox; None where another process has frozen this slot.

    Raises `Overtaken`, and so rolls back, where a reader's view has no letter in the draft or its number is taken.
    """
    audience = draft.audience
    # Two editions frozen at once would not know of each other, and tell the same to the same reader.
    locks.to_freeze(connection, audience.newsletter)
    number = next_number(connection, audience.newsletter, draft.wall)
    edition = _insert(connection, draft)
    if edition is None:
        return None
    if number != draft.number:
        raise Overtaken
    older = and_(superseded(audience), deliveries.c.edition != edition)
    call_off(connection, older, TOLD_AGAIN, audience.now)
    _lock_unsettled(connection, audience.newsletter)
    if audience.rhythms:
        _fill_outbox(connection, edition, audience)
    _assign_letters(connection, edition, draft)
    return _seal(connection, edition)


def skip(connection: Connection, audience: Audience, wall: str, reason: str) -> bool:
    """Records that nothing is sent for a slot, and why; False where the slot is settled already."""
    row = {
        "newsletter": audience.newsletter,
        "slot": audience.slot,
        "wall": wall,
        "number": 0,
        "upto": 0,
        "state": EditionState.SKIPPED.value,
        "reason": reason,
        "frozen_at": audience.now,
    }
    return insert_missing(connection, editions, row)


def slots(connection: Connection, newsletter: str, after: datetime) -> frozenset[datetime]:
    """The slots after `after` that are settled: frozen or skipped."""
    found = select(editions.c.slot).where(editions.c.newsletter == newsletter, editions.c.slot > after)
    return frozenset(connection.scalars(found))


def at_slot(connection: Connection, newsletter: str, slot: datetime) -> Edition | None:
    """The edition of a slot."""
    row = connection.execute(
        select(editions).where(editions.c.newsletter == newsletter, editions.c.slot == slot),
    ).one_or_none()
    return _edition(row) if row else None


def find(connection: Connection, edition: int) -> Edition | None:
    """The edition with this id."""
    row = connection.execute(select(editions).where(editions.c.id == edition)).one_or_none()
    return _edition(row) if row else None


def latest(connection: Connection, newsletter: str = "", most: int = 20) -> list[Edition]:
    """Newest slots first."""
    chosen = select(editions).order_by(editions.c.slot.desc(), editions.c.id.desc()).limit(most)
    if newsletter:
        chosen = chosen.where(editions.c.newsletter == newsletter)
    return [_edition(row) for row in connection.execute(chosen)]


def move(connection: Connection, edition: int, before: EditionState, after: EditionState) -> bool:
    """`before` -> `after`; False where it is not in `before`."""
    moved = connection.execute(
        update(editions).where(editions.c.id == edition, editions.c.state == before.value).values(state=after.value),
    )
    return bool(moved.rowcount)


def cancel(connection: Connection, edition: int, now: datetime) -> int:
    """Calls off what has not been sent, and gives how much that was; its stories go into the readers' next letters."""
    connection.execute(
        update(editions)
        .where(
            editions.c.id == edition,
            editions.c.state.in_([EditionState.SENDING.value, EditionState.PAUSED.value]),
        )
        .values(state=EditionState.CANCELLED.value, reason=CALLED_OFF),
    )
    return call_off(connection, deliveries.c.edition == edition, CALLED_OFF, now)


def _insert(connection: Connection, draft: EditionDraft) -> int | None:
    audience = draft.audience
    row = {
        "newsletter": audience.newsletter,
        "slot": audience.slot,
        "wall": draft.wall,
        "number": draft.number,
        "upto": draft.upto,
        "state": EditionState.SENDING.value,
        "frozen_at": audience.now,
    }
    if not insert_missing(connection, editions, row):
        return None
    found = at_slot(connection, audience.newsletter, audience.slot)
    return found.id if found else None


def _lock_unsettled(connection: Connection, newsletter: str) -> None:
    """Whoever records one of these waits until we commit, and then finds the deliveries that wait for it."""
    ids = unsettled(newsletter).with_only_columns(deliveries.c.id)
    connection.execute(
        select(deliveries.c.id).where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id).with_for_update(),
    )


def _fill_outbox(connection: Connection, edition: int, audience: Audience) -> None:
    who = readers(audience).subquery()
    columns = ["edition", "subscription", "subscriber", "view", "waits_for", "state", "next_attempt_at"]
    # ORDER BY the subscriber: two transactions that lock the same rows do it in one order.
    chosen = select(
        literal(edition),
        who.c.subscription,
        who.c.subscriber,
        who.c.view,
        who.c.waits_for,
        literal(DeliveryState.QUEUED.value),
        literal(audience.now, deliveries.c.next_attempt_at.type),
    ).order_by(who.c.subscriber)
    connection.execute(insert(deliveries).from_select(columns, chosen))


def _assign_letters(connection: Connection, edition: int, draft: EditionDraft) -> None:
    own = deliveries.c.edition == edition
    keys = sorted(connection.scalars(select(deliveries.c.view).where(own).distinct()))
    if any(key not in draft.served for key in keys):
        raise Overtaken
    told = {key: nonce for key in keys if (nonce := draft.served[key]) is not None}
    untold = [key for key in keys if key not in told]
    _nothing_for(connection, edition, untold, draft.upto)
    used = set(told.values()) | {nonce for key in told if (nonce := draft.fallbacks.get(key))}
    ids = {
        letter.nonce: _insert_letter(connection, edition, letter) for letter in draft.letters if letter.nonce in used
    }
    rows = [
        {
            "edition": edition,
            "key": key,
            "letter": ids[nonce],
            "fallback": ids[fallback] if (fallback := draft.fallbacks.get(key)) else None,
        }
        for key, nonce in told.items()
    ]
    if rows:
        connection.execute(insert(views), rows)


def _nothing_for(connection: Connection, edition: int, keys: Sequence[str], upto: int) -> None:
    """Readers with nothing new get no delivery. They are served up to here, unless a letter before is not settled."""
    if not keys:
        return
    certain = [key for key in keys if not ViewKey.read(key).pending]
    mine = select(deliveries.c.subscription).where(deliveries.c.edition == edition, deliveries.c.view.in_(certain))
    connection.execute(
        update(subscriptions).where(subscriptions.c.id.in_(mine), subscriptions.c.mark < upto).values(mark=upto),
    )
    connection.execute(delete(deliveries).where(and_(deliveries.c.edition == edition, deliveries.c.view.in_(keys))))


def _insert_letter(connection: Connection, edition: int, letter: Letter) -> int:
    row = connection.execute(
        insert(letters)
        .values(
            edition=edition,
            nonce=letter.nonce,
            subject=letter.subject,
            html=letter.html,
            text=letter.text,
            language=letter.language,
        )
        .returning(letters.c.id),
    ).one()
    if letter.articles:
        connection.execute(
            insert(letter_articles), [{"letter": row.id, "article": number} for number in letter.articles]
        )
    return int(row.id)


def _seal(connection: Connection, edition: int) -> Frozen:
    count = connection.scalar(select(func.count()).where(deliveries.c.edition == edition)) or 0
    made = connection.scalar(select(func.count()).where(letters.c.edition == edition)) or 0
    if not count:
        connection.execute(
            update(editions)
            .where(editions.c.id == edition)
            .values(state=EditionState.SKIPPED.value, number=0, reason="nothing new for any reader"),
        )
    elif connection.dialect.name == "postgresql":
        # The planner knows nothing yet of what was just written, and would lease by scanning all of it.
        connection.exec_driver_sql("ANALYZE deliveries")
    sealed = find(connection, edition)
    if sealed is None:
        raise AssertionError("it has just been written")
    return Frozen(edition=sealed, deliveries=count, letters=made)


def _edition(row: Row[Any]) -> Edition:
    return Edition(
        id=row.id,
        newsletter=row.newsletter,
        slot=row.slot,
        number=row.number,
        upto=row.upto,
        state=EditionState(row.state),
        frozen_at=row.frozen_at,
        reason=row.reason,
    )
