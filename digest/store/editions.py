"""Editions: which slots are settled, what became of them, and the operator's hand on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from digest.model import Edition, EditionState, Verdict
from digest.store.chunks import chunks
from digest.store.readership import Audience
from digest.store.schema import (
    deliveries,
    edition_articles,
    editions,
    newsletters,
)
from digest.store.settlement import CALLED_OFF, call_off, close_editions
from digest.store.upsert import insert_all_missing, insert_missing


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


def usual(connection: Connection, newsletter: str, last: int = 12) -> tuple[int, ...]:
    """How many fresh articles each of its last editions had that were sent, the newest first."""
    sent = [EditionState.SENDING.value, EditionState.DONE.value]
    chosen = select(editions.c.fresh).where(
        editions.c.newsletter == newsletter, editions.c.state.in_(sent), editions.c.not_before.is_not(None)
    )
    return tuple(connection.scalars(chosen.order_by(editions.c.slot.desc(), editions.c.id.desc()).limit(last)))


def places(connection: Connection, newsletter: str, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The categories of each of these articles in the first of the newsletter's editions that may have told it."""
    found: dict[int, tuple[str, ...]] = {}
    tellable = [Verdict.FIT.value, Verdict.SETTLING.value, Verdict.WITHDRAWN.value]
    for chunk in chunks(numbers):
        chosen = select(edition_articles.c.article, edition_articles.c.categories).join_from(edition_articles, editions)
        own = (editions.c.newsletter == newsletter, edition_articles.c.verdict.in_(tellable))
        rows = connection.execute(
            chosen.where(*own, edition_articles.c.article.in_(chunk)).order_by(edition_articles.c.edition)
        )
        for row in rows:
            found.setdefault(row.article, tuple(filter(None, row.categories.split(","))))
    return found


def move(connection: Connection, edition: int, before: EditionState, after: EditionState) -> bool:
    """`before` -> `after`, and why it was so is over; False where it is not in `before`."""
    own = (editions.c.id == edition, editions.c.state == before.value)
    moved = connection.execute(update(editions).where(*own).values(state=after.value, reason=""))
    return bool(moved.rowcount)


def cancel(connection: Connection, edition: int, now: datetime) -> int:
    """Calls off what has not been sent, and gives how much that was; its stories go into the readers' next letters."""
    # What is done stays so, though nobody may have said it yet.
    close_editions(connection, [edition])
    connection.execute(
        update(editions)
        .where(
            editions.c.id == edition,
            editions.c.state.in_([EditionState.SENDING.value, EditionState.PAUSED.value]),
        )
        .values(state=EditionState.CANCELLED.value, reason=CALLED_OFF, review=False, release_at=None, canary_last=None),
    )
    return call_off(connection, deliveries.c.edition == edition, CALLED_OFF, now)


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
        not_before=row.not_before,
        fresh=row.fresh,
        unreached=tuple(row.unreached or ()),
    )
